"""The cells of chapter 09 that decide who is learned from and who is contacted, on rows small enough to count."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from helpers.chapters.purchase_prediction import targeting
from helpers.chapters.purchase_prediction.levels import AS_LEARNED
from helpers.study.series import BY_NAME


def run(beginning, **names):
    """Run the cell that begins with some text, in a world of these names; return what is then in it."""
    cells = json.loads(BY_NAME["purchase_prediction"].notebook.read_text(encoding="utf-8"))["cells"]
    [source] = [text for cell in cells if (text := "".join(cell["source"])).startswith(beginning)]
    world = {"np": np, "pd": pd, "StratifiedGroupKFold": StratifiedGroupKFold} | names
    exec(source, world)
    return world


def folds_of(dates):
    """Return training customers at some dates, and the folds that the chapter makes of them."""
    moments = pd.date_range("2024-01-01", periods=dates, freq="30D")
    customers = [f"c{number}" for number in range(20)]
    training = pd.DataFrame(
        [(date, name) for date in moments for name in customers], columns=["cut_off", "customer_id"]
    )
    y = np.arange(len(training)) % 2 == 0
    names = {"X": training[["cut_off"]], "y": y, "asked": training, "dates": [*moments, "the test's"]}
    return training, run("divided = ", **names, folds=4, seed=0)["splits"]


def test_folds_learn_from_earlier_dates_and_other_customers():
    training, splits = folds_of(3)
    latest = training["cut_off"].max()
    assert sorted(np.concatenate([judge for _, judge in splits])) == list(range(40, 60))
    for learn, judge in splits:
        assert set(training["cut_off"][judge]) == {latest}
        assert training["cut_off"][learn].max() < latest
        assert not set(training["customer_id"][learn]) & set(training["customer_id"][judge])
        assert len(learn) == 30


def test_one_date_alone_is_divided_by_customers():
    _, splits = folds_of(1)
    assert sorted(np.concatenate([judge for _, judge in splits])) == list(range(20))
    assert all(len(learn) == 15 for learn, _ in splits)


P = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
SPEND = np.array([100.0, 0, 80, 60, 0, 0, 10, 0, 0, 0])


def threshold(probabilities=P, spend=SPEND, contact_cost=2.0):
    """Return the threshold by the window before, for a contact that earns a tenth of what the customer spends."""
    frame = pd.DataFrame({"next_spend": spend, "recency": 1.0})
    told, windows = {}, {}
    for window in ("before", "test"):
        told[window], windows[window] = {AS_LEARNED: probabilities}, frame
    names = {"told": told, "windows": windows, "came": dict.fromkeys(told, spend > 0), "level_way": AS_LEARNED}
    names |= {"AS_LEARNED": AS_LEARNED, "margin": 0.5, "uplift": 0.2, "targeting": targeting, "pairwise": pairwise}
    found = run("by_profit, thresholds", **names, contact_cost=contact_cost)
    assert found["by_profit"]["test"]["policy"].tolist()[0] == targeting.MODEL
    return found["thresholds"]["test"]


def test_a_contact_pays_down_to_where_the_profit_is_highest():
    assert threshold() == 0.6


def test_a_free_contact_reaches_every_buyer_and_one_that_never_pays_nobody():
    assert threshold(contact_cost=0.0) == 0.3
    assert threshold(contact_cost=1000.0) == 1.0
    assert threshold(spend=np.zeros(10)) == 1.0


def test_customers_with_one_probability_are_contacted_together():
    assert threshold(np.array([0.5, 0.5, 0.2]), np.array([30.0, 0, 0])) == 1.0
    assert threshold(np.array([0.5, 0.4, 0.2]), np.array([30.0, 0, 0])) == 0.5


def test_one_huge_order_does_not_decide():
    spend = np.concatenate([np.tile(SPEND, 100), [1e6]])
    assert threshold(np.concatenate([np.tile(P, 100), [0.01]]), spend) == pytest.approx(0.6)
