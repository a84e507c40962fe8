"""Gathers what the front page of a study and the shelf of all studies say, and writes them.

Everything comes from the files a build leaves (run.json, findings.json, tables), so a page can always be
written, also after a failure.
"""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from helpers.base.errors import StudyError
from helpers.base.files import read_json, write_json, write_text
from helpers.base.paths import PARAMS, reports
from helpers.build.dashboard import PAGE
from helpers.build.data import origins
from helpers.build.freshness import combined, wing_digest
from helpers.build.history import moment, since_last_run
from helpers.build.mail import write_mail
from helpers.build.state import believed, read_state
from helpers.build.templating import render
from helpers.ledger.sources import digest
from helpers.study.file import load_study
from helpers.study.schema import Study
from helpers.study.series import MODELS, Chapter, downloads_folder


def write_front_page(study: Study, folder: Path, state: dict[str, Any]) -> None:
    """Write a study's index.html, unless all it would say is there already."""
    key = combined(_said_by(state), study.values.model_dump(), wing_digest("base", "build"))
    page = folder / "index.html"
    if state.get("front_page") == key and page.exists():
        return
    findings = believed(folder, state)
    from helpers.build.known import dates_of
    from helpers.build.summary import Summary  # brings pandas, which a build with nothing to do can spare

    claims = _claims(study, findings, folder / "tables")
    summary = Summary(study, folder, state, findings, claims)
    tiles, finding = summary.tiles(), summary.finding()
    front = {
        "title": study.values.title,
        "description": study.values.description,
        "base": _base(study, findings.get("cleaning", {})),
        "check": " ".join(state.get("source", {}).get("doubts", ())),
        "facts": _facts(study, state),
        "provenance": _provenance(study, state),
        "chapters": [_chapter(folder, state, chapter) for chapter in study.chapters],
        "dates": dates_of(findings.get("eda", {})),
        "finding": finding,
        "compared": summary.compared(),
        "tiles": tiles,
        "pictures": summary.pictures(),
        "do": summary.cards("do"),
        "doubt": summary.cards("doubt"),
        "claims": claims,
        "downloads": _downloads(study, folder, state),
        "dashboard": PAGE if (folder / PAGE).exists() else None,
        "problem": state.get("problem"),
        "since": None if state.get("problem") else since_last_run(study, folder),
        "shelf": "../index.html",
    }
    write_text(page, study_page(front))
    write_mail(folder, front, state.get("built_at"))
    state["claims"] = dict(Counter(claim["verdict"] for claim in claims))
    state["checked"] = claims
    shown = {"label", "value", "change", "tone", "before"}
    state["tiles"] = [{k: v for k, v in tile._asdict().items() if k in shown} for tile in tiles[:ON_A_CARD]]
    state["finding"] = escape(finding["title"])
    state["front_page"] = key
    write_json(folder / "run.json", state)


def write_shelf() -> None:
    """Write reports/index.html over every study in params, unless nothing on it changed."""
    studies = sorted(path for path in PARAMS.glob("*.yml") if path.is_file())
    states = {path: read_state(reports() / path.stem) for path in studies}
    said = {path.name: [_said_by(state), digest(path)] for path, state in states.items()}
    page, note = reports() / "index.html", reports() / ".shelf.json"
    key = combined(said, wing_digest("base", "build"))
    if read_json(note).get("key") == key and page.exists():
        return
    entries = [entry for path, state in states.items() if (entry := _shelf_entry(path, state))]
    write_text(page, shelf_page(entries))
    write_json(note, {"key": key})


DERIVED = ("front_page", "dashboard", "claims", "checked", "tiles", "finding")
"""What run.json has of the front page, for the shelf."""
ON_A_CARD = 3
"""Key figures of a study on the shelf."""


def _said_by(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in DERIVED}


def _chapter(folder: Path, state: dict[str, Any], chapter: Chapter) -> dict[str, Any]:
    known = state.get("chapters", {}).get(chapter.name, {})
    page = f"{chapter.stem}.html"
    cell = known.get("cell")
    told = _first(known)
    where = f"Cell {cell['cell']} ({cell['section']}): " if cell else ""
    return {
        "number": "" if chapter.reproduces else f"{chapter.number:02d}",
        "title": chapter.title,
        "question": chapter.question,
        "href": page if (folder / page).exists() else None,
        "status": known.get("status", "not run"),
        "headline": Markup(told["text"]) if told else None,
        "said": told and (folder / page).exists() and f"{page}#said-{told['place']}",
        "error": where + known["error"] if known.get("error") else None,
        "failed_href": known.get("failed_page"),
    }


def _first(known: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a chapter found first: of its answers one that says how things are, else its first headline."""
    said = (told for told in known.get("story") or [] if told["answers"] not in ("do", "doubt"))
    first = [{"text": text, "place": 0} for text in known.get("headlines", [])[:1]]
    return next(iter([*said, *first]), None)


def _known(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return facts as label and value, without those that are not known."""
    return [(label, value) for label, value in facts.items() if value]


def _facts(study: Study, state: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was analysed."""
    source = state.get("source", {})
    unparsed = f", {source['rows_unparsed']:,} with an unreadable value" if source.get("rows_unparsed") else ""
    return _known(
        {
            "Source": source.get("file"),
            "Lines": source and f"{source['rows_read']:,}{unparsed}",
            "Customers": study.values.pseudonyms and "under pseudonyms",
            "Currency": study.values.currency,
            "Built at": moment(state.get("built_at", "")),
        }
    )


def _base(study: Study, found: dict[str, Any]) -> str:
    """Return what the figures rest on, by the findings of chapter 02; empty before it has run."""
    from helpers.ledger.base_line import base_line  # brings pandas, which a build with nothing to do can spare

    lines, revenue = (
        {name.removeprefix(kind): value for name, value in found.items() if name.startswith(kind)}
        for kind in ("rows_", "revenue_")
    )
    return base_line(lines, revenue, study.values.currency) if {"kept", "set_aside"} <= set(lines) else ""


def _provenance(study: Study, state: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where the source comes from and what the build used."""
    source, versions = state.get("source", {}), state.get("versions", {})
    origin = origins().get(source.get("file"))
    return _known(
        {
            "Origin": origin and origin.origin,
            "Licence": origin and origin.licence,
            "Encoding": source.get("encoding"),
            "SHA-256": source and f"{source['sha256'][:16]}…",
            "Seed": versions and str(state["seed"]),
            "Commit": versions and (state["git_commit"] or "not in a clone"),
            "Took": ", ".join(
                f"{chapter.number:02d} {duration(known['seconds'])}"
                for chapter in study.chapters
                if (known := state.get("chapters", {}).get(chapter.name, {})).get("seconds")
            ),
            "Built with": ", ".join(f"{name} {text}" for name, text in versions.items()),
        }
    )


def _claims(study: Study, findings: dict[str, Any], tables: Path) -> list[dict[str, str]]:
    """Return the claims with their verdicts, as the front page shows them."""
    if not study.values.claims:
        return []
    from helpers.build.claims import judge_all  # brings the engine, which a study without claims can spare

    return judge_all(study.values.claims, findings, tables)


def _downloads(study: Study, folder: Path, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files a reader can take away: what chapters made for that, findings, then the tables."""
    from helpers.ledger.tables import TABLES  # brings the engine along, which a build with nothing to do can spare

    listed = [
        (download["name"], f"{downloads_folder(chapter)}/{download['name']}", download["description"])
        for chapter in study.chapters
        for download in state.get("chapters", {}).get(chapter.name, {}).get("downloads", [])
    ]
    about = "the card of the chapter's model: what it learned from, how good it is, and what it is not for"
    listed += [(f"{MODELS}/{c.stem}.html", f"{MODELS}/{c.stem}.html", about) for c in study.chapters]
    listed.append(("findings.json", "findings.json", "every recorded figure of every chapter"))
    listed.append(("run.json", "run.json", "source, settings, versions and times of this build"))
    written = [name for chapter in study.chapters for name in chapter.writes]
    listed += [(f"{name}.parquet", f"tables/{name}.parquet", TABLES[name].meaning) for name in written]
    return [
        {"title": title, "href": href, "bytes": (folder / href).stat().st_size, "description": about}
        for title, href, about in listed
        if (folder / href).is_file()  # a table in many parts is none to take away
    ]


def _shelf_entry(path: Path, state: dict[str, Any]) -> dict[str, Any] | None:
    """Return a study as the shelf shows it; None for a study file that does not fit."""
    try:
        study = load_study(path)
    except StudyError:
        return None
    built = (reports() / path.stem / "index.html").exists()
    return {
        "title": study.values.title,
        "description": study.values.description,
        "href": f"{path.stem}/index.html" if built else None,
        "state": {"built": "built", "failed": "failed"}.get(state.get("status", ""), "not built"),
        "note": state.get("problem") or ("" if built else f"Build it with: make report PARAMS=params/{path.name}"),
        "finding": Markup(state.get("finding", "")),
        "tiles": [{"href": None, "line": ""} | tile for tile in state.get("tiles", [])],
        "claims": state.get("claims", {}),
        "checked": state.get("checked", []),
    }


class Mark(NamedTuple):
    """A state in word, icon and tone: never by colour alone."""

    tone: str
    icon: str
    word: str


STATUSES = {
    "fresh": Mark("good", "✓", "up to date"),
    "executed": Mark("good", "✓", "built"),
    "failed": Mark("bad", "✕", "failed"),
    "skipped": Mark("unsure", "→", "skipped"),
    "not run": Mark("plain", "○", "not run"),
    "interrupted": Mark("unsure", "◦", "interrupted"),
}

VERDICTS = {
    "holds": Mark("good", "✓", "holds"),
    "does not hold": Mark("bad", "✕", "does not hold"),
    "cannot be tested here": Mark("unsure", "?", "cannot be tested here"),
}

STATES = {
    "built": Mark("good", "✓", "built"),
    "failed": Mark("bad", "✕", "failed"),
    "not built": Mark("plain", "○", "not built"),
}


def study_page(context: dict[str, Any]) -> str:
    """Return the front page of a study as HTML."""
    counts = Counter(claim["verdict"] for claim in context["claims"])
    tally = {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}
    return render(
        "study.html.j2",
        study=context,
        statuses=STATUSES,
        verdicts=VERDICTS,
        tally=tally,
    )


def shelf_page(studies: list[dict[str, Any]]) -> str:
    """Return the shelf, the page that lists every study, as HTML."""
    built = [entry for entry in studies if entry["href"]]
    others = [entry for entry in studies if not entry["href"]]
    return render("shelf.html.j2", built=built, others=others, states=STATES, verdicts=VERDICTS)


def duration(seconds: float) -> str:
    """Return seconds for people: 0.4 s, 12 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
