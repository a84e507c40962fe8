"""What chapter 05 says about its own results."""

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import listed, percent, sentence
from helpers.base.vocabulary import label
from helpers.chapters.tree_embedding.elimination import Elimination
from helpers.chapters.tree_embedding.groups import Groups, Hypothesis

FACTORS = {
    "items": "items times price per item",
    "lines": "order lines times revenue per line",
    "frequency": "orders times revenue per order",
    "average_order": "orders times revenue per order",
    "average_ticket": "order lines times revenue per line",
}
"""Features that revenue is a product of, and the product."""
MOSTLY = 0.5
"""Share of the variance from which a feature is said to explain most of it."""
ALIKE = 0.9
"""Share of customers in common from which a group and one of chapter 04 are called the same customers."""


def feature_label(name: str) -> str:
    """Return what a feature is called, the shares of weekdays and days of the month included."""
    if name.startswith("share_day_"):
        return f"Share on day {int(name.removeprefix('share_day_'))}"
    if name.startswith("share_"):
        return f"Share on {name.removeprefix('share_').capitalize()}s"
    return label(name)


def what_is_learned(customers: pd.DataFrame, features: pd.DataFrame, target: str, transform: str) -> Markup:
    """Say what the forest learns from what, and what was filled in."""
    missing = {name: len(customers) - int(np.isfinite(customers[name].astype(float)).sum()) for name in features}
    filled = [f"{feature_label(name).lower()} of {count:,}" for name, count in missing.items() if count]
    return sentence(
        "{n} customers; the forest learns {target}{how} from {features} features that do not contain it.{filled}",
        n=len(customers),
        target=label(target).lower(),
        how=" (its logarithm)" if transform == "log1p" else "",
        features=features.shape[1],
        filled=f" Missing, and set to the median: {listed(filled)}." if filled else "",
    )


def holdout(r2_in_sample: float, r2_holdout: float, agreement: float) -> Markup:
    """Say what the method knows of customers whom it has not seen."""
    return sentence(
        "The forest explains {seen} of the variance among customers it has seen and {unseen} among those held "
        "out. The groups it predicts for these agree at {agreement:.2f} (adjusted Rand index) with those of the "
        "forest that knew everybody.",
        seen=percent(r2_in_sample),
        unseen=percent(r2_holdout),
        agreement=agreement,
    )


def drivers(importances: pd.Series, alone: float, together: float, target: str) -> Markup:
    """Say which feature predicts revenue best, and whether that is more than arithmetic.

    Args:
        importances: of the features.
        alone: R² of the forest on the most important feature only, among customers held out.
        together: the same on all features.
        target: what is predicted.
    """
    first = importances.idxmax()
    return sentence(
        "One feature predicts {target} {how}: <em>{feature}</em> explains {alone} of the differences between "
        "customers, all {n} features together {together}.{definition}",
        feature=feature_label(first).lower(),
        alone=percent(alone, 0),
        n=len(importances),
        how="nearly alone" if alone > MOSTLY * together and alone > MOSTLY else "best, but less than half of it",
        target=label(target).lower(),
        together=percent(together, 0),
        definition=f" That is nearly by definition, since revenue is {FACTORS[first]}, and shows no cause."
        if first in FACTORS
        else " That shows no cause.",
    )


def groups_seen(groups: int, stability: float, gap: bool) -> Markup:
    """Say that there are groups, and whether all of them lie apart without the forest's cuts.

    Args:
        groups: how many.
        stability: of the groups, as an adjusted Rand index.
        gap: whether there is one around each of them among the features.
    """
    return sentence(
        "Seen through what predicts revenue, customers fall into {n} groups that come back in other samples of "
        "customers (agreement {stability:.2f} of 1); {apart}.",
        n=groups,
        stability=stability,
        apart="they lie apart in the features themselves, too" if gap else "some of them meet without a gap",
    )


def same_customers(shared: list[tuple[str, str, float]]) -> Markup:
    """Say which groups are nearly one group of chapter 04 under another name, and which division to use."""
    alike = [
        f"{name.partition(':')[0]} and {other.partition(':')[0]} ({percent(share)} in common)"
        for name, other, share in shared
        if share >= ALIKE
    ]
    return sentence(
        "These groups are another division than those of <code>04_clustering</code>, which have letters. Use "
        "the RFM segments for what to do.{alike}",
        alike=f" Nearly the same customers are {listed(alike)}." if alike else "",
    )


def merging(groups: Groups, clusters: int, currency: str) -> Markup:
    """Say how clusters became groups."""
    if not groups.medians:
        return sentence("{n} clusters are few enough to work with, so each is a group.", n=clusters)
    return sentence(
        "{n} clusters are more than a team can work with. The richest remain; the others are split at the medians "
        "of the clusters' means, {revenue:,.2f} {currency} and {recency:.2f} days since the last order, into "
        "{groups} groups in all.",
        n=clusters,
        revenue=groups.medians["gross_revenue"],
        currency=currency,
        recency=groups.medians["recency"],
        groups=len(groups.names),
    )


def rules(accuracy: float, alone: float, shallow: float, importances: pd.Series) -> Markup:
    """Say how far the groups can be explained, and by how few features."""
    return sentence(
        "The rules below place {shallow} of customers whom they have not seen in the right group; with as many "
        "questions as it takes, {accuracy}; by {feature} alone, {alone}.",
        accuracy=percent(accuracy),
        feature=feature_label(importances.idxmax()).lower(),
        alone=percent(alone),
        shallow=percent(shallow),
    )


UNDECIDED = "cannot tell: the range holds what it is compared with"


def hypothesis_table(tested: list[Hypothesis]) -> pd.DataFrame:
    """Return the tested statements as a table of words."""
    rows = []
    for one in tested:
        write = "{:.1f} x".format if one.measure == "items" else percent
        rows.append(
            {
                "statement": one.statement,
                "measured": write(one.measured),
                "interval": f"{write(one.low)} to {write(one.high)}",
                "compared_with": write(one.compared_with),
                "verdict": UNDECIDED if one.verdict == "cannot tell" else one.verdict,
            }
        )
    return pd.DataFrame(rows)


def kept_features(search: Elimination) -> Markup:
    """Say which features the search keeps."""
    return sentence(
        "The smallest set that predicts revenue nearly as well as the best one, and keeps nearly all of the "
        "distance from the null that such sets reach, has {n} features: {features}. The search tried {sets} sets "
        "in {minutes:.1f} CPU minutes.",
        n=len(search.selected),
        features=listed([feature_label(name) for name in search.selected]),
        sets=search.evaluations,
        minutes=search.seconds / 60,
    )
