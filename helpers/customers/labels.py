"""How charts name a customer: by the id and, where chapter 06 flags them, by the reason."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


def chart_labels(ids: Iterable[str], customers: pd.DataFrame) -> np.ndarray:
    """Return a label for each id: `13574`, or `13574 (flagged: sent back 60 % of the units)`.

    Args:
        ids: of customers, in any order; one that the table lacks is named by its id.
        customers: `customer_id` and, where chapter 06 was asked, `flag` (missing where nothing is unusual).
    """
    found = pd.Series(ids, dtype=object).astype(str)
    if "flag" not in customers:
        return found.to_numpy()
    flags = customers.assign(customer_id=customers["customer_id"].astype(str)).set_index("customer_id")["flag"]
    reasons = found.map(flags.dropna())
    return found.where(reasons.isna(), found + " (flagged: " + reasons.astype(str) + ")").to_numpy()
