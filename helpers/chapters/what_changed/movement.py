"""Which segment customers were in at earlier dates, all ranked alike, and who moved where."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.customers.features import customer_features, span_of
from helpers.customers.scores import MEASURES, score_among

SCORES = [f"{letter}_score" for letter in MEASURES]
STEP = pd.Timedelta(days=30)
"""From one date to the next at which segments are looked at, back from today."""
STEPS = 12


def measured(lines: nw.LazyFrame, returns: nw.LazyFrame, moment: datetime, engine: DuckDBEngine) -> pd.DataFrame:
    """Return what was known of each customer at a moment: `recency, frequency, monetary, tenure` by `customer_id`.

    They are those of `customer_features`, of the lines before that moment; `monetary` where amounts are known.
    """
    known, back = (_before(frame, moment) for frame in (lines, returns))
    with engine.for_now():  # a year of dates would fill the memory
        features = customer_features(known, back, span_of(known, back, snapshot=moment.isoformat()), engine)
        names = [n for n in (*MEASURES.values(), "tenure") if n in features.collect_schema().names()]
        found = features.select("customer_id", *names).sort("customer_id").collect("pandas").to_native()
    return found.set_index("customer_id").round({"monetary": 2})


def moments_of(
    lines: nw.LazyFrame, returns: nw.LazyFrame, engine: DuckDBEngine
) -> tuple[nw.LazyFrame, nw.LazyFrame]:
    """Return lines and returns summed to a row a customer, order and moment, of which `measured` finds the same.

    Segments are looked at on many dates, and lines are several times as many as these.
    """
    summed = []
    for frame in (lines, returns):
        names = frame.collect_schema().names()
        by = [n for n in ("customer_id", "order_id", "ordered_at") if n in names]
        sums = {n: nw.col(n).sum() for n in ("quantity", "revenue") if n in names}
        dated = "ordered_at" in by and sums
        summed.append(engine.keep(frame.group_by(by).agg(**sums)) if dated else frame)
    return summed[0], summed[1]


def _before(lines: nw.LazyFrame, moment: datetime) -> nw.LazyFrame:
    """Return the lines before a moment, with the columns that the three measures need: others cost time."""
    names = lines.collect_schema().names()
    kept = [n for n in ("line", "customer_id", "order_id", "ordered_at", "quantity", "revenue") if n in names]
    return lines.select(kept).filter(nw.col("ordered_at") < nw.lit(moment)) if "ordered_at" in names else lines


def segments_of(
    customers: pd.DataFrame, among: pd.DataFrame, named: Mapping[tuple[int, int, int], str], quantiles: int
) -> pd.Series:
    """Return the segment of each customer in the ranking of the customers `among`.

    So a segment means the same at two dates: as recent, as many orders, as much money.
    """
    size = (quantiles + 1,) * len(SCORES)
    texts = np.full(size, None, dtype=object)
    for scores, name in named.items():
        texts[scores] = name
    found = texts[tuple(score_among(customers, among, quantiles)[SCORES].to_numpy().T)]
    return pd.Series(found, customers.index, dtype=object)


def order_of(named: Mapping[tuple[int, int, int], str]) -> list[str]:
    """Return the segments from the best to the worst, by the mean of the scores that they cover."""
    table = pd.DataFrame([(*scores, name) for scores, name in named.items()], columns=[*SCORES, "segment"])
    table["place"] = table["r_score"] + (table["f_score"] + table["m_score"]) / 2
    return table.groupby("segment")["place"].mean().sort_values(ascending=False, kind="stable").index.tolist()


def since(at: Sequence[tuple[pd.Timestamp, pd.Series]]) -> pd.DataFrame:
    """Return, by customer, `segment_since` and `previous_segment` of who is in a segment now.

    Args:
        at: dates and the segments of the customers known then, the latest first.

    Returns:
        `segment_since`: the earliest date from which on they were in today's segment at each date (they may be in
        it for longer, where that is the first date); `previous_segment`: the one before, None where none was seen.
    """
    now = at[0][1]
    found = pd.DataFrame({"segment_since": at[0][0], "previous_segment": None}, index=now.index)
    still = pd.Series(True, now.index)
    for moment, then in at[1:]:
        before = then.reindex(now.index)
        left = still & (before != now) & before.notna()
        found.loc[left, "previous_segment"] = before[left]
        still &= before == now
        found.loc[still, "segment_since"] = moment
    return found


def paths_of(moved: pd.DataFrame, order: Sequence[str], null: pd.DataFrame) -> pd.DataFrame:
    """Return the ways that customers took, most money first.

    Args:
        moved: by customer, `before` and `after` (segments) and `at_stake` (money or orders).
        order: the segments from the best to the worst.
        null: customers on each way if nobody changed, by `before` (down) and `after` (across).

    Returns:
        `before`, `after`, `direction` (down, same, up), `customers`, `by_chance` (of `null`) and `at_stake`.
    """
    ways = pd.MultiIndex.from_product([order, order], names=["before", "after"])
    paths = moved.groupby(["before", "after"]).agg(customers=("after", "size"), at_stake=("at_stake", "sum"))
    paths = paths.reindex(ways, fill_value=0).assign(
        by_chance=null.reindex(order, columns=order).to_numpy().ravel()
    )
    place = {name: number for number, name in enumerate(order)}
    step = [place[after] - place[before] for before, after in paths.index]
    paths["direction"] = ["down" if places > 0 else "up" if places else "same" for places in step]
    paths = paths[(paths["customers"] > 0) | (paths["by_chance"] > 0)].reset_index()
    columns = ["before", "after", "direction", "customers", "by_chance", "at_stake"]
    return paths[columns].sort_values(["at_stake", "customers"], ascending=False, kind="stable", ignore_index=True)
