"""Published statements held against what was found here: does each hold, or can it not be tested?

A claim names a finding (a path into findings.json) or a measure (an SQL expression over one table).
"""

import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from helpers.base.sql import Sandbox, SqlError
from helpers.study.schema import Claim

HOLDS, FAILS, UNTESTED = "holds", "does not hold", "cannot be tested here"
MOST_DECIMALS = 10
"""Findings have no more digits."""


def judge_all(claims: list[Claim], findings: dict[str, Any], tables: Path) -> list[dict[str, str]]:
    """Hold claims against the findings and tables of a study; return each with its verdict, all in words."""
    with Sandbox() as sandbox:
        return [judge(claim, findings, tables, sandbox) for claim in claims]


def judge(claim: Claim, findings: dict[str, Any], tables: Path, sandbox: Sandbox) -> dict[str, str]:
    """Hold one claim against the findings, or against a table; return it with its verdict, all in words."""
    try:
        found = look_up(findings, claim.finding) if claim.finding else measure(claim, tables, sandbox)
    except SqlError as error:
        value = said = f"The claim {claim.claim!r}: its measure {error}."
        verdict = UNTESTED
    else:
        tested = found is not None and not isinstance(found, dict | list)
        value = in_unit(found, claim) if tested else "–"
        verdict = UNTESTED if not tested else HOLDS if holds(claim, found) else FAILS
        said = in_words(claim, found, verdict) if tested else f"They say {expectation(claim, brief=True)}."
    about = {"claim": claim.claim, "source": claim.source or ""}
    return about | {"expected": expectation(claim), "found": value, "said": said, "verdict": verdict}


def in_words(claim: Claim, found: Any, verdict: str) -> str:
    """Return a claim beside what was found, as `They say 65 %; it is 48 %.`, in digits that tell them apart."""
    they_say, it_is = expectation(claim, brief=True), in_unit(found, claim, brief=True)
    if verdict == FAILS and it_is in they_say:
        they_say, it_is = expectation(claim), in_unit(found, claim)
    return f"They say {they_say}; {'we find' if isinstance(found, str) else 'it is'} {it_is}."


def holds(claim: Claim, found: Any) -> bool:
    """Return whether a found value is what the claim says."""
    if isinstance(claim.equals, str):
        return str(found) == claim.equals
    try:
        value = float(found)
    except (TypeError, ValueError):
        return False
    if claim.equals is not None:
        return abs(value - claim.equals) <= claim.tolerance
    if claim.between is not None:
        return claim.between[0] <= value <= claim.between[1]
    return value >= claim.at_least if claim.at_least is not None else value <= claim.at_most


def expectation(claim: Claim, *, brief: bool = False) -> str:
    """Return what the claim expects, in words: `0.65 ± 0.01`, or `65 % ± 1 %` for a share; briefly `65 %`."""
    if isinstance(claim.equals, str):
        return claim.equals
    if claim.equals is not None:
        counts = float(claim.equals).is_integer() and 0 < claim.tolerance < 1 and claim.unit != "%"
        # of a count, half a unit either way is the count itself
        around = "" if brief or counts else f" ± {in_unit(claim.tolerance, claim)}"
        return in_unit(claim.equals, claim, brief=brief) + around
    if claim.between is not None:
        return " to ".join(in_unit(bound, claim, brief=brief) for bound in claim.between)
    word, bound = ("at least", claim.at_least) if claim.at_least is not None else ("at most", claim.at_most)
    return f"{word} {in_unit(bound, claim, brief=brief)}"


def in_unit(value: Any, claim: Claim, *, brief: bool = False) -> str:
    """Return a found or expected value as the claim speaks of it; briefly in the digits that people read."""
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return str(value)
    if claim.unit == "%":
        digits = ".4g" if not brief else ".0f" if abs(value) >= 0.0995 or not value else ".1f"
        return f"{100 * float(value):{digits}} %"
    if isinstance(value, int):
        return f"{value:,}"
    if brief:
        return f"{float(value):,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{float(value):.3g}"
    if claim.tolerance:  # as many decimals as the claim is strict about: 66,976.1 ± 0.1
        decimals = 0 if claim.tolerance >= 0.5 else min(MOST_DECIMALS, math.ceil(-math.log10(claim.tolerance)))
        return f"{float(value):,.{decimals}f}"
    return f"{float(value):,.{5 if abs(value) >= 1 else 3}g}"


def look_up(findings: dict[str, Any], path: str) -> Any:
    """Return the value at a path such as `clustering.by_k[3].silhouette`; None where there is none."""
    value: Any = findings
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d{1,9})\]", path):
        if name and isinstance(value, dict):
            value = value.get(name)
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return None
    return value


def measure(claim: Claim, tables: Path, sandbox: Sandbox) -> Any:
    """Return the value of a claim's SQL expression over its table; None where the table is not there.

    Raises:
        SqlError: the SQL does not run, takes too long, or gives something else than one value.
    """
    path = tables / f"{claim.on}.parquet"
    return sandbox.value(path, claim.measure) if path.exists() else None
