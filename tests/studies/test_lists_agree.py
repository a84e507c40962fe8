"""All lists of a study, joined by customer: nobody is told two opposite things, and flags go before everything."""

import pandas as pd
import pytest

from helpers.base.paths import DATA
from tests.consistency import opposed, orders_given, turned_round

STUDIES = ("sample", "online_retail", "uk_rfm", "shopping_trends", "purchasing_behaviors")


@pytest.mark.parametrize("study", STUDIES)
def test_nobody_is_told_two_opposite_things(built, study):
    built(study)
    given = orders_given(built.reports / study)
    assert opposed(given).empty, opposed(given)


def test_an_action_that_is_turned_round_is_found(built):
    built("sample")
    given = orders_given(built.reports / "sample")
    acting = {"03_rfm", "06_anomaly", "08_recommendation", "09_purchase_prediction", "10_what_changed"}
    assert acting <= set(given["list"].str.partition("/")[0])
    assert opposed(turned_round(given, "Win back", "Leave be"))["customer_id"].nunique() == 1
    assert opposed(turned_round(given, "Review first", "Contact first"))["customer_id"].nunique() == 1


def test_the_injected_fraud_accounts_are_reviewed_first_in_every_list(built):
    built("sample")
    truth = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    fraud = truth.loc[truth["persona"] == "fraudster", "customer_id"]
    given = orders_given(built.reports / "sample")
    theirs = given[given["customer_id"].isin(fraud)]
    assert len(fraud) == 5
    assert set(theirs["kind"]) == {"Review first"}
    assert theirs.groupby("list")["customer_id"].nunique().eq(5).all()
