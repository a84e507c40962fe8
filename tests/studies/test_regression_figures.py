"""The figures of chapter 07 on the real data, from reports built by the user's command."""

import pandas as pd
import pytest


@pytest.fixture
def findings(built):
    """Return a function that gives what chapter 07 found in a study."""
    return lambda study: built(study)["regression"]


def headlines(built, study: str) -> str:
    page = (built.reports / study / "07_regression.html").read_text(encoding="utf-8")
    return page[page.index("headline-findings") :].split("</section>")[0]


def verdicts(built, study: str) -> str:
    return (built.reports / study / "index.html").read_text(encoding="utf-8")


def test_shopping_trends_is_not_predictable_and_the_published_forest_shows_it(findings, built):
    found = findings("shopping_trends")
    published = found["published"]
    assert published["r2"] == pytest.approx(-0.13, abs=0.005)
    assert published["rmse"] == pytest.approx(25.1, abs=0.1)
    assert published["mean_rmse"] == pytest.approx(23.7, abs=0.1)
    assert found["predictable"] is False
    assert -0.02 < found["r2"] < 0.01
    assert found["duplicate_rows"] == 0
    assert found["known_after"] == ["rating"]
    assert "yearly_spend / purchases_per_year = revenue" in found["leaks"]
    assert "not predictable from these" in headlines(built, "shopping_trends")


def test_purchasing_behaviors_repeats_the_published_recipes_and_what_is_left_of_them(findings):
    found = findings("purchasing_behaviors")
    published = found["published"]
    assert published["r2"] == pytest.approx(0.9994, abs=0.0002)
    assert published["rmse"] == pytest.approx(3.53, abs=0.05)
    assert (published["twins"], published["test_rows"]) == (38, 48)
    assert published["shuffled_r2"] == pytest.approx(0.9989, abs=0.0003)
    assert published["grouped_r2"] == pytest.approx(0.9793, abs=0.002)
    assert published["grouped_rmse"] == pytest.approx(15.8, abs=0.3)


def test_purchasing_behaviors_own_result_keeps_copies_together_and_knows_the_leak(findings, built):
    found = findings("purchasing_behaviors")
    assert found["duplicate_rows"] == 178
    assert "spend_to_income_ratio x income = revenue" in found["leaks"]
    assert found["r2"] == pytest.approx(0.979, abs=0.01)
    assert found["rmse"] == pytest.approx(15.8, abs=2)
    top = headlines(built, "purchasing_behaviors")
    assert "spend to income ratio × income = revenue" in top
    assert "60 of the 238 rows differ" in top


def test_online_retail_spend_ahead_is_no_nearer_than_the_days_before_and_knows_no_future(findings):
    found = findings("online_retail")
    assert found["target"] == "spend ahead"
    assert found["rows"] == 3368
    assert found["baseline_mae"] == pytest.approx(580.91, abs=0.01)  # net of returns; gross it is 590.89
    gain, low, high = found["mae_gain"]
    assert gain == pytest.approx(found["baseline_mae"] - found["mae"])
    assert low < 0 < high
    assert 0.50 <= found["spearman"] <= 0.65
    assert found["top_decile_share"] >= 0.54
    assert found["leaks"] == []


@pytest.mark.parametrize("study", ["sample", "online_retail"])
def test_the_sum_is_that_of_the_list_and_its_actual_that_of_the_ledger(findings, built, study):
    found = findings(study)
    folder = built.reports / study / "downloads" / "07_regression"
    listed = pd.read_csv(folder / "next_spend.csv")
    assert listed["predicted"].sum() == pytest.approx(found["forecast_total"])
    tested = pd.read_csv(folder / "predictions.csv")
    assert tested["predicted"].sum() == pytest.approx(found["test_forecast_total"])
    assert tested["actual"].sum() == pytest.approx(found["test_actual_total"])
    start = pd.Timestamp(found["cut_offs"][-1])
    end = start + pd.Timedelta(days=found["horizon_days"])
    lines, back = (
        pd.read_parquet(built.reports / study / "tables" / f"{name}.parquet")
        for name in ("transactions", "returns")
    )
    known = set(lines.loc[lines["ordered_at"] < start, "customer_id"].dropna())
    within = pd.concat([lines, back])
    within = within[(within["ordered_at"] >= start) & (within["ordered_at"] < end)]
    net = within.loc[within["customer_id"].isin(known), "revenue"].astype(float).sum()
    assert found["test_actual_total"] == pytest.approx(net)


@pytest.mark.parametrize("study", ["sample", "online_retail"])
def test_the_figure_to_plan_with_is_one_of_three_and_has_a_range_no_wider_than_the_forecasts(
    findings, built, study
):
    found = findings(study)
    sums = {
        "forecast": "forecast_total",
        "last year's same period": "last_year_same_period",
        "last period": "last_period",
    }
    assert found["planning_figure"] == found[sums[found["planning_basis"]]]
    assert found["forecast_low"] < found["forecast_total"] < found["forecast_high"]
    low, high = found["planning_range"]
    assert low < found["planning_figure"] < high
    assert found["planning_tests"] >= 1
    missed = (
        not (found["test_forecast_low"] or 0)
        <= found["test_actual_total"]
        <= (found["test_forecast_high"] or 1e99)
    )
    margin = found["past_forecasts"][-1]["margin"]  # half of the forecast's range, as a share of it
    assert missed or high / found["planning_figure"] - 1 <= margin + 1e-6
    if missed:
        assert found["planning_basis"] != "forecast"
    first = headlines(built, study).split("</li>")[0]
    assert "Plan with" in first or "Known customers spend" in first or "missed its range" in first


def test_a_table_without_dates_has_no_sum(findings):
    assert "forecast_total" not in findings("shopping_trends")


@pytest.mark.parametrize("study", ["sample", "online_retail", "shopping_trends", "purchasing_behaviors"])
def test_ranges_are_shown_where_they_held_and_only_there(study, findings, built):
    found = findings(study)
    off = {row["decile"]: abs(row["held_share"] - row["meant"]) for row in found["coverage_by_decile"]}
    assert found["coverage_furthest"] in [row["held_share"] for row in found["coverage_by_decile"]]
    page = (built.reports / study / "07_regression.html").read_text(encoding="utf-8")
    assert ("No range of a single customer is shown" in page) != found["ranges_held"]
    folder = built.reports / study / "downloads" / "07_regression"
    for name in ("predictions.csv", "next_spend.csv"):
        if (folder / name).exists():
            assert ({"low", "high"} <= {*pd.read_csv(folder / name, nrows=1)}) == found["ranges_held"]
    if found["ranges_held"]:
        assert found["ranges_held_before_test"] and max(off.values()) < 0.25  # few customers
    else:
        assert not found["ranges_held_before_test"] or max(off.values()) > 0.02


def test_the_season_of_a_year_before_is_known_where_the_data_has_it(findings):
    assert findings("sample")["coverage_in_season"]
    assert not findings("online_retail")["coverage_in_season"]


@pytest.mark.parametrize("study", ["sample", "online_retail", "shopping_trends", "purchasing_behaviors"])
def test_predictions_are_exported_for_every_tested_customer(study, findings, built):
    found = findings(study)
    table = pd.read_csv(
        built.reports / study / "downloads" / "07_regression" / "predictions.csv", dtype={"customer_id": str}
    )
    assert len(table) == found["rows"] == table["customer_id"].nunique()
    missed = table["actual"] - table["predicted"]
    assert missed.abs().mean() == pytest.approx(found["mae"])
    if found["ranges_held"]:
        assert ((table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])).all()
        assert table["covered"].mean() == pytest.approx(found["coverage"])


def test_the_success_targets_of_purchasing_behaviors_are_on_its_front_page(findings, built):
    findings("purchasing_behaviors")
    page = verdicts(built, "purchasing_behaviors")
    assert "success targets" in page
    assert "The amount is predicted with an R² above 0.80" in page
