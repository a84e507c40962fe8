"""Writes a study for a file it has never seen: `make new NAME=acme DATA=acme.csv`.

    python -m helpers.new_study.write acme acme.csv
    python -m helpers.new_study.write acme orders.sql ORDERS_DB

The study says in comments what was guessed, why, and how sure that is, so that whoever knows the file can put
right what is wrong. It is tried before it is written: the lines are read as the study says, and cleaning rules and
chapters follow from what is then there.
"""

import json
import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import NamedTuple

from helpers.base.console import say
from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.base.paths import PARAMS, from_root
from helpers.base.vocabulary import COLUMNS
from helpers.base.words import cause
from helpers.ledger.ingest import ingest, snake_case
from helpers.ledger.source import Source
from helpers.ledger.sources import find_source, is_remote
from helpers.new_study.choices import (
    ChapterChoice,
    Facts,
    RuleChoice,
    chapters_for,
    facts_of,
    features_of,
    outcome_of,
    rules_for,
    target_of,
)
from helpers.new_study.guess import GUESSED, Guess, corrected, guess_columns, own_names
from helpers.new_study.header_words import is_personal
from helpers.new_study.kinds import ROWS, Kind, kind_of
from helpers.new_study.located import locate_data, path_for_study, query_in
from helpers.new_study.look import LOOKED_AT, DateReading, Look, currency_of, date_reading, look_at
from helpers.study.file import load_study

NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
FEW = 6
"""Values up to which a column names no people, whatever its header."""
READABLE_SHARE = 0.01
"""Unreadable lines up to here are what a study allows anyway."""
SAFE = re.compile(r"[^\W\d_][\w.]*( [\w.()/-]+)*")
YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class Draft(NamedTuple):
    """All that a new study says."""

    name: str
    file: Path
    """The copy that was fetched, where the source is in a store."""
    look: Look
    kind: Kind
    guesses: list[Guess]
    renamed: dict[str, str]
    dates: DateReading | None
    source: Source
    unreadable: float
    doubts: tuple[str, ...]
    """What ingest was not certain of."""
    facts: Facts
    rules: list[RuleChoice]
    chapters: list[ChapterChoice]
    currency: tuple[str, str]
    title: str = ""
    """What somebody wants it to be called; else its name."""
    pseudonyms: bool = False


def draft(name: str, data: str, connection: str = "", known: Mapping[str, str] | None = None) -> Draft:
    """Return a study for a file, or for a database's answer to the query in one, tried on all of its lines.

    Args:
        name: of the study.
        data: a file, a folder or an address in a store.
        connection: the environment variable of the database that is asked, where data is a query.
        known: which column is which, by header, where somebody has said it of all; "" leaves one to itself.

    Raises:
        StudyError: the name or the file does not do, or nothing in the file can be told.
    """
    query = query_in(data, connection)
    place = {"query": query, "connection": connection} if query else {}
    file = find_source(Source(**place)) if query else locate_data(data)
    with TemporaryDirectory(prefix="series-") as scratch:
        folder = Path(scratch)
        look = look_at(file, folder)
        kind = kind_of(look.sample, look.contents)
        guesses = guess_columns(look.sample, look.contents, look.decimal, kind)
        guessed = {guess.header for guess in guesses}
        if known is not None:
            guesses = corrected(guesses, known, look.header)
        amounts = [guess.header for guess in guesses if guess.name in ("revenue", "unit_price")]
        currency = currency_of(look, amounts)
        dates = _dates(look, guesses, folder, "month" if currency[0] == "USD" else "day")
        taken_back = guessed - {guess.header for guess in guesses}  # nor may its own name say so, as Country does
        contents = {header: content for header, content in look.contents.items() if header not in taken_back}
        renamed = own_names(look.header, guesses, contents)
        if not query:
            place = {"path": data if is_remote(data) else path_for_study(file)}
        source = _source(place, look, guesses, renamed, dates)
        if kind.name == ROWS:
            source = source.model_copy(update={"one_customer": "line"})
        with open_engine() as engine:
            lenient = source.model_copy(update={"unreadable_at_most": 1.0})
            # a decimal comma is written into the texts of a typed file, which then have to be written anew
            written = look.written if source.decimal == "." else None
            done = ingest(file, lenient, engine, folder, written=written)
        facts = facts_of(folder / "raw.parquet")
    if not facts.lines:
        raise StudyError(
            f"{file.name}: no line can be read as guessed; write the study by hand (README, Your own table)."
        )
    return Draft(
        name=name,
        file=file,
        look=look,
        kind=kind,
        guesses=guesses,
        renamed=renamed,
        dates=dates,
        source=source,
        unreadable=done.rows_unparsed / done.rows_read,
        doubts=done.doubts,
        facts=facts,
        rules=rules_for(facts, orders_numbered=source.one_order is None),
        chapters=chapters_for(facts),
        currency=currency,
    )


def check_name(name: str) -> Path:
    """Return where a new study goes.

    Raises:
        StudyError: the name is missing, no plain name, or taken.
    """
    if not name:
        raise StudyError("NAME is missing: give the study a name, as in `make new NAME=acme DATA=acme.csv`.")
    if not NAME.fullmatch(name):
        raise StudyError(
            f"NAME is {name!r}, but should be a plain name of small letters, digits and underscores, such as acme."
        )
    target = PARAMS / f"{name}.yml"
    if target.exists():
        raise StudyError(f"{from_root(target)} is there already and stays as it is; choose another NAME.")
    return target


def _dates(look: Look, guesses: list[Guess], folder: Path, hint: str) -> DateReading | None:
    dated = next((guess.header for guess in guesses if guess.name == "ordered_at"), None)
    return date_reading(folder, look.header.index(dated), hint) if dated else None


def _source(
    place: dict[str, str], look: Look, guesses: list[Guess], renamed: dict[str, str], dates: DateReading | None
) -> Source:
    """Return the source section that is tried and then written."""
    names = {guess.name for guess in guesses}
    numbered = "order_id" in names or "order_id" in renamed.values()
    dated = {"customer_id", "ordered_at"} <= names
    several = dated and look.sample[_header_of(guesses, "customer_id")].dropna().duplicated().any()
    return Source(
        **place,
        columns={guess.header: guess.name for guess in guesses} | renamed,
        encoding=look.encoding if look.encoding not in (None, "utf-8", "utf-8-sig") else None,
        delimiter=look.delimiter if look.delimiter not in (None, ",") else None,
        decimal=look.decimal,
        date_format=dates.format if dates else None,
        one_order="customer and day" if several and not numbered else None,
    )


def _header_of(guesses: list[Guess], name: str) -> str:
    return next(guess.header for guess in guesses if guess.name == name)


def study_text(new: Draft) -> str:
    """Return the study file, with a comment on every guess."""
    code, seen = new.currency
    parts = [
        f"# Written by `make new` after a look at {_one_line(new.file.name)}: {new.look.rows:,} lines.",
        f"# A line is {new.kind.in_words}: {_one_line(new.kind.why)}.",
        f"# All below is a guess: columns by the first {LOOKED_AT:,} lines at most, the rest by all of them.",
        "# Comments say why it was made and how sure it is; change what you know better.",
        f"# Then: make report PARAMS=params/{new.name}.yml",
        f"title: {_scalar(new.title or new.name.replace('_', ' ').capitalize())} # stands on top of every page",
        f"description: {_scalar(f'A first look at {new.file.name}.')} # one sentence for the front page",
        f"currency: {code} # {_one_line(seen)}"
        if code
        else 'currency: "" # nothing says which; an ISO code such as EUR',
        *_pseudonym_lines(new),
        *_source_lines(new),
        *_chapter_lines(new.chapters),
        *_rule_lines(new.rules),
        *_customer_lines(new),
    ]
    return "\n".join(parts) + "\n"


def _pseudonym_lines(new: Draft) -> list[str]:
    """Return the switch that hides customers, and a warning where a column names people."""
    if not new.facts.has("customer_id"):
        return []
    lines = [
        f"pseudonyms: {str(new.pseudonyms).lower()} # true: customers stand under other names everywhere, so that "
        "a page can be mailed"
    ]
    names = new.source.columns
    many = {header for header, content in new.look.contents.items() if content.distinct > FEW}
    people = [h for h in new.look.header if h in many and is_personal(h) and names.get(h) != "customer_id"]
    if people:
        hidden = ", ".join(names.get(header) or snake_case(header) for header in people)
        lines.append(
            f"# {_one_line(', '.join(people))}: these name or reach people, and stand on the pages as they are;"
        )
        lines.append(f"# pseudonyms: [customer_id, {_one_line(hidden)}] hides them, too")
    return lines


def _source_lines(new: Draft) -> list[str]:
    source, look = new.source, new.look
    outside = Path(source.path).is_absolute()
    remark = " # outside the data folders, so this holds on this machine only" if outside else ""
    lines = ["source:", f"  path: {_scalar(source.path)}{remark}"]
    if source.query:
        lines[1:] = [
            "  query: |- # it is asked anew by each build",
            indent(source.query, "    "),
            f"  connection: {source.connection} # the environment variable that has the database's address",
        ]
    if source.encoding:
        why = f"a guess, please check: {look.doubt}" if look.doubt else "it is no UTF-8"
        lines.append(f"  encoding: {source.encoding} # {why}; where letters look wrong, name another")
    if source.delimiter:
        lines.append(f"  delimiter: {_scalar(source.delimiter)} # splits the first lines alike")
    if look.ambiguous:
        lines.append(f'  decimal: "{source.decimal}" # {GUESSED}: {_one_line(look.ambiguous)}')
    elif source.decimal == ",":
        lines.append('  decimal: "," # what stands behind it is a fraction, as in 1,5')
    if new.dates and new.dates.format:
        lines.append(f"  date_format: {_scalar(new.dates.format)} # {new.dates.certainty}: {new.dates.why}")
    if source.one_customer:
        lines.append("  one_customer: line # no column tells rows apart: each counts as a customer of its own")
    if source.one_order:
        lines.append(f"  one_order: {source.one_order} # no column numbers the orders")
    if new.unreadable > READABLE_SHARE:
        allowed = min(1.0, math.ceil(new.unreadable * 100 + 1) / 100)
        lines.append(
            f"  unreadable_at_most: {allowed:g} # please check: {100 * new.unreadable:.1f} % of the lines have "
            "a value that cannot be read"
        )
    lines += [f"  # please check: {_one_line(doubt)}" for doubt in new.doubts]
    return lines + _column_lines(new, look)


def _column_lines(new: Draft, look: Look) -> list[str]:
    """Return the mapping, a line each with its reason, and what is left to itself."""
    reasons = {guess.header: guess for guess in new.guesses}
    lines = ["  columns:" if new.source.columns else "  columns: {}"]
    for header, name in new.source.columns.items():
        guess = reasons.get(header)
        why = f"{guess.certainty}: {guess.why}" if guess else "cannot keep its own name"
        lines.append(f"    {_scalar(header)}: {name} # {_one_line(why)}")
    left = [header for header in look.header if header not in new.source.columns]
    if left:
        lines.append(f"    # kept under their own names: {_one_line(', '.join(left))}")
    known = {guess.name for guess in new.guesses} | set(left)
    missing = [name for name in ("customer_id", "order_id", "ordered_at", "product_id") if name not in known]
    if missing and new.kind.is_ledger:
        lines.append(f"    # not found: {', '.join(f'{name} ({COLUMNS[name].meaning})' for name in missing)}")
    return lines


def _chapter_lines(chapters: list[ChapterChoice]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for chapter in chapters:
        reasons.setdefault(chapter.why, []).append(chapter.name)
    fitting = reasons.pop("")
    return [
        f"chapters: [{', '.join(fitting)}]",
        *(f"# left out: {', '.join(names)}, because {why}" for why, names in reasons.items()),
    ]


def _rule_lines(rules: list[RuleChoice]) -> list[str]:
    on = [rule for rule in rules if rule.on]
    lines = [
        "cleaning:",
        "  rules: # applied in this order; helpers/ledger/rules.py has them all" if on else "  rules: []",
    ]
    return lines + [f"    {'' if rule.on else '# '}- {rule.text} # {_one_line(rule.why)}" for rule in rules]


def _customer_lines(new: Draft) -> list[str]:
    """Return the sections of chapters whose defaults are those of a ledger, for a table of customers."""
    chosen = {chapter.name for chapter in new.chapters if chapter.fits}
    if new.facts.is_ledger or not new.facts.has("customer_id"):
        return []
    features = f"[{', '.join(features_of(new.facts))}]"
    lines = []
    if "clustering" in chosen:
        lines += ["clustering:", f"  features: {features} # what makes customers alike", "  transform: none"]
    if "anomaly" in chosen:
        numbers = f"[{', '.join(new.facts.numbers)}]"
        lines += ["anomaly:", f"  customer_features: {numbers} # what an unusual customer is unusual in"]
    if "regression" in chosen and (target := target_of(new.facts)):
        lines += ["regression:", f"  target: {target[0]} # {target[1]}"]
    if "purchase_prediction" in chosen:
        outcome = outcome_of(new.facts)
        inputs = ", ".join(name for name in new.facts.numbers if name != outcome)
        lines += ["purchase_prediction:", f"  columns: [{outcome}] # few values, and a name like an outcome"]
        lines.append(f"  inputs: [{inputs}] # columns of numbers; leave out what is known only after the outcome")
    return lines


def _scalar(text: str) -> str:
    """Return a text as YAML: plain where that is safe, else in quotes (JSON's, which YAML reads too)."""
    plain = SAFE.fullmatch(text) and text.lower() not in YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Return text that a comment can hold: whatever a file has in it must not start a line of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def write_study(new: Draft, target: Path) -> None:
    """Write a study that loads; never over another.

    Raises:
        StudyError: a study of that name has come up meanwhile, or the folder cannot be written to.
    """
    with TemporaryDirectory(prefix="series-") as scratch:
        tried = Path(scratch) / target.name
        tried.write_text(study_text(new), encoding="utf-8")
        load_study(tried)
    try:
        with target.open("x", encoding="utf-8") as stream:
            stream.write(study_text(new))
    except FileExistsError:
        raise StudyError(
            f"{from_root(target)} is there already and stays as it is; choose another NAME."
        ) from None
    except OSError as error:
        raise StudyError(f"{from_root(target)} cannot be written: {error.strerror}.") from None


def summary(new: Draft, target: Path) -> list[str]:
    """Return what was found, a line each for the terminal."""
    width = max((len(guess.header) for guess in new.guesses), default=0)
    lines = [
        f"{from_root(target)}: {new.look.rows:,} lines of {new.file.name}, each {new.kind.in_words}",
        f"  ({new.kind.why})",
    ]
    lines += [f"  {guess.header:<{width}}  {guess.name:<24}  {guess.certainty}" for guess in new.guesses]
    if new.dates and new.dates.certainty == GUESSED:
        lines.append(f"  please check date_format: {new.dates.why}")
    lines += [f"  please check: {doubt}" for doubt in new.doubts]
    lines.append(f"  chapters: {', '.join(chapter.name for chapter in new.chapters if chapter.fits)}")
    lines.append(f"Look it over, then: make report PARAMS={from_root(target)}")
    return lines


def main(name: str = "", data: str = "", connection: str = "") -> int:
    """Write a new study; 0 when it is there."""
    try:
        target = check_name(name)
        new = draft(name, data, connection)
        write_study(new, target)
    except Exception as error:
        if (words := str(error) if isinstance(error, StudyError) else cause(error)) is None:
            raise
        say(f"error: {words}", sys.stderr)
        return 1
    for line in summary(new, target):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
