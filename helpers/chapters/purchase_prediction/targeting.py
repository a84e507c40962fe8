"""Whom to contact, how many of them, and what that is expected to bring.

A contact costs something whoever gets it. It pays where the customer buys and a part of that is due to the
contact. How large that part is nobody can read from sales data without customers who were left alone on purpose,
so it is an assumption of the study file, and the list is as good as that.
"""

import numpy as np
import pandas as pd

from helpers.predicting.deciles import by_score, decile_of

VALUABLE = 0.75
"""Quantile of past revenue (or orders, without amounts) from which a customer counts as valuable."""
GROUPS = {
    (True, True): ("Keep close", "Contact first: they are likely to buy and buy much."),
    (True, False): ("Remind", "Contact at low cost: likely to buy, but less at a time."),
    (False, True): ("Look at by hand", "They spent much, but a message to all does not pay: choose by hand."),
    (False, False): ("Leave be", "Below the threshold: do not contact."),
}
"""Likely to buy, valuable -> what the group is called, and what to do."""


def policies(choices: dict[str, np.ndarray], profit: np.ndarray, bought: np.ndarray) -> pd.DataFrame:
    """Return what ways of choosing whom to contact would have earned, on customers with a known outcome.

    `choices` say of each way whether each customer is contacted; the first one is also held against chance.
    `profit` is that of contacting each customer. Columns: `policy`, `contacted`, `buyers` (among them), `profit`.
    """
    rows = [(name, int(who.sum()), int(bought[who].sum()), profit[who].sum()) for name, who in choices.items()]
    contacted = rows[0][1]
    rows.append(("As many, drawn by lot", contacted, round(bought.mean() * contacted), profit.mean() * contacted))
    return pd.DataFrame(rows, columns=["policy", "contacted", "buyers", "profit"])


def contact_list(customers: pd.DataFrame, probabilities: np.ndarray, threshold: float) -> pd.DataFrame:
    """Return every customer with their probability, decile and whether to contact them, the most probable first.

    The threshold is that from which a contact pays; `country` stays where it is known.
    """
    rfm = [name for name in ("recency", "frequency", "monetary") if name in customers]
    worth = customers[rfm[-1]].to_numpy(float)
    valuable, likely = worth >= np.quantile(worth, VALUABLE), probabilities >= threshold
    place = [name for name in ("country",) if name in customers]
    frame = customers[["customer_id", *place]].assign(
        probability=probabilities,
        decile=decile_of(probabilities),
        contact=np.where(likely, "yes", "no"),
        group=[GROUPS[bool(a), bool(b)][0] for a, b in zip(likely, valuable, strict=True)],
        **customers[rfm],
    )
    frame = frame.iloc[by_score(probabilities)].reset_index(drop=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame


def by_group(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the groups with their size, mean probability, past revenue and what to do, those to contact first."""
    by = contacts.groupby("group")
    totals = by.agg(customers=("customer_id", "size"), probability=("probability", "mean"))
    for name in ("monetary",) if "monetary" in contacts else ():
        totals["revenue_share"] = by[name].sum() / max(contacts[name].sum(), 1e-12)
    what_to_do = dict(GROUPS.values())
    totals = totals.loc[[name for name in what_to_do if name in totals.index]].reset_index()
    totals.insert(2, "what_to_do", totals["group"].map(what_to_do))
    return totals
