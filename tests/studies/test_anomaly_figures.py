"""Published anomalies, injected errors and those of the sample, from reports built by the user's command."""

import csv

import pandas as pd
import pytest

from helpers.base.paths import DATA
from helpers.customers.actions import REVIEW


@pytest.fixture
def findings(built):
    """Return a function that gives what chapter 06 found in a study."""
    return lambda study: built(study)["anomaly"]


def flagged(built, study, level):
    """Return the ids on a list of the study, in order."""
    built(study)
    table = pd.read_parquet(built.reports / study / "tables" / "anomalies.parquet")
    return table[table["level"] == level].sort_values("rank")["id"].tolist()


def truth(name):
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_uk_rfm_flags_as_many_as_published(findings):
    published = findings("uk_rfm")["published"]
    assert published["flagged"] == 78
    assert published["flagged"] + published["normal"] == 3882
    assert published["flagged_recency_frequency"] == 76


def test_shopping_trends_flags_as_many_as_published_and_they_are_not_high_value(findings):
    published = findings("shopping_trends")["published"]
    assert (published["flagged"], published["normal"]) == (195, 3705)
    assert published["mean_amount_flagged"] == pytest.approx(61.26, abs=0.005)
    assert published["mean_amount_normal"] == pytest.approx(59.69, abs=0.005)
    assert published["mean_amount_ratio_low"] < 1 < published["mean_amount_ratio_high"]


def test_injected_errors_in_lines_of_online_retail_are_found(findings):
    found = findings("online_retail")
    assert found["precision_planted_lines"] >= 0.90
    assert found["average_precision_lines"] >= 0.95
    by_features = found["average_precision_by_features_lines"]
    assert by_features["Amount by itself"] < 0.85
    assert found["by_detector_lines"]["lof"]["average_precision"] < 0.2
    by_kind = {kind: found["recall_by_kind"][kind] for kind in ("quantity", "price", "date", "twice")}
    assert min(by_kind.values()) > 0.7 and sum(by_kind.values()) / 4 > 0.9


def test_injected_errors_in_customers_of_online_retail_are_found(findings):
    found = findings("online_retail")
    assert found["precision_planted_customers"] >= 0.55
    assert set(found["recall_by_kind"]) == {"quantity", "price", "date", "twice", "burst", "returns"}
    assert found["recall_by_kind"]["burst"] > 0.8


def test_the_samples_fraudsters_are_at_the_top_and_flagged_for_review_in_the_table_of_customers(built):
    built("sample")  # which writes the truth beside it
    fraudsters = {row["customer_id"] for row in truth("sample_truth_customers.csv") if row["anomaly"] != "none"}
    assert len(fraudsters) == 5
    assert set(flagged(built, "sample", "customer")[:5]) == fraudsters  # the reason that most money is about
    customers = pd.read_parquet(built.reports / "sample" / "tables" / "customers.parquet").set_index("customer_id")
    assert customers.loc[list(fraudsters), "flag"].str.contains("back").all()  # they live on returns
    assert set(customers.loc[list(fraudsters), "action"]) == {REVIEW}
    assert set(customers.index[customers["flag"].notna()]) == set(flagged(built, "sample", "customer"))


def test_the_samples_list_can_be_worked_with_and_names_nothing_usual(built):
    built("sample")
    path = built.reports / "sample" / "downloads" / "06_anomaly" / "anomalies.csv"
    listed = pd.read_csv(path, dtype={"id": str, "order_id": str, "customer_id": str})
    lines = listed[listed["level"] == "line"]
    assert len(lines) > 50 and lines[["order_id", "ordered_at", "customer_id", "amount"]].notna().all().all()
    ratios = listed["why"].str.findall(r"([\d.,]+) times").explode().dropna().str.replace(",", "").astype(float)
    assert len(ratios) > 50 and ratios.min() >= 1.2  # no price 1.0 times the usual, as once
    assert not listed["why"].str.contains("where 0").any()
    shop = pd.read_parquet(built.reports / "sample" / "tables" / "transactions.parquet", columns=["revenue"])
    assert lines["amount"].min() >= shop["revenue"].astype(float).quantile(0.9)  # nothing trifling


def test_the_samples_mistyped_prices_are_set_aside_and_no_other_line(built):
    built("sample")
    tables = built.reports / "sample" / "tables"
    wrong = {row["line"] for row in truth("sample_truth_lines.csv") if row["kind"] == "typo_price"}
    rejected, aside = (
        set(pd.read_parquet(tables / f"{name}.parquet", columns=["line"])["line"].astype(str))
        for name in ("rejected", "set_aside")
    )
    assert len(wrong - rejected) > 20
    assert aside == wrong - rejected  # precision and recall of the lines that no other rule took are one


@pytest.mark.parametrize("study", ["sample", "online_retail", "uk_rfm", "shopping_trends"])
def test_the_list_is_as_long_as_asked_and_takes_nothing_away(built, findings, study):
    found = findings(study)
    assert found["flagged"] == len(flagged(built, study, "customer"))
    assert found["share"] == pytest.approx(0.05 if study == "shopping_trends" else 0.02, abs=0.001)
    everybody = len(pd.read_parquet(built.reports / study / "tables" / "customers.parquet"))
    assert found["customers"] == everybody
    normal = pd.read_csv(
        built.reports / study / "downloads" / "06_anomaly" / "normal.csv", usecols=["customer_id"]
    )
    assert len(normal) + found["flagged"] == everybody
