"""What a customer's past says about whether they come back: one row a customer at a cut-off, nothing after it.

The features of chapter 03 as of the cut-off, and the rhythm that they lack: how regular a customer's purchases
are, whether they become more or fewer, and how long the present silence is for this customer. Lines are summed up
to purchase days on the engine; a ledger has few of those for each customer, so the rest is pandas.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.base.vocabulary import FEATURES, label
from helpers.customers.features import WEEKDAY_SHARES
from helpers.customers.snapshots import Snapshot as Observed
from helpers.customers.snapshots import observe

HALF_LIFE = 60.0
"""Days after which a purchase counts half in `recent_weight`: about the usual gap of a shop's regular
customers."""
YEAR = 365
DAY = 24 * 60 * 60


class Feature(NamedTuple):
    """How a feature is called, and what it is."""

    label: str
    meaning: str
    long_tail: bool = True
    """Whether a logarithm tames it before a linear model sees it; shares and flags have no tail."""


OWN = {
    "gap_median": Feature("Median gap", "days between purchases, the middle one"),
    "gap_last": Feature("Last gap", "days between the last two purchases"),
    "gap_longest": Feature("Longest gap", "days of the longest pause that they came back from"),
    "gap_variation": Feature("Irregularity", "standard deviation of the gaps over their mean; 0 is a clock"),
    "silence": Feature("Silence in own gaps", "recency over the customer's own average gap"),
    "recent_orders": Feature("Recent orders", "orders in as many days before the cut-off as lie after it"),
    "recent_spend": Feature("Recent spend", "revenue in as many days before the cut-off as lie after it"),
    "recent_weight": Feature("Recent weight", "purchase days, each halved every 60 days since"),
    "order_trend": Feature(
        "Trend of orders", "purchase days, later half of the customer's time less earlier", False
    ),
    "spend_trend": Feature("Trend of spend", "log of the spend of the later half over the earlier", False),
    "last_to_average": Feature("Last purchase", "revenue of the last purchase day over the average one"),
    "active_months": Feature("Active months", "share of the calendar months since the first purchase", False),
    "season_orders": Feature("Same season", "purchase days in the horizon's days of the year before"),
    "return_share": Feature("Money returned", "revenue brought back over revenue", False),
    "weekend_share": Feature("Weekend share", "share of the revenue on Saturday and Sunday", False),
    "weekday_focus": Feature("Weekday habit", "largest share of the revenue on one weekday", False),
    "home_country": Feature("Home country", "whether they live where most customers do", False),
}
"""Features of this module's own, in the order in which they are shown."""
TAKEN = (
    "recency", "frequency", "monetary", "tenure", "purchase_days", "average_gap", "items", "unique_items",
    "average_ticket", "average_order", "average_price", "basket_size", "unique_basket_size", "return_rate",
)  # fmt: skip
"""Features of chapter 03 that are offered to the models."""
FLAT = ("return_rate",)
"""Of those, the ones without a long tail."""
REFERENCE = ("recency", "frequency", "monetary")
"""The three that the reference model knows."""


class Snapshot(NamedTuple):
    """The customers known at a cut-off: features, and what they then did where that is known."""

    cut_off: datetime
    days: int
    customers: pd.DataFrame
    """A row a customer by `customer_id`: `country`, `latitude`, `longitude` where known, and the features."""
    bought: np.ndarray | None
    """Whether each bought within the horizon; None where the horizon is still to come."""
    spend: np.ndarray | None
    """Revenue within the horizon."""

    @property
    def rows(self) -> int:
        """Number of customers."""
        return len(self.customers)


def snapshot(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    cut_off: datetime,
    days: int,
    engine: DuckDBEngine,
    *,
    to_come: bool = False,
) -> Snapshot:
    """Return the customers at a cut-off with all features, and their outcome.

    Args:
        lines: clean purchases.
        returns: lines brought back; only those before the cut-off count.
        cut_off: first moment of the horizon.
        days: length of the horizon, in days.
        engine: where the lines live.
        to_come: the ledger ends before the horizon does, so that nobody knows the outcome.

    Raises:
        StudyError: nobody bought before the cut-off.
    """
    seen = observe(lines, returns, cut_off, days, engine)
    customers = seen.customers.copy()
    rhythm = rhythm_features(purchase_days(lines, cut_off), cut_off, days)
    customers = customers.join(rhythm, on="customer_id")
    customers["silence"] = customers["recency"] / customers["average_gap"].clip(lower=1)
    if {"share_saturday", "share_sunday"} <= set(customers):
        customers["weekend_share"] = customers["share_saturday"] + customers["share_sunday"]
    customers["weekday_focus"] = customers[list(WEEKDAY_SHARES)].max(axis=1)
    customers["return_share"] = _returned(returns, cut_off, seen)
    if "country" in customers:
        customers["home_country"] = (customers["country"] == _home(customers["country"])).astype(float)
    place = [name for name in ("country", "latitude", "longitude") if name in customers]
    kept = customers[["customer_id", *place, *features_of(customers)]]
    if to_come:
        return Snapshot(cut_off, days, kept, None, None)
    return Snapshot(cut_off, days, kept, seen.bought, seen.spend)


def features_of(customers: pd.DataFrame) -> list[str]:
    """Return the names of the features that a frame has, in the order in which they are shown."""
    return [name for name in (*TAKEN, *OWN) if name in customers]


def purchase_days(lines: nw.LazyFrame, before: datetime) -> pd.DataFrame:
    """Return a row for each customer and day with a purchase before a moment: `customer_id`, `day`, `spend`."""
    moment = nw.col("ordered_at")
    known = lines.filter(moment < nw.lit(before), ~nw.col("customer_id").is_null())
    days = known.with_columns(day=moment.dt.truncate("1d")).group_by("customer_id", "day")
    found = days.agg(spend=nw.col("revenue").sum().cast(nw.Float64)).sort("customer_id", "day")
    return found.collect("pandas").to_native()


def rhythm_features(days: pd.DataFrame, cut_off: datetime, horizon: int) -> pd.DataFrame:
    """Return what the dates of purchases say, by customer.

    A customer with one purchase day has shown no gap: their gaps are missing until `complete` fills them in.

    Args:
        days: `purchase_days` before the cut-off, sorted.
        cut_off: the moment the customers are looked at from.
        horizon: days that are predicted, for the same season a year before.

    Returns:
        The features of `OWN` that come from dates, indexed by customer_id.
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

    A gap that was never seen is at least as long as the silence since the only purchase, as `average_gap` of
    chapter 03 has it; that purchase is as large as the average one, and its rhythm has no irregularity. Where
    nobody knows the season of the year before, it is taken to be as good as any other quarter of the year.
    """
    numbers = customers[features_of(customers)].astype(float)
    for name in ("gap_median", "gap_last", "gap_longest"):
        if name in numbers:
            numbers[name] = numbers[name].fillna(numbers["average_gap"])
    if "season_orders" in numbers:
        usual = numbers["purchase_days"] / (numbers["tenure"] + YEAR / 4) * (YEAR / 4)
        numbers["season_orders"] = numbers["season_orders"].fillna(usual)
    return numbers.fillna({"gap_variation": 0.0, "last_to_average": 1.0}).fillna(0.0)


def long_tailed(names: list[str]) -> list[str]:
    """Return those of the features that a linear model should see as a logarithm."""
    return [n for n in names if (n in TAKEN and n not in FLAT) or (n in OWN and OWN[n].long_tail)]


def name_of(feature: str) -> str:
    """Return what a chart or table calls a feature."""
    return OWN[feature].label if feature in OWN else label(feature)


def meaning_of(feature: str) -> str:
    """Return what a feature is, in words; nothing for a column of a study's own."""
    if feature in OWN:
        return OWN[feature].meaning
    return FEATURES[feature].meaning if feature in FEATURES else ""


def _returned(returns: nw.LazyFrame, cut_off: datetime, seen: Observed) -> np.ndarray:
    """Return the share of each customer's revenue that came back before the cut-off, at most all of it."""
    if not {"customer_id", "ordered_at", "revenue"} <= set(returns.collect_schema().names()):
        return np.zeros(len(seen.customers))
    known = returns.filter(nw.col("ordered_at") < nw.lit(cut_off), ~nw.col("customer_id").is_null())
    sums = known.group_by("customer_id").agg(back=nw.col("revenue").sum().cast(nw.Float64))
    back = sums.collect("pandas").to_native().set_index("customer_id")["back"]
    spent = seen.customers["monetary"].to_numpy(float)
    given = -back.reindex(seen.customers["customer_id"]).fillna(0).to_numpy(float)
    return np.clip(np.divide(given, spent, out=np.zeros_like(given), where=spent > 0), 0, 1)


def _home(countries: pd.Series) -> str:
    """Return the country where most customers live, the first in the alphabet of several."""
    counts = countries.dropna().value_counts()
    return min(counts.index[counts == counts.max()], default="")


def end_of(lines: nw.LazyFrame) -> datetime:
    """Return the midnight after the last order: the moment from which the present is looked at."""
    last = lines.select(last=nw.col("ordered_at").max()).collect("pyarrow").to_native().to_pylist()[0]["last"]
    return last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
