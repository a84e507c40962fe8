"""Chapter 10's unusual months, by its own cells: months that only have a season and chance, and one changed."""

import json
from functools import cache, partial
from types import CodeType, SimpleNamespace

import numpy as np
import pandas as pd

from helpers.chapters.what_changed import narrative
from helpers.study.series import BY_NAME
from tests.operating_characteristics.trial import Setting

CELLS = ("year_before = level.shift(12)", "limit = outside or", "odd = expected[")
"""What the cells that find unusual months hold."""
SEASON = np.array([0.7, 0.7, 0.8, 0.9, 1.0, 1.0, 0.9, 0.9, 1.1, 1.2, 1.5, 1.3])
"""A shop's months, over their mean."""
OUTSIDE, FALSE_ALARMS = None, 0.05
"""The chapter's own."""


@cache
def cells() -> CodeType:
    """Return the chapter's cells, ready to run."""
    book = json.loads(BY_NAME["what_changed"].notebook.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in book if cell["cell_type"] == "code"]
    found = [next(text for text in texts if mark in text) for mark in CELLS]
    return compile("\n".join(found), "what_changed", "exec")


def unusual_months(monthly: pd.DataFrame) -> pd.PeriodIndex:
    """Return the months that the chapter calls unusual."""
    silent = SimpleNamespace(expected=lambda *told: None)
    scope = {
        "np": np, "pd": pd, "narrative": narrative, "charts": silent, "unit": "", "monthly": monthly,
        "least": lambda *asked: 0, "errs": lambda verdict, **has: "", "say": lambda *told: None,
        "show": lambda *told: None,
        "report": SimpleNamespace(currency="£"), "dates": SimpleNamespace(months=monthly.index),
        "worth": "net", "outside": OUTSIDE, "false_alarms": FALSE_ALARMS, "seed": 42,
    }  # fmt: skip
    exec(cells(), scope)
    return scope["odd"].index


def sales(
    rng: np.random.Generator, months: int, orders: float, *, amounts: float, unsteady: float, changed: float = 1.0
) -> pd.DataFrame:
    """Return orders and net sales by month of a shop that grows by a tenth a year; the last December is changed.

    Args:
        rng: of the draws.
        months: how many there are.
        orders: expected in a mean month.
        amounts: spread of the logarithm of an order's amount.
        unsteady: of the logarithm of the orders expected in a month, beyond its season.
        changed: factor of the last month but one.
    """
    index = pd.period_range("2022-01", periods=months, freq="M")
    expected = orders * SEASON[np.arange(months) % 12] * 1.1 ** (np.arange(months) / 12)
    expected *= np.exp(unsteady * rng.normal(size=months))
    expected[-2] *= changed
    count = rng.poisson(expected)
    net = [float(rng.lognormal(3, amounts, n).sum()) for n in count]
    return pd.DataFrame({"net": net, "orders": count}, index=index)


def any_unusual(amounts: float, unsteady: float, months: int, orders: float, rng: np.random.Generator) -> bool:
    """Return whether any month is called unusual where none is."""
    return len(unusual_months(sales(rng, months, orders, amounts=amounts, unsteady=unsteady))) > 0


def finds(changed: float, months: int, orders: float, rng: np.random.Generator) -> bool:
    """Return whether the month is called unusual that was changed."""
    monthly = sales(rng, months, orders, amounts=0.8, unsteady=0.05, changed=changed)
    return monthly.index[-2] in unusual_months(monthly)


MONTHS, ORDERS = (6, 12, 24, 36, 48), (100, 300, 1000, 3000, 10000)
LONG = (24, 48)
KINDS = {
    "no changed month": ("nothing", partial(any_unusual, 0.8, 0.05), MONTHS, ORDERS),
    "no changed month, steady but for chance": ("nothing", partial(any_unusual, 0.8, 0.0), LONG, (100,)),
    "no changed month, amounts very unlike": ("nothing", partial(any_unusual, 1.5, 0.05), LONG, (1000,)),
    "a month up by 40 %": ("something", partial(finds, 1.4), MONTHS, ORDERS),
    "a month down by 40 %": ("something", partial(finds, 0.6), MONTHS, ORDERS),
}
"""What is tried, and for how many months of how many orders."""
SETTINGS = [
    Setting("months", f"{name}, {months} months of {orders:,} orders", truth, partial(trial, months, orders),
            amounts={"months": months, "orders": orders}, main=name == [*KINDS][-1])
    for name, (truth, trial, all_months, all_orders) in KINDS.items()
    for months in all_months
    for orders in all_orders
]  # fmt: skip
