"""From a forest to a space in which customers can be near each other: two steps for a scikit-learn pipeline.

The number of a leaf is a label. Leaf 7 is no nearer to leaf 8 than to leaf 90, so what two customers have in
common is the share of trees that put them into the same leaf. Correspondence analysis of one-hot leaves
(Greenacre, 1984) takes them as what they are, and new customers can be placed in its space:

    make_pipeline(Leaves(forest), OneHotEncoder(handle_unknown="ignore"), LeafWeights(), PCA(svd_solver="arpack"))
"""

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone

from helpers.base.errors import StudyError


class Leaves(TransformerMixin, BaseEstimator):
    """Learns a forest, and says into which leaf each of its trees puts a customer (customers x trees, labels)."""

    def __init__(self, forest: Any) -> None:
        self.forest = forest

    def fit(self, x: np.ndarray, y: np.ndarray) -> Self:
        """Learn y from x with a clone of the forest."""
        self.forest_ = clone(self.forest).fit(x, y)
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return the leaves of customers."""
        return self.forest_.apply(x)


class LeafWeights(TransformerMixin, BaseEstimator):
    """Divides each column of one-hot leaves by the root of the leaf's size.

    The principal components of the result are a correspondence analysis of the leaves: each customer is in as many
    leaves as there are trees, so centring takes away exactly the trivial axis.
    """

    def fit(self, one_hot: sparse.csr_matrix, y: np.ndarray | None = None) -> Self:
        """Count the customers of each leaf.

        Raises:
            StudyError: no tree has asked anything.
        """
        sizes = np.asarray(one_hot.sum(axis=0)).ravel()
        if (sizes == one_hot.shape[0]).all():
            raise StudyError(
                "The forest puts all customers into the same leaves, so there are no groups to be found: lower "
                "tree_embedding.min_samples_leaf, or leave tree_embedding out of the study's chapters."
            )
        self.weights_ = 1 / np.sqrt(sizes)
        return self

    def transform(self, one_hot: sparse.csr_matrix) -> sparse.csr_matrix:
        """Return the columns divided; a leaf that was not seen has none."""
        return one_hot @ sparse.diags(self.weights_).tocsr()
