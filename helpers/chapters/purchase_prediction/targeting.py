"""Whom to contact: the choice that earned most in window after window, and a list that obeys it.

A contact costs something whoever gets it. It pays where the customer buys and a part of that is due to the
contact. How large that part is nobody can read from sales data without customers who were left alone on purpose,
so it is an assumption of the study file, and the list is as good as that.

The action of a customer's segment (`helpers.customers.actions`) says what to do; the list says who comes first.
Customers to be reviewed first, and those of another season, are in no mailing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers.customers import actions
from helpers.customers.actions import kind_of
from helpers.predicting.deciles import by_score, decile_of

MODEL, HALF, EVERYBODY = "Threshold from training", "Threshold of a half", "Everybody"
NOBODY, RECENT, HINDSIGHT = "Nobody", "As many, most recent buyers", "Best threshold in hindsight"
AT_RANDOM = "As many, at random"
SIMPLE = (NOBODY, EVERYBODY, RECENT)
"""Choices that need no model; of equals the first is taken, and the model only where it beats all of them."""
AT_TEST, BEFORE_TEST, NOT_TRIED = "at the test", "in the windows before the test", "no window before the test"
"""Where another choice did better than the model's, or that it could not be tried."""
VALUABLE = 0.75
"""Quantile of past revenue (or orders, without amounts) from which a customer counts as valuable."""
FIRST, CONTACT, NO_CONTACT = "Contact first", "Contact", "No extra contact"
REVIEW, BEFORE_SEASON = kind_of(actions.REVIEW), kind_of(actions.BEFORE_SEASON)
NEWSLETTER = kind_of(actions.ACTIONS["away", "low"])
"""Customers of this action may be in a mailing to all, and are nobody's first."""
WHAT_TO_DO = {
    FIRST: "Contact them first: they are chosen, and have spent much.",
    CONTACT: "Contact them at low cost: they are chosen, and have spent less.",
    REVIEW: "See why they are flagged before any contact.",
    BEFORE_SEASON: "Write to them before their season, not now.",
    NO_CONTACT: "No contact beyond the action of their segment this period.",
}
"""Contact priority -> what it means, in the order of work."""


def most_recent(recency: np.ndarray, number_of: int) -> np.ndarray:
    """Return whether each customer is among so many most recent buyers; of equals the first row."""
    chosen = np.zeros(len(recency), dtype=bool)
    chosen[by_score(-np.asarray(recency, dtype=float))[:number_of]] = True
    return chosen


def policies(choices: Mapping[str, np.ndarray], profit: np.ndarray, bought: np.ndarray) -> pd.DataFrame:
    """Return what ways of choosing whom to contact would have earned, on customers with a known outcome.

    `choices` say of each way whether each customer is contacted; the first one is also held against chance.
    `profit` is that of contacting each customer. Columns: `policy`, `contacted`, `buyers` (among them), `profit`.
    """
    rows = [(name, int(who.sum()), int(bought[who].sum()), profit[who].sum()) for name, who in choices.items()]
    contacted = rows[0][1]
    rows.append((AT_RANDOM, contacted, round(bought.mean() * contacted), profit.mean() * contacted))
    return pd.DataFrame(rows, columns=["policy", "contacted", "buyers", "profit"])


def ways_to_choose(selected: np.ndarray, recency: np.ndarray) -> dict[str, np.ndarray]:
    """Return the model's selection and the simple choices beside it: whether each customer is contacted."""
    everybody = np.ones(len(selected), dtype=bool)
    recent = most_recent(recency, int(selected.sum()))
    return {MODEL: selected, EVERYBODY: everybody, NOBODY: ~everybody, RECENT: recent}


def winner(ways: pd.DataFrame, measure: str = "profit") -> str:
    """Return the policy that did best; the model's only where it beat every simple one.

    Args:
        ways: of `policies`, or sums of several; simple ones that it lacks are not asked for.
        measure: its column that says what is won.
    """
    won = ways.set_index("policy")[measure]
    best = best_simple(ways, measure)
    return MODEL if won[MODEL] > won[best] else best


def best_simple(ways: pd.DataFrame, measure: str = "profit") -> str:
    """Return the policy that did best of those that need no model."""
    won = ways.set_index("policy")[measure]
    return str(won.loc[[name for name in SIMPLE if name in won.index]].idxmax())


def together(ways: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return `policies` of several windows added up."""
    return pd.concat(ways).groupby("policy", sort=False).sum().reset_index()


def better_than_model(
    ways: Mapping[Any, pd.DataFrame], test: Any, measure: str = "profit"
) -> tuple[str, str] | None:
    """Return what did better than the model's selection, and where; None where it won before the test and at it.

    Args:
        ways: of `policies`, by window; the test among them.
        test: the last window.
        measure: the column that says what is won.
    """
    before = [one for date, one in ways.items() if date != test]
    if (best := winner(ways[test], measure)) != MODEL:
        return best, AT_TEST
    if not before:
        return best_simple(ways[test], measure), NOT_TRIED
    best = winner(together(before), measure)
    return None if best == MODEL else (best, BEFORE_TEST)


def recommended(ways: Mapping[Any, pd.DataFrame], test: Any, measure: str = "profit") -> str:
    """Return the policy to recommend, of windows none of which it was chosen on alone.

    The model's where it won the windows before the test and the test as well; else the best of those that need no
    model, which have nothing to be chosen, in all windows. Arguments as `better_than_model`.
    """
    if better_than_model(ways, test, measure) is None:
        return MODEL
    return best_simple(together(list(ways.values())), measure)


def by_window(ways: Mapping[Any, pd.DataFrame], measure: str) -> pd.DataFrame:
    """Return what each policy won, a row a window."""
    shown = (MODEL, *SIMPLE)
    found = pd.DataFrame({date: one.set_index("policy")[measure].reindex(shown) for date, one in ways.items()}).T
    return found.rename_axis("cut_off").reset_index()


def chosen_by(
    policy: str, probabilities: np.ndarray, recency: np.ndarray, *, threshold: float, share: float
) -> np.ndarray:
    """Return whether a policy contacts each customer.

    Args:
        policy: MODEL, EVERYBODY, NOBODY or RECENT.
        probabilities: of buying, a customer each.
        recency: days since the last order.
        threshold: from which probability MODEL contacts.
        share: of the customers that RECENT contacts: as many as MODEL did at the test.
    """
    if policy == MODEL:
        return probabilities >= threshold
    if policy == RECENT:
        return most_recent(recency, round(share * len(recency)))
    return np.full(len(recency), policy == EVERYBODY)


def contact_list(
    customers: pd.DataFrame,
    probabilities: np.ndarray,
    chosen: np.ndarray,
    expected_profit: np.ndarray | None = None,
    *,
    levels: bool = True,
) -> pd.DataFrame:
    """Return every customer with their priority, the highest expected profit (else probability) first.

    Args:
        customers: of a cut-off, with `action`, `flag` and `rfm_segment` where they are known.
        probabilities: of buying.
        chosen: whether the recommended policy contacts them.
        expected_profit: of contacting each; None without amounts.
        levels: whether probabilities are calibrated; if not, there is their place and no level.

    Returns:
        `rank`, `customer_id`, `rfm_segment`, `action`, `contact` (the priority, of WHAT_TO_DO), `flag`,
        `expected_profit`, `probability` or `probability_rank`, `decile`, recency, frequency, monetary.
    """
    rfm = [name for name in ("recency", "frequency", "monetary") if name in customers]
    worth = customers[rfm[-1]].to_numpy(float)
    valuable = worth >= np.quantile(worth, VALUABLE)
    told = customers["action"] if "action" in customers else pd.Series("", customers.index)
    kinds = told.fillna("").map(kind_of)
    valuable &= (kinds != NEWSLETTER).to_numpy()
    flagged = customers["flag"].notna() if "flag" in customers else kinds == REVIEW
    priority = np.select(
        [flagged | (kinds == REVIEW), kinds == BEFORE_SEASON, chosen & valuable, chosen],
        [REVIEW, BEFORE_SEASON, FIRST, CONTACT],
        NO_CONTACT,
    )
    order = by_score(probabilities)
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(1, len(order) + 1)
    found = {"probability": probabilities} if levels else {"probability_rank": place}
    profit = {} if expected_profit is None else {"expected_profit": expected_profit}
    said = {name: customers[name] for name in ("rfm_segment", "action") if name in customers}
    reasons = {"flag": customers["flag"]} if flagged.any() and "flag" in customers else {}
    frame = customers[["customer_id"]].assign(
        **said, contact=priority, **reasons, **profit, **found, decile=decile_of(probabilities), **customers[rfm]
    )
    frame = frame.iloc[order]
    if profit:
        frame = frame.sort_values("expected_profit", ascending=False, kind="stable")
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame.reset_index(drop=True)


def by_priority(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the priorities with their customers, past revenue and what to do, in the order of work."""
    by = contacts.groupby("contact")
    totals = by.agg(customers=("customer_id", "size"))
    for name in ("monetary",) if "monetary" in contacts else ():
        totals["revenue_share"] = by[name].sum() / max(contacts[name].sum(), 1e-12)
    totals = totals.loc[[name for name in WHAT_TO_DO if name in totals.index]].reset_index()
    totals.insert(2, "what_to_do", totals["contact"].map(WHAT_TO_DO))
    return totals


def by_action(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return how many customers of each segment's action have each priority, the largest first."""
    counts = pd.crosstab(contacts["action"], contacts["contact"])
    counts = counts[[name for name in WHAT_TO_DO if name in counts]]
    return counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index].reset_index()
