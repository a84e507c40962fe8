"""How much of what a forest's groups show is there? Nulls, other seeds, other customers, other pipelines.

A silhouette in an embedding is measured in a space that was made to have groups. So the same pipeline runs on
customers without any (each feature shuffled on its own, or noise), with other seeds, on resamples and on a part of
the customers whose labels it then has to find for the others.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError
from helpers.base.sampling import resample
from helpers.chapters.tree_embedding.embeddings import EMBEDDINGS, embed
from helpers.chapters.tree_embedding.leaves import KINDS, grow, leaves_of
from helpers.chapters.tree_embedding.pipeline import ALGORITHMS, Fitted, Inputs, Settings, cluster, fit, score
from helpers.grouping.clusters import Silhouette
from helpers.grouping.null_models import copula, permuted

NEARLY = 0.03
"""How far below the best a gap between silhouette and null counts as equal to it: fewer groups are then better."""
DRAWS = 2
"""Sets of customers without groups, of each kind."""
RESAMPLES = 3
HELD_OUT = 0.3
"""Share of the customers that a pipeline does not see, as in the check of the published study."""
COMES_BACK = 0.6
"""Agreement with other seeds and other customers from which a number of clusters is worth proposing."""
RFM = ("recency", "frequency", "monetary")


def uniform(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return noise in the shape of the data: every value as likely as any other."""
    return rng.random(data.shape)


def without_groups(inputs: Inputs, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return features and target of invented customers.

    `permuted`: each feature shuffled on its own, so that the forest learns the real revenues from features that no
    longer say anything. `uniform`: the same from noise. `copula`: features and revenue drawn together, with the
    customers' own distributions and rank correlations, and no groups beyond them.
    """
    if kind == "copula":
        drawn = copula(np.column_stack([inputs.x, inputs.y]), rng)
        return np.ascontiguousarray(drawn[:, :-1]), drawn[:, -1]
    return (permuted if kind == "permuted" else uniform)(inputs.x, rng), inputs.y


def null_silhouettes(
    inputs: Inputs, settings: Settings, draws: int = DRAWS, kind: str = "permuted"
) -> dict[int, float]:
    """Return what the pipeline scores in customers without groups, by number of clusters; means over draws."""
    found = []
    for draw in range(draws):
        x, y = without_groups(inputs, kind, np.random.default_rng([settings.seed, draw]))
        found.append(fit(x, y, settings.seeded(settings.seed + draw)).silhouettes)
    shared = sorted(set.intersection(*(set(one) for one in found)))  # a null may have fewer places than groups
    return {k: float(np.mean([one[k] for one in found])) for k in shared}


def by_k(
    fitted: Fitted, nulls: dict[str, dict[int, float]], again: list[Fitted], held: "Holdout", inputs: Inputs
) -> pd.DataFrame:
    """Return what speaks for each number of clusters.

    Returns:
        A row a number: `k`, `silhouette`, a column for each null, `null` (the hardest of them), `agreement` (mean
        over other seeds), `held_out` (agreement on customers the pipeline has not seen).
    """
    rows = []
    for k, silhouette in fitted.silhouettes.items():
        against = {name: values.get(k, float("nan")) for name, values in nulls.items()}
        rows.append(
            {
                "k": k,
                "silhouette": silhouette,
                **against,
                "null": max(against.values(), default=float("nan")),
                "agreement": float(other_seeds(fitted, again, k)["agreement"].mean()) if again else float("nan"),
                "held_out": holdout(inputs, fitted, k, held)["ari"],
            }
        )
    return pd.DataFrame(rows, columns=["k", "silhouette", *nulls, "null", "agreement", "held_out"])


def propose(table: pd.DataFrame) -> int:
    """Return the number of clusters to recommend, from `by_k`.

    Of those that come back from other seeds and for other customers, the one furthest above the nulls; the smaller
    one where that is nearly equal. Where none comes back, of all.

    Raises:
        StudyError: there is no number to choose from.
    """
    if not len(table):
        raise StudyError("The forest puts all customers into the same leaves, so there are no groups to be found.")
    gap = (table["silhouette"] - table["null"]).fillna(-1.0)
    back = table[["agreement", "held_out"]].min(axis=1) >= COMES_BACK
    if back.any():
        gap = gap[back]
    return int(table.loc[gap[gap >= gap.max() - NEARLY].index, "k"].min())


def from_seeds(inputs: Inputs, fitted: Fitted, seeds: list[int]) -> list[Fitted]:
    """Return the same pipeline run from other seeds."""
    return [fit(inputs.x, inputs.y, fitted.settings.seeded(seed)) for seed in seeds]


def other_seeds(fitted: Fitted, again: list[Fitted], k: int) -> pd.DataFrame:
    """Return what a pipeline finds from other seeds.

    Returns:
        A row a seed: `seed`, `best_k` (highest silhouette), `silhouette` (at k), `agreement` (adjusted Rand index
        of its labels at k with those of `fitted`).
    """
    rows = [
        {
            "seed": one.settings.seed,
            "best_k": one.best_k,
            "silhouette": one.silhouettes[k],
            "agreement": adjusted_rand_score(fitted.labels(k), one.labels(k)),
        }
        for one in again
        if k in one.groups
    ]
    return pd.DataFrame(rows, columns=["seed", "best_k", "silhouette", "agreement"])


def resamples(inputs: Inputs, fitted: Fitted, k: int, number: int = RESAMPLES) -> list[float]:
    """Return how far pipelines of bootstrap resamples agree with the labels of all customers.

    Each runs on as many customers drawn with repetition, and then places everybody.
    """
    settings = fitted.settings.only(k)
    found = []
    for draw in range(number):
        rows = resample(len(inputs.x), settings.seed, draw)
        again = fit(inputs.x[rows], inputs.y[rows], settings)
        if k in again.groups:
            found.append(float(adjusted_rand_score(fitted.labels(k), again.place(inputs.x, k))))
    return found


class Holdout(NamedTuple):
    """A pipeline that has not seen a part of the customers."""

    part: Fitted
    seen: np.ndarray
    """Positions of the customers it has seen."""
    unseen: np.ndarray


def hold_out(inputs: Inputs, settings: Settings, share: float = HELD_OUT) -> Holdout:
    """Run a pipeline without a random share of the customers."""
    seen, unseen = train_test_split(np.arange(len(inputs.x)), test_size=share, random_state=settings.seed)
    return Holdout(fit(inputs.x[seen], inputs.y[seen], settings), seen, unseen)


def holdout(inputs: Inputs, fitted: Fitted, k: int, held: Holdout) -> dict[str, float]:
    """Return what a pipeline that has not seen a part of the customers knows of them.

    Returns:
        `r2_in_sample`, `r2_holdout` of its forest, `silhouette` of its clusters in the embedding, `ari_seen` and
        `ari` (adjusted Rand index with the labels of the pipeline that saw everybody, on the customers it saw and
        on those it did not).
    """
    part, seen, unseen = held
    found = {
        "r2_in_sample": float(r2_score(inputs.y[seen], part.model.predict(inputs.x[seen]))),
        "r2_holdout": float(r2_score(inputs.y[unseen], part.model.predict(inputs.x[unseen]))),
        "silhouette": part.silhouettes.get(k, float("nan")),
        "ari_seen": float("nan"),
        "ari": float("nan"),
    }
    if k in part.groups and k in fitted.groups:
        labels = fitted.labels(k)
        found["ari_seen"] = float(adjusted_rand_score(labels[seen], part.labels(k)))
        found["ari"] = float(adjusted_rand_score(labels[unseen], part.place(inputs.x[unseen], k)))
    return found


def in_other_spaces(
    inputs: Inputs, everything: Inputs, labels: np.ndarray, settings: Settings
) -> dict[str, float]:
    """Return the silhouette of the same labels in spaces that nobody made for them.

    Args:
        inputs: the features that the forest learned from.
        everything: the same customers with all of their features.
        labels: the cluster of each customer.
        settings: for the sample that silhouettes are computed on.

    Returns:
        `features`, `all_features` (scaled as for the forest) and, for a ledger, `log_rfm` (recency, frequency,
        monetary; logs, in standard deviations).
    """
    spaces = {"features": inputs.x, "all_features": everything.x}
    if set(RFM) <= set(inputs.customers):
        logs = np.log1p(inputs.customers[list(RFM)].astype(float).clip(lower=0))
        spaces["log_rfm"] = StandardScaler().fit_transform(logs)
    return {
        name: Silhouette(points, settings.silhouette_rows, settings.seed).of(labels)
        for name, points in spaces.items()
    }


def mixture_starts(fitted: Fitted, k: int, starts: int) -> list[float]:
    """Return the silhouettes of the same mixture in the same embedding from other random starts."""
    found = []
    for seed in range(starts):
        groups = cluster(fitted.points, replace(fitted.settings, seed=seed), [k])
        found += score(fitted.points, groups, fitted.settings).values()
    return found


def compare_stages(inputs: Inputs, fitted: Fitted, ks: list[int], stages: list[dict[str, Any]]) -> pd.DataFrame:
    """Return pipelines that differ from one in a stage, each with its best number of clusters.

    Args:
        inputs: the customers.
        fitted: the pipeline they differ from; its forest is not grown again where it is the same.
        ks: numbers of clusters to try.
        stages: for each pipeline, what differs: `forest`, `embedding`, `metric`, `dimensions`, `algorithm`.

    Returns:
        A row a pipeline: `forest`, `embedding`, `algorithm`, `k`, `silhouette`, `r2` (of the forest, in sample),
        best silhouette first.
    """
    own = fitted.settings
    leaves = {own.forest.kind: (fitted.model, fitted.leaves)}
    rows = []
    for stage in stages:
        forest = replace(own.forest, kind=stage.get("forest", own.forest.kind))
        given = {name: stage[name] for name in ("metric", "dimensions") if name in stage}
        embedding = replace(own.embedding, kind=stage.get("embedding", own.embedding.kind), **given)
        settings = replace(own, algorithm=stage.get("algorithm", own.algorithm))
        if forest.kind not in leaves:
            model = grow(inputs.x, inputs.y, forest)
            leaves[forest.kind] = (model, leaves_of(model, inputs.x))
        model, found = leaves[forest.kind]
        same = forest == own.forest and embedding == own.embedding
        points = fitted.points if same else embed(found, embedding).points
        groups = cluster(points, settings, ks)
        silhouettes = score(points, groups, settings)
        best = max(silhouettes, key=lambda k, found=silhouettes: (found[k], -k), default=None)
        detail = " (Hamming)" if embedding.kind == "umap" and embedding.metric == "hamming" else ""
        detail += f" ({embedding.dimensions} axes)" if "dimensions" in stage else ""
        rows.append(
            {
                "forest": KINDS[forest.kind],
                "embedding": EMBEDDINGS[embedding.kind] + detail,
                "algorithm": ALGORITHMS[settings.algorithm],
                "k": best,
                "silhouette": silhouettes.get(best, float("nan")),
                "r2": float(r2_score(inputs.y, model.predict(inputs.x))),
            }
        )
    return pd.DataFrame(rows).sort_values("silhouette", ascending=False, kind="stable", ignore_index=True)


def compare_forests(inputs: Inputs, fitted: Fitted, k: int, kinds: tuple[str, ...] = tuple(KINDS)) -> pd.DataFrame:
    """Return the pipeline with each kind of forest, each held against its own null and its own holdout.

    Args:
        inputs: the customers.
        fitted: the pipeline they differ from.
        k: the number of clusters, the same for all.
        kinds: of forests.

    Returns:
        A row a forest: `forest`, `silhouette`, `silhouette_null`, `above_null`, `r2_holdout`, `agreement`;
        furthest above the null first.
    """
    rows = []
    own = fitted.settings.only(k)
    for kind in kinds:
        settings = replace(own, forest=replace(own.forest, kind=kind))
        same = settings.forest == fitted.settings.forest
        one = fitted if same else fit(inputs.x, inputs.y, settings)
        if k not in one.groups:
            continue
        null = null_silhouettes(inputs, settings, 1).get(k, float("nan"))
        held = holdout(inputs, one, k, hold_out(inputs, settings))
        rows.append(
            {
                "forest": KINDS[kind],
                "silhouette": one.silhouettes[k],
                "silhouette_null": null,
                "above_null": one.silhouettes[k] - null,
                "r2_holdout": held["r2_holdout"],
                "agreement": held["ari"],
            }
        )
    columns = ["forest", "silhouette", "silhouette_null", "above_null", "r2_holdout", "agreement"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("above_null", ascending=False, kind="stable", ignore_index=True)


def compare_sets(inputs: Inputs, sets: dict[str, list[str]], settings: Settings, k: int) -> pd.DataFrame:
    """Return the full pipeline on sets of features, each against its own null and its own holdout.

    Args:
        inputs: the customers with all features.
        sets: name -> features.
        settings: the pipeline.
        k: the number of clusters, the same for all.

    Returns:
        A row a set, in their order: `set`, `features` (how many), `silhouette`, `silhouette_null`, `above_null`,
        `r2_holdout`, `agreement`.
    """
    own = settings.only(k)
    rows = []
    for name, features in sets.items():
        part = inputs.only(features)
        one = fit(part.x, part.y, own)
        null = null_silhouettes(part, own, 1).get(k, float("nan"))
        held = holdout(part, one, k, hold_out(part, own))
        silhouette = one.silhouettes.get(k, float("nan"))
        rows.append(
            {
                "set": name,
                "features": len(features),
                "silhouette": silhouette,
                "silhouette_null": null,
                "above_null": silhouette - null,
                "r2_holdout": held["r2_holdout"],
                "agreement": held["ari"],
            }
        )
    return pd.DataFrame(rows)
