"""Gathers what the front page of a study and the shelf of all studies say, and writes them.

Everything comes from the files a build leaves (run.json, findings.json, tables), so a page can always be
written, also after a failure.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from helpers.base.errors import StudyError
from helpers.base.files import read_json, write_json, write_text
from helpers.base.paths import PARAMS, reports
from helpers.build.freshness import HELPERS, code_digest, combined, imported_modules
from helpers.build.history import since_last_run
from helpers.build.story import for_a_card, in_short
from helpers.ledger.sources import digest, origins
from helpers.study.schema import Study, load_study
from helpers.study.series import downloads_folder


def write_front_page(study: Study, folder: Path, state: dict[str, Any]) -> None:
    """Write a study's index.html, unless all it would say is there already."""
    key = combined(_said_by(state), study.values.model_dump(), _drawn_with())
    page = folder / "index.html"
    if state.get("front_page") == key and page.exists():
        return
    from helpers.build import front_pages as front

    findings = read_json(folder / "findings.json")
    claims = _claims(study, findings, folder / "tables")
    write_text(
        page,
        front.study_page(
            front.StudyPage(
                title=study.values.title,
                description=study.values.description,
                facts=_facts(study, state, findings),
                provenance=_provenance(state),
                chapters=[_chapter(front, folder, state, chapter) for chapter in study.chapters],
                story=in_short(study, state, claims),
                claims=[front.Claim(**claim) for claim in claims],
                downloads=[front.Download(**download) for download in _downloads(study, folder, state)],
                problem=state.get("problem"),
                since=None if state.get("problem") else since_last_run(study, folder),
            )
        ),
    )
    state["claims"] = dict(Counter(claim["verdict"] for claim in claims))
    state["checked"] = claims
    state["front_page"] = key
    write_json(folder / "run.json", state)


def write_shelf() -> None:
    """Write reports/index.html over every study in params, unless nothing on it changed."""
    states = {path: read_json(reports() / path.stem / "run.json") for path in sorted(PARAMS.glob("*.yml"))}
    said = {path.name: [_said_by(state), digest(path)] for path, state in states.items()}
    page, note = reports() / "index.html", reports() / ".shelf.json"
    key = combined(said, _drawn_with())
    if read_json(note).get("key") == key and page.exists():
        return
    from helpers.build import front_pages as front

    entries = [entry for path, state in states.items() if (entry := _shelf_entry(front, path, state))]
    write_text(page, front.shelf_page(entries))
    write_json(note, {"key": key})


def _said_by(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in ("front_page", "claims", "checked")}


def _drawn_with() -> str:
    templates = [path for path in sorted((HELPERS / "build" / "templates").iterdir()) if path.is_file()]
    code = code_digest(
        imported_modules("import helpers.build.front, helpers.build.front_pages, helpers.build.claims")
    )
    return combined(code, *(digest(path) for path in templates))


def _chapter(front: Any, folder: Path, state: dict[str, Any], chapter: Any) -> Any:
    known = state.get("chapters", {}).get(chapter.name, {})
    page = f"{chapter.stem}.html"
    cell = known.get("cell")
    where = f"Cell {cell['cell']} ({cell['section']}): " if cell else ""
    return front.ChapterStatus(
        number=f"{chapter.number:02d}",
        title=chapter.title,
        question=chapter.question,
        href=page if (folder / page).exists() else None,
        status=known.get("status", "not run"),
        seconds=known.get("seconds"),
        headlines=known.get("headlines", []),
        error=where + known["error"] if known.get("error") else None,
        failed_href=known.get("failed_page"),
    )


def _facts(study: Study, state: dict[str, Any], findings: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was analysed, as label and value."""
    source = state.get("source", {})
    eda = findings.get("eda", {})
    facts = []
    if source:
        read = f"{source['rows_read']:,}"
        if source["rows_unparsed"]:
            read += f", {source['rows_unparsed']:,} with an unreadable value"
        facts += [("Source", source["file"]), ("Lines", read)]
    if eda.get("first_order"):
        facts.append(("Orders", f"{eda['first_order'][:10]} to {eda['last_order'][:10]}"))
    if study.values.pseudonyms:
        facts.append(("Customers", "under pseudonyms"))
    if study.values.currency:
        facts.append(("Currency", study.values.currency))
    if state.get("built_at"):
        facts.append(("Built at", state["built_at"].replace("T", " ").replace("+00:00", " UTC")))
    return facts


def _provenance(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where the source comes from and what the build used, as label and value."""
    source = state.get("source", {})
    facts = []
    if source:
        if origin := origins().get(source["file"]):
            facts += [("Origin", origin.origin), ("Licence", origin.licence)]
        if source.get("encoding"):
            facts.append(("Encoding", source["encoding"]))
        facts.append(("SHA-256", f"{source['sha256'][:16]}…"))
    if state.get("versions"):
        facts.append(("Seed", str(state["seed"])))
        facts.append(("Commit", state["git_commit"] or "not in a clone"))
        facts.append(("Built with", ", ".join(f"{name} {text}" for name, text in state["versions"].items())))
    return facts


def _claims(study: Study, findings: dict[str, Any], tables: Path) -> list[dict[str, str]]:
    """Return the claims with their verdicts, as the front page shows them."""
    if not study.values.claims:
        return []
    from helpers.build.claims import UNTESTED, expectation, in_unit, judge

    rows = []
    for claim in study.values.claims:
        try:
            verdict = judge(claim, findings, tables)
            found = "–" if verdict.found is None else in_unit(verdict.found, claim)
            word = verdict.verdict
        except StudyError as error:
            found, word = str(error), UNTESTED
        rows.append(
            {
                "claim": claim.claim,
                "source": claim.source or "",
                "expected": expectation(claim),
                "found": found,
                "verdict": word,
            }
        )
    return rows


def _downloads(study: Study, folder: Path, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files a reader can take away: what chapters made for that, findings, then the tables."""
    from helpers.ledger.tables import TABLES  # brings the engine along, which a build with nothing to do can spare

    listed = [
        (download["name"], f"{downloads_folder(chapter)}/{download['name']}", download["description"])
        for chapter in study.chapters
        for download in state.get("chapters", {}).get(chapter.name, {}).get("downloads", [])
    ]
    listed.append(("findings.json", "findings.json", "every recorded figure of every chapter"))
    listed.append(("run.json", "run.json", "source, settings, versions and times of this build"))
    written = [name for chapter in study.chapters for name in chapter.writes]
    listed += [(f"{name}.parquet", f"tables/{name}.parquet", TABLES[name].meaning) for name in written]
    return [
        {"title": title, "href": href, "bytes": (folder / href).stat().st_size, "description": about}
        for title, href, about in listed
        if (folder / href).exists()
    ]


def _shelf_entry(front: Any, path: Path, state: dict[str, Any]) -> Any:
    """Return a study as the shelf shows it; None for a study file that does not fit."""
    try:
        study = load_study(path)
    except StudyError:
        return None
    source = state.get("source", {})
    built = (reports() / path.stem / "index.html").exists()
    checked = state.get("checked", [])
    return front.ShelfEntry(
        title=study.values.title,
        description=study.values.description,
        href=f"{path.stem}/index.html" if built else None,
        facts=_card_facts(study, path.stem, source),
        state={"built": "built", "failed": "failed"}.get(state.get("status", ""), "not built"),
        note=state.get("problem") or ("" if built else f"Build it with: make report PARAMS=params/{path.name}"),
        headlines=for_a_card(study, state, checked),
        claims=state.get("claims", {}),
        checked=[front.Claim(**claim) for claim in checked],
    )


def _card_facts(study: Study, name: str, source: dict[str, Any]) -> list[tuple[str, str]]:
    """Return how large a study is, and where it is from."""
    kept = read_json(reports() / name / "findings.json").get("cleaning", {})
    facts = []
    if source:
        facts.append(("Lines", f"{source['rows_read']:,}"))
    if kept.get("customers"):
        facts.append(("Customers", f"{kept['customers']:,}"))
    if kept.get("revenue_kept"):
        facts.append(("Revenue kept", f"{kept['revenue_kept']:,.0f} {study.values.currency}".strip()))
    if source:
        facts.append(("Source", source["file"]))
    return facts
