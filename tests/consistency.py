"""Every list of a study that says what to do with a customer, joined: nobody is told two opposite things.

A list says it in `action` (the action of the segment), in `contact` (the priority of chapter 09) or by being the
list of the customers that chapter 06 flags. The words before a colon are the kind of order.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.customers.actions import kind_of

SAYS = ("action", "contact")
"""Columns that give an order."""
STANCES = {
    "act": ("Keep", "Develop", "Welcome", "Remind", "Win back"),
    "light": ("Newsletter only",),
    "review": ("Review first",),
    "season": ("Write before the season",),
    "first": ("Contact first",),
    "reach": ("Contact",),
    "nothing more": ("No extra contact",),
    "leave": ("Leave be", "Do not contact"),
}
"""Kinds of order by what they ask for. A kind that is none of these is an error: somebody has to place it."""
STANCE = {kind: stance for stance, kinds in STANCES.items() for kind in kinds}
ALL = set(STANCES)
OPPOSITE = {
    "review": ALL - {"review"},
    "season": ALL - {"season"},
    "leave": ALL - {"leave", "nothing more", "light"},
    "light": {"act"},
    "first": {"light", "nothing more"},
    "reach": {"nothing more"},
}
"""What cannot be said to the same customer. A card to all (reach) and the newsletter (light) go together, and no
contact beyond the action of the segment (nothing more) leaves that action as it is."""
PAIRS = {frozenset(pair) for stance, others in OPPOSITE.items() for pair in product([stance], others)}


def orders_given(study: Path) -> pd.DataFrame:
    """Return what the lists of a built study tell customers: `customer_id, list, kind, stance`, no row twice.

    Raises:
        KeyError: a list gives an order of an unknown kind.
    """
    parts = [pd.DataFrame(columns=["customer_id", "list", "kind"])]
    for path in sorted([*study.glob("downloads/*/*.csv"), *study.glob("tables/*.parquet")]):
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
        name = f"{path.parent.name}/{path.name}"
        if {"level", "id"} <= set(frame):
            flagged = frame.loc[frame["level"] == "customer", ["id"]].rename(columns={"id": "customer_id"})
            parts.append(flagged.assign(list=name, kind="Review first"))
        for column in SAYS if "customer_id" in frame else ():
            if column in frame:
                told = frame[["customer_id", column]].dropna().drop_duplicates()
                parts.append(
                    told[["customer_id"]].assign(list=f"{name}: {column}", kind=told[column].map(kind_of))
                )
    given = pd.concat(parts, ignore_index=True).astype(str).drop_duplicates(ignore_index=True)
    return given.assign(stance=[STANCE[kind] for kind in given["kind"]])


def opposed(given: pd.DataFrame) -> pd.DataFrame:
    """Return who is told two opposite things, and by which lists: a row a customer and pair of orders."""
    pairs = given.merge(given, on="customer_id", suffixes=("", "_other"))
    pairs = pairs[pairs["stance"] < pairs["stance_other"]]
    clash = [frozenset(pair) in PAIRS for pair in zip(pairs["stance"], pairs["stance_other"], strict=True)]
    return pairs[np.array(clash, dtype=bool)].drop(columns=["stance", "stance_other"]).reset_index(drop=True)


def turned_round(given: pd.DataFrame, kind: str, to: str) -> pd.DataFrame:
    """Return the orders with one of a kind turned into another: of the first customer who is told so twice."""
    told = given[given["kind"] == kind]
    several = told[told.duplicated("customer_id", keep=False)]
    row = several.index[0]
    other = given.copy()
    other.loc[row, ["kind", "stance"]] = to, STANCE[to]
    return other
