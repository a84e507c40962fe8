"""What chapter 05 says about its own results, and how its tables are headed."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier
from tqdm import tqdm

from helpers.base.text import percent
from helpers.base.vocabulary import label
from helpers.chapters.tree_embedding.charts import feature_label
from helpers.chapters.tree_embedding.elimination import Elimination
from helpers.chapters.tree_embedding.groups import Groups, Hypothesis
from helpers.chapters.tree_embedding.pipeline import Fitted, Inputs, Settings
from helpers.chapters.tree_embedding.validation import in_other_spaces, mixture_starts
from helpers.grouping.surrogate import rules_of

MARGIN = 0.1
"""How far a silhouette must be above what customers without groups score, to speak of structure."""
STARTS = 8
"""Random starts of a reproduced mixture that are compared."""
FOLDS = 5
RULE_DEPTH = 4
"""Questions on the way to a rule: more of them nobody would remember."""
GROUPS = {
    "names": {
        "segment": "Group",
        "customers": "Customers",
        "customer_share": "Share of customers",
        "revenue_share": "Share of revenue",
        "gross_revenue": "Mean revenue",
        "recency": "Days since last order",
        "purchase_rate": "Purchase rate",
        "return_rate": "Items returned",
        "frequency": "Orders",
        "items": "Items",
    },
    "formats": {
        "customer_share": percent,
        "revenue_share": percent,
        "return_rate": lambda share: percent(share, 2),
        "gross_revenue": "{:,.1f}".format,
        "recency": "{:.1f}".format,
        "purchase_rate": "{:.4f}".format,
        "frequency": "{:.1f}".format,
        "items": "{:,.1f}".format,
    },
}
"""How the table of groups is headed and written."""
STAGES = {
    "names": {
        "forest": "Forest",
        "embedding": "Embedding",
        "algorithm": "Clusters",
        "k": "Best k",
        "silhouette": "Silhouette",
        "silhouette_null": "… shuffled features",
        "above_null": "Above the null",
        "r2": "R² in sample",
        "r2_holdout": "R² out of sample",
        "agreement": "Agreement out of sample",
    },
    "formats": {
        name: "{:.3f}".format
        for name in ("silhouette", "silhouette_null", "above_null", "r2", "r2_holdout", "agreement")
    },
}
"""How the table that compares pipelines is headed and written."""
STAGES["names"] |= {"set": "Features", "features": "How many"}
PATH = {
    "names": {
        "features": "Features left",
        "removed": "Taken away",
        "k": "k",
        "silhouette": "Silhouette",
        "silhouette_null": "… shuffled features",
        "score": "Above the null",
        "r2": "R² out of bag",
    },
    "formats": {name: "{:.3f}".format for name in ("silhouette", "silhouette_null", "score", "r2")}
    | {"removed": lambda name: feature_label(name) if name else "–"},
}
"""How the table of an elimination is headed and written."""
BY_K = {
    "names": {
        "k": "k",
        "silhouette": "Silhouette",
        "permuted": "… shuffled features",
        "correlated": "… correlated, no groups",
        "null": "The harder null",
        "agreement": "Agreement of other seeds",
        "held_out": "… of unseen customers",
    },
    "formats": {
        name: "{:.3f}".format for name in ("silhouette", "permuted", "correlated", "null", "agreement", "held_out")
    },
}
"""How the table by number of clusters is headed and written."""
SEEDS = {
    "names": {
        "seed": "Seed",
        "best_k": "Best k",
        "silhouette": "Silhouette at the chosen k",
        "agreement": "Agreement of the labels",
    },
    "formats": {"seed": str, "silhouette": "{:.3f}".format, "agreement": "{:.3f}".format},
}
SPACES = {
    "features": "the features the forest learned from",
    "all_features": "all features of the customers",
    "log_rfm": "log recency, frequency and monetary",
}


def read_inputs(inputs: Inputs, settings: Settings) -> list[str]:
    """Say what the forest learns from what, and what was filled in."""
    how = " (its logarithm)" if settings.target_transform == "log1p" else ""
    texts = [
        f"{len(inputs.x):,} customers; the forest learns {label(settings.target).lower()}{how} from "
        f"{len(inputs.features)} features that do not contain it."
    ]
    if inputs.filled:
        filled = ", ".join(f"{label(name).lower()} of {count:,}" for name, count in inputs.filled.items())
        texts.append(f"Missing, and set to the median: {filled}.")
    return texts


def read_spaces(silhouettes: dict[str, float], in_embedding: float) -> str:
    """Say what the same labels score outside the space that was made for them."""
    parts = [f"{value:.3f} in {SPACES[name]}" for name, value in silhouettes.items()]
    if len(parts) > 1:
        parts = [", ".join(parts[:-1]), parts[-1]]
    after = " What the embedding shows is partly the work of the embedding."
    if max(silhouettes.values()) < 0:
        after = (
            " Below zero, customers are on average nearer to another group than to their own: the groups are "
            "compact in the embedding, and in none of these spaces."
        )
    elif silhouettes["features"] < 0:
        after = (
            " Below zero, customers are on average nearer to another group than to their own: most features have "
            "nothing to do with revenue, and in the plain sum of all of them the groups disappear."
        )
    scores = " and ".join(parts)
    return f"In the embedding the labels score {in_embedding:.3f}; the same labels score {scores}.{after}"


def verdict(silhouette: float, null: float, agreement: float, held_out: float) -> str:
    """Say whether there are groups: against the null by a margin, from other seeds, and for unseen customers."""
    scores = (
        f"the groups score a silhouette of {silhouette:.3f} in the embedding, where customers without groups "
        f"reach {null:.3f}; other seeds agree with them at {agreement:.2f}, and customers the pipeline has not "
        f"seen are placed with an agreement of {held_out:.2f}."
    )
    if not silhouette >= null + MARGIN:
        return f"There is no structure beyond what the method makes by itself: {scores}"
    if min(agreement, held_out) < 0.5:
        return f"There is structure, but these groups are one cut of many: {scores}"
    return f"There is structure in what drives revenue: {scores}"


class Rules(NamedTuple):
    """How well trees on the features repeat the labels, and the shortest of them in words."""

    accuracy: float
    """Of a tree without limit, cross-validated."""
    alone: float
    """The same from the most important feature alone."""
    feature: str
    table: pd.DataFrame
    """`rule`, `segment`, `customers`, `share`, from a shallow tree."""
    shallow: float
    """Accuracy of the shallow tree, cross-validated."""


def rules(inputs: Inputs, labels: np.ndarray, groups: Groups, importances: np.ndarray, seed: int) -> Rules:
    """Put clusters into rules: trees that predict them from the features, on customers they have not seen.

    Args:
        inputs: features in their own units.
        labels: clusters, which are predicted by deep trees.
        groups: the business groups, which the shallow tree describes.
        importances: of the features, for the forest.
        seed: of folds and trees.
    """
    first = inputs.features[int(np.argmax(importances))]
    shallow = DecisionTreeClassifier(max_depth=RULE_DEPTH, min_samples_leaf=5, random_state=seed)
    return Rules(
        accuracy=_accuracy(DecisionTreeClassifier(random_state=seed), inputs.original, labels, seed),
        alone=_accuracy(DecisionTreeClassifier(random_state=seed), inputs.original[[first]], labels, seed),
        feature=first,
        table=rules_of(shallow.fit(inputs.original, groups.labels), inputs.original, groups.labels, groups.names),
        shallow=_accuracy(shallow, inputs.original, groups.labels, seed),
    )


def _accuracy(tree: DecisionTreeClassifier, features: pd.DataFrame, labels: np.ndarray, seed: int) -> float:
    """Return the mean accuracy over stratified folds; nan where a group is too small to be in two of them."""
    folds = min(FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        return float("nan")
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return float(cross_val_score(tree, features, labels, cv=parts).mean())


def read_rules(found: Rules, groups: Groups, importances: np.ndarray) -> list[str]:
    """Say how far the groups can be explained, and by how few features."""
    texts = []
    if np.isfinite(found.accuracy):
        first = label(found.feature).lower()
        texts.append(
            f"A decision tree on the features puts {percent(found.accuracy)} of the customers it has not seen "
            f"into their cluster; on {first} alone, {percent(found.alone)}. Its share of the forest's importance "
            f"is {percent(float(importances.max()))}."
        )
    if np.isfinite(found.shallow):
        texts.append(
            f"The rules below ask at most {RULE_DEPTH} questions, and put {percent(found.shallow)} of unseen "
            f"customers into the right one of {len(groups.names)} groups."
        )
    return texts


def _times(value: float) -> str:
    return f"{value:.1f} x"


def _percent(value: float) -> str:
    return percent(value, 2)


def read_hypotheses(found: list[Hypothesis]) -> pd.DataFrame:
    """Return the tested statements as a table of words."""
    rows = []
    for one in found:
        write = _times if one.measure == "items" else _percent
        rows.append(
            {
                "statement": one.statement,
                "measured": write(one.measured),
                "interval": f"{write(one.low)} to {write(one.high)}",
                "compared": write(one.compared_with),
                "verdict": "holds" if one.holds else _failed(one),
            }
        )
    return pd.DataFrame(rows)


HYPOTHESES = {
    "statement": "Statement",
    "measured": "Measured",
    "interval": "95 % of resamples",
    "compared": "Compared with",
    "verdict": "Verdict",
}


def read_merge(groups: Groups, clusters: int, currency: str) -> str:
    """Say how clusters became groups."""
    if not groups.merged:
        return f"{clusters} clusters are few enough to work with, so each is a group, ranked by mean revenue."
    revenue, recency = groups.medians["gross_revenue"], groups.medians["recency"]
    return (
        f"{clusters} clusters are more than a team can work with. The richest stay; the others are split at the "
        f"medians of the clusters' means, {revenue:,.2f} {currency} and {recency:.2f} days since the last order, "
        f"into {len(groups.names)} groups in all."
    )


def _failed(one: Hypothesis) -> str:
    """Return how a statement fails: what was measured may lie on its side, but not surely."""
    below = one.measure == "return_rate"  # the one statement that says "less"
    on_its_side = (one.measured < one.compared_with) == below
    return "not surely" if on_its_side else "does not hold"


def read_starts(fitted: Fitted, k: int, starts: int = STARTS) -> tuple[str, list[float]]:
    """Say how much of the published score is the luck of one random start; return the scores too."""
    found = mixture_starts(fitted, k, starts)
    return (
        f"The mixture starts once, at random. In the very same embedding {starts} other starts score between "
        f"{min(found):.3f} and {max(found):.3f} at k = {k}: a difference of up to {max(found) - min(found):.2f} "
        "between two settings says nothing.",
        found,
    )


def spaces_of(inputs: Inputs, everything: Inputs, labels: np.ndarray, settings: Settings) -> dict[str, float]:
    """Return `in_other_spaces`, without the second of two equal spaces."""
    found = in_other_spaces(inputs, everything, labels, settings)
    if inputs.features == everything.features:
        found.pop("all_features")
    return found


def named_by(customers: pd.DataFrame) -> list[str]:
    """Return what groups are named by: how recently, how often and how much they buy."""
    return [name for name in ("recency", "frequency", "monetary") if name in customers]


def two_columns(points: np.ndarray) -> np.ndarray:
    """Return points on a plane: the first two columns, a second one of zeros where there is only one."""
    return points[:, :2] if points.shape[1] > 1 else np.column_stack([points, np.zeros(len(points))])


def read_holdout(held: dict[str, float]) -> str:
    """Say what a pipeline that has not seen a part of the customers knows of them."""
    return (
        f"Of the variance in what it learns, the forest explains {percent(held['r2_in_sample'])} among customers "
        f"it has seen and {percent(held['r2_holdout'])} among those held out. The clusters it puts these into "
        f"agree at {held['ari']:.2f} with those of the pipeline that knew everybody."
    )


def read_nulls(k: int, shuffled: float, noise: float) -> str:
    """Say what the published pipeline finds where there is nothing."""
    return (
        f"At k = {k} the same pipeline scores {shuffled:.3f} on customers whose features were shuffled and "
        f"{noise:.3f} on uniform noise: that much of the silhouette is made by the method."
    )


def progress_bar(**options: Any) -> tqdm:
    """Return a progress bar that goes when it is done: it says nothing to the reader of a page."""
    return tqdm(mininterval=30, leave=False, **options)


def read_elimination(found: Elimination, published: list[str]) -> list[str]:
    """Say which features the search keeps, and how that compares with a published choice.

    Args:
        found: the search.
        published: the features of the published study; empty where none is reproduced.
    """
    kept = ", ".join(feature_label(name) for name in found.selected)
    texts = [
        f"The smallest set that predicts revenue nearly as well as the best one, and keeps nearly all of the "
        f"distance from the null that such sets reach, has {len(found.selected)} features: {kept}."
    ]
    if published:
        both = [name for name in found.selected if name in published]
        named = f": {', '.join(feature_label(name) for name in both)}" if both else ""
        texts.append(
            f"The study kept {len(published)}; {len(both)} of these are also in our set{named}. Two searches that "
            "differ in what they call good end in different sets, so neither set is what customers are made of."
        )
    return texts
