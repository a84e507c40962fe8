"""What speaks for a grouping: quality by k, the same in data without groups, stability, and a verdict.

The proposal of k asks three things in this order: do the groups come back more surely than those of data without
groups; of those that do, which has the best silhouette; and of the nearly best, which is the smallest.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError, nearest
from helpers.base.sampling import natural_order
from helpers.base.vocabulary import label
from helpers.customers.scales import scaled, transformed
from helpers.grouping.clusters import (
    ALGORITHMS,
    Fit,
    Settings,
    Silhouette,
    fit,
    fits,
    ks_of,
    measures,
)
from helpers.grouping.null_models import NULLS, null_by_k
from helpers.grouping.stability import bootstrap_ari


@dataclass(frozen=True)
class Prepared:
    """Customers ready to be grouped, in the order of their ids."""

    customers: pd.DataFrame
    """The customers' table in natural order of the ids."""
    original: pd.DataFrame
    """The features as they are, one row a customer."""
    data: np.ndarray
    """The space that is clustered: transformed and scaled, customers x features."""
    constant: tuple[str, ...]
    """Features left out because all customers share one value."""
    distinct: int
    """Rows of `data` that differ."""

    @property
    def features(self) -> list[str]:
        """The features that are used."""
        return list(self.original.columns)


NEARLY = 0.01
"""Silhouettes this far below the best one count as equal to it, and the smaller k wins."""
NOISE = 0.02
"""Agreement this far below the null's counts as equal to it: both are means over a few draws, and near one there
is no room above."""
COMES_BACK = 0.9
"""Agreement of resamples from which a division is called one that comes back."""


@dataclass(frozen=True)
class Effort:
    """How much is computed for the evidence, and how far it must be from chance."""

    bootstraps: int = 20
    null_draws: int = 5
    null_bootstraps: int = 4
    silhouette_rows: int = 5000
    silhouette_margin: float = 0.05
    stability_margin: float = 0.01


@dataclass(frozen=True)
class Evidence:
    """A grouping at the chosen k, with all that was measured on the way there."""

    settings: Settings
    effort: Effort
    prepared: Prepared
    by_k: pd.DataFrame
    """A row a k: `measures` plus silhouette_original, stability, and both nulls of silhouette and stability."""
    groups: dict[int, Fit]
    proposed: int
    k: int
    """The proposal, unless the settings ask for another number."""
    silhouette: Silhouette

    @property
    def group(self) -> Fit:
        """The grouping at the chosen k."""
        return self.groups[self.k]

    @property
    def labels(self) -> np.ndarray:
        """The cluster of each customer at the chosen k."""
        return self.group.labels

    @property
    def at_k(self) -> pd.Series:
        """What was measured at the chosen k."""
        return self.by_k.set_index("k").loc[self.k]

    @property
    def structure(self) -> bool:
        """Whether silhouette and stability both beat both nulls by their margins, short of the largest k."""
        return self.beats_nulls and self.k < self.by_k["k"].max()

    @property
    def beats_nulls(self) -> bool:
        """Whether silhouette and stability both beat both nulls by their margins."""
        return bool(beats_nulls(self.by_k, self.effort)[self.by_k["k"] == self.k].iloc[0])


def gather(customers: pd.DataFrame, settings: Settings, effort: Effort) -> Evidence:
    """Group the customers for each k and measure what speaks for each.

    Raises:
        StudyError: the features or the numbers of clusters do not fit the data.
    """
    prepared = prepare(customers, settings)
    ks = ks_of(settings, prepared.distinct)
    groups = fits(prepared.data, ks, settings)
    silhouette = Silhouette(prepared.data, effort.silhouette_rows, settings.seed)
    by_k = measures(prepared.data, groups, silhouette)
    # before the transform, in standard deviations, or the feature with the largest numbers would decide
    plain = StandardScaler().fit_transform(prepared.original)
    original = Silhouette(plain, effort.silhouette_rows, settings.seed)
    by_k["silhouette_original"] = [original.of(groups[k].labels) for k in ks]
    stability = bootstrap_ari(prepared.data, groups, settings, effort.bootstraps)
    by_k["stability"] = [float(stability[k].mean()) for k in ks]
    nulls = null_by_k(prepared.data, ks, settings, effort.null_draws, effort.null_bootstraps)
    by_k = by_k.merge(nulls, on="k")
    for measure in ("silhouette", "stability"):
        by_k[f"{measure}_null"] = by_k[[f"{measure}_{name}" for name in NULLS]].max(axis=1)
    proposed = propose(by_k)
    chosen = settings.n_clusters or proposed
    return Evidence(settings, effort, prepared, by_k, groups, proposed, chosen, silhouette)


def propose(by_k: pd.DataFrame) -> int:
    """Return the k to recommend: stability above the null, then silhouette, then parsimony."""
    stable = by_k[by_k["stability"] >= by_k["stability_null"] - NOISE]
    candidates = stable if len(stable) else by_k
    nearly_best = candidates["silhouette"] >= candidates["silhouette"].max() - NEARLY
    return int(candidates.loc[nearly_best, "k"].min()) if nearly_best.any() else int(by_k["k"].min())


def beats_nulls(by_k: pd.DataFrame, effort: Effort) -> pd.Series:
    """Return for each k whether silhouette and stability are above both nulls by the margins."""
    above = by_k["silhouette"] >= by_k["silhouette_null"] + effort.silhouette_margin
    return above & (by_k["stability"] >= by_k["stability_null"] + effort.stability_margin)


def verdict(evidence: Evidence) -> str:
    """Return in words whether there are groups, and what a larger k would mean."""
    at, effort, k = evidence.at_k, evidence.effort, evidence.k
    scores = (
        f"{k} groups score a silhouette of {at['silhouette']:.3f}, where data without groups reaches "
        f"{at['silhouette_null']:.3f}; resamples agree with them at {at['stability']:.2f}, where those of data "
        f"without groups agree at {at['stability_null']:.2f}."
    )
    beyond = evidence.by_k[(evidence.by_k["k"] > k)]
    more = bool(beats_nulls(beyond, effort).any())
    if evidence.structure:
        after = (
            "Other numbers of groups beat the nulls too, so a finer division is defensible."
            if more
            else "No finer division does: a larger k is a business choice."
        )
        return f"There is structure: {scores} Both gaps are larger than the margins asked for. {after}"
    if evidence.beats_nulls:
        return (
            f"Groups, but no number of them: {scores} Both gaps are larger than the margins asked for, but the "
            "best number is the largest that was tried, as it is where a few distinct rows are cut ever finer. "
            "Try more groups (k_max) before calling this a structure."
        )
    if at["stability"] >= COMES_BACK and at["silhouette"] > at["silhouette_null"]:
        return (
            f"There is a division, but no gap: {scores} The division comes back, yet a cloud without groups "
            f"would divide nearly as well. Beyond {in_words(k)} groups it is a continuum, and a larger k is a "
            "business choice."
        )
    return (
        f"There is no cluster structure: {scores} Whatever number is chosen, the groups are a way of "
        "cutting an even spread of customers, not something that was found in it. Use them as shelves, if they "
        "help, and not as insight."
    )


def in_words(number: int) -> str:
    """Return a small number as a word."""
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)


def findings(evidence: Evidence) -> dict[str, object]:
    """Return what is recorded of a grouping, own or published."""
    at = evidence.at_k
    named = {"silhouette_null": "null"}
    columns = ["k", "inertia", "silhouette", "silhouette_null", "stability"]
    return {
        "n_clusters": evidence.k,
        "n_clusters_proposed": evidence.proposed,
        "silhouette": at["silhouette"],
        "silhouette_original": at["silhouette_original"],
        "silhouette_null": at["silhouette_null"],
        "silhouette_permuted": at["silhouette_permuted"],
        "silhouette_copula": at["silhouette_copula"],
        "stability_ari": at["stability"],
        "stability_null": at["stability_null"],
        "inertia": at["inertia"],
        "sizes": evidence.group.sizes,
        "structure": evidence.structure,
        "distinct_rows": evidence.prepared.distinct,
        "by_k": evidence.by_k[columns].rename(columns=named).astype({"k": int}).to_dict("records"),
    }


def with_more_starts(evidence: Evidence, starts: int) -> dict[str, object]:
    """Return what the same settings reach at the same k with more starts: inertia, silhouette, sizes."""
    group = fits(evidence.prepared.data, [evidence.k], replace(evidence.settings, n_init=starts))[evidence.k]
    return {
        "n_init": starts,
        "inertia": group.inertia,
        "silhouette": evidence.silhouette.of(group.labels),
        "sizes": group.sizes,
    }


def effort_from(section: dict[str, Any]) -> Effort:
    """Return how much the chapter's parameters ask to be computed.

    Raises:
        StudyError: a number is below one.
    """
    for name in ("bootstraps", "null_draws"):
        if section[name] < 1:
            raise StudyError(f"clustering.{name} is {section[name]}, but evidence needs at least one.")
    if section["silhouette_sample"] < 50:
        raise StudyError(
            f"clustering.silhouette_sample is {section['silhouette_sample']}; give at least 50 customers."
        )
    names = [name for name in Effort.__dataclass_fields__ if name in section]
    return Effort(silhouette_rows=section["silhouette_sample"], **{name: section[name] for name in names})


def settings_from(section: dict[str, Any], seed: int) -> Settings:
    """Return the settings in a study file's section; keys that belong to other parts of the chapter are passed by.

    Args:
        section: parameters of the chapter by name.
        seed: the study's, which holds unless the section has one of its own.
    """
    own = {name: section[name] for name in Settings.__dataclass_fields__ if section.get(name) is not None}
    return Settings(**{"seed": seed} | own | {"features": tuple(section["features"])})


def prepare(customers: pd.DataFrame, settings: Settings) -> Prepared:
    """Order the customers, choose the features, transform and scale them.

    The order is that of the ids (numbers as numbers): with one start, k-means depends on it.

    Raises:
        StudyError: a feature is not there, is no number, is missing or infinite for somebody, or fewer than three
            customers differ.
    """
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    original = pd.DataFrame({name: _numbers(ordered, name) for name in settings.features})
    if settings.decimals is not None:
        original = original.round(settings.decimals)
    varying = [name for name in original if original[name].nunique() > 1]
    distinct = len(original.drop_duplicates())
    if distinct < 3:
        raise StudyError(
            f"{len(ordered):,} customers have {distinct} different values of {', '.join(settings.features)}; "
            "groups need at least three customers that differ."
        )
    used = original[varying]
    plain = used.to_numpy(dtype=float)
    return Prepared(
        customers=ordered,
        original=used,
        data=scaled(transformed(plain, settings.transform), settings.scale),
        constant=tuple(name for name in original if name not in varying),
        distinct=distinct,
    )


def _numbers(customers: pd.DataFrame, name: str) -> pd.Series:
    """Return a feature as finite floats, or say what is wrong with it."""
    if name not in customers:
        raise StudyError(
            f"clustering.features names {name}, which is no column of the customers"
            f"{nearest(name, customers.columns) or '.'}"
        )
    if not pd.api.types.is_numeric_dtype(customers[name]):
        raise StudyError(f"clustering.features names {name}, which is text; groups are made from numbers.")
    values = customers[name].astype(float)
    unusable = int((~np.isfinite(values)).sum())
    if unusable:
        raise StudyError(
            f"{name} is missing or infinite for {unusable:,} of {len(values):,} customers; leave it out of "
            "clustering.features, or give those customers a value in the study's `features`."
        )
    return values


def compare(data: np.ndarray, k: int, settings: Settings, silhouette: Silhouette) -> pd.DataFrame:
    """Return the three algorithms side by side at one number of clusters.

    `agreement` is the adjusted Rand index with the algorithm of the settings: 1 is the same groups, 0 chance.
    """
    groups = {name: fit(data, k, replace(settings, algorithm=name)) for name in ALGORITHMS}
    reference = groups[settings.algorithm].labels
    return pd.DataFrame(
        {
            "algorithm": [ALGORITHMS[name] for name in groups],
            "silhouette": [silhouette.of(group.labels) for group in groups.values()],
            "agreement": [adjusted_rand_score(reference, group.labels) for group in groups.values()],
            "sizes": [", ".join(f"{size:,}" for size in group.sizes) for group in groups.values()],
        }
    )


def feature_list(features: list[str]) -> str:
    """Return features as a list in a sentence."""
    names = [label(name).lower() for name in features]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
