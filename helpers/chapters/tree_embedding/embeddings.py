"""From leaves to a space of a few dimensions in which customers can be near each other.

The honest way treats leaves as what they are, answers to many small questions: correspondence analysis of
one-hot leaves (Greenacre, 1984), which is a truncated SVD of them with each leaf weighted by one over the root of
its size, centred. New customers can be placed in it. UMAP, t-SNE and PCA take leaf numbers as quantities, as a
published study did; UMAP can also be given the Hamming neighbours.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.neighbors import NearestNeighbors

from helpers.base.errors import StudyError, check_choice
from helpers.chapters.tree_embedding.leaves import hamming_neighbours, one_hot

EMBEDDINGS = {
    "correspondence": "Correspondence analysis",
    "svd": "Truncated SVD",
    "pca": "PCA of leaf numbers",
    "tsne": "t-SNE",
    "umap": "UMAP",
}
METRICS = ("euclidean", "hamming")
NEIGHBOURS = 15
"""Neighbours that UMAP looks at: its own default, and that of the published study."""
Neighbours = tuple[np.ndarray, np.ndarray]
"""Positions and distances of each customer's nearest ones, customers x NEIGHBOURS each."""


@dataclass(frozen=True)
class Embedding:
    """Which space, and of how many dimensions."""

    kind: str = "correspondence"
    dimensions: int = 4
    metric: str = "euclidean"
    """What UMAP takes for the distance of two customers' leaves."""
    seed: int = 42

    def __post_init__(self) -> None:
        for name, value, known in (("embedding", self.kind, EMBEDDINGS), ("metric", self.metric, METRICS)):
            check_choice(f"tree_embedding.{name}", value, known)
        if self.dimensions < 1:
            raise StudyError(f"tree_embedding.dimensions is {self.dimensions}, but should be at least 1.")


@dataclass(frozen=True)
class Embedded:
    """Customers in the space."""

    points: np.ndarray
    """Customers x dimensions."""
    place: Callable[[np.ndarray], np.ndarray] | None
    """From the leaves of new customers to their points; None where the space has no place for them."""


def embed(leaves: np.ndarray, embedding: Embedding, neighbours: Neighbours | None = None) -> Embedded:
    """Return customers in the space that an embedding makes of their leaves.

    Args:
        leaves: customers x trees.
        embedding: which space.
        neighbours: for UMAP, where they are known already: most of its first run is spent on finding them.
    """
    most = min(embedding.dimensions, len(leaves) - 2)
    if embedding.kind in ("correspondence", "svd"):
        return _of_one_hot(leaves, most, embedding)
    if embedding.kind == "pca":
        model = PCA(min(most, leaves.shape[1]), random_state=embedding.seed).fit(leaves)
        return Embedded(model.transform(leaves), model.transform)
    if embedding.kind == "tsne":
        return Embedded(_tsne(leaves, embedding.seed), None)
    found = neighbours or find_neighbours(leaves, embedding.metric)
    return Embedded(umap_points(found, leaves, most, embedding.seed), None)


def _of_one_hot(leaves: np.ndarray, dimensions: int, embedding: Embedding) -> Embedded:
    """Return the leading axes of one-hot leaves; as correspondence analysis, weighted and centred.

    Every customer has as many ones as there are trees, so centring takes away exactly the trivial axis.
    """
    coding = one_hot(leaves)
    code = coding.code(leaves)
    weighted = embedding.kind == "correspondence"
    sizes = np.asarray(code.sum(axis=0)).ravel()
    weights = sparse.diags(1 / np.sqrt(sizes) if weighted else np.ones(len(sizes))).tocsr()
    most = min(dimensions, min(code.shape) - 1)
    if most < 1 or code.shape[1] == leaves.shape[1]:  # no tree has asked anything: everybody is in the same place
        return Embedded(np.zeros((len(leaves), 1)), lambda new: np.zeros((len(new), 1)))
    model = (
        PCA(most, svd_solver="arpack", random_state=embedding.seed)
        if weighted
        else TruncatedSVD(most, algorithm="arpack", random_state=embedding.seed)
    )
    model.fit(code @ weights)

    def place(new: np.ndarray) -> np.ndarray:
        return model.transform(coding.code(new) @ weights)

    return Embedded(model.transform(code @ weights), place)


def _tsne(leaves: np.ndarray, seed: int) -> np.ndarray:
    """Return t-SNE's two dimensions: with more, its fast algorithm does not run; half its usual steps will do."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(leaves) - 1) / 3)
    return TSNE(2, max_iter=500, init="pca", perplexity=perplexity, random_state=seed, n_jobs=1).fit_transform(
        leaves
    )


def find_neighbours(points: np.ndarray, metric: str = "euclidean") -> Neighbours:
    """Return each customer's nearest ones, exactly; the customer comes first."""
    number = min(NEIGHBOURS, len(points))
    if metric == "hamming":
        return hamming_neighbours(points, number)
    distances, indices = NearestNeighbors(n_neighbors=number).fit(points).kneighbors(points)
    return indices, distances


def umap_points(neighbours: Neighbours, data: np.ndarray, dimensions: int, seed: int) -> np.ndarray:
    """Return UMAP's embedding (McInnes, Healy and Melville, 2018) from neighbours that are known.

    With them it neither searches nor compiles the search, which is most of a first run; a seed means one thread.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of the one thread, and that new customers cannot be placed
        from umap import UMAP

        model = UMAP(
            n_components=dimensions,
            n_neighbors=neighbours[0].shape[1],
            random_state=seed,
            n_jobs=1,
            precomputed_knn=neighbours,
        )
        return model.fit_transform(data)
