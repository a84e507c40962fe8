"""Tables as chapters leave them, invented: what a dashboard is made of, with all that may go wrong in it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.base.paths import PARAMS
from helpers.build.freshness import combined
from helpers.show.exports import write_frame
from helpers.study.file import load_study
from helpers.study.schema import Study

HOSTILE = (
    "<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "=HYPERLINK(1)", "-12", "+44", "@sum",
    "'quoted'", '"double", comma', "line\nbreak", "ümläut £ 漢字", "#segment=Loyal&x=%00", "javascript:alert(3)",
    "{{ 7 * 7 }}", "0012",
)  # fmt: skip
"""Ids of customers."""
COUNTRIES = ("United Kingdom", "France", "EIRE", "Malta", "<b>Nowhere</b>", None)
SEGMENTS = ("Champions", "Loyal", "At risk", "<i>Own & only</i>")
ACTIONS = ("Keep: thank them", "Keep: call them", "Win back: <u>one</u> offer", "Review first: see why")
FLAGS = (None, None, None, "Brought back 36 % of all units", "<script>alert(4)</script> 7 orders on one day")
FIRST, LAST = date(2023, 1, 1), date(2025, 2, 11)
PERIODS = {
    "before": {"first": "2023-01-01", "last": "2023-12-31", "name": "2023"},
    "after": {"first": "2024-01-01", "last": "2024-12-31", "name": "2024"},
}


def study() -> Study:
    """Return the study of the sample, whose columns these are."""
    return load_study(PARAMS / "sample.yml")


def lines(customers: int, orders: int, seed: int, hostile: tuple[str, ...] = HOSTILE) -> pd.DataFrame:
    """Return purchases and returns (below zero), two lines an order; some lack a date, a country or a customer."""
    rng = np.random.default_rng(seed)
    ids = np.array([*hostile, *(f"c{n:06d}" for n in range(customers - len(hostile)))], dtype=object)
    who = np.append(rng.permutation(customers), rng.integers(0, customers, max(0, orders - customers)))[:orders]
    days = rng.integers(0, (LAST - FIRST).days + 1, orders)
    numbers = [f"o{n % (orders - 12)}" for n in range(orders)]  # a dozen are given twice
    order = pd.DataFrame({"customer_id": ids[who], "order_id": numbers, "days": days})
    home = np.where(rng.random(orders) < 0.9, who % (len(COUNTRIES) - 1), rng.integers(0, len(COUNTRIES), orders))
    order["country"] = np.array(COUNTRIES, dtype=object)[home]
    found = order.loc[order.index.repeat(2)].reset_index(drop=True)
    later = (np.arange(len(found)) % 2) * (rng.random(len(found)) < 0.02)  # an order of two days, or months
    moments = pd.Timestamp(FIRST) + pd.to_timedelta(found.pop("days") + 9 * later, "D") + pd.Timedelta(hours=9)
    found["ordered_at"] = moments.mask(rng.random(len(found)) < 0.01)
    found["revenue"] = rng.integers(1, 20_000, len(found)) / 100
    found["quantity"] = rng.integers(1, 9, len(found)).astype(float)
    found["product_id"] = [f"p{n}" for n in rng.integers(0, 40, len(found))]
    found["product_name"] = "<em>Product</em> " + found["product_id"]
    back = rng.random(len(found)) < 0.08
    found.loc[back, ["revenue", "quantity"]] *= -1
    found["line"] = np.arange(1, len(found) + 1)
    return found


def write_report(
    folder: Path, found: pd.DataFrame, seed: int = 1, *, nameless: float = 0.02, periods: dict | None = None
) -> dict[str, Any]:
    """Write tables, lists and findings of a study's report; return what run.json would say.

    Args:
        folder: of the report.
        found: of `lines`, or a part of its columns.
        seed: of what is known of customers.
        nameless: the share of lines without a customer.
        periods: which chapter 10 compares.
    """
    import duckdb

    rng = np.random.default_rng(seed)
    tables = folder / "tables"
    tables.mkdir(parents=True)
    found = found.copy()
    if "customer_id" in found and nameless:
        without = found["order_id"].isin(rng.choice(found["order_id"].unique(), int(nameless * len(found)) + 1))
        found.loc[without, "customer_id"] = None
    back = (found["revenue"] if "revenue" in found else found["quantity"]) < 0
    con = duckdb.connect()
    for name, part in {"transactions": found[~back], "returns": found[back]}.items():
        con.register("part", part)
        amount = "REPLACE (CAST(revenue AS DECIMAL(18,4)) AS revenue)" if "revenue" in part else ""
        con.execute(f"COPY (SELECT * {amount} FROM part) TO '{tables / name}.parquet'")
    findings: dict[str, Any] = {"clustering": {"structure": True}}
    made: dict[str, list[str]] = {}
    if "customer_id" in found:
        people = _people(found[~back].dropna(subset="customer_id"), rng)
        people.to_parquet(tables / "customers.parquet", index=False)
        groups = people[["customer_id"]].assign(
            cluster=0, segment=rng.choice(["Group A: one", "Group B: two"], len(people))
        )
        groups.to_parquet(tables / "segments.parquet", index=False)
        made = _lists(folder, people, rng)
        findings |= {
            "purchase_prediction": {"horizon_days": 90},
            "regression": {"horizon_days": 60, "coverage_nominal": 0.9},
        }
    if "ordered_at" in found:
        findings["what_changed"] = {"periods": periods or PERIODS, "by_year": True}
    (folder / "findings.json").write_text(json.dumps(findings))
    chapters = {name: {"findings": combined(values)} for name, values in findings.items()}
    for name, files in made.items():
        chapters.setdefault(name, {})["downloads"] = [{"name": file, "description": ""} for file in files]
    return {"chapters": chapters}


def _people(bought: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    ids = np.array(sorted(bought["customer_id"].unique()), dtype=object)
    people = pd.DataFrame({"customer_id": ids})
    words = {"rfm_segment": SEGMENTS, "flag": FLAGS, "action": ACTIONS}
    if "ordered_at" not in bought:  # no segments then, but what the source knows of them
        words = {"flag": FLAGS, "gender": ("Female", "<b>Male</b>", None), "name": tuple(ids)}
    for name, values in words.items():
        people[name] = np.array(values, dtype=object)[rng.integers(0, len(values), len(ids))]
    if "ordered_at" in bought:
        dated = bought.groupby("customer_id")["ordered_at"]
        people["first_order"], people["last_order"] = (
            people["customer_id"].map(s) for s in (dated.min(), dated.max())
        )
    return people


def _lists(folder: Path, people: pd.DataFrame, rng: np.random.Generator) -> dict[str, list[str]]:
    some = people[rng.random(len(people)) < 0.8][["customer_id"]].sample(frac=1, random_state=1)
    n = len(some)
    frames = {
        "07_regression/next_spend.csv": some.assign(predicted=(rng.random(n) * 500).round(2), low=1.0, high=900.5),
        "09_purchase_prediction/purchase_probabilities.csv": some.assign(
            probability=rng.random(n), contact="Contact"
        ),
        "10_what_changed/movement.csv": some.assign(
            segment_90_days_before="Loyal", segment_365_days_before=rng.choice(SEGMENTS, n)
        ),
    }
    for name, frame in frames.items():
        path = folder / "downloads" / name
        path.parent.mkdir(parents=True)
        write_frame(frame, path)
    offers = some.loc[some.index.repeat(4)].assign(rank=np.tile([1, 2, 3, 4], n), score=1.0)
    offers["product_id"] = [f"p{p}" for p in rng.integers(0, 40, len(offers))]
    offers["reason"] = np.array(["<b>bought</b> 3 times", "goes with it"])[rng.integers(0, 2, len(offers))]
    offers.to_parquet(folder / "tables" / "recommendations.parquet", index=False)
    return {Path(name).parts[0][3:]: [Path(name).name] for name in frames}


def opened(browser, page: Path, seen: list[str] | None = None, **options):
    """Open a dashboard; note in `seen` whatever should not happen."""
    seen = [] if seen is None else seen
    tab = browser.new_context(offline=True, **options).new_page()
    tab.on("dialog", lambda said: (seen.append(f"dialog {said.message}"), said.dismiss()))
    tab.on(
        "request", lambda asked: seen.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
    )
    tab.on("console", lambda said: seen.append(said.text) if said.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: seen.append(str(error)))
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-ready]")
    return tab
