"""Chapter 08 on ledgers that leave something out: every one ends with lists and says what is missing.

The notebook's cells run here one after the other, without a kernel, on tables made for the test; sections are
passed over as the build does.
"""

import html
import json
import re
from datetime import datetime, timedelta

import pandas as pd
import pytest

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.build.sections import PRACTICE
from helpers.ledger.tables import write_table
from helpers.show import display as shown
from helpers.study import report as reporting
from helpers.study.needs import lacking, met, title_of
from helpers.study.parameters import cell_source, read_cells
from helpers.study.series import BY_NAME
from tests.unit.conftest import numbered

QUICK = {"components": 4, "epochs": 2, "hybrid_epochs": 2, "als_factors": 2, "k": 3, "rule_orders": 2}
START = datetime(2024, 1, 1)


def orders(customers: int = 14, products: int = 8, times: int = 6, every: int = 20) -> list[dict]:
    """Customers who buy two products every so many days."""
    return [
        {
            "customer_id": f"c{customer:02d}",
            "order_id": f"o{customer}-{time}",
            "ordered_at": START + timedelta(days=every * time, hours=customer),
            "product_id": f"p{(customer + time * place) % products}",
            "product_name": f"Thing number {'abcdefghij'[(customer + time * place) % products] * 3}",
            "quantity": "2",
            "revenue": "10.00",
            "country": "France" if customer % 2 else "Spain",
        }
        for customer in range(customers)
        for time in range(times)
        for place in (0, 1)
        if place == 0 or time
    ]


def customers_of(rows: list[dict], **features: list) -> pd.DataFrame:
    ids = sorted({row["customer_id"] for row in rows})
    return pd.DataFrame({"customer_id": ids} | {name: values[: len(ids)] for name, values in features.items()})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs the chapter and gives its findings, its lists and its sentences."""
    said: list[str] = []
    skipped: list[str] = []
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.setenv("SERIES_STAGING", str(tmp_path / "out"))

    def display(*shows, metadata=None, **_):
        if reason := (metadata or {}).get("series", {}).get("skip"):
            skipped.append(reason)
        said.extend(getattr(s, "data", "") for s in shows)

    monkeypatch.setattr(shown, "display", display)
    monkeypatch.setattr(reporting, "display", display)

    def ran(rows: list[dict], customers: pd.DataFrame, **section):
        study = tmp_path / "small.yml"
        whole = QUICK | section
        study.write_text(
            "title: Small\nsource: {path: lines.csv}\nrecommendation:\n"
            + "".join(f"  {name}: {json.dumps(value)}\n" for name, value in whole.items())
        )
        tables = tmp_path / "reports" / "small" / "tables"
        with open_engine() as engine:
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            write_table("transactions", engine.table(numbered(**columns)), tables / "transactions.parquet", engine)
            write_table("customers", customers, tables / "customers.parquet", engine)
        names: dict = {}
        left_out = False
        for cell in read_cells(BY_NAME["recommendation"].notebook):
            if title_of(cell):
                left_out = lacking(cell, met(tables)) is not None
            if (
                cell["cell_type"] == "code"
                and not left_out
                and not PRACTICE & set(cell["metadata"].get("tags", []))
            ):
                before = len(skipped)
                exec(cell_source(cell), names)
                left_out = len(skipped) > before
                names |= {"study": str(study)} | whole
        out = tmp_path / "out"
        findings = json.loads((out / "findings.json").read_text())["findings"]
        lists = pd.read_parquet(out / "tables" / "recommendations.parquet")
        ran.skipped, ran.raw = skipped, " ".join(text for text in said if isinstance(text, str))
        page = html.unescape(re.sub(r"<[^>]+>", " ", ran.raw))
        return findings, lists, " ".join(page.split())

    return ran


def test_an_ordinary_ledger_has_everything(run):
    rows = orders()
    late = {"ordered_at": rows[-1]["ordered_at"] - timedelta(days=3), "order_id": "late"}
    rows += [rows[0] | late | {"customer_id": "newcomer"}]
    found, lists, page = run(rows, customers_of(rows, rfm_segment=["A", "B", "C"] * 5, frequency=[6, 5, 1] * 5))
    assert found["customers_evaluated"] > 5
    assert found["best_model"]
    assert set(lists["customer_id"]) == {row["customer_id"] for row in rows}
    assert run.skipped == []
    assert "Lists for new customers" in page


def test_nobody_comes_back(run):
    rows = [row | {"customer_id": f"{row['customer_id']}-{row['order_id']}"} for row in orders()]
    found, lists, page = run(rows, customers_of(rows, country=["France", "Spain"] * 60))
    assert found["customers_evaluated"] == 0
    assert found["precision"] is None
    assert "nothing to be right about" in page
    assert lists["customer_id"].nunique() == len({row["customer_id"] for row in rows})


def test_one_product(run):
    rows = [row | {"product_id": "p", "product_name": "Cup"} for row in orders()]
    found, lists, page = run(rows, customers_of(rows))
    assert found["customers_evaluated"] > 5
    assert found["precision_new"] is None
    assert "only one product" in page
    assert lists["product_id"].unique().tolist() == ["p"]


def test_customers_only_after_the_cut_off(run):
    rows = [row | {"customer_id": f"{row['customer_id']}-{row['ordered_at']:%m}"} for row in orders(every=31)]
    found, lists, page = run(rows, customers_of(rows), cut_off="2024-05-01")
    assert found["customers_evaluated"] == 0
    assert "nothing to be right about" in page
    assert len(lists)


@pytest.mark.parametrize("cut_off", ["2031-01-01", "2020-01-01", "next week"])
def test_a_cut_off_outside_the_data_stops_the_chapter(run, cut_off):
    rows = orders()
    with pytest.raises(StudyError, match=cut_off):
        run(rows, customers_of(rows), cut_off=cut_off)


def test_names_missing(run):
    rows = [{name: value for name, value in row.items() if name != "product_name"} for row in orders()]
    found, lists, page = run(rows, customers_of(rows))
    assert found["customers_evaluated"] > 5
    assert "no content-based model" in page
    assert (lists["product_name"] == lists["product_id"]).all()


def test_some_names_missing(run):
    rows = [row | ({"product_name": None} if row["product_id"] == "p3" else {}) for row in orders()]
    found, lists, page = run(rows, customers_of(rows))
    assert found["customers_evaluated"] > 5
    assert lists.loc[lists["product_id"] == "p3", "product_name"].unique().tolist() == ["p3"]
    assert "no content-based model" not in page


def test_too_short_for_a_window(run):
    rows = orders(every=1)
    found, lists, page = run(rows, customers_of(rows), horizon_days=90)
    assert found["customers_evaluated"] == 0
    assert "too short" in page
    assert "cannot be measured here" in page
    assert len(lists)


def test_too_short_for_an_earlier_window(run):
    rows = orders(times=4)
    found, lists, _ = run(rows, customers_of(rows))
    assert found["customers_evaluated"] > 5
    assert found["best_model"] == "Blend"
    assert set(found["weights"]["next"].values()) == {1.0}
    assert found["cut_off_earlier"] is None
    assert len(run.skipped) == 2  # the earlier window; and nobody came later
    assert len(lists)


@pytest.mark.parametrize(
    ("times", "windows", "words"),
    [
        (4, 1, "Only this one window fits into the data"),
        (6, 2, "Models are judged in 2 windows"),
        (7, 3, "3 with one before them to choose in would need a longer history"),
        (10, 4, "serves to choose only"),
    ],
)
def test_as_many_windows_as_the_data_hold_are_judged_and_their_number_is_said(run, times, windows, words):
    rows = orders(times=times)
    found, _, page = run(rows, customers_of(rows))
    assert len(found["windows"]) == windows
    assert found["windows"][-1] == found["cut_off"]
    assert words in page
    assert found["mean_by_model"]["Buy again"][1] <= found["mean_by_model"]["Buy again"][0]
    if windows == 1:
        assert found["gain_by_model"] == found["mean_gain_by_model"]
    else:
        assert {"half_life", "penalty", "epochs"} == set(found["settings"])
        assert "mean of the windows" in page


def test_nothing_is_chosen_on_the_last_window(run):
    """Whatever customers buy in it, choices stay as they are."""
    rows = orders(times=8)
    cut = START + timedelta(days=110)
    other = [row | {"product_id": "p1", "product_name": "Thing number bbb"} if row["ordered_at"] >= cut else row
             for row in rows]  # fmt: skip
    one, another = (run(some, customers_of(some), cut_off="2024-04-20") for some in (rows, other))
    assert one[0]["cut_off"] == "2024-04-20T00:00:00" and len(one[0]["windows"]) > 2
    assert one[0]["precision"] != another[0]["precision"]
    for name in ("weights", "settings", "best_model", "best_model_new"):
        assert one[0][name] == another[0][name], name


def test_neither_dates_nor_features(run):
    kept = ("customer_id", "product_name")
    rows = [{name: row[name] for name in kept} for row in orders()]
    found, lists, page = run(rows, customers_of(rows))
    assert found["customers_evaluated"] == 0
    assert "Collaborative filtering cannot be evaluated here" in page
    assert "Frequently bought together" not in page
    assert lists["customer_id"].nunique() == 14
    assert not lists["bought_before"].any()


def test_values_from_the_data_are_never_markup(run):
    rows = [row | {"product_name": "<b>" + row["product_name"], "country": "<i>X"} for row in orders()]
    run(rows, customers_of(rows, rfm_segment=["<u>"] * 14, frequency=[6] * 14))
    assert "&lt;b&gt;Thing" in run.raw
    for mark in ("<b>Thing", "<i>X", "<u>"):
        assert mark not in run.raw
