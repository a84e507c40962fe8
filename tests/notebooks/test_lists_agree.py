"""The lists of one study tell nobody two opposite things, and a list turned round would be found."""

import pandas as pd
import pytest

from tests import foreign
from tests.consistency import PAIRS, STANCE, opposed, orders_given, turned_round
from tests.notebooks.test_edited_parameters import COLUMNS
from tests.notebooks.tiny import new_project, study

CHAPTERS = ["cleaning", "rfm", "clustering", "anomaly", "recommendation", "purchase_prediction"]
QUICK = {
    "clustering": {"k_max": 3, "bootstraps": 2, "null_draws": 1},
    "recommendation": {"epochs": 2, "hybrid_epochs": 1, "components": 4, "als_factors": 2},
    "purchase_prediction": {"resamples": 50, "contact_cost": 0.1},
}
THIEF = 70000
"""A customer who sends nearly everything back, again and again."""


def ledger():
    """Return a small shop's lines, one of its customers sending back what they buy."""
    rows = foreign.core(orders=600, customers=90, days=500)
    back = [row | {"order": f"G{row['order'][1:]}", "quantity": -row["quantity"]} for row in rows]
    return rows + [row for row in back if row["customer"] == THIEF and row["quantity"] < 0]


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> pd.DataFrame:
    """What the lists of a small study tell its customers."""
    project = new_project(tmp_path_factory.mktemp("lists") / "project")
    project.write_ledger(ledger())
    project.write_study(
        study(source={"path": "tiny.csv", "columns": COLUMNS}, chapters=CHAPTERS, claims=[], **QUICK)
    )
    outcome = project.build(within=900)
    assert outcome.code == 0, outcome.err
    return orders_given(project.study)


def test_nobody_is_told_two_opposite_things(given):
    told = given["list"].str.partition("/")[0]
    assert {"03_rfm", "06_anomaly", "08_recommendation", "09_purchase_prediction"} <= set(told)
    assert opposed(given).empty, opposed(given)


def test_a_list_that_is_turned_round_is_found(given):
    by_priority = given["list"].str.endswith(": contact")
    assert opposed(turned_round(given[~by_priority], "Win back", "Leave be"))["customer_id"].nunique() == 1
    assert opposed(turned_round(given, "Review first", "Contact first"))["customer_id"].nunique() == 1


def test_every_pair_of_opposites_is_found_in_whichever_list_it_stands():
    kinds = list(STANCE)
    for one in kinds:
        for other in kinds:
            given = pd.DataFrame(
                {"customer_id": ["1", "1", "2"], "list": ["a", "b", "a"], "kind": [one, other, one]}
            )
            given["stance"] = given["kind"].map(STANCE)
            clash = frozenset((STANCE[one], STANCE[other])) in PAIRS
            assert len(opposed(given)) == clash, (one, other)


def test_an_order_that_nobody_has_classified_is_an_error(tmp_path):
    (tmp_path / "downloads" / "09_x").mkdir(parents=True)
    pd.DataFrame({"customer_id": ["1"], "action": ["Ignore: they are dull"]}).to_csv(
        tmp_path / "downloads" / "09_x" / "list.csv", index=False
    )
    with pytest.raises(KeyError, match="Ignore"):
        orders_given(tmp_path)
