"""Models that score every product for a customer, from guessing to collaborative filtering.

A model is fitted by a function of the interactions and is then itself a function: from the rows of some customers
to their scores, customers x products, higher is better. Scores are dense, so callers ask for a batch at a time.
"""

import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from helpers.chapters.recommendation.interactions import Interactions

Scores = Callable[[np.ndarray], np.ndarray]
"""Rows of customers -> scores, customers x products."""


def random_order(train: Interactions, seed: int) -> Scores:
    """Score by chance: what a list is worth that knows nothing. A customer's scores depend on their row alone."""
    products = len(train.products)
    return lambda rows: np.stack([np.random.default_rng([seed, row]).random(products) for row in rows])


def popularity(train: Interactions) -> Scores:
    """Score by the number of customers in all: the same list for everybody."""
    return _for_everybody(train.popularity)


def recent_popularity(train: Interactions, days: float) -> Scores:
    """Score by the log of the customers of the last so many days, so that no best seller drowns the rest."""
    recent = np.bincount(train.column[train.age <= days], minlength=len(train.products))
    return _for_everybody(np.log1p(recent))


def _for_everybody(values: np.ndarray) -> Scores:
    return lambda rows: np.broadcast_to(values.astype(np.float64), (len(rows), len(values)))


def buy_again(train: Interactions) -> Scores:
    """Score by the customer's own orders of each product; what they never bought follows by popularity."""
    counts = train.matrix(train.orders)
    return lambda rows: counts[rows].toarray()


def habits(train: Interactions, half_life: float) -> Scores:
    """Score by log counts with a half-life: often counts less than proportionally, long ago counts less."""
    weights = train.weighted(half_life)
    return lambda rows: weights[rows].toarray()


def neighbours(train: Interactions, half_life: float, nearest: int) -> Scores:
    """Score by likeness to what the customer bought: item-to-item nearest neighbours on BM25 weights.

    Args:
        train: interactions.
        half_life: days after which a purchase counts half.
        nearest: neighbours that each product keeps.
    """
    weights = train.decayed(half_life)
    model = _fitted(_implicit("nearest_neighbours").BM25Recommender(K=nearest, num_threads=1), weights)
    return lambda rows: (weights[rows] @ model.similarity).toarray()


def ease(train: Interactions, half_life: float, penalty: float, largest: int) -> Scores:
    """Score by a linear model that predicts each product from all others (EASE: Steck, 2019, equation 8).

    One matrix of products x products is inverted, so only the most bought ones take part; the others score 0.

    Args:
        train: interactions.
        half_life: days after which a purchase counts half.
        penalty: of the weights (lambda).
        largest: products that take part at most; time grows with the cube of their number.
    """
    products = min(largest, len(train.products))
    weights = train.decayed(half_life)[:, :products]
    gram = (weights.T @ weights).toarray(order="F")
    gram[np.diag_indices_from(gram)] += penalty
    # the Cholesky way needs a third of the work of a general inverse; it fills one triangle
    factor, failed = lapack.dpotrf(gram, overwrite_a=True)
    inverse, failed_too = lapack.dpotri(factor, overwrite_c=True)
    if failed or failed_too:
        raise ValueError(f"EASE's matrix is not positive definite; its penalty is {penalty}.")
    inverse = np.triu(inverse) + np.triu(inverse, 1).T
    links = inverse / -np.diag(inverse)
    np.fill_diagonal(links, 0)

    def scores(rows: np.ndarray) -> np.ndarray:
        found = np.zeros((len(rows), len(train.products)))
        found[:, :products] = weights[rows] @ links
        return found

    return scores


def als(train: Interactions, half_life: float, factors: int, iterations: int, seed: int) -> Scores:
    """Score by alternating least squares on implicit feedback (Hu, Koren and Volinsky, 2008)."""
    with threadpool_limits(1, "blas"):
        model = _implicit("als").AlternatingLeastSquares(
            factors=factors,
            regularization=0.05,
            alpha=10,
            iterations=iterations,
            num_threads=1,
            random_state=seed,
        )
    _fitted(model, train.weighted(half_life))
    return lambda rows: model.user_factors[rows] @ model.item_factors.T


def _implicit(module: str) -> ModuleType:
    """Import a module of implicit, whose progress bars warn that a report's kernel has no widgets."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        return import_module(f"implicit.{module}")


def _fitted(model: Any, weights: sparse.csr_matrix) -> Any:
    """Fit a model of implicit, which warns of matrices that it makes itself; return it.

    It solves many small systems, for which threads of BLAS cost more than they bring.
    """
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.filterwarnings("ignore", message="Method expects CSR input")
        model.fit(weights, show_progress=False)
    return model


def by_content(train: Interactions, texts: sparse.csr_matrix, half_life: float) -> Scores:
    """Score by likeness of the products' texts to those of what the customer bought.

    Args:
        train: interactions.
        texts: a row of weights of words for each product, of length one (or empty).
        half_life: days after which a purchase counts half.
    """
    weights = train.decayed(half_life)
    turned = texts.T.tocsr()
    return lambda rows: ((weights[rows] @ texts) @ turned).toarray()


def text_weights(names: list[str]) -> sparse.csr_matrix | None:
    """Return TF-IDF weights of the words of product names, a row of length one a product; None without words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        return TfidfVectorizer(token_pattern=WORD, lowercase=True, sublinear_tf=True).fit_transform(names).tocsr()
    except ValueError:  # no name has a word
        return None


WORD = r"(?u)\b[^\W\d_]{2,}\b"
"""A word of a product name: two letters or more, in any script."""


def similar_items(train: Interactions, nearest: int) -> sparse.csr_matrix:
    """Return the cosine of the customers of each pair of products, for the nearest so many of each.

    Returns:
        Products x products, a row's own column left out.
    """
    model = _fitted(_implicit("nearest_neighbours").CosineRecommender(K=nearest + 1, num_threads=1), train.seen)
    found = sparse.csr_matrix(model.similarity)
    found.setdiag(0)
    found.eliminate_zeros()
    return found


def top_k(scores: np.ndarray, k: int, excluded: sparse.csr_matrix | None = None) -> np.ndarray:
    """Return the columns of each row's k highest scores, the highest first, ties to the lower column.

    Args:
        scores: rows x columns.
        k: how many.
        excluded: columns that a row must not get, where above 0; their places are then -1 if nothing else is left.
    """
    scores = np.array(scores, dtype=np.float64)
    if excluded is not None:
        scores[excluded.nonzero()] = -np.inf
    width = min(k, scores.shape[1])
    first = scores.shape[1] - width
    last = np.partition(scores, first, axis=1)[:, first : first + 1]
    above, level = scores > last, scores == last
    # of the equal scores at the border the lower columns are in; counting along them is needed only where they tie
    tied = np.flatnonzero(above.sum(axis=1) + level.sum(axis=1) > width)
    room = width - above[tied].sum(axis=1, keepdims=True)
    level[tied] &= np.cumsum(level[tied], axis=1) <= room
    columns = np.nonzero(above | level)[1].reshape(len(scores), width)
    values = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(columns, order, axis=1)
    best[~np.isfinite(np.take_along_axis(values, order, axis=1))] = -1
    return np.pad(best, ((0, 0), (0, k - width)), constant_values=-1)
