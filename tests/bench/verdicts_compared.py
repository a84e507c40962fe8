"""What two states of the code say of the same studies: their verdicts side by side, as a table in Markdown.

    python -m tests.bench.verdicts_compared OLD NEW study ...

OLD and NEW are folders of reports (`REPORTS_DIR`), each built from a checkout of its own.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.base.files import read_json

Findings = dict[str, Any]


def groups(found: Findings) -> str:
    """Return how many groups are called real."""
    return f"{found['n_clusters']} groups" if found["structure"] else "no groups"


def better(name: str) -> Callable[[Findings], str]:
    """Return what says whether the interval of a difference is above zero."""

    def said(found: Findings) -> str:
        low, high = [*(found[name].values() if isinstance(found[name], dict) else found[name])][1:]
        return "yes" if low > 0 else "no" if high < 0 else "no difference shown"

    return said


def ranges(name: str) -> Callable[[Findings], str]:
    """Return what says whether ranges of single customers are shown; before they were tried, they always were."""

    def said(found: Findings) -> str:
        return "shown" if found[name] is not None and found.get("ranges_held", True) else "withheld"

    return said


VERDICTS: dict[tuple[str, str], Callable[[Findings], str]] = {
    ("clustering", "04 natural groups"): groups,
    ("tree_embedding", "05 groups by what goes with revenue"): groups,
    ("anomaly", "06 detectors of lines, customers"): lambda f: f"{f['detector_lines']}, {f['detector_customers']}",
    ("regression", "07 leaks"): lambda f: "; ".join(f["leaks"]) or "none",
    ("regression", "07 model better than baseline"): better("mae_gain"),
    ("regression", "07 ranges of single customers"): ranges("coverage"),
    ("recommendation", "08 list, repeats allowed"): lambda f: f["recommended"],
    ("recommendation", "08 list, new products only"): lambda f: f["recommended_new"],
    ("recommendation", "08 association rules"): lambda f: f"{f['rules']:d}",
    ("purchase_prediction", "09 model better than recency"): better("gain_over_recency"),
    ("purchase_prediction", "09 network better than logistic"): better("network_gain"),
    ("what_changed", "10 unusual months"): lambda f: ", ".join(m["month"] for m in f["unusual_months"]) or "none",
    ("lifetime_value", "11 ranges of single customers"): ranges("total_low"),
}
"""What is read off the findings of a chapter, by its name and the verdict's."""


def of(reports: Path, study: str, chapter: str, verdict: Callable[[Findings], str]) -> str:
    """Return a verdict of a study; a dash where its chapter or section is not there."""
    try:
        return verdict(read_json(reports / study / "findings.json")[chapter])
    except (KeyError, TypeError):
        return "–"


def main(old: str, new: str, *studies: str) -> None:
    """Print the table; what neither says is left out."""
    print("| Verdict | Study | Old | New | |\n|---|---|---|---|---|")
    for (chapter, name), verdict in VERDICTS.items():
        for study in studies:
            before, now = (of(Path(folder), study, chapter, verdict) for folder in (old, new))
            if {before, now} != {"–"}:
                changed = "changed" if before != now and "–" not in (before, now) else ""
                print(f"| {name} | {study} | {before} | {now} | {changed} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
