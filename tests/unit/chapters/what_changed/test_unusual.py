"""A month outside its range is explained by the few who account for it, or by nobody."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.what_changed import unusual
from helpers.chapters.what_changed.sales import by_month, sales_and_returns
from tests.operating_characteristics.months import sales, unusual_months
from tests.unit.conftest import numbered

MONTHS = pd.period_range("2023-01", periods=24, freq="M")
ODD = pd.Period("2024-06", "M")


def shop(engine, bought=(), back=()):
    """Return moves of 40 customers who buy for 10 in every month, and what is added: (customer, amount)."""
    lines = [(f"c{n:02d}", month.to_timestamp(), 10.0) for month in MONTHS for n in range(40)]
    lines += [(who, ODD.to_timestamp(), amount) for who, amount in bought]
    returned = [(who, ODD.to_timestamp(), -amount) for who, amount in back] or [
        ("c00", datetime(2023, 1, 1), -1.0)
    ]
    frames = []
    for rows in (lines, returned):
        who, when, amount = zip(*rows, strict=True)
        frames.append(
            engine.table(
                numbered(
                    customer_id=list(who), order_id=[str(n) for n in range(len(rows))], ordered_at=list(when),
                    product_id=[f"p{n % 7}" for n in range(len(rows))],
                    revenue=[f"{value:.2f}" for value in amount],
                )
            )
        )  # fmt: skip
    return sales_and_returns(*frames, None, engine)


def explained(moves, ratio):
    months = by_month(moves)["net"]
    return unusual.explain(moves, ODD, float(months[ODD] - 400.0), ratio)


@pytest.mark.parametrize("ratio", [1.0, None], ids=["by the year before", "by the other months"])
def test_returns_of_a_few_are_found(engine, ratio):
    [cause] = explained(shop(engine, back=[("c01", 150.0), ("c02", 120.0), ("c03", 2.0)]), ratio)
    assert (cause.by, cause.measure) == ("customer_id", "returned")
    assert cause.few["amount"].to_dict() == {"c01": 150.0, "c02": 120.0}
    assert cause.share == pytest.approx(270 / 272, abs=0.01)


def test_one_large_order_is_found(engine):
    [cause] = explained(shop(engine, bought=[("c09", 900.0)]), 1.0)
    assert (cause.measure, list(cause.few.index)) == ("sales", ["c09"])
    assert cause.few["effect"].iloc[0] == pytest.approx(900)


def test_what_everybody_did_is_explained_by_no_few(engine):
    rng = np.random.default_rng(0)
    everybody = [(f"c{n:02d}", float(amount)) for n, amount in enumerate(rng.uniform(5, 10, 40))]
    assert not [cause for cause in explained(shop(engine, bought=everybody), 1.0) if cause.by == "customer_id"]


def test_the_chapter_calls_a_month_far_off_unusual_and_none_of_a_steady_shop():
    rng = np.random.default_rng(4)
    steady = sales(rng, 36, 2000, amounts=0.5, unsteady=0.02)
    assert unusual_months(steady).empty
    fallen = steady.astype(float)
    fallen.loc["2024-10"] *= 0.3
    assert unusual_months(fallen).astype(str).tolist() == ["2024-10"]
