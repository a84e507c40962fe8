"""What a customer's past says about whether they come back: one row a customer at a cut-off, nothing after it.

The features of chapter 03 as of the cut-off, and the rhythm that they lack: how regular a customer's purchases
are, whether they become more or fewer, and how long the present silence is for this customer. Lines are summed up
to purchase days on the engine; a ledger has few of those for each customer, so the rest is pandas.
"""

from datetime import datetime

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine, day_of
from helpers.customers.features import WEEKDAY_SHARES
from helpers.customers.snapshots import Snapshot, observe

HALF_LIFE = 60.0
"""Days after which a purchase counts half in `recent_weight`: the usual gap of a shop's regular customers."""
YEAR = 365
DAY = 24 * 60 * 60

OWN = (
    "gap_median", "gap_last", "gap_longest", "gap_variation", "silence", "recent_orders", "recent_spend",
    "recent_weight", "order_trend", "spend_trend", "last_to_average", "active_months", "season_orders",
    "return_share", "weekend_share", "weekday_focus", "home_country",
)  # fmt: skip
"""Features of this chapter's own, in the order in which they are shown; the vocabulary says what each one is."""
OF_SPEND = ("spend_trend", "last_to_average")
"""Those that need amounts."""
TAKEN = (
    "recency", "frequency", "monetary", "tenure", "purchase_days", "average_gap", "items", "unique_items",
    "average_ticket", "average_order", "average_price", "basket_size", "unique_basket_size", "return_rate",
)  # fmt: skip
"""Features of chapter 03 that are offered to the models."""
PLACE = ("country", "latitude", "longitude")
FLAT = (
    "return_rate", "order_trend", "spend_trend", "active_months", "return_share", "weekend_share", "weekday_focus",
    "home_country",
)  # fmt: skip
"""Shares, flags and differences, which have no long tail that a logarithm should tame."""


def customers_at(
    lines: nw.LazyFrame, returns: nw.LazyFrame, cut_off: datetime, days: int, engine: DuckDBEngine
) -> pd.DataFrame:
    """Return the customers known at a cut-off: their features before it, and what they did in the days after it.

    The cut-off is the first moment of the horizon; lines brought back count only before it. A row a customer:
    `customer_id`, `cut_off`, `country`, `latitude`, `longitude` (where known), the features, and of the horizon
    `next_orders` and `next_spend` (0 where it is still to come).

    Raises:
        StudyError: nobody bought before the cut-off.
    """
    seen = observe(lines, returns, cut_off, days, engine, only=(*TAKEN, *WEEKDAY_SHARES, *PLACE, "gross_revenue"))
    customers = seen.customers.assign(cut_off=cut_off, next_orders=seen.orders, next_spend=seen.spend)
    rhythm = rhythm_features(purchase_days(lines, cut_off), cut_off, days)
    customers = customers.join(rhythm, on="customer_id")
    customers["silence"] = customers["recency"] / customers["average_gap"].clip(lower=1)
    if {"share_saturday", "share_sunday"} <= set(customers):
        customers["weekend_share"] = customers["share_saturday"] + customers["share_sunday"]
    customers["weekday_focus"] = customers[list(WEEKDAY_SHARES)].max(axis=1)
    if "monetary" in customers:
        customers["return_share"] = _returned(returns, cut_off, seen)
    else:
        customers = customers.drop(columns=[*OF_SPEND])
    if "country" in customers:
        customers["home_country"] = (customers["country"] == _home(customers["country"])).astype(float)
    place = [name for name in PLACE if name in customers]
    kept = ["customer_id", "cut_off", *place, *features_of(customers), "next_orders", "next_spend"]
    return customers[kept]


def features_of(customers: pd.DataFrame) -> list[str]:
    """Return the names of the features that a frame has, in the order in which they are shown."""
    return [name for name in (*TAKEN, *OWN) if name in customers]


def purchase_days(lines: nw.LazyFrame, before: datetime) -> pd.DataFrame:
    """Return a row for each customer and day with a purchase before a moment: `customer_id`, `day`, `spend`.

    The spend is 0 where amounts are not known.
    """
    moment = nw.col("ordered_at")
    known = lines.filter(moment < nw.lit(before), ~nw.col("customer_id").is_null())
    days = known.with_columns(day=day_of("ordered_at")).group_by("customer_id", "day")
    paid = nw.col("revenue").sum() if "revenue" in lines.collect_schema().names() else nw.len() * 0
    found = days.agg(spend=paid.cast(nw.Float64)).sort("customer_id", "day")
    return found.collect("pandas").to_native()


def rhythm_features(days: pd.DataFrame, cut_off: datetime, horizon: int) -> pd.DataFrame:
    """Return what the dates of purchases say, by customer: of `purchase_days` before the cut-off, sorted.

    A customer with one purchase day has shown no gap: their gaps are missing until `complete` fills them in. The
    season is that of the `horizon` days that are predicted, a year before.
    """
    days = days.assign(age=(pd.Timestamp(cut_off) - days["day"]).dt.total_seconds() / DAY)
    by = days.groupby("customer_id", sort=True)
    days["gap"] = -by["age"].diff()
    # their time starts with the first purchase, which is therefore neither early nor late
    first = by["age"].transform("max")
    days["late"], days["early"] = days["age"] <= first / 2, (days["age"] > first / 2) & (days["age"] < first)
    days["weight"] = 0.5 ** (days["age"] / HALF_LIFE)
    days["season"] = (days["age"] <= YEAR) & (days["age"] > YEAR - horizon)
    days["month"] = days["day"].dt.year * 12 + days["day"].dt.month
    spent = days["spend"].clip(lower=0)
    days["late"] &= days["age"] < first
    days["late_spend"], days["early_spend"] = spent.where(days["late"], 0.0), spent.where(days["early"], 0.0)
    by = days.groupby("customer_id", sort=True)
    mean_gap, oldest = by["gap"].mean(), by["age"].max()
    # a ledger that is younger than a year does not know the season, and none is better than a part of it
    known = days["age"].max() >= YEAR - 1
    months = (cut_off.year * 12 + cut_off.month) - by["month"].min() + 1
    # one on both sides keeps the ratio finite
    late, early = by["late_spend"].sum(), by["early_spend"].sum()
    return pd.DataFrame(
        {
            "gap_median": by["gap"].median(),
            "gap_last": by["gap"].last(),
            "gap_longest": by["gap"].max(),
            "gap_variation": by["gap"].std(ddof=0) / mean_gap,
            "recent_weight": by["weight"].sum(),
            "order_trend": (by["late"].sum() - by["early"].sum()).astype(float),
            "spend_trend": np.log((late + 1) / (early + 1)),
            "last_to_average": by["spend"].last() / by["spend"].mean().replace(0, np.nan),
            "active_months": by["month"].nunique() / months,
            "season_orders": by["season"].sum().where(known & (oldest > YEAR - horizon)).astype(float),
        }
    )


def complete(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the features as numbers without holes.

    A gap that was never seen is at least as long as the days since the only purchase, as `average_gap` of chapter
    03 has it; that purchase is as large as the average one, and its rhythm has no irregularity. Where nobody knows
    the season of the year before, it is taken to be as good as any other quarter of the year.
    """
    numbers = customers[features_of(customers)].astype(float)
    for name in ("gap_median", "gap_last", "gap_longest"):
        numbers[name] = numbers[name].fillna(numbers["average_gap"])
    usual = numbers["purchase_days"] / (numbers["tenure"] + YEAR / 4) * (YEAR / 4)
    numbers["season_orders"] = numbers["season_orders"].fillna(usual)
    return numbers.fillna({"gap_variation": 0.0, "last_to_average": 1.0}).fillna(0.0)


def tamed(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return features without long tails: log(1 + x) of amounts, counts and days, where below zero is zero."""
    tails = [name for name in numbers if name not in FLAT]
    return numbers.assign(**np.log1p(numbers[tails].clip(lower=0)))


def as_inputs(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the features as models take them: without holes and without long tails."""
    return tamed(complete(customers))


def _returned(returns: nw.LazyFrame, cut_off: datetime, seen: Snapshot) -> np.ndarray:
    """Return the share of each customer's revenue that came back before the cut-off, at most all of it."""
    if not {"customer_id", "ordered_at", "revenue"} <= set(returns.collect_schema().names()):
        return np.zeros(len(seen.customers))
    known = returns.filter(nw.col("ordered_at") < nw.lit(cut_off), ~nw.col("customer_id").is_null())
    sums = known.group_by("customer_id").agg(back=nw.col("revenue").sum().cast(nw.Float64))
    back = sums.collect("pandas").to_native().set_index("customer_id")["back"]
    spent = seen.customers["gross_revenue"].to_numpy(float)
    given = -back.reindex(seen.customers["customer_id"]).fillna(0).to_numpy(float)
    return np.clip(np.divide(given, spent, out=np.zeros_like(given), where=spent > 0), 0, 1)


def _home(countries: pd.Series) -> str:
    """Return the country where most customers live, the first in the alphabet of several."""
    counts = countries.dropna().value_counts()
    return min(counts.index[counts == counts.max()], default="")
