"""Models that score every product for a customer, from guessing to collaborative filtering.

A model says how to learn; its `fit` takes what is known and returns its scores: a function from the rows of some
customers to a matrix, customers x products, higher is better. Scores are dense, so callers ask for a batch at a
time. A model that holds an estimator copies it for each fit, so that the one it was given stays unfitted.
"""

import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import inv
from threadpoolctl import threadpool_limits

from helpers.chapters.recommendation.features import (
    Known,
    one_hot,
    product_features,
    shared_values,
    with_identity,
)
from helpers.chapters.recommendation.interactions import Interactions

Scores = Callable[[np.ndarray], np.ndarray]
"""Rows of customers -> scores, customers x products."""


class Model(Protocol):
    """A way to learn scores."""

    def fit(self, known: Known) -> Scores | None:
        """Return the scores learned; None where there is nothing to learn them from."""


def fit(models: Mapping[str, Model], known: Known) -> dict[str, Scores]:
    """Fit each model on what is known; one that has nothing to learn from is not there."""
    fitted = {name: model.fit(known) for name, model in models.items()}
    return {name: scores for name, scores in fitted.items() if scores is not None}


@dataclass(frozen=True)
class Chance:
    """What a list is worth that knows nothing. A customer's scores depend on their row alone."""

    seed: int

    def fit(self, known: Known) -> Scores:
        """Score at random."""
        products = len(known.train.products)
        return lambda rows: np.stack([np.random.default_rng([self.seed, row]).random(products) for row in rows])


@dataclass(frozen=True)
class Popularity:
    """The same list for everybody."""

    days: float | None = None

    def fit(self, known: Known) -> Scores:
        """Score by customers in all, or by the log of those of the last days, so that none drowns the rest."""
        train = known.train
        values = train.popularity
        if self.days is not None:
            recent = train.column[train.age <= self.days]
            values = np.log1p(np.bincount(recent, minlength=len(train.products)))
        return lambda rows: np.broadcast_to(values.astype(np.float64), (len(rows), len(values)))


@dataclass(frozen=True)
class PurchaseHistory:
    """What the customer bought before, most often first; what they never bought follows by popularity."""

    def fit(self, known: Known) -> Scores:
        """Score by the customer's own orders."""
        weights = known.train.matrix(known.train.orders)
        return lambda rows: weights[rows].toarray()


@dataclass(frozen=True)
class Ready:
    """Scores that are there already: of an estimator that was fitted step by step to watch it learn."""

    scores: Scores

    def fit(self, known: Known) -> Scores:
        """Return the scores; nothing is learned again."""
        return self.scores


@dataclass(frozen=True)
class ItemSimilarity:
    """Item-to-item nearest neighbours: similarity to what the customer bought."""

    recommender: Any
    """An item-to-item recommender of implicit, unfitted."""
    half_life: float
    """Days after which a purchase counts half."""

    def fit(self, known: Known) -> Scores:
        """Score by the sum of similarities."""
        weights = known.train.decayed(self.half_life)
        similarity = _fitted(self.recommender, weights).similarity
        return lambda rows: (weights[rows] @ similarity).toarray()


@dataclass(frozen=True)
class Ease:
    """A linear model that predicts each product from all others (EASE: Steck, 2019, equation 8).

    One matrix of products x products is inverted, so only the most bought ones take part; the others score 0.
    """

    half_life: float
    penalty: float
    """Of the weights (lambda)."""
    largest: int
    """Products that take part at most; time grows with the cube of their number."""

    def fit(self, known: Known) -> Scores:
        """Score by the closed form."""
        train = known.train
        products = min(self.largest, len(train.products))
        weights = train.decayed(self.half_life)[:, :products]
        gram = (weights.T @ weights).toarray(order="F")
        gram[np.diag_indices_from(gram)] += self.penalty
        inverse = inv(gram, overwrite_a=True, assume_a="pos")  # a third of the work of a general inverse
        links = np.ascontiguousarray(inverse / -np.diag(inverse))  # by rows, as a sparse product reads it
        np.fill_diagonal(links, 0)

        def scores(rows: np.ndarray) -> np.ndarray:
            whole = np.zeros((len(rows), len(train.products)))
            whole[:, :products] = weights[rows] @ links
            return whole

        return scores


@dataclass(frozen=True)
class Factorization:
    """Hidden tastes: factors of customers times factors of products."""

    estimator: Any
    """Alternating least squares of implicit (Hu, Koren and Volinsky, 2008), unfitted."""
    half_life: float

    def fit(self, known: Known) -> Scores:
        """Score by the product of the factors."""
        model = _fitted(self.estimator, known.train.weighted(self.half_life))
        return lambda rows: model.user_factors[rows] @ model.item_factors.T


def _fitted(estimator: Any, weights: sparse.csr_matrix) -> Any:
    """Fit a copy of an estimator of implicit, which warns of matrices that it makes itself; return it.

    It solves many small systems, for which threads of BLAS cost more than they bring.
    """
    model = deepcopy(estimator)
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.filterwarnings("ignore", message="Method expects CSR input")
        model.fit(weights, show_progress=False)
    return model


@dataclass(frozen=True)
class Content:
    """Similarity of the products' words to those of what the customer bought."""

    vectorizer: Any
    """Weights of words by scikit-learn, unfitted; its rows have length one."""
    half_life: float

    def fit(self, known: Known) -> Scores | None:
        """Score by common words; None where products have none."""
        texts = word_weights(known, self.vectorizer)
        if texts is None:
            return None
        weights, turned = known.train.decayed(self.half_life), texts.T.tocsr()
        return lambda rows: ((weights[rows] @ texts) @ turned).toarray()


def word_weights(known: Known, vectorizer: Any) -> sparse.csr_matrix | None:
    """Return a row of weights of words for each product, of its name and category; None where there are none."""
    products = known.products
    words = products["product_name"].where(products["named"], "")
    if "category" in products:
        words = words + " " + products["category"].fillna("")
    try:
        return deepcopy(vectorizer).fit_transform(words.tolist()).tocsr()
    except ValueError:  # no name has a word
        return None


@dataclass(frozen=True)
class Ranking:
    """LightFM of who bought what, and nothing else.

    Kula (2015), "Metadata embeddings for user and item cold-start recommendations". WARP loss looks for products
    that stand wrongly above a bought one. One thread: two write into the same numbers and no run is like another.
    """

    estimator: Any
    epochs: int
    half_life: float

    def fit(self, known: Known) -> Scores:
        """Score by the product of the embeddings."""
        return embedding_scores(self._fitted(known))

    def _fitted(self, known: Known, **features: sparse.csr_matrix) -> Any:
        cells, weights = cells_and_weights(known.train, self.half_life)
        model = deepcopy(self.estimator)
        return model.fit(cells, sample_weight=weights, epochs=self.epochs, num_threads=1, **features)


@dataclass(frozen=True)
class HybridRanking(Ranking):
    """LightFM that also knows what customers and products have in common."""

    def fit(self, known: Known) -> "Hybrid":
        """Score by the product of the embeddings, each a sum of those of its features."""
        shared, products = shared_values(known.described), product_features(known.products)
        customers = with_identity(shared)
        model = self._fitted(known, user_features=customers, item_features=products)
        return Hybrid(model, products, shared.columns, embedding_scores(model, customers, products))


@dataclass(frozen=True)
class Hybrid:
    """Scores of a fitted model with features, for customers it met and for those it did not."""

    model: Any
    products: sparse.csr_matrix
    shared: pd.Index
    """Names of the columns that customers share."""
    scores: Scores

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores of customers it met."""
        return self.scores(rows)

    def cold_scores(self, described: pd.DataFrame) -> np.ndarray:
        """Return scores for customers it never met, from what they share with those it did."""
        shared = one_hot(described).reindex(columns=self.shared, fill_value=0)
        nobody = sparse.csr_matrix((len(shared), self.model.user_embeddings.shape[0] - shared.shape[1]))
        customers = sparse.hstack([nobody, sparse.csr_matrix(shared)], format="csr", dtype=np.float32)
        return embedding_scores(self.model, customers, self.products)(np.arange(len(shared)))


def cells_and_weights(train: Interactions, half_life: float) -> tuple[sparse.coo_matrix, sparse.coo_matrix]:
    """Return who bought what and how much each counts today; LightFM wants both in the same order."""
    at = (train.row.astype(np.int32), train.column.astype(np.int32))
    ones = np.ones(len(train.row), dtype=np.float32)
    weights = train.decay(half_life).astype(np.float32)
    return sparse.coo_matrix((ones, at), shape=train.shape), sparse.coo_matrix((weights, at), shape=train.shape)


def embedding_scores(
    model: Any, customers: sparse.csr_matrix | None = None, products: sparse.csr_matrix | None = None
) -> Scores:
    """Return a fitted LightFM's scores: embeddings of customers times those of products, plus the products' bias.

    A customer's own bias is left out, because it moves all of their scores alike.
    """
    _, rows = model.get_user_representations(customers)
    biases, columns = model.get_item_representations(products)
    rows, columns, biases = rows.copy(), columns.copy(), biases.copy()
    return lambda wanted: rows[wanted] @ columns.T + biases


def similar_items(train: Interactions, recommender: Any) -> sparse.csr_matrix:
    """Return how similar products are by their customers, products x products, a row's own column left out.

    The recommender is an item-to-item one of implicit, to which each product counts among its own nearest.
    """
    return _without_itself(_fitted(recommender, train.seen).similarity)


def similar_words(known: Known, vectorizer: Any) -> sparse.csr_matrix:
    """Return how similar products are by their words, products x products: for where nobody bought two of them."""
    texts = word_weights(known, vectorizer)
    if texts is None:
        return sparse.csr_matrix((len(known.products), len(known.products)))
    return _without_itself(texts @ texts.T)


def _without_itself(similarity: sparse.spmatrix) -> sparse.csr_matrix:
    similar = sparse.csr_matrix(similarity)
    similar.setdiag(0)
    similar.eliminate_zeros()
    return similar
