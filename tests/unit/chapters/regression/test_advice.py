"""Nobody is told to act on predictions that are no better than a guess, or whose order fails."""

import pandas as pd
import pytest

from helpers.chapters.regression.advice import AS_BEFORE, CHANCE, business_table, instead, order_fails
from tests.unit.chapters.regression.test_narrative import made

DECILES = pd.DataFrame({"decile": range(1, 11), "customers": 5, "predicted": range(10, 0, -1), "share": 0.1})


@pytest.mark.parametrize(
    ("evidence", "other"),
    [
        (made(), None),
        (made(gain=(1, -1, 3)), AS_BEFORE),
        (made(spend=False, against_mean=(1, -1, 3)), CHANCE),
    ],
)
def test_where_predictions_beat_no_simple_guess_all_are_treated_alike(evidence, other):
    assert instead(evidence) == other


def test_groups_add_up_and_an_order_that_fails_is_told():
    holds = business_table(DECILES.assign(actual=[float(n) for n in range(20, 0, -2)]), "GBP", None)
    assert holds["customers"].tolist() == [5, 20, 25]
    assert holds["share"].sum() == pytest.approx(1)
    assert holds["actual"].iloc[0] == "£20"
    assert order_fails(holds) is None
    fails = business_table(DECILES.assign(actual=[1.0, *[9.0] * 9]), "GBP", None)
    assert "Deciles 2 to 5 by forecast spent £9" in order_fails(fails)
    assert order_fails(business_table(DECILES.assign(actual=[1.0, *[9.0] * 9]), "GBP", CHANCE)) is None
