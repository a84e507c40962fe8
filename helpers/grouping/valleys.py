"""Are groups apart, or parts of one cloud: how deep the valley is that must be crossed from one to the next.

A silhouette knows distances, not what lies between: it calls the arms of a horseshoe two groups, and cannot tell a
gap from a long cloud. Here the way from group to group is taken along the customers themselves. Density is that of
the nearest neighbours; the best way between two groups keeps to the densest customers, and its lowest point is the
valley (the saddle of the cluster tree: Chaudhuri and Dasgupta, 2010; persistence: Chazal and others, 2013). A bent
continuum has a way without a valley, a grid of groups has none.

Along a thin continuum of few customers chance digs valleys, too. So two groups are also laid out along the way
from the far end of one to that of the other, where the dip test asks whether that is one hump or two.
"""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from diptest import diptest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

SUMMIT = 0.75
"""Quantile of the densities of a group that is its summit: the highest one would be chance."""
NEIGHBOURS = 12
"""Nearest neighbours of a customer: the distance of the last is the density, and ways lead to all. With as many as
are in a small group, its density would be that of the emptiness around it."""
ENDS = 5
"""Customers who are the far end of a group; copies of one would make a shaky end."""
FEWEST = 10
"""Customers of a group whose spread along a road says something."""


class Landscape(NamedTuple):
    """Customers as a landscape: their density, and the ways between neighbours that are worth taking."""

    density: np.ndarray
    """Logarithm of each customer's density, up to a constant."""
    joins: list[tuple[int, int]]
    """Parts that meet as a flood falls, in its order: two by two, each named by a customer; the first stays."""
    heights: list[float]
    """The density at which each two are joined: the lower one of the two customers who meet there."""
    roads: csr_matrix
    """Distances to the nearest neighbours, customers x customers."""
    once: np.ndarray
    """Whether each is the first of those who are the same in all."""


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


def landscape(data: np.ndarray, rng: np.random.Generator, space: BaseEstimator | None = None) -> Landscape:
    """Return the landscape of customers (rows of the clustered space); one of them for all groupings.

    A `space` is an unfitted transformer from the data to where customers lie: repeated values are spread before,
    for what is turned has stripes, and no value twice.
    """
    points = smoothed(data, rng)
    if space is not None:
        points = space.fit_transform(points)
    n, dimensions = points.shape
    near = min(n - 1, NEIGHBOURS)
    distance, place = NearestNeighbors(n_neighbors=near + 1).fit(points).kneighbors(points)
    distance = np.maximum(distance[:, 1:], 1e-12)
    density = -dimensions * np.log(distance[:, -1])
    one, other = np.repeat(np.arange(n), near), place[:, 1:].ravel()
    heights = np.minimum(density[one], density[other])
    # the densest way between any two customers runs along the maximum spanning tree; weights must be positive
    graph = csr_matrix((heights.max() - heights + 1, (one, other)), shape=(n, n))
    tree = minimum_spanning_tree(graph.maximum(graph.T)).tocoo()
    order = np.argsort(tree.data, kind="stable")
    ways = np.column_stack([tree.row, tree.col])[order]
    roads = csr_matrix((distance.ravel(), (one, other)), shape=(n, n))
    heights = density[ways].min(axis=1).tolist()
    once = np.isin(np.arange(n), np.unique(data, axis=0, return_index=True)[1])
    return Landscape(density, _joins(n, ways), heights, roads.maximum(roads.T), once)


def _joins(n: int, ways: np.ndarray) -> list[tuple[int, int]]:
    """Return which parts of n customers the ways of a tree join, each part by its root; the first root stays."""
    parent, joined = list(range(n)), []

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in ways.tolist():
        joined.append((root(one), root(other)))
        parent[joined[-1][1]] = joined[-1][0]
    return joined


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
    alone, nothing = [frozenset({g}) for g in range(groups)], frozenset()
    reached = [alone[label] if top else nothing for label, top in zip(labels, on_summit, strict=True)]
    found = np.full(groups, np.inf)
    for (one, other), height in zip(land.joins, land.heights, strict=True):
        first, second = reached[one], reached[other]
        if first and second and first != second:
            for g, h in product(first, second - first):
                depth = min(summits[g], summits[h]) - height
                found[[x for x in (g, h) if np.isinf(found[x])]] = depth
        reached[one] = first | second
    return found


def unity(land: Landscape, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return for each group the largest p-value of the hypothesis that it and a neighbour are one hump.

    The two are laid out by how much nearer each customer is, along roads among them, to the far end of the one
    than to that of the other. The dip test (Hartigan and Hartigan, 1985) hardly sees a small hump beside a large
    one, so as many of both are compared. Copies of a customer are no further evidence and count once. A group
    without a road to any other has 0.

    Args:
        land: of the same customers.
        labels: their groups, numbered from 0.
        seed: of the draw from the larger group.
    """
    found = np.zeros(labels.max() + 1)
    for one, other in combinations(range(len(found)), 2):
        rows = np.flatnonzero(np.isin(labels, (one, other)))
        roads, first = land.roads[rows][:, rows], labels[rows] == one
        if roads[first][:, ~first].nnz == 0:
            continue
        along = _far_ends(roads, first, land.density[rows], land.once[rows])
        counted = land.once[rows] & np.isfinite(along)
        sides = [along[side & counted] for side in (first, ~first)]
        if min(len(side) for side in sides) == 0:  # no road between their far ends
            continue
        most = max(FEWEST, min(len(side) for side in sides))
        rng = np.random.default_rng(seed)
        even = [rng.choice(side, most, replace=False) if len(side) > most else side for side in sides]
        both = np.concatenate(even)
        p = diptest(both)[1] if len(both) > 3 else 1.0  # for three and fewer it is not defined
        found[[one, other]] = np.maximum(found[[one, other]], p)
    return found


def _far_ends(roads: csr_matrix, first: np.ndarray, density: np.ndarray, once: np.ndarray) -> np.ndarray:
    """Return how much nearer each customer is to the far end of one group than to that of the other."""
    distances = []
    for side in (first, ~first):
        middle = np.flatnonzero(~side)[np.argmax(density[~side])]
        away = dijkstra(roads, directed=False, indices=middle)
        reached = np.flatnonzero(side & once & np.isfinite(away))
        ends = reached[np.argsort(-away[reached], kind="stable")][:ENDS] if len(reached) else [middle]
        distances.append(dijkstra(roads, directed=False, indices=ends).mean(axis=0))
    with np.errstate(invalid="ignore"):
        return distances[0] - distances[1]
