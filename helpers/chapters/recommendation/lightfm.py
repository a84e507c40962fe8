"""LightFM: collaborative filtering by learning to rank, with features of customers and products if wanted.

Kula (2015), "Metadata embeddings for user and item cold-start recommendations". WARP loss looks for products that
stand wrongly above a bought one. One thread, because two write into the same numbers and no run is like another.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.interactions import Interactions
from helpers.chapters.recommendation.models import WORD, Scores

RARE = 3
"""Products or customers that must share a feature: a rarer one says no more than who has it."""


class Settings(NamedTuple):
    """How a model is fitted."""

    components: int
    epochs: int
    hybrid_epochs: int
    """The model with features learns from many more numbers at a time, so it needs fewer, dearer rounds."""
    half_life: float
    """Days after which a purchase counts half."""
    seed: int
    learning_rate: float = 0.05
    max_sampled: int = 30
    """Products tried before it gives up looking for one that stands wrongly above a bought one."""


class Features(NamedTuple):
    """Features of the rows or columns: an identity each, then what they share."""

    matrix: sparse.csr_matrix
    """A row each, with ones: scaled down to a common sum, so many features learn too slowly to be of use."""
    names: list[str]
    """Of the shared columns, which come after the identities."""

    @property
    def shared(self) -> sparse.csr_matrix:
        """The features without identities, for whom the model never met."""
        return self.matrix[:, self.matrix.shape[1] - len(self.names) :]


class Hybrid(NamedTuple):
    """A fitted model with features."""

    scores: Scores
    model: Any
    customers: Features
    products: Features

    def cold_scores(self, shared: sparse.csr_matrix) -> np.ndarray:
        """Return scores for customers the model never met, from what they share with those it did.

        Args:
            shared: customers x shared features, columns as in `customers.names`.
        """
        own = np.zeros((shared.shape[0], self.customers.matrix.shape[1] - shared.shape[1]))
        whole = sparse.hstack([sparse.csr_matrix(own), shared]).tocsr().astype(np.float32)
        _, customers = self.model.get_user_representations(whole)
        biases, products = self.model.get_item_representations(self.products.matrix)
        return customers @ products.T + biases


def warp(train: Interactions, settings: Settings) -> Scores:
    """Return the collaborative model: who bought what, and nothing else."""
    for _, scores in warp_by_epoch(train, settings, settings.epochs):
        found = scores
    return found


def warp_by_epoch(train: Interactions, settings: Settings, step: int) -> Iterator[tuple[int, Scores]]:
    """Fit the collaborative model and yield it every `step` epochs, and at the end: (epochs, scores).

    Each yielded model is the same object further on: use it before asking for the next one.
    """
    model = _model(settings)
    cells, weights = _cells(train, settings)
    done = 0
    while done < settings.epochs:
        more = min(step, settings.epochs - done)
        model.fit_partial(cells, sample_weight=weights, epochs=more, num_threads=1)
        done += more
        yield done, _scores(model)


def hybrid(train: Interactions, customers: Features, products: Features, settings: Settings) -> Hybrid:
    """Return the model that also knows what customers and products have in common."""
    model = _model(settings)
    cells, weights = _cells(train, settings)
    named = {"user_features": customers.matrix, "item_features": products.matrix}
    model.fit(cells, sample_weight=weights, epochs=settings.hybrid_epochs, num_threads=1, **named)
    return Hybrid(_scores(model, customers.matrix, products.matrix), model, customers, products)


def _model(settings: Settings) -> Any:
    from lightfm import LightFM

    return LightFM(
        no_components=settings.components,
        loss="warp",
        learning_rate=settings.learning_rate,
        max_sampled=settings.max_sampled,
        random_state=settings.seed,
    )


def _cells(train: Interactions, settings: Settings) -> tuple[sparse.coo_matrix, sparse.coo_matrix]:
    """Return the interactions and their weights; LightFM wants both in the same order."""
    at = (train.row.astype(np.int32), train.column.astype(np.int32))
    ones = np.ones(len(train.row), dtype=np.float32)
    weights = train.decay(settings.half_life).astype(np.float32)
    return sparse.coo_matrix((ones, at), shape=train.shape), sparse.coo_matrix((weights, at), shape=train.shape)


def _scores(
    model: Any, customers: sparse.csr_matrix | None = None, products: sparse.csr_matrix | None = None
) -> Scores:
    """Return the model's scores: embeddings of customers times those of products, plus the products' bias.

    A customer's own bias is left out, because it moves all of their scores alike.
    """
    _, rows = model.get_user_representations(customers)
    biases, columns = model.get_item_representations(products)
    rows, columns, biases = rows.copy(), columns.copy(), biases.copy()
    return lambda wanted: rows[wanted] @ columns.T + biases


def product_features(catalogue: pd.DataFrame, bands: int) -> Features:
    """Return the identity, words of the name, price band and category of each product.

    Args:
        catalogue: of `interactions.catalogue`.
        bands: groups of equal size that prices are cut into.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    parts, names = [], []
    if catalogue["named"].any():
        words = CountVectorizer(token_pattern=WORD, min_df=min(RARE, len(catalogue)), binary=True)
        try:
            parts.append(words.fit_transform(catalogue["product_name"].where(catalogue["named"], "")))
            names += [f"word {word}" for word in words.get_feature_names_out()]
        except ValueError:  # no word stands in so many names
            pass
    described = pd.DataFrame(index=catalogue.index)
    if catalogue["price"].notna().any():
        place = catalogue["price"].rank(method="first")
        described["price band"] = np.ceil(place / place.max() * bands).astype("Int64").astype("string")
    if "category" in catalogue:
        described["category"] = catalogue["category"]
    told, told_names = one_hot(described)
    return _with_identity([*parts, told], [*names, *told_names], len(catalogue))


def customer_features(described: pd.DataFrame) -> Features:
    """Return the identity and the described features of each customer.

    Args:
        described: a row a customer, a column a feature of few values; missing ones say nothing.
    """
    told, names = one_hot(described)
    return _with_identity([told], names, len(described))


def one_hot(described: pd.DataFrame) -> tuple[sparse.csr_matrix, list[str]]:
    """Return a column for each value of each column that is not too rare, and their names."""
    columns, names = [], []
    for name in described.columns:
        texts = described[name].astype("string")
        counts = texts.value_counts()
        for value in sorted(counts.index[counts >= RARE]):
            columns.append((texts == value).fillna(False).to_numpy(float))
            names.append(f"{name} {value}")
    matrix = np.column_stack(columns) if columns else np.zeros((len(described), 0))
    return sparse.csr_matrix(matrix), names


def like(described: pd.DataFrame, names: list[str]) -> sparse.csr_matrix:
    """Return shared features of other customers in the columns of a fitted model; unknown values say nothing."""
    matrix = np.zeros((len(described), len(names)))
    for place, name in enumerate(names):
        for column in described.columns:
            if name.startswith(f"{column} "):
                matrix[:, place] = (described[column].astype("string") == name[len(column) + 1 :]).fillna(False)
    return sparse.csr_matrix(matrix)


def _with_identity(parts: list[sparse.spmatrix], names: list[str], rows: int) -> Features:
    return Features(sparse.hstack([sparse.identity(rows), *parts], format="csr", dtype=np.float32), names)


def learning_curve(
    train: Interactions, settings: Settings, step: int, measure: Callable[[Scores], dict[str, float]]
) -> tuple[pd.DataFrame, Scores]:
    """Fit the collaborative model, measuring on the way; return a row for each stop, and the model.

    Args:
        train: interactions before a cut-off.
        settings: of the model.
        step: epochs between two stops.
        measure: of the model's scores, such as precision by question.

    Returns:
        `epochs` and the measures, and the model after the last epoch.
    """
    rows = []
    for epochs, scores in warp_by_epoch(train, settings, step):
        rows.append({"epochs": epochs, **measure(scores)})
        last = scores
    return pd.DataFrame(rows), last
