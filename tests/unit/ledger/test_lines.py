"""Values are counted on the engine, and what a chart says of them is what the lines themselves would say."""

import numpy as np
import pytest

from helpers.ledger.lines import counts_of, median_of
from tests.unit.conftest import numbered


@pytest.mark.parametrize("rows", [1, 2, 999, 1000])
def test_counts_stand_for_the_values(engine, rows):
    values = np.random.default_rng(rows).integers(-3, 9, rows) / 4
    counts = counts_of(engine.table(numbered(quantity=[*map(str, values), None])), "quantity")
    expected, times = np.unique(values, return_counts=True)
    assert counts.index.tolist() == expected.tolist()
    assert counts.tolist() == times.tolist()
    assert median_of(counts) == np.median(values)


def test_of_nothing_there_is_no_median(engine):
    counts = counts_of(engine.table(numbered(quantity=["1"])).head(0), "quantity")
    assert counts.empty
    assert np.isnan(median_of(counts))
