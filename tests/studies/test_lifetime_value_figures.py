"""What customers will be worth and when they are due: the invented lapsers found, the holdout as it was."""

import pandas as pd
import pytest

from helpers.base.paths import DATA
from tests.conftest import slow


def listed(built, study: str, name: str) -> pd.DataFrame:
    return pd.read_csv(
        built.reports / study / "downloads" / "11_lifetime_value" / name, dtype={"customer_id": str}
    )


def test_those_overdue_by_their_own_rhythm_are_the_lapsers_of_the_sample(built):
    found = built("sample")["lifetime_value"]
    people = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    lapsed = set(people.loc[people["persona"] == "lapsing", "customer_id"])
    dated = listed(built, "sample", "next_orders.csv")
    overdue = set(dated.loc[dated["overdue"], "customer_id"])
    assert found["overdue"] == len(overdue) and found["due"]["rhythm"] == len(dated)
    assert len(overdue & lapsed) >= 0.9 * len(overdue)
    assert len(overdue & lapsed) >= 0.95 * len(lapsed)


def test_the_rhythm_foresees_the_last_days_better_than_the_mean_interval(built):
    judged = built("sample")["lifetime_value"]["due"]["judged"]
    assert judged["rhythm"]["auc"] > judged["mean"]["auc"] + 0.1


def test_worth_adds_up_and_lies_within_its_interval(built):
    found = built("sample")["lifetime_value"]
    each = listed(built, "sample", "customer_value.csv")
    customers = pd.read_parquet(built.reports / "sample" / "tables" / "customers.parquet")
    assert set(each["customer_id"]) == set(customers["customer_id"])
    assert abs(each["worth_year"].sum() - found["total"]) < 1
    for name in ("total", "lifetime_total"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
    if found["ranges_held"]:
        assert (each["lifetime_low"] <= each["lifetime_high"]).all()
    assert found["total"] < found["lifetime_total"]


def test_whoever_is_held_out_is_in_no_list(built):
    found = built("sample")["lifetime_value"]["campaigns"]
    out = set(listed(built, "sample", "held_out.csv")["customer_id"])
    sent = [listed(built, "sample", f"send_{name.lower().replace(' ', '_')}.csv") for name in found["listed"]]
    assert not out & set(pd.concat(sent)["customer_id"])
    assert len(out) == sum(found["held_out"].values())
    assert 0.15 < len(out) / sum(found["listed"].values()) < 0.25


def test_no_profit_is_a_headline(built):
    built("sample")
    summary = (built.reports / "sample" / "summary.md").read_text()
    assert "Expected profit" not in summary and "earned" not in summary


def test_online_retail_warns_that_nobody_can_be_seen_to_stop(built):
    found = built("online_retail")["lifetime_value"]
    assert found["degenerate"] and {"BG/NBD", "Pareto/NBD"} <= set(found["not_determined"])
    assert found["model"] == "NBD"


def test_the_holdout_of_online_retail_ranks_customers_and_misses_the_season(built):
    found = built("online_retail")["lifetime_value"]
    assert found["holdout_spearman"] >= 0.50
    assert found["holdout_gain"]["recent"][2] < 0  # worse than the model, its whole interval
    assert not found["holdout_total_inside"] and found["holdout_total_ratio"] < 0.8
    assert found["return_auc"] > 0.7


@pytest.mark.parametrize("study", ["sample", slow("online_retail")])
def test_ranges_of_customers_are_held_against_the_last_window_by_decile(built, study):
    found = built(study)["lifetime_value"]
    held = found["range_coverage_by_decile"]
    assert [row["decile"] for row in held] == list(range(1, 11))
    customers = sum(row["customers"] for row in held)
    in_all = sum(row["held_share"] * row["customers"] for row in held) / customers
    assert found["range_coverage"] == pytest.approx(in_all, abs=1e-6)
    page = (built.reports / study / "11_lifetime_value.html").read_text(encoding="utf-8")
    assert ("No range of a single customer is shown" in page) != found["ranges_held"]
    assert ("worth_quarter_low" in listed(built, study, "customer_value.csv")) == found["ranges_held"]
