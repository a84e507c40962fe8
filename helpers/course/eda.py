"""The exercises of chapter 01."""

from math import ceil

import numpy as np

from helpers.course.exercises import Exercise, Names


def _says_least(names: Names) -> set[str]:
    """Return the columns of the source with the fewest different values for each value that is there."""
    raw = names["report"].load("raw", list(names["described"]["column"]))
    ratios = {name: len(set(raw[name].dropna())) / raw[name].count() for name in raw if raw[name].count()}
    return {name for name, ratio in ratios.items() if ratio == min(ratios.values())}


def _amounts(names: Names) -> np.ndarray:
    if names["revenue"].empty:
        raise KeyError("amounts")
    return names["revenue"].to_numpy()


def _hardly_matters(names: Names) -> str:
    ordered = np.sort(_amounts(names))
    without = ordered[: len(ordered) - ceil(len(ordered) / 100)].mean()
    return "holds" if without > 0.9 * ordered.mean() else "does not hold"


def _far_outside(names: Names) -> int:
    found = 0
    for _, column in names["numbers"].items():
        values = column.dropna().to_numpy(float)
        low, high = np.quantile(values, [0.25, 0.75])
        found += int((values < low - 3 * (high - low)).sum() + (values > high + 3 * (high - low)).sum())
    return found


def _order_value(names: Names) -> float:
    sales, order = names["positive"], names["order"]
    number = sales[order].nunique()
    if number == sales[order].count():
        raise KeyError("order of several lines")
    return float(sales.loc[sales[order].notna(), "revenue"].sum() / number)


def _of_a_sample(names: Names, seed: int) -> float:
    values = _amounts(names)
    return float(values[np.random.default_rng(seed).choice(len(values), 500)].mean() / values.mean())


EXERCISES = (
    Exercise(
        "described has a row for each column; divide two of its columns by each other.",
        _says_least,
        slip="The most missing values are looked for, not the fewest different ones.",
    ),
    Exercise(
        "revenue.nsmallest(n) leaves the largest out; math.ceil rounds up.",
        _hardly_matters,
        slip="A hundredth of the values above zero is taken, or a quantile cuts off its ties, too.",
    ),
    Exercise(
        "The edge lies at the quartile, plus or minus three times q3 - q1.",
        _far_outside,
        slip="The fences are put three ranges from the median, or only above.",
    ),
    Exercise(
        "Add up the lines of each order first: groupby(order).",
        _order_value,
        lambda answer, right: (
            "A row is a line, and an order has several: what is the mean taken over?"
            if 0 < answer < right
            else None
        ),
        slip="The mean of order lines is taken for the mean of orders.",
    ),
    Exercise(
        "choice draws with replacement, so it takes a column of any length.",
        _of_a_sample,
        within=1e-3,
        own=True,
        slip="The sample's mean is given instead of its ratio, or it is drawn without replacement.",
    ),
    Exercise(
        "Think of who sells without asking for a name, and of what a later chapter counts per customer.",
        slip="Missing customers are taken for a fault of the data; often they are the walk-in trade.",
    ),
)
