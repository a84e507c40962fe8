"""A chart names a customer by the id, and says why one is flagged."""

import pandas as pd

from helpers.customers.labels import chart_labels


def test_flagged_customers_carry_their_reason():
    customers = pd.DataFrame({"customer_id": ["1", "2", "3"], "flag": [None, "sent back 60 % of the units", None]})
    assert chart_labels(["3", "2", "9"], customers).tolist() == [
        "3", "2 (flagged: sent back 60 % of the units)", "9"
    ]  # fmt: skip
    assert chart_labels(["3"], customers[["customer_id"]]).tolist() == ["3"]
