"""A published Isolation Forest, repeated as it was: what it flags, and whether that is of high value."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError
from helpers.base.sampling import Interval, bootstrap
from helpers.base.text import listed, number
from helpers.base.vocabulary import label
from helpers.chapters.anomaly.detectors import Settings, space_of
from helpers.customers.profiles import value_column

DRAWS = 1000


class Repeated(NamedTuple):
    """What a published setting flags."""

    features: tuple[str, ...]
    flags: np.ndarray
    by_features: pd.DataFrame
    """`features, flagged, lof, shared`: on all features, and on each pair."""
    amount: str | None
    """The column that says what a customer is worth."""
    means: tuple[float, float] | None
    """Its mean among the flagged and among the others."""
    ratio: Interval | None
    """The one over the other."""


def repeat(customers: pd.DataFrame, features: Sequence[str], settings: Settings) -> Repeated:
    """Fit the forest with a contamination as published, on all features (standardised) and on each pair.

    Args:
        customers: in natural order of their ids.
        features: columns of it.
        settings: the study's.

    Raises:
        StudyError: a feature is not there, is no number, or there are too few rows.
    """
    space = space_of(customers, features, "published.anomaly.customer_features")
    if space.problem:
        raise StudyError(f"The published anomalies cannot be repeated: {space.problem}.")
    data = StandardScaler().fit_transform(space.values)
    rows, flags = [], np.empty(0, dtype=bool)
    pairs = list(combinations(range(len(space.features)), 2)) if len(space.features) > 2 else []
    for at in [tuple(range(len(space.features))), *pairs]:
        found, second = _flags(data[:, at], settings)
        flags = found if len(flags) == 0 else flags
        names = tuple(space.features[place] for place in at)
        rows.append(
            {
                "features": names,
                "flagged": int(found.sum()),
                "lof": int(second.sum()),
                "shared": int((found & second).sum()),
            }
        )
    amount = value_column(customers)
    means, ratio = None, None
    if amount:
        values = customers[amount].to_numpy(dtype=float)
        means = (float(values[flags].mean()), float(values[~flags].mean()))
        ratio = bootstrap(_ratio, values, flags, seed=settings.seed, draws=DRAWS)
    return Repeated(space.features, flags, pd.DataFrame(rows), amount, means, ratio)


def _flags(data: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    share, seed = settings.contamination, settings.seed
    forest = IsolationForest(n_estimators=settings.n_estimators, contamination=share, random_state=seed, n_jobs=1)
    neighbours = LocalOutlierFactor(n_neighbors=min(settings.lof_neighbours, len(data) - 1), contamination=share)
    return forest.fit_predict(data) == -1, neighbours.fit_predict(data) == -1


def _ratio(values: np.ndarray, flags: np.ndarray) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(values[flags].mean() / values[~flags].mean()) if flags.any() and not flags.all() else np.nan


def read_value(found: Repeated) -> str:
    """Say whether the flagged are of high value."""
    if found.means is None or found.ratio is None:
        return "The customers have no amount, so whether the flagged ones are of high value cannot be said."
    low, high = found.ratio.low, found.ratio.high
    said = (
        f"The mean {label(str(found.amount)).lower()} of the {int(found.flags.sum()):,} flagged customers is "
        f"{number(found.means[0])}, of the {int((~found.flags).sum()):,} others {number(found.means[1])}: "
        f"{found.ratio.value:.2f} times as much (95 % interval {low:.2f} to {high:.2f})."
    )
    if low <= 1 <= high:
        return f"{said} The flagged are not high-value customers: the interval includes no difference at all."
    if found.ratio.value < 1:
        return f"{said} The flagged are customers of less value, not more."
    return f"{said} The flagged do spend more, because spending more is one way of being rare."


def read_flags(found: Repeated) -> str:
    """Say what is flagged on which features."""
    parts = [
        f"{each.flagged:,} on {listed([label(n).lower() for n in each.features])}"
        for each in found.by_features.itertuples()
    ]
    first = found.by_features.iloc[0]
    return (
        f"The forest flags {'; '.join(parts)}. Of the first {first['flagged']:,}, the local outlier factor flags "
        f"{first['shared']:,} too: which customers are unusual depends on whom one asks."
    )


def findings(found: Repeated) -> dict[str, object]:
    """Return what is recorded of a reproduction."""
    first = found.by_features.iloc[0]
    recorded = {"flagged": int(first["flagged"]), "normal": len(found.flags) - int(first["flagged"])}
    recorded |= {"share": float(found.flags.mean()), "lof_shared": int(first["shared"])}
    for each in found.by_features.iloc[1:].itertuples():
        recorded[f"flagged_{'_'.join(each.features)}"] = each.flagged
    if found.means and found.ratio:
        recorded |= {"mean_amount_flagged": found.means[0], "mean_amount_normal": found.means[1]}
        recorded |= {
            "mean_amount_ratio": found.ratio.value,
            "mean_amount_ratio_low": found.ratio.low,
            "mean_amount_ratio_high": found.ratio.high,
        }
    return recorded
