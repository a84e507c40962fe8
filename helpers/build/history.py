"""What changed since the last run: headline findings side by side, and customers who moved between segments.

After a build that succeeded, the findings and each customer's segment are kept in the study's `history`. When the
next one succeeds with other findings, or on another source, they become the previous run; a rebuild in which
nothing changed leaves both as they are.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from helpers.base.files import remove, write_json
from helpers.build.freshness import combined
from helpers.build.state import read_findings, read_run
from helpers.ledger.sources import digest
from helpers.study.schema import Study
from helpers.study.series import Headline

FOLDER = "history"
LATEST, PREVIOUS = "latest", "previous"
SEGMENT = "rfm_segment"
FEW = 100
"""Counts below this change by so many, not by so many per cent."""
ALIKE = 1e-9
"""Relative difference below which two runs found the same: findings have ten digits."""


def keep_run(folder: Path, state: dict[str, Any]) -> None:
    """Keep a build that succeeded, and the one before it where something differs; `kept` is noted in its state."""
    findings_file = folder / "findings.json"
    customers = folder / "tables" / "customers.parquet"
    sha256 = state.get("source", {}).get("sha256")
    key = combined(sha256, *(digest(path) for path in (findings_file, customers) if path.exists()))
    if state.get("kept") == key or not findings_file.exists():
        return
    history = folder / FOLDER
    history.mkdir(exist_ok=True)
    latest = read_run(history / f"{LATEST}.json")
    now = {
        "built_at": state.get("built_at", ""),
        "source": state.get("source", {}),
        "findings": read_findings(folder),
    }
    if latest and (latest["findings"], latest["source"].get("sha256")) != (now["findings"], sha256):
        _move(history, LATEST, PREVIOUS)
    elif latest:  # the first run to find this
        now["built_at"] = latest["built_at"]
    write_json(history / f"{LATEST}.json", now)
    _write_segments(customers, history / f"{LATEST}.parquet")
    state["kept"] = key


def _move(history: Path, old: str, new: str) -> None:
    """Give a kept run its new name; a run without segments leaves none of another behind."""
    for ending in ("json", "parquet"):
        source, target = history / f"{old}.{ending}", history / f"{new}.{ending}"
        if source.exists():
            source.replace(target)
        else:
            remove(target)


def _write_segments(customers: Path, target: Path) -> None:
    """Keep who is in which segment; nothing where customers have none."""
    import pyarrow.parquet as pq  # only where something changed

    if not customers.exists() or SEGMENT not in pq.read_schema(customers).names:
        remove(target)
        return
    part = target.with_suffix(".part")
    pq.write_table(pq.read_table(customers, columns=["customer_id", SEGMENT]), part)
    part.replace(target)


def since_last_run(study: Study, folder: Path) -> dict[str, Any] | None:
    """Return what changed from the previous run to the latest, in words; None before there are two."""
    history = folder / FOLDER
    before, now = (read_run(history / f"{name}.json") for name in (PREVIOUS, LATEST))
    if not before or not now:
        return None
    source, same = before["source"], before["source"].get("sha256") == now["source"].get("sha256")
    return {
        "built_at": moment(before["built_at"]),
        "source": f"{source.get('file', 'a source')}, {source.get('rows_read', 0):,} lines",
        "same_source": same,
        "changes": changes_between(study, before["findings"], now["findings"]),
        "moves": _moves(study, history),
    }


def moment(built_at: str) -> str:
    """Return when a build ended, as people write it: 26 Nov 2026 12:52 UTC; nothing where it did not."""
    from helpers.base.text import number

    return f"{number(datetime.fromisoformat(built_at).replace(second=0, tzinfo=None))} UTC" if built_at else ""


def changes_between(study: Study, before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, str]]:
    """Return the headline findings that a run has, in both runs and in words, in the order of the series."""
    found = []
    for chapter in study.chapters:
        for headline in chapter.headline_findings:
            old, new = (run.get(chapter.name, {}).get(headline.finding) for run in (before, now))
            if old is not None or new is not None:
                said = [in_words(headline, value, study.values.currency) for value in (old, new)]
                change = {"before": said[0], "now": said[1], "change": change_in_words(headline, old, new)}
                found.append({"chapter": chapter.title, "label": headline.label} | change)
    return found


def in_words(headline: Headline, value: Any, currency: str) -> str:
    """Return a finding as people read it."""
    from helpers.base.text import money, number, written

    if value is None:
        return number(None)
    if headline.kind == "money":
        return money(value, currency)
    return f"{written(value, headline.kind)}{' days' if headline.kind == 'days' else ''}"


def change_in_words(headline: Headline, before: Any, now: Any) -> str:
    """Return by how much a finding changed: shares in percentage points, counts and amounts in per cent."""
    if before is None or now is None:
        return "only now" if before is None else "no longer"
    if headline.kind == "word" or isinstance(before, str | bool) or isinstance(now, str | bool):
        return "unchanged" if before == now else "changed"
    difference = now - before
    if abs(difference) <= ALIKE * max(abs(before), abs(now)):
        return "unchanged"
    if headline.kind == "share":
        return _signed(100 * difference, 1, " points")
    if headline.kind == "count" and max(abs(before), abs(now)) < FEW:
        return _signed(difference, 0, "")
    if headline.kind in ("count", "money") and before:
        share = 100 * difference / abs(before)
        return _signed(share, 0 if abs(share) >= 9.95 else 1, " %")  # as `percent` writes shares
    unit = " days" if headline.kind == "days" else ""
    return _signed(difference, 0 if headline.kind in ("days", "count") else 3, unit)


def _signed(value: float, digits: int, unit: str) -> str:
    """Return a difference with its sign; one too small to show is said to be so."""
    smallest = 10**-digits
    shown = f"less than {smallest:g}" if abs(value) < smallest / 2 else f"{abs(value):,.{digits}f}"
    return f"{'+' if value > 0 else '−'}{shown}{unit}"


def _moves(study: Study, history: Path) -> dict[str, Any] | None:
    """Return who moved between the segments of the two kept runs; None where one of them has none."""
    files = [history / f"{name}.parquet" for name in (PREVIOUS, LATEST)]
    if not all(file.exists() for file in files):
        return None
    import pyarrow.parquet as pq

    before, now = (pq.read_table(file).to_pydict() for file in files)
    return moves_between(
        dict(zip(before["customer_id"], before[SEGMENT], strict=True)),
        dict(zip(now["customer_id"], now[SEGMENT], strict=True)),
        list(study.parameters("rfm")["segments"]),
    )


def moves_between(before: dict[str, str], now: dict[str, str], order: list[str]) -> dict[str, Any]:
    """Return the matrix of customers (customer_id -> segment) by segment before and now, in an order of segments.

    Rows are segments before, and last who is new; columns segments now, and last who is gone. Nobody can be new
    and gone at once: None.
    """
    pairs = Counter((before.get(customer), now.get(customer)) for customer in before.keys() | now.keys())
    present = {segment for pair in pairs for segment in pair if segment is not None}
    segments = [segment for segment in order if segment in present] + sorted(present - set(order))
    counts: list[list[int | None]] = [[pairs[row, column] for column in [*segments, None]] for row in segments]
    counts.append([pairs[None, column] for column in segments] + [None])
    shared = before.keys() & now.keys()
    stayed = sum(before[customer] == now[customer] for customer in shared)
    return {
        "rows": [*segments, "New customers"],
        "columns": [*segments, "Gone"],
        "counts": counts,
        "stayed": stayed,
        "moved": len(shared) - stayed,
        "new": len(now.keys() - before.keys()),
        "gone": len(before.keys() - now.keys()),
    }
