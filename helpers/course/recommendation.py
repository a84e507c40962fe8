"""The exercises of chapter 08."""

from typing import Any

import numpy as np
from scipy import sparse

from helpers.course.exercises import Exercise, Names


def _half_of_the_pairs(names: Names) -> int:
    counts = np.sort(np.bincount(names["bought"].column))
    taken = 0
    while 2 * counts[len(counts) - taken :].sum() < counts.sum():
        taken += 1
    return taken


def _bought_later(names: Names, question: str) -> list[set[int]]:
    """Return the products that each customer of a question bought in the test window."""
    test = names["test"]
    return [_columns(test.relevant[question], row) for row in test.rows[question]]


def _columns(matrix: sparse.csr_matrix, row: int) -> set[int]:
    return set(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist())


def _usual_precision(names: Names) -> np.ndarray:
    """Return the precision of the most often ordered products in lists of five and of twenty, a list at a time."""
    orders, later = names["before"], _bought_later(names, "next")
    hits = dict.fromkeys((5, 20), 0)
    for row, right in zip(names["test"].rows["next"], later, strict=True):
        often = np.argsort(-orders[[row]].toarray().ravel(), kind="stable")
        for places in hits:
            hits[places] += len(right.intersection(often[:places].tolist()))
    return np.array([found / (places * len(later)) for places, found in hits.items()])


def _popular_new(names: Names) -> float:
    """Return the precision of the best sellers a customer does not have, in lists of the chapter's length."""
    rows, train, places = names["test"].rows["new"], names["known"].train, names["k"]
    if not len(rows):
        raise KeyError("list to judge")
    best_sellers = np.argsort(-train.popularity, kind="stable")
    found = 0
    for row, right in zip(rows, _bought_later(names, "new"), strict=True):
        has = _columns(train.seen, row)
        found += len(right.intersection([one for one in best_sellers.tolist() if one not in has][:places]))
    return found / (places * len(rows))


def _widest_is_best(names: Names) -> str:
    rows = [row for row in names["next_table"].to_dict("records") if row["model"] != "Random"]
    best = max(rows, key=lambda row: row["precision"])  # of equals the first
    return "does not hold" if any(row["coverage"] > best["coverage"] for row in rows) else "holds"


def _own_lists(names: Names, seed: int) -> float:
    later = _bought_later(names, "next")
    drawn = np.random.default_rng(seed).integers(0, names["before"].shape[1], (len(later), 10))
    return sum(one in right for row, right in zip(drawn.tolist(), later, strict=True) for one in row) / drawn.size


def _swapped(answer: Any, right: np.ndarray) -> str | None:
    given = np.asarray(answer, dtype=float)
    turned = given.shape == right.shape and np.allclose(given, right[::-1], rtol=0.01)
    return "Lists of five come first." if turned else None


EXERCISES = (
    Exercise(
        "bought.popularity has the customers of each product; sort it, the largest first, and add up with cumsum.",
        _half_of_the_pairs,
        lambda answer, right: "A number of products is asked for." if 0 < answer < 1 else None,
        within=0,
        slip="Orders are counted instead of customers, or the share is given instead of the number.",
    ),
    Exercise(
        "The chapter makes such lists for k with top_k, and hits_of says which places are right.",
        _usual_precision,
        _swapped,
        slip="Precision is divided by what was found and not by the places of the list.",
    ),
    Exercise(
        "Which products can be no surprise to a customer? top_k takes what it shall leave out as well.",
        _popular_new,
        lambda answer, right: (
            "Some of these places are taken by what the customer already has." if 0 <= answer < right else None
        ),
        within=1e-6,
        slip="The list is filtered afterwards, so that it has fewer places than the chapter's.",
    ),
    Exercise(
        "next_table has the precision and the coverage of each model.",
        _widest_is_best,
        slip="Random is left in: it shows the most of the catalogue, and learns nothing.",
    ),
    Exercise(
        "hits_of takes the lists and the rows of test.relevant of the same customers; its mean is the precision.",
        _own_lists,
        within=1e-6,
        own=True,
        slip="The lists are drawn for all customers, not for those who are judged.",
    ),
    Exercise(
        "What would these customers have bought without any list?",
        slip="A higher precision is asked for, where only a comparison with customers without a list would tell.",
    ),
)
