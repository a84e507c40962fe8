"""The published counts of the cleaning steps, exact, on the real ledger."""

from decimal import Decimal

import narwhals as nw
import pyarrow.parquet as pq
import pytest

from helpers.chapters.cleaning.account import distinct_counts
from helpers.ledger.tables import write_table
from tests.conftest import real_data
from tests.studies.conftest import pennies

ONLINE_RETAIL = ("online_retail", "uk_rfm", "insiders")


def test_uk_rfm_keeps_the_published_lines_after_each_step(prepare):
    study = prepare("uk_rfm")
    assert study.counts_after() == [541_909, 406_829, 397_924, 354_345, 350_967]
    assert [step["customers"] for step in study.account.steps[-2:]] == [3_921, 3_882]


def test_uk_rfm_caps_cost_far_more_revenue_than_customers(prepare):
    revenue = [step["revenue"] for step in prepare("uk_rfm").account.steps]
    assert pennies(revenue[-1]) == Decimal("5699667.94")
    assert float(revenue[-1] / revenue[-2]) == pytest.approx(0.780, abs=0.0005)


def test_insiders_reproduces_all_fourteen_counts(prepare):
    study = prepare("insiders")
    assert study.counts_after() == [
        541_909, 540_455, 540_455, 406_585, 406_585, 406_545, 406_545, 406_074, 406_074, 406_049, 405_522,
        405_522, 405_522, 397_124,
    ]  # fmt: skip
    assert study.account.rows["returned"] == 8_398
    assert distinct_counts(study.transactions)["customers"] == 4_312
    assert pennies(study.account.revenue["kept"]) == Decimal("8524604.60")


def test_insiders_moves_the_eight_customers_to_their_country(prepare):
    study = prepare("insiders")
    moved = {
        "12417": "Belgium", "12422": "Switzerland", "12457": "Switzerland", "12455": "Cyprus",
        "12370": "Cyprus", "12429": "Denmark", "12394": "Denmark", "12431": "Australia",
    }  # fmt: skip
    lines = study.transactions.filter(nw.col("customer_id").is_in(list(moved)))
    pairs = lines.select("customer_id", "country").unique().collect("pyarrow").to_native().to_pylist()
    assert {pair["customer_id"]: pair["country"] for pair in pairs} == moved
    assert len(pairs) == len(moved)
    countries = study.value(study.transactions, n=nw.col("country").n_unique())["n"]
    assert countries == 36


def test_insiders_changes_the_charity_lines_and_merges_product_codes(prepare):
    study = prepare("insiders")
    assert study.account.steps[8]["rows_changed"] == 16
    codes = nw.concat([study.transactions.select("product_id"), study.returns.select("product_id")])
    assert study.value(codes, n=nw.col("product_id").n_unique())["n"] == 3_646


def test_online_retail_by_our_best_practice(prepare):
    study = prepare("online_retail")
    assert study.counts_after()[1:4] == [406_829, 404_909, 399_689]
    assert study.counts_after()[-1] == 391_150
    assert distinct_counts(study.transactions) == {"customers": 4_334, "orders": 18_402, "products": 3_659}


@pytest.mark.parametrize("name", ONLINE_RETAIL)
def test_every_line_and_penny_is_accounted_for(prepare, name):
    account = prepare(name).account
    rows, revenue = account.rows, account.revenue
    assert rows["read"] == 541_909 == rows["kept"] + rows["returned"] + rows["rejected"]
    assert pennies(revenue["read"]) == Decimal("9747747.93")
    assert revenue["read"] + revenue["changed"] == revenue["kept"] + revenue["returned"] + revenue["rejected"]


@pytest.mark.parametrize("name", ONLINE_RETAIL)
def test_the_tables_hold_what_the_account_says(prepare, name):
    study = prepare(name)
    for end, frame in (("kept", study.transactions), ("returned", study.returns), ("rejected", study.rejected)):
        sums = study.value(frame, n=nw.len(), revenue=nw.col("revenue").sum())
        assert sums["n"] == study.account.rows[end]
        assert (sums["revenue"] or 0) == study.account.revenue[end]


def test_raw_online_retail_is_what_its_publisher_says(prepare):
    study = prepare("online_retail")
    counts = distinct_counts(study.raw)
    assert counts == {"customers": 4_372, "orders": 25_900, "products": 4_070}
    names = study.value(
        study.raw, n=nw.col("product_name").n_unique(), missing=nw.col("product_name").is_null().sum()
    )
    assert names["missing"] == 1_454
    assert names["n"] - 1 == 4_223


def test_the_workbook_gives_the_same_bytes_as_the_csv(prepare, tmp_path):
    from_csv, from_xlsx = prepare("online_retail"), prepare("online_retail", "online_retail.xlsx")
    paths = []
    for number, study in enumerate((from_csv, from_xlsx)):
        paths.append(tmp_path / f"{number}.parquet")
        write_table("raw", study.raw, paths[-1], study.engine)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert pq.read_metadata(paths[0]).num_rows == 541_909
    assert from_csv.account.revenue == from_xlsx.account.revenue


def test_the_real_files_are_the_ones_the_figures_were_measured_on():
    from helpers.build.data import origins
    from helpers.ledger.sources import digest

    known = origins()
    for name in ("online_retail.csv", "shopping_trends.csv", "customer_purchasing_behaviors.csv"):
        assert digest(real_data(name)) == known[name].sha256
