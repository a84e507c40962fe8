"""What the issue asks of chapter 09, on the real ledger, the copied customers and the planted sample."""

import json

import pandas as pd
import pytest

from helpers.base.paths import DATA

ASKED = (
    "rows", "positive_share", "auc", "auc_logistic", "auc_network", "pr_auc", "brier", "lift_top_decile",
    "threshold", "features_selected", "fold_aucs", "accuracy", "precision", "recall", "f1", "recency_auc",
)  # fmt: skip


@pytest.fixture
def findings(built):
    """Return a function that gives what chapter 09 found in a study."""
    return lambda study: built(study)["purchase_prediction"]


@pytest.mark.parametrize("study", ["online_retail", "sample"])
def test_every_finding_that_was_asked_for_is_there(findings, study):
    found = findings(study)
    assert [name for name in ASKED if found.get(name) is None] == []
    assert len(found["fold_aucs"]) == 5


def test_online_retail_has_the_reference_population(findings):
    found = findings("online_retail")
    assert found["cut_off"].startswith("2011-09-10")
    assert found["rows"] == 3368
    assert found["positive_share"] == pytest.approx(0.569, abs=0.0005)
    assert found["recency_auc"] == pytest.approx(0.684, abs=0.0005)
    assert found["auc_logistic"] == pytest.approx(0.736, abs=0.002)


def test_online_retail_is_predicted_honestly_and_better_than_by_recency(findings):
    found = findings("online_retail")
    assert 0.735 <= found["auc"] <= 0.80
    assert found["gain_over_recency"]["low"] > 0
    assert found["gain_over_recency"]["value"] == pytest.approx(found["auc"] - found["recency_auc"], abs=1e-9)
    assert found["pr_auc"] >= 0.80
    assert found["lift_top_decile"] >= 1.6
    assert found["brier"] < 0.22
    assert 0.70 <= found["auc_network"] <= 0.80
    assert max(found["fold_aucs"]) <= 0.80


def test_online_retail_takes_its_threshold_from_costs(findings):
    found = findings("online_retail")
    assert found["threshold"] != 0.5
    assert 0.1 < found["threshold"] < 0.9
    profit = found["profit_at_test"]
    assert profit["Threshold from training"] > profit["As many, at random"]
    assert profit["Threshold from training"] <= profit["Best threshold in hindsight"]


def test_online_retail_lists_every_customer_with_what_to_do(findings, built):
    found = findings("online_retail")
    folder = built.reports / "online_retail" / "downloads" / "09_purchase_prediction"
    listed = pd.read_csv(folder / "purchase_probabilities.csv", dtype={"customer_id": str})
    assert len(listed) == listed["customer_id"].nunique() == 4334
    assert listed["expected_profit"].is_monotonic_decreasing
    assert ("probability" in listed) == found["calibrated"]
    assert set(listed["decile"]) == set(range(1, 11))
    assert listed["contact"].isin(["Contact first", "Contact"]).sum() == found["contacts"]
    assert listed["contact"].value_counts().to_dict() == found["by_priority"]
    tested = pd.read_csv(folder / "purchase_probabilities_tested.csv", dtype={"customer_id": str})
    assert len(tested) == 3368
    top = tested[tested["decile"] == 1]
    assert top["bought"].mean() / tested["bought"].mean() == pytest.approx(found["lift_top_decile"], abs=1e-9)


def test_balancing_and_ageing_are_compared(findings):
    found = findings("online_retail")
    assert {row["method"] for row in found["balance"]} == {"none", "weights", "smote"}
    assert [(row["trained"][:10], row["tested"][:10]) for row in found["ageing"]] == [
        ("2011-03-14", "2011-06-12"), ("2011-03-14", "2011-09-10"), ("2011-06-12", "2011-09-10"),
    ]  # fmt: skip


def test_purchasing_behaviors_region_is_memory_of_copies(findings):
    found = findings("purchasing_behaviors")
    assert found["published"]["region_accuracy"] == pytest.approx(0.7708, abs=0.0001)
    assert found["region_stratified"] == pytest.approx(0.845, abs=0.005)
    assert found["region_majority"] == pytest.approx(0.328, abs=0.0005)
    assert 0.10 <= found["region_accuracy"] <= 0.23
    assert found["region_distinct_rows"] == 60


def test_purchasing_behaviors_churn_is_a_formula_of_its_inputs(findings, built):
    found = findings("purchasing_behaviors")
    assert found["published"]["at_risk_f1"] == 1.0
    assert found["at_risk_f1"] is None
    assert found["at_risk_cut_of"] == "churn_risk_score"
    assert "loyalty_score" in found["at_risk_formula"]
    assert "purchase_frequency" in found["at_risk_formula"]
    page = (built.reports / "purchasing_behaviors" / "09_purchase_prediction.html").read_text(encoding="utf-8")
    headlines = page[page.index("headline-findings") :].split("</section>")[0]
    assert "says nothing" in headlines


def test_the_sample_ranks_the_planted_lapsing_customers_lowest(findings, built):
    findings("sample")
    truth = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    path = built.reports / "sample" / "downloads" / "09_purchase_prediction" / "purchase_probabilities.csv"
    listed = pd.read_csv(path, dtype={"customer_id": str}).merge(truth, on="customer_id")
    deciles = listed[listed["persona"] != "fraudster"].groupby("persona")["decile"].mean().sort_values()
    print(deciles.round(2).to_dict())
    assert deciles.index[-1] == "lapsing"
    assert deciles.iloc[-1] > deciles.iloc[-2] + 1


@pytest.mark.parametrize("study", ["online_retail", "sample"])
def test_the_choice_that_won_its_windows_is_recommended_and_no_other(findings, built, study):
    """The model's where it won the windows before the test together and the test; else what needs no model."""
    found = findings(study)
    *before, test = found["profit_by_window"]
    names = ("Nobody", "Everybody", "As many, most recent buyers")
    model = "Threshold from training"
    won = [
        sum(one[model] for one in part) > max(sum(one[name] for one in part) for name in names)
        for part in (before, [test])
    ]
    best = max(names, key=lambda name: sum(one[name] for one in [*before, test]))
    assert found["policy"] == (model if all(won) else best)
    path = built.reports / study / "downloads" / "09_purchase_prediction" / "purchase_probabilities.csv"
    told = pd.read_csv(path, dtype=str)["contact"]
    if found["policy"] == "Everybody":
        assert not (told == "No extra contact").any()
    page = (built.reports / study / "index.html").read_text(encoding="utf-8")
    assert ("Do not let the purchase model choose" in page) == (found["policy"] != model)


@pytest.mark.parametrize("study", ["online_retail", "sample"])
def test_levels_are_shown_only_where_every_decile_held_in_each_window(findings, built, study):
    found = findings(study)
    off = max(abs(row["probability"] - row["bought"]) for row in found["reliability"])
    assert abs(found["level_off"]) == pytest.approx(off, abs=1e-6)
    assert all(row["bought_low"] <= row["bought"] <= row["bought_high"] for row in found["reliability"])
    holds = found["calibrated_before_test"] and off <= 0.05
    assert found["calibrated"] == (holds and found["brier_recalibrated"] < found["brier_constant"])
    folder = built.reports / study
    lists = [pd.read_csv(path) for path in (folder / "downloads" / "09_purchase_prediction").glob("*.csv")]
    assert all(("probability" in one) == found["calibrated"] for one in lists)
    card = json.loads((folder / "models" / "09_purchase_prediction.json").read_text(encoding="utf-8"))
    assert card["answer"] == ("probability" if found["calibrated"] else "decile")


def test_the_season_of_a_year_before_sets_the_level_better_than_what_was_learned(findings):
    found = findings("sample")
    assert found["level_by"] == "By the window before and the season"
    assert found["brier_recalibrated"] < min(found["brier"], found["brier_constant"])
    assert findings("online_retail")["level_by"] != found["level_by"]  # its data is younger than that
