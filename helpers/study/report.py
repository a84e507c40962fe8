"""A chapter's window on its study: the tables it may read and write, and what it found.

report = open_report("cleaning", study)
lines = report.lazy("raw")
report.save("transactions", lines)
report.record("rows_kept", 391150)
report.headline("{kept} of {read} lines are kept.", kept=391150, read=541909)
report.close()
"""

import json
import os
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, display
from markupsafe import Markup

from helpers.base.engine import DuckDBEngine, open_engine
from helpers.base.errors import StudyError
from helpers.base.paths import ROOT, from_root, reports
from helpers.base.text import sentence
from helpers.ledger.base_line import base_line
from helpers.ledger.lines import collected
from helpers.ledger.lookups import find_lookup
from helpers.ledger.tables import TABLES, read_table, write_table
from helpers.show.exports import write_csv, write_frame, write_workbook
from helpers.study.file import load_study
from helpers.study.models import keep
from helpers.study.needs import LeftOutInLab, met
from helpers.study.series import MODELS, QUESTIONS, maker_of

SIGNIFICANT = 10
"""Digits that a recorded float keeps: more than any reader needs, fewer than rounding can disturb."""


class Report:
    """What one chapter reads, writes and finds, in one study."""

    def __init__(self, chapter: str, study_file: str) -> None:
        path = Path(study_file) if Path(study_file).exists() else ROOT / study_file
        study = load_study(path)
        view = study.view(chapter)
        self.chapter = study.chapter(chapter)
        self.currency: str = view["currency"]
        self.features: dict[str, str] = view.get("features", {})
        """Features of customers that the study declares itself; only chapters that make customers are told."""
        self._folder = reports() / study.name
        self._pseudonyms = study.pseudonyms()
        if chapter == "cleaning":
            study.check_lookups(self._folder / "tables")
        # the build collects what a chapter makes, and puts it in place when the chapter has succeeded; in
        # JupyterLab it lands in a folder of its own, so that trying things out spoils no report
        self._output = Path(os.environ.get("SERIES_STAGING") or self._folder / ".lab")
        self._opened = open_engine(study.values.engine)
        self.engine: DuckDBEngine = self._opened.__enter__()
        shell = None if os.environ.get("SERIES_STAGING") else get_ipython()
        self._lab = LeftOutInLab(shell, self.chapter.notebook, met(self._folder / "tables")) if shell else None
        self._findings: dict[str, Any] = {}
        self._asked: set[str] = set()
        self._headlines: list[str] = []
        self._story: list[dict[str, Any]] = []
        self._downloads: list[dict[str, str]] = []

    def _check_declared(self, name: str, declared: tuple[str, ...], verb: str) -> None:
        if name not in declared:
            stem = self.chapter.stem
            raise ValueError(f"Chapter {stem} does not say in helpers/study/series.py that it {verb} {name}.")

    def _table(self, name: str) -> Path:
        declared = self.chapter.reads + self.chapter.reads_if_made + self.chapter.writes
        self._check_declared(name, declared, "reads")
        self._asked.add(name)
        own = self._output / "tables" / f"{name}.parquet"
        path = own if own.exists() else self._folder / "tables" / f"{name}.parquet"
        if not path.exists():
            raise StudyError(
                f"{from_root(path)} is not there; {maker_of(name)} makes it: run `make report` first."
            )
        return path

    def lazy(self, name: str) -> nw.LazyFrame:
        """Return a table as lazy lines on the study's engine."""
        return self.engine.scan(self._table(name))

    def load(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return a table, or some of its columns, as a pandas frame in the order of its key."""
        return read_table(self._table(name), columns)

    def load_if_made(self, name: str) -> pd.DataFrame:
        """Return a table that another chapter may have made; without one, its columns and no row."""
        if (self._folder / "tables" / f"{name}.parquet").exists():
            return self.load(name)
        return pd.DataFrame(columns=list(TABLES[name].columns), dtype="object")

    def read_file(self, name: str) -> pd.DataFrame:
        """Return a csv of customers that the study names, as text; customers go by their pseudonyms, if they do.

        Under pseudonyms addresses are left out: they would say who a customer is.

        Raises:
            StudyError: the file is not there or no csv.
        """
        path = find_lookup(name)
        try:
            frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        except (ValueError, OSError) as error:  # pandas' own errors are ValueErrors
            raise StudyError(f"{path.name} cannot be read as csv: {' '.join(str(error).split())}.") from None
        if self._pseudonyms is None:
            return frame
        hidden = frame.drop(columns=[column for column in frame if "mail" in column.lower()])
        ids = [column for column in hidden if column in self._pseudonyms.columns]
        return hidden.assign(**{c: hidden[c].map(self._pseudonyms.of, na_action="ignore") for c in ids})

    def load_base(self) -> pd.DataFrame | None:
        """Return where every line and its revenue went, as chapter 02 has it; None before it has run."""
        path = self._folder / "tables" / "base.parquet"
        return read_table(path).set_index("where") if path.exists() else None

    def save(self, name: str, frame: nw.LazyFrame | pd.DataFrame) -> None:
        """Write a table that this chapter makes; a frame that breaks the table's promise is a ValueError."""
        self._check_declared(name, self.chapter.writes, "writes")
        write_table(name, frame, self._output / "tables" / f"{name}.parquet", self.engine)

    def download(
        self,
        name: str,
        content: pd.DataFrame | nw.LazyFrame | dict[str, pd.DataFrame],
        description: str,
        order: list[str] | None = None,
    ) -> None:
        """Make a file for the reader to take away; the front page lists it with its description.

        A frame in its own order is written as CSV, and so are lazy lines, sorted by `order`; frames by the name of
        their sheet are written as a workbook. The section that makes it shows a link.
        """
        folder = self._output / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(content, nw.LazyFrame):
            write_csv(content, folder / name, order or content.collect_schema().names(), self.engine)
        elif isinstance(content, dict):
            write_workbook(content, folder / name)
        else:
            write_frame(content, folder / name)
        self._downloads.append({"name": name, "description": description})
        told = sentence("Download <code>{name}</code>: {description}.", name=name, description=description)
        display(HTML(f"<p>{told}</p>"), metadata={"series": {"role": "download", "name": name}})

    def keep_model(self, fitted: Any, x: pd.DataFrame, today: pd.DataFrame, **about: Any) -> None:
        """Keep the chapter's fitted model to be asked again, with its card; the section links to it.

        What is kept, and what `about` has to say, is in `helpers.study.models.keep`.
        """
        stem = self.chapter.stem
        if keep(self._output / MODELS, stem, fitted, x, today, **about):
            template = (
                'The model is kept, with <a href="{folder}/{stem}.html">a card</a> that says what it learned '
                "from, how it was measured and what it is not for."
            )
        else:
            template = "The model is too large to be kept."
        told = sentence(template, folder=MODELS, stem=stem)
        display(HTML(f"<p>{told}</p>"))

    def page(self, name: str, content: str) -> None:
        """Write a page of its own beside the chapter's, such as the profiler's."""
        folder = self._output / "pages"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")

    def record(self, name: str, value: Any) -> None:
        """Note a finding under the chapter's name, or under a dotted path.

        A notebook that reproduces a study names chapter and all: `clustering.published.silhouette`.
        """
        *path, last = name.split(".")
        target = self._findings
        for part in path:
            target = target.setdefault(part, {})
        target[last] = plain(value)

    def skip(self, reason: str, every: str | None = None) -> None:
        """Leave out the rest of this section, for a reason that shows only while it is computed.

        The section is not on the page; one line at the end of the page says what this data cannot answer.

        The reason has a few words, without what it is about: "no customer bought twice". Later sections that have
        the need `every` (`helpers.study.needs`) are left out as well.
        """
        why = sentence("{reason}", reason=reason.rstrip("."))
        about = {"skip": str(why)} | ({"every": every} if every else {})
        display(HTML(f"<p>This section ends here: {why}.</p>"), metadata={"series": about})
        if self._lab:
            self._lab.skip(every)

    def headline(
        self,
        template: str,
        *,
        answers: str | None = None,
        briefly: bool = False,
        at_stake: float | None = None,
        download: str | None = None,
        **values: Any,
    ) -> None:
        """Note a sentence for the top of the page and the front page; both link to the section that says it.

        Values that the template quotes come out as text.

        Args:
            template: the sentence.
            answers: which of the front page's questions (`helpers.study.series.QUESTIONS`) it answers there.
            briefly: answer only up to its first semicolon.
            at_stake: the money that it is about, by which the front page orders what to do.
            download: the file of this chapter to work with.
            values: what the template quotes.
        """
        if answers is not None and answers not in QUESTIONS:
            raise ValueError(f"A headline answers {answers!r}, but the questions are {', '.join(QUESTIONS)}.")
        place = len(self._headlines)
        display(HTML(""), metadata={"series": {"role": "headline", "place": place}})
        self._headlines.append(template if isinstance(template, Markup) else sentence(template, **values))
        if answers is not None:
            told = self._headlines[-1]
            text = _first_clause(told) if briefly else told
            money = plain(at_stake)
            self._story.append(
                {"answers": answers, "text": text, "place": place, "at_stake": money, "download": download}
            )

    def tell_what_is_left_out(self) -> None:
        """In JupyterLab, say which sections do nothing with this data; a page says so at its end."""
        if self._lab and (reasons := self._lab.reasons):
            told = "; ".join(sentence("<em>{title}</em> ({why})", title=t, why=why) for t, why in reasons.items())
            display(HTML(f"<p>What this data cannot answer: {told}.</p>"))

    def close(self) -> None:
        """Show the headlines and where the numbers come from; hand the findings to the build."""
        self._opened.__exit__(None, None, None)
        self._output.mkdir(parents=True, exist_ok=True)
        found = {
            "findings": self._findings,
            "headlines": self._headlines,
            "story": self._story,
            "downloads": self._downloads,
        }
        (self._output / "findings.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        items = "".join(f"<li>{text}</li>" for text in self._headlines)
        _show_as("headlines", f'<ul class="headlines">{items}</ul>')
        text = sentence(
            "{n} findings of this chapter are in <code>findings.json</code>. It read {reads}{writes}.",
            n=_count(self._findings),
            reads=", ".join(
                [*self.chapter.reads, *(name for name in self.chapter.reads_if_made if name in self._asked)]
            ),
            writes=f" and wrote {', '.join(self.chapter.writes)}" if self.chapter.writes else "",
        )
        _show_as("provenance", f"<p>{text}</p>")


def _count(findings: dict[str, Any]) -> int:
    """Return how many findings there are; a reproduction files them under the chapters they belong to."""
    return sum(_count(value) if name == "published" else 1 for name, value in findings.items())


def _first_clause(text: str) -> str:
    """Return a sentence in HTML up to its first semicolon that is not part of an entity, such as `&amp;`."""
    return re.match(r"(?:[^;&]|&#?\w+;)*", text)[0].rstrip(".") + "."


def _show_as(role: str, content: str) -> None:
    """Show HTML with a role that tells the page's template where it belongs."""
    display(HTML(content), metadata={"series": {"role": role}})


def _base(report: Report) -> None:
    """Show, for the head of the page, which lines a chapter's figures rest on, and what is in none of them."""
    if report.chapter.reproduces:
        return
    if "raw" in report.chapter.reads:
        lines = collected(report.lazy("raw").select(n=nw.len()))["n"].iloc[0]
        told = sentence(
            "Based on all {n} lines of the source that could be read; nothing is left out yet.", n=lines
        )
        _show_as("base", f"<p>{told}</p>")
        return
    base = report.load_base()
    if base is not None:
        told = base_line(base["lines"], base["revenue"], report.currency)
        _show_as("base", f'<p>{told} <a href="02_cleaning.html">Why</a></p>')


def open_report(chapter: str, study: str) -> Report:
    """Open the report of a chapter (its name without number) for a study file, and set the charts' theme."""
    from helpers.show.theme import use_theme

    use_theme(lab="SERIES_STAGING" not in os.environ)
    report = Report(chapter, study)
    report.tell_what_is_left_out()
    _base(report)
    return report


def plain(value: Any) -> Any:
    """Return a value as JSON has it; floats to ten significant digits, missing numbers as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray | pd.Series | pd.Index):
        return [plain(item) for item in value]
    if value is None or value is pd.NaT or value is pd.NA or isinstance(value, bool | np.bool_):
        return bool(value) if isinstance(value, bool | np.bool_) else None
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating | Decimal):
        rounded = float(f"{value:.{SIGNIFICANT}g}")
        return rounded if np.isfinite(rounded) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
