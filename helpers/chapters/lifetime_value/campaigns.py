"""Campaigns: who is held out, who may be contacted and in which form, and what a sent campaign did."""

import hashlib
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.customers import actions
from helpers.customers.actions import kind_of

CONTACTED = ("contacted", "treated", "treatment", "test", "sent", "mailed", "1", "yes", "true")
HELD_OUT = ("held out", "holdout", "held_out", "control", "0", "no", "false")
NEEDED = ("customer_id", "sent_at", "group")
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
NO_LIST = (kind_of(actions.REVIEW), kind_of(actions.BEFORE_SEASON), kind_of(actions.ACTIONS["away", "low"]))
"""Kinds of action without a mailing of their own."""
EVERYBODY = "All customers"
ENOUGH = 100
"""Buyers in each group from which models of the response are tried."""


def held_out(ids: pd.Index, key: str, share: float) -> np.ndarray:
    """Return whether each customer is held out: by a keyed hash, so the same ones in every run and every list."""
    secret = hashlib.blake2b(key.encode(), digest_size=32).digest()
    drawn = (hashlib.blake2b(str(one).encode(), digest_size=8, key=secret).digest() for one in ids)
    return np.array([int.from_bytes(one) < share * 2**64 for one in drawn], dtype=bool)


def hashed(email: str) -> str:
    """Return an address as advertising tools take it: SHA-256 of it, trimmed and in lower case."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def allowed(ids: pd.Index, contacts: pd.DataFrame | None, suppressed: pd.DataFrame | None) -> pd.DataFrame:
    """Return whether each customer may be contacted, and their address as a hash.

    Args:
        ids: of customers.
        contacts: `customer_id` and, where known, `email` and `consent`; customers who are not in it may not be
            contacted, nor those whose consent is not yes. None: nothing is known, and everybody may.
        suppressed: `customer_id` or `email` of whom nobody may contact.

    Returns:
        By id: `may` and, where addresses are known, `email_sha256`.

    Raises:
        StudyError: a file lacks its columns, or a consent is neither yes nor no.
    """
    found = pd.DataFrame({"may": True}, index=ids)
    email = pd.Series(np.nan, index=ids, dtype=object)
    if contacts is not None:
        known = (
            _with(contacts, ("customer_id",), "contacts").drop_duplicates("customer_id").set_index("customer_id")
        )
        found["may"] &= ids.isin(known.index)
        if "consent" in known:
            said = known["consent"].fillna("no").str.strip().str.lower()
            if odd := sorted(set(said) - {*YES, *NO}):
                raise StudyError(f"contacts: the consent {odd[0]!r} is neither yes nor no; correct the file.")
            found["may"] &= said.isin(YES).reindex(ids, fill_value=False)
        if "email" in known:
            email = known["email"].reindex(ids)
            email = email.where(email.fillna("").str.contains("@"))
    if suppressed is not None:
        if not {"customer_id", "email"} & set(suppressed):
            raise StudyError("suppressed: the file has neither customer_id nor email; name the column so.")
        if "customer_id" in suppressed:
            found["may"] &= ~ids.isin(suppressed["customer_id"].dropna())
        if "email" in suppressed:
            never = set(suppressed["email"].dropna().map(hashed))
            found["may"] &= ~email.map(hashed, na_action="ignore").isin(never)
    return found.assign(email_sha256=email.map(hashed, na_action="ignore")) if email.notna().any() else found


def sent(campaign: pd.DataFrame, name: str, first: datetime, last: datetime) -> pd.DataFrame:
    """Return a campaign file, checked: by `customer_id`, `sent_at` and whether they were `contacted`.

    Customers held out may have no `sent_at`: theirs is the first of the campaign.

    Raises:
        StudyError: a column is missing, a customer is in it twice, a group or a date cannot be read, a date is
            outside the sales data, or one of the groups is empty.
    """
    rows = _with(campaign, NEEDED, name).dropna(subset="customer_id")
    if rows["customer_id"].duplicated().any():
        twice = rows.loc[rows["customer_id"].duplicated(), "customer_id"].iloc[0]
        raise StudyError(f"{name} names customer {twice} twice; each may have one row of one campaign.")
    group = rows["group"].fillna("").str.strip().str.lower()
    if len(odd := group[~group.isin(CONTACTED + HELD_OUT)]):
        raise StudyError(f"{name} has the group {odd.iloc[0]!r}, which should be contacted or held out.")
    at = pd.to_datetime(rows["sent_at"], errors="coerce", format="ISO8601")
    if len(odd := rows.loc[at.isna() & rows["sent_at"].notna(), "sent_at"]):
        raise StudyError(f"{name} has the sent_at {odd.iloc[0]!r}, which should be a date such as 2025-11-03.")
    found = pd.DataFrame(
        {"contacted": group.isin(CONTACTED).to_numpy(), "sent_at": at.to_numpy()}, rows["customer_id"]
    )
    if found["contacted"].all() or not found["contacted"].any():
        raise StudyError(f"{name} has one group only: an effect needs contacted customers and some held out.")
    found["sent_at"] = found["sent_at"].fillna(found["sent_at"].min()).dt.normalize()
    if not found["sent_at"].between(pd.Timestamp(first), pd.Timestamp(last)).all():
        odd = found.loc[~found["sent_at"].between(pd.Timestamp(first), pd.Timestamp(last)), "sent_at"].iloc[0]
        raise StudyError(f"{name} has the sent_at {odd:%Y-%m-%d}, outside the sales data; correct the date.")
    return found


def outcomes(purchases: pd.DataFrame, campaign: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return what the customers of a campaign did in the days after it was sent, and in as many before.

    Adds `bought` and `bought_before` (0 or 1) and, with amounts, `spend` and `spend_before` (net).
    """
    known = purchases.merge(campaign[["sent_at"]], left_on="customer_id", right_index=True)
    since = known["day"] - known["sent_at"]
    found = campaign.copy()
    for name, low, high in (("", 0, days), ("_before", -days, 0)):
        inside = known[(since >= timedelta(days=low)) & (since < timedelta(days=high))]
        by = inside.groupby("customer_id")
        found[f"bought{name}"] = (by["orders"].sum() > 0).reindex(found.index, fill_value=False).astype(float)
        if "spend" in purchases:
            net = by["spend"].sum() - by["returned"].sum()
            found[f"spend{name}"] = net.reindex(found.index, fill_value=0.0)
    return found


def qini(uplift: np.ndarray, contacted: np.ndarray, bought: np.ndarray) -> float:
    """Return the Qini coefficient: additional buyers when the customers with the highest uplift come first.

    The area between the curve of additional buyers (per customer) and that of random targeting (Radcliffe, 2007).
    """
    order = np.argsort(-uplift, kind="stable")
    t, y = contacted[order].astype(float), bought[order].astype(float)
    treated, control = np.cumsum(t), np.cumsum(1 - t)
    gained = np.cumsum(y * t) - np.cumsum(y * (1 - t)) * treated / np.maximum(control, 1)
    random = gained[-1] * np.arange(1, len(t) + 1) / len(t)
    return float((gained - random).mean() / len(t))


def _with(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> pd.DataFrame:
    if missing := [column for column in columns if column not in frame]:
        raise StudyError(f"{name} has no column {missing[0]!r}; it needs {', '.join(columns)}.")
    return frame
