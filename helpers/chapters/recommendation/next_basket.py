"""Models of the next basket: how often a customer's own last orders held a product, and those of customers alike.

Both weigh a purchase by how many orders of the same customer came after it, not by days: a customer who orders
every week forgets sooner than one who orders every quarter, so each has a rhythm of their own.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from helpers.base.sampling import sample_rows
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.models import Scores

OTHERS = 5000
"""Customers among whom similar ones are sought, drawn at random where there are more: time and memory of a list
then stop growing with their number."""


@dataclass(frozen=True)
class TifuKnn:
    """A customer's own frequencies, later orders counting more, and those of the nearest customers.

    Hu, He, Gao and Zhang (2020), "Modeling personalized item frequency information for next-basket
    recommendation". Orders are grouped from the last one back; weights fall within a group and between groups.
    """

    neighbours: int
    group: int
    """Orders in a group."""
    within: float
    """What an order counts beside the next one of its group."""
    across: float
    """What a group counts beside the next one."""
    own: float
    """Share of a customer's own frequencies in the score; the rest is the neighbours'."""

    def fit(self, known: Known) -> Scores | None:
        """Score by own and neighbours' frequencies; None where orders have no dates."""
        if known.baskets is None:
            return None
        past = known.baskets()
        group, place = np.divmod(past.back, self.group)
        groups = -(-past.orders[past.row] // self.group)
        size = np.minimum(self.group, past.orders[past.row] - group * self.group)
        own = past.matrix(self.within**place * self.across**group / (size * groups))
        those = sample_rows(own.shape[0], OTHERS, 0)
        others = own[those]
        length, turned = np.asarray(others.multiply(others).sum(axis=1)).ravel(), others.T.tocsr()
        nearest = min(int(self.neighbours), len(those) - 1)

        def scores(rows: np.ndarray) -> np.ndarray:
            mine = own[rows]
            if not nearest:
                return mine.toarray()
            distance = length - 2 * (mine @ turned).toarray()  # squared, less the customer's own length
            distance[rows[:, None] == those] = np.inf
            near = np.argpartition(distance, nearest - 1, axis=1)[:, :nearest]
            places = np.arange(0, near.size + 1, nearest)
            weights = np.full(near.size, 1 / nearest)
            of_near = sparse.csr_matrix((weights, near.ravel(), places), shape=(len(rows), len(length)))
            return (self.own * mine + (1 - self.own) * (of_near @ others)).toarray()

        return scores


@dataclass(frozen=True)
class UpCf:
    """Shares of the last orders that held a product, of all customers by how alike they are (UP-CF).

    Faggioli, Polato and Aiolli (2020), "Recency aware collaborative filtering for next basket recommendation":
    popularity for one user, asymmetric cosine of these, raised to a power, so that near customers count more.
    """

    last: int
    """Orders of each customer that count."""
    asymmetry: float
    locality: float

    def fit(self, known: Known) -> Scores | None:
        """Score by the weighted sum of shares; None where orders have no dates."""
        if known.baskets is None:
            return None
        past = known.baskets()
        share = past.matrix((past.back < self.last) / np.minimum(self.last, past.orders)[past.row])
        length = np.asarray(share.multiply(share).sum(axis=1)).ravel()
        those = sample_rows(share.shape[0], OTHERS, 0)
        others = share[those]
        turned, scale = others.T.tocsr(), length[those] ** (1 - self.asymmetry)
        each = max(1.0, (share.shape[0] - 1) / len(those))  # customers that one of those drawn stands for

        def scores(rows: np.ndarray) -> np.ndarray:
            mine = share[rows]
            alike = (mine @ turned).toarray()
            alike /= length[rows, None] ** self.asymmetry * scale
            alike[rows[:, None] == those] = 0
            return mine.toarray() + each * (others.T @ (alike**self.locality).T).T  # like oneself is 1

        return scores
