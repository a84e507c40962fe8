"""The exercises of chapter 11."""

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln

from helpers.course.exercises import Exercise, Names


def _bought(names: Names) -> pd.DataFrame:
    bought = names["purchases"].query("orders > 0")
    if bought.empty:
        raise KeyError("orders")
    return bought


def _bought_once(names: Names) -> float:
    """Return the share of customers with one day of orders."""
    bought = _bought(names)
    days: dict[str, set] = {}
    for customer, day in zip(bought["customer_id"], bought["day"], strict=True):
        days.setdefault(customer, set()).add(day)
    return sum(len(own) == 1 for own in days.values()) / len(days)


def _lost_to_discount(names: Names) -> float:
    """Return by how much less a fifth's discount a year leaves than a tenth's, customer by customer."""
    value, gains = names["value"], names["gains_by_year"].to_numpy()
    each = (value["alive"] * value["each"] * value["kept"]).to_numpy()
    sums = [
        sum(float(each @ gains[:, year]) / rate ** (year + 0.5) for year in range(gains.shape[1]))
        for rate in (1.1, 1.2)
    ]
    if not sums[0]:
        raise KeyError("lifetime value")
    return 1 - sums[1] / sums[0]


def _by_chance(names: Names, seed: int) -> float:
    """Return the difference of two groups drawn at random, in days of orders per customer."""
    bought = _bought(names)
    customers, days = np.unique(bought["customer_id"].astype(str), return_counts=True)
    sent = np.random.default_rng(seed).random(len(customers)) < 0.5
    if sent.all() or not sent.any():
        raise KeyError("group held out")
    return float(days[sent].sum() / sent.sum() - days[~sent].sum() / (~sent).sum())


def _mbg_log_likelihood(rows: pd.DataFrame, r: float, alpha: float, a: float, b: float) -> float:
    """Return MBG/NBD's log-likelihood of customers: of being active, times one plus the odds of having stopped.

    By B(a + 1, b + x) = B(a, b + x + 1) a / (b + x), so that one beta function is enough.
    """
    x, last, age = (rows[name].to_numpy(float) for name in ("x", "last", "age"))
    active = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
    active += betaln(a, b + x + 1) - betaln(a, b)
    odds = np.log(a / (b + x)) + (r + x) * np.log((alpha + age) / (alpha + last))
    return float(rows["customers"].to_numpy() @ (active + np.logaddexp(0, odds)))


EXERCISES = (
    Exercise(
        "Orders of one day are one: count the days of each customer among rows with orders.",
        _bought_once,
        slip="Order lines are counted, so a first basket of five looks like five orders.",
    ),
    Exercise(
        "Is a customer who orders once a year, and did so in spring, active in autumn?",
        lambda names: "does not hold",
        slip="P(alive) is read as the chance of an order in the window.",
    ),
    Exercise(
        "gains_by_year has the orders of each year, the factors what each year's money counts for.",
        _lost_to_discount,
        slip="The values of both rates are subtracted and not divided.",
    ),
    Exercise(
        "groupby sorts customers by name; draw one random number for each of them in this order.",
        _by_chance,
        within=1e-3,
        own=True,
        slip="The groups are drawn in another order than the customers', or rows without orders count as days.",
    ),
    Exercise(
        "In MBG/NBD a customer has x + 1 occasions to stop, so betaln(a, b + x) becomes betaln(a, b + x + 1).",
        lambda names: _mbg_log_likelihood(names["rows"], 1, 10, 1, 3),
        lambda answer, right: (
            "In MBG/NBD a customer may stop after the first order, too: there is one occasion more in both terms."
            if np.isfinite(answer) and answer < 0
            else None
        ),
        within=1e-6,
        slip="One more occasion is put in one term only, or customers without a repeat order cannot have stopped.",
    ),
    Exercise(
        "Who of them would have ordered without it?",
        slip="Customers who would have bought anyway are contacted, because they are the likeliest to buy.",
    ),
)
