"""Do customers come back? Retention by cohort, days between purchases, and who is still with us month by month.

All is counted from one small summary: a row for each day on which a customer bought.
"""

from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import day_of
from helpers.base.errors import StudyError
from helpers.ledger.calendar import calendar_of, sales_days

STATES = ("new", "active", "lapsing", "lost")


class Retention(NamedTuple):
    """Cohorts of customers by the month of their first purchase, followed over the months after it."""

    customers: pd.DataFrame
    """Share of the cohort's customers who bought, by cohort (down) and months since the first (across)."""
    revenue: pd.DataFrame
    """Their revenue as a share of that in their first month."""
    sizes: pd.Series
    """Customers of each cohort."""


def purchase_days(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return `customer_id, day, revenue`: a row for each day on which a customer bought, in that order.

    The revenue is 0 where amounts are not known.
    """
    known = lines.filter(~nw.col("customer_id").is_null(), ~nw.col("ordered_at").is_null())
    days = known.with_columns(day=day_of("ordered_at")).group_by("customer_id", "day")
    paid = nw.col("revenue").sum() if "revenue" in lines.collect_schema().names() else nw.len() * 0
    summed = days.agg(revenue=paid).with_columns(nw.col("revenue").cast(nw.Float64))
    return summed.sort("customer_id", "day").collect("pandas").to_native()


def last_month_complete(lines: nw.LazyFrame) -> bool:
    """Return whether the ledger's last month is over; days on which nothing is ever sold do not count."""
    calendar = calendar_of(sales_days(lines))
    return calendar is not None and calendar.last_month_complete


def retention(days: pd.DataFrame, complete: bool) -> Retention:
    """Follow cohorts of customers month by month from their first, 0; `days` are of `purchase_days`.

    Cells of a last month that is not complete are immature: a part of a month beside whole ones would look like a
    loss, so they have no value, and neither has a month that has not come.
    """
    month = days["day"].dt.to_period("M")
    first = month.groupby(days["customer_id"]).transform("min")
    cells = days.groupby([first.rename("cohort"), (month.array.asi8 - first.array.asi8)])
    cohorts = pd.period_range(first.min(), month.max(), freq="M")
    every = {"index": cohorts, "columns": range(len(cohorts))}
    buyers = cells["customer_id"].nunique().unstack().reindex(**every).fillna(0)
    revenue = cells["revenue"].sum().unstack().reindex(**every).fillna(0.0)
    age = np.arange(len(cohorts))[::-1]  # months between each cohort and the last month
    shown = np.arange(len(cohorts))[None, :] <= age[:, None] - (0 if complete else 1)
    sizes = buyers[0].astype("int64")
    started = (sizes > 0) & shown[:, 0]
    customers, spent = (
        frame.div(frame[0].where(frame[0] > 0), axis=0).where(shown)[started].loc[:, shown.any(axis=0)]
        for frame in (buyers, revenue)
    )
    return Retention(customers, spent, sizes[started])


def average_retention(found: Retention, month: int, months_left_out: int) -> float | None:
    """Return the share of customers who buy in a month after their first, over all cohorts old enough to tell.

    Cohorts of the first months are left out, as far as there are others: old customers look new in them.
    """
    if month not in found.customers.columns:
        return None
    share = found.customers[month].dropna()
    new = share[share.index >= found.sizes.index[0] + months_left_out]
    share = new if len(new) else share
    return float(np.average(share, weights=found.sizes[share.index])) if len(share) else None


def churn_window(between: pd.Series, percentile: float) -> int:
    """Return the days within which a share of all repeat purchases follow.

    It is the smallest number of days seen that at least the share of the gaps do not exceed.

    Raises:
        StudyError: the share is not between 0 and 1.
    """
    if not 0 < percentile < 1:
        raise StudyError(
            f"rfm.churn_percentile is {percentile}, but should be a share between 0 and 1, such as 0.9."
        )
    return int(np.quantile(between, percentile, method="inverted_cdf"))


def states(days: pd.DataFrame, windows: pd.Series) -> pd.DataFrame:
    """Count, at the end of each month (in the last one the ledger's), who is new, active, lapsing and lost.

    `days` are of `purchase_days`, `windows` are days by customer_id.

    Who bought for the first time in the month is new; others are active up to their window (days, by customer_id)
    after their last purchase, lapsing up to twice as many, and lost beyond. The four add up to all customers.
    """
    who, ids = pd.factorize(days["customer_id"])
    window, end_of_data = windows.reindex(ids).to_numpy(), days["day"].max()
    first = days["day"].groupby(who).min().to_numpy()
    last, rows = np.full(len(ids), np.datetime64("NaT"), first.dtype), []
    by_month = days["day"].dt.to_period("M")
    for month in pd.period_range(by_month.min(), by_month.max(), freq="M"):
        end = min(month.end_time.normalize(), end_of_data)
        now = by_month == month
        last[who[now]] = days["day"][now]  # a customer's days come in their order, and the last one stays
        known = ~np.isnat(last)
        inactive = (end.to_datetime64() - last[known]) // np.timedelta64(1, "D")
        of_each = window[known]
        conditions = [first[known] >= month.start_time, inactive <= of_each, inactive <= 2 * of_each]
        state = np.select(conditions, range(3), 3)
        rows.append([month.start_time, end, *np.bincount(state, minlength=4).tolist()])
    return pd.DataFrame(rows, columns=["month", "end", *STATES])
