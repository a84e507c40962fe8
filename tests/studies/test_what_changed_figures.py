"""What changed: parts that sum to the penny, the injected returns found untold, segments at an earlier date."""

from decimal import Decimal

import pandas as pd
import pytest

from helpers.base.paths import DATA

STUDIES = ("sample", "online_retail")


def table(built, study: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(built.reports / study / "tables" / f"{name}.parquet")


def net(built, study: str, when: str) -> Decimal:
    """Return what the tables hold of a month, quarter or year, net of returns, exactly."""
    lines = pd.concat([table(built, study, name) for name in ("transactions", "returns")])
    return lines.loc[lines["ordered_at"].dt.to_period(pd.Period(when).freq) == pd.Period(when), "revenue"].sum()


@pytest.mark.parametrize("study", STUDIES)
def test_the_parts_of_every_change_sum_to_it_to_the_penny(built, study):
    found = built(study)["what_changed"]
    assert round(sum(found["drivers"].values()), 2) == round(found["net_sales"] - found["net_sales_before"], 2)
    assert found["change"] == pytest.approx(found["net_sales"] - found["net_sales_before"], abs=1e-6)
    drivers = pd.read_csv(built.reports / study / "downloads" / "10_what_changed" / "drivers.csv")
    parts = drivers.drop(columns=["by", "group", "before", "after", "change"]).sum(axis=1)
    assert {"all", "month", "rfm_segment", "country", "product"} <= set(drivers["by"])
    assert (parts - drivers["change"]).abs().max() < 0.005
    for by in ("rfm_segment", "country", "product"):
        assert drivers.loc[drivers["by"] == by, "change"].sum() == pytest.approx(found["change"], abs=0.005)


def test_the_years_of_the_sample_are_those_of_its_tables(built):
    found = built("sample")["what_changed"]
    assert found["compared"] == ["2024", "2025"]
    assert found["net_sales_before"] == pytest.approx(float(net(built, "sample", "2024")), abs=0.005)
    assert found["net_sales"] == pytest.approx(float(net(built, "sample", "2025")), abs=0.005)
    assert found["change"] < 0


def test_the_month_of_the_injected_returns_is_found_with_its_customer(built):
    built("sample")
    people = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    returns = table(built, "sample", "returns")
    theirs = returns[returns["customer_id"].isin(people.loc[people["persona"] == "fraudster", "customer_id"])]
    returned = theirs.groupby([theirs["ordered_at"].dt.strftime("%Y-%m"), "customer_id"])["revenue"].sum()
    month, customer = returned.astype(float).idxmin()  # returns are below zero
    unusual = {one["month"]: one["causes"] for one in built("sample")["what_changed"]["unusual_months"]}
    assert list(unusual) == [month]
    [by_returns] = [cause for cause in unusual[month] if cause["measure"] == "returned"]
    assert list(by_returns["few"]) == [customer]


def test_the_customers_of_one_season_are_those_that_were_invented(built):
    [season] = built("sample")["what_changed"]["seasonal_segments"]
    people = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    invented = set(people.loc[people["persona"] == "gift_shopper", "customer_id"])
    folder = built.reports / "sample" / "downloads" / "10_what_changed"
    told = pd.read_csv(folder / "seasonal_customers.csv", dtype=str)
    assert season["season"] == "Nov-Dec"
    assert len(told) == season["customers"] > 0.75 * len(invented)
    assert set(told["customer_id"]) <= invented
    customers = table(built, "sample", "customers").set_index("customer_id")
    assert set(customers["buying_season"].dropna().index) == set(told["customer_id"])


def test_movement_counts_every_customer_of_the_earlier_date_once(built):
    moved = built("sample")["what_changed"]["moved"]
    snapshot = table(built, "sample", "transactions")["ordered_at"].max() + pd.Timedelta(days=1)
    first = table(built, "sample", "transactions").groupby("customer_id")["ordered_at"].min()
    for days in (90, 365):
        known = int((first < snapshot - pd.Timedelta(days=days)).sum())
        by_direction = moved[f"in_{days}_days"]
        assert sum(way["customers"] for way in by_direction.values()) == known
        assert sum(way["by_chance"] for way in by_direction.values()) == pytest.approx(known)
