"""Are groups apart, or parts of one cloud: how deep the valley is that must be crossed from one to the next.

A silhouette knows distances, not what lies between: it calls the arms of a horseshoe two groups, and cannot tell a
gap from a long cloud. Here the way from group to group is taken along the customers themselves. Density is that of
the nearest neighbours; the best way between two groups keeps to the densest customers, and its lowest point is the
valley (the saddle of the cluster tree: Chaudhuri and Dasgupta, 2010; persistence: Chazal and others, 2013). A bent
continuum has a way without a valley, a grid of groups has none.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.neighbors import NearestNeighbors

SUMMIT = 0.75
"""Quantile of the densities of a group that is its summit: the highest one would be chance."""


class Landscape(NamedTuple):
    """Customers as a landscape: their density, and the ways between neighbours that are worth taking."""

    density: np.ndarray
    """Logarithm of each customer's density, up to a constant."""
    ways: np.ndarray
    """Pairs of positions, those over the densest customers first: a tree, or more where neighbours never meet."""
    heights: np.ndarray
    """The lower density of each pair."""


def smoothed(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the data with repeated values spread over the room that each has among its neighbours.

    Counts lie on stripes (one order, two orders), and the emptiness between them is nothing about customers.
    """
    spread = np.array(data, dtype=float)
    for column in range(spread.shape[1]):
        values, place, counts = np.unique(data[:, column], return_inverse=True, return_counts=True)
        if len(values) == 1 or len(values) > 0.9 * len(data):
            continue
        middles = (values[1:] + values[:-1]) / 2
        low = np.r_[2 * values[0] - middles[0], middles]
        high = np.r_[middles, 2 * values[-1] - middles[-1]]
        alone = counts[place] == 1
        drawn = rng.uniform(low[place], high[place])
        spread[:, column] = np.where(alone, spread[:, column], drawn)
    return spread


def landscape(data: np.ndarray, rng: np.random.Generator) -> Landscape:
    """Return the landscape of customers (rows of the clustered space); one of them for all groupings."""
    points = smoothed(data, rng)
    n, dimensions = points.shape
    neighbours = min(n - 1, max(10, round(3 * np.log(n))))
    distance, place = NearestNeighbors(n_neighbors=neighbours + 1).fit(points).kneighbors(points)
    density = -dimensions * np.log(np.maximum(distance[:, -1], 1e-12))
    one, other = np.repeat(np.arange(n), neighbours), place[:, 1:].ravel()
    heights = np.minimum(density[one], density[other])
    # the densest way between any two customers runs along the maximum spanning tree; weights must be positive
    weights = heights.max() - heights + 1
    low, high = np.minimum(one, other), np.maximum(one, other)
    pairs, first = np.unique(low * n + high, return_index=True)
    graph = coo_matrix((weights[first], (pairs // n, pairs % n)), shape=(n, n)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    order = np.argsort(tree.data, kind="stable")
    ways = np.column_stack([tree.row, tree.col])[order]
    return Landscape(density, ways, density[ways].min(axis=1))


def depths(land: Landscape, labels: np.ndarray) -> np.ndarray:
    """Return for each group how deep the valley is to the group that is reached first.

    It is measured from the lower of the two summits, as the logarithm of a ratio of densities: zero or less is no
    valley, and infinite where no way leads out.

    Args:
        land: of the same customers.
        labels: their groups, numbered from 0.
    """
    groups = labels.max() + 1
    summits = np.array([np.quantile(land.density[labels == g], SUMMIT) for g in range(groups)])
    on_summit = land.density >= summits[labels]
    reached = [{int(label)} if top else set() for label, top in zip(labels, on_summit, strict=True)]
    parent = list(range(len(labels)))
    found = np.full(groups, np.inf)

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for (one, other), height in zip(land.ways.tolist(), land.heights.tolist(), strict=True):
        a, b = root(one), root(other)
        for g in reached[a]:
            for h in reached[b] - {g}:
                depth = min(summits[g], summits[h]) - height
                found[[x for x in (g, h) if np.isinf(found[x])]] = depth
        parent[b] = a
        reached[a] |= reached[b]
        if np.isfinite(found).all():
            break
    return found
