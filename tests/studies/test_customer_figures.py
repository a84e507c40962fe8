"""The published figures of customers, exact, on the real data: RFM, the fifty features, declared features."""

from decimal import Decimal

import pandas as pd
import pytest

from helpers.chapters.rfm.cohorts import churn_window, last_month_complete, purchase_days, retention, states
from helpers.customers.derived import derive, one_row_each
from helpers.customers.features import COUNTS, customer_features, fifty, span_of
from helpers.customers.scores import MEASURES
from helpers.customers.segments import SCORES, segmented
from helpers.ledger.tables import read_table, write_table
from tests.studies.conftest import pennies

LEDGERS = ("uk_rfm", "insiders", "online_retail")
DEFINITIONS = ("recency", "feature_set", "net_of_returns", "goods", "date_offset_days")


def features_of(study, **asked):
    """Return the features of a study's customers by the definitions asked for."""
    given = {name: asked[name] for name in ("recency", "feature_set") if name in asked}
    span = span_of(study.transactions, study.returns, **given)
    return customer_features(study.transactions, study.returns, span, study.engine, **asked)


@pytest.fixture(scope="module")
def customers(prepare, tmp_path_factory):
    """Return a function that makes the customers of a study as chapter 03 does, read back from its table."""
    made = {}

    def make(name):
        if name not in made:
            study = prepare(name)
            asked = study.study.parameters("rfm")
            path = tmp_path_factory.mktemp("customers") / f"{name}.parquet"
            if name in LEDGERS:
                frame = features_of(study, **{name: asked[name] for name in DEFINITIONS})
                frame = frame.sort("customer_id").collect("pandas").to_native()
                frame = segmented(frame, asked["segments"], asked["quantiles"])
            else:
                rows = study.transactions.sort("customer_id").collect("pyarrow").to_native()
                frame = one_row_each(rows)
            write_table(
                "customers", study.engine.table(derive(frame, study.study.values.features)), path, study.engine
            )
            made[name] = read_table(path).set_index("customer_id")
        return made[name]

    return make


@pytest.mark.parametrize(
    ("customer", "recency", "frequency", "monetary"),
    [("12747", 2, 11, "4196.01"), ("12748", 1, 208, "30278.53"), ("12821", 214, 1, "92.72")],
)
def test_uk_rfm_is_exact(customers, customer, recency, frequency, monetary):
    found = customers("uk_rfm").loc[customer]
    assert (found["recency"], found["frequency"]) == (recency, frequency)
    assert pennies(Decimal(str(found["monetary"]))) == Decimal(monetary)


def test_uk_rfm_has_the_published_customers(customers):
    found = customers("uk_rfm")
    assert len(found) == 3_882
    assert found["monetary"].sum() == pytest.approx(5_699_667.94, abs=0.005)


def test_calendar_days_would_change_over_half_of_the_recencies(prepare, customers):
    study = prepare("uk_rfm")
    frame = features_of(study, recency="calendar")
    calendar = frame.select("customer_id", "recency").collect("pandas").to_native().set_index("customer_id")
    changed = calendar["recency"] != customers("uk_rfm")["recency"].reindex(calendar.index)
    assert int(changed.sum()) == 2_078


def test_insiders_have_fifty_features(customers):
    found = customers("insiders")
    names = fifty(found.reset_index())
    assert found[names].shape == (4_312, 50)
    assert "share_friday" not in names  # on the shifted calendar
    assert found[names].notna().all().all()


INSIDERS = {
    "17850": ("5391.21", "372 34 1733 21 18.152222 1.0 0.005348 40 50.970588 0.617647 0.023081"),
    "13047": ("3232.59", "56 9 1390 105 18.904035 52.8333 0.018717"),
}


@pytest.mark.parametrize("customer", INSIDERS)
def test_insiders_check_customers_to_the_printed_digits(customers, customer):
    found = customers("insiders").loc[customer]
    revenue, printed = INSIDERS[customer]
    assert pennies(Decimal(str(found["gross_revenue"]))) == Decimal(revenue)
    for name, text in zip(COUNTS, printed.split(), strict=False):
        digits = len(text.partition(".")[2])
        assert f"{found[name]:.{digits}f}" == text, name


def test_insiders_totals_and_top_four(customers):
    found = customers("insiders")
    revenue = found["gross_revenue"]
    assert round(revenue.sum(), 2) == 8_524_604.60
    assert round(revenue.mean(), 2) == 1_976.95
    assert round(found["items"].mean(), 2) == 1_155.23
    assert round(found["recency"].mean(), 2) == 91.95
    top = revenue.nlargest(4).round(2)
    assert top.to_dict() == {"14646": 280_206.02, "18102": 259_657.30, "17450": 194_550.79, "14911": 140_450.72}


@pytest.mark.parametrize("name", LEDGERS)
def test_scores_and_segments_cover_everybody(customers, name):
    found = customers(name)
    for name_of_score, measure in zip(SCORES, MEASURES.values(), strict=True):
        assert found[name_of_score].between(1, 5).all()
        assert (found.groupby(found[measure].round(2))[name_of_score].nunique() == 1).all()
    assert found["rfm_segment"].notna().all()
    assert found["rfm_segment"].nunique() == 10


@pytest.mark.parametrize("name", LEDGERS)
def test_the_same_lines_give_the_same_bytes(prepare, name, tmp_path):
    study = prepare(name)
    paths = [tmp_path / f"{number}.parquet" for number in range(2)]
    for path in paths:
        write_table("customers", features_of(study), path, study.engine)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_retention_and_states_of_online_retail(prepare, customers):
    lines = prepare("online_retail").transactions
    days = purchase_days(lines)
    assert not last_month_complete(lines)
    kept = retention(days, complete=False)
    assert kept.sizes.sum() == len(customers("online_retail")) - 41  # those of the December that is not over
    assert len(kept.sizes) == 12
    assert kept.customers.notna().sum().to_list() == list(range(12, 0, -1))
    window = churn_window(days.groupby("customer_id")["day"].diff().dropna().dt.days, 0.9)
    months = states(days, pd.Series(window, days["customer_id"].unique()))
    last = months.iloc[-1]
    assert last[["new", "active", "lapsing", "lost"]].sum() == len(customers("online_retail"))
    assert last["new"] == 41


def test_purchasing_behaviours_groups_and_flags(customers):
    found = customers("purchasing_behaviors")
    assert found["region_grouped"].value_counts().to_dict() == {"North": 84, "South": 77, "West": 77}
    assert found["age_group"].value_counts().sort_index().to_list() == [51, 111, 76]
    assert found["income_bracket"].value_counts().sort_index().to_list() == [32, 206]
    assert [int(found[n].sum()) for n in ("high_spender", "highly_loyal", "frequent_buyer")] == [60, 60, 59]


def test_purchasing_behaviours_scores_are_those_of_pandas(customers):
    found = customers("purchasing_behaviors")
    scaled = {
        name: (found[name] - found[name].min()) / (found[name].max() - found[name].min())
        for name in ("revenue", "purchase_frequency", "loyalty_score")
    }
    amount, often, loyal = scaled.values()
    ranks = {name: found[name].rank(pct=True) for name in ("income", "revenue")}
    growth = ranks["income"] - ranks["revenue"]
    expected = {
        "customer_value_score": 0.5 * amount + 0.25 * often + 0.25 * loyal,
        "churn_risk_score": 0.5 * (1 - loyal) + 0.5 * (1 - often),
        "income_percentile": ranks["income"],
        "spending_percentile": ranks["revenue"],
        "spend_per_purchase": found["revenue"] / found["purchase_frequency"],
        "spend_to_income_ratio": found["revenue"] / found["income"],
        "growth_potential_score": (100 * (growth - growth.min()) / (growth.max() - growth.min())).astype(int),
    }
    for name, values in expected.items():
        pd.testing.assert_series_equal(
            found[name], values, check_names=False, check_dtype=False, rtol=1e-12, atol=1e-12
        )


def test_shopping_trends_purchases_a_year(customers):
    found = customers("shopping_trends")
    a_year = found.groupby(found["purchase_rhythm"].str.lower())["purchases_per_year"].unique()
    assert {rhythm: list(values) for rhythm, values in a_year.items()} == {
        "weekly": [52], "fortnightly": [26], "bi-weekly": [26], "monthly": [12], "quarterly": [4],
        "every 3 months": [4], "annually": [1],
    }  # fmt: skip
    discounted = found.groupby("discounted")["purchases_per_year"].mean().round(2)
    assert discounted.to_dict() == {True: 17.56, False: 17.41}
    assert found["same_payment"].mean() == pytest.approx(0.158, abs=0.0005)
    assert ((found["age"] >= 25) & found["age_group"].isin(["25-34", "35-49"])).mean() == pytest.approx(
        0.476, abs=5e-4
    )
