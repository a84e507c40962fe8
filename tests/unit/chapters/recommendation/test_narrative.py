"""A list that its test does not support is not recommended, and what is said of it does not say otherwise."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.recommendation import narrative

PRECISION = {"Blend": 0.29, "Buy again": 0.3, "Popular lately": 0.1}
JUDGED = SimpleNamespace(mean=lambda _question, model, _measure="precision": PRECISION[model])


def test_usual_products_are_offered_where_the_recommender_is_no_better():
    text = narrative.offered_next(JUDGED, "Blend", "Buy again", 10)
    assert text.startswith("Offer customers their usual products: of 10 offered to one who buys, 3.0 are bought")
    assert "the recommender (blend) gets 2.9" in text
    assert narrative.offered_next(JUDGED, "Blend", "Blend", 10).startswith("Of 10 products offered")


@pytest.mark.parametrize(
    ("gain", "verdict"), [((0.01, 0.002, 0.02), " beats "), ((0.01, -0.002, 0.02), "holds the usual products")]
)
def test_what_the_list_holds_follows_the_interval(gain, verdict):
    text = narrative.beats_usual_products("Blend", Interval(*gain))
    assert verdict in text
    assert (" beats " in text) != ("holds the usual products" in text)


def test_a_list_that_nobody_measured_is_there_for_a_trial():
    offered = pd.DataFrame({"customer_id": ["a", "a", "b"]})
    assert "none is recommended" in narrative.lists_written(offered, 5, measured=False)
    assert "recommended" not in narrative.lists_written(offered, 5, measured=True)
