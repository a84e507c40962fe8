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


def test_online_retail_spend_ahead_beats_the_days_before_and_knows_no_future(findings):
    found = findings("online_retail")
    assert found["target"] == "spend ahead"
    assert found["rows"] == 3368
    assert found["mae"] < found["baseline_mae"] == pytest.approx(590.89, abs=0.01)
    assert 0.50 <= found["spearman"] <= 0.65
    assert found["top_decile_share"] >= 0.54
    assert found["leaks"] == []


@pytest.mark.parametrize("study", ["sample", "online_retail", "shopping_trends", "purchasing_behaviors"])
def test_intervals_cover_within_three_points_of_what_they_promise(study, findings):
    found = findings(study)
    assert found["coverage"] == pytest.approx(found["coverage_nominal"], abs=0.03)


@pytest.mark.parametrize("study", ["sample", "online_retail", "shopping_trends", "purchasing_behaviors"])
def test_predictions_are_exported_for_every_tested_customer(study, findings, built):
    found = findings(study)
    table = pd.read_csv(
        built.reports / study / "downloads" / "07_regression" / "predictions.csv", dtype={"customer_id": str}
    )
    assert len(table) == found["rows"] == table["customer_id"].nunique()
    missed = table["actual"] - table["predicted"]
    assert missed.abs().mean() == pytest.approx(found["mae"])
    assert ((table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])).all()
    assert table["covered"].mean() == pytest.approx(found["coverage"])


def test_the_success_targets_of_purchasing_behaviors_are_on_its_front_page(findings, built):
    findings("purchasing_behaviors")
    page = verdicts(built, "purchasing_behaviors")
    assert "success targets" in page
    assert "The amount is predicted with an R² above 0.80" in page
