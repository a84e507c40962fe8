"""Features that a study declares: what they may compute, and what they may not reach."""

import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.errors import StudyError
from helpers.customers.derived import derive, described, one_row_each

CUSTOMERS = pa.table({"customer_id": ["a", "b", "c"], "revenue": [10.0, 30.0, 20.0], "orders": [1, 2, 2]})


def test_features_are_added_in_order_and_see_those_before():
    found = derive(CUSTOMERS, {"each": "revenue / orders", "twice": "2 * each"}).to_pydict()
    assert found["twice"] == [20.0, 30.0, 20.0]
    assert list(found)[-2:] == ["each", "twice"]


def test_windows_see_the_whole_table_and_rows_keep_their_order():
    shares = {"share": "revenue / sum(revenue) OVER ()", "place": "rank() OVER (ORDER BY revenue DESC)"}
    found = derive(CUSTOMERS, shares).to_pydict()
    assert found["customer_id"] == ["a", "b", "c"]
    assert found["place"] == [3, 1, 2]
    assert found["share"] == pytest.approx([1 / 6, 1 / 2, 1 / 3], rel=1e-12)


def test_decimals_become_floats_and_texts_stay_texts():
    found = derive(CUSTOMERS, {"half": "0.5 * orders", "kind": "CASE WHEN revenue > 15 THEN 'big' END"})
    assert found.schema.field("half").type == pa.float64()
    assert found.column("kind").to_pylist() == [None, "big", "big"]


@pytest.mark.parametrize(
    "expression",
    [
        "revenu / orders",
        "revenue /",
        "1; DROP TABLE customers_so_far",
        "1) FROM range(3); DROP TABLE customers_so_far; SELECT (1",
        "sum(revenue)",
        "unnest([1, 2])",
        "(SELECT count(*) FROM read_csv('/etc/passwd'))",
        "(SELECT count(*) FROM 'elsewhere.parquet')",
        "revenue, orders",
        "",
    ],
)
def test_what_is_no_value_a_row_is_refused_by_its_name(expression):
    with pytest.raises(StudyError, match=r"features\.wrong"):
        derive(CUSTOMERS, {"fine": "revenue", "wrong": expression})


@pytest.mark.parametrize(
    "expression",
    [
        "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r)",
        "(SELECT max(levenshtein(repeat('ab', 20000) || n, repeat('ba', 20000) || n)) FROM range(100000) r(n))",
    ],
    ids=["recursive", "levenshtein"],
)
def test_what_never_ends_is_refused_by_its_name(expression, monkeypatch):
    monkeypatch.setattr("helpers.base.sql.SECONDS", 0.5)
    with pytest.raises(StudyError, match=r"features\.wrong: the expression was stopped: it took more than"):
        derive(CUSTOMERS, {"fine": "revenue * 2", "wrong": expression})


def test_a_taken_name_is_refused():
    with pytest.raises(StudyError, match=r"features\.revenue"):
        derive(CUSTOMERS, {"revenue": "1"})


def test_no_features_leave_the_table_as_it_is():
    assert derive(CUSTOMERS, {}).equals(CUSTOMERS)


def test_a_customer_with_several_rows_is_a_ledger_in_disguise():
    with pytest.raises(StudyError, match="Customer a has 2 rows"):
        one_row_each(pa.table({"customer_id": ["a", "b", "a"]}))
    with pytest.raises(StudyError, match="customer_id"):
        one_row_each(pa.table({"who": ["a"]}))


def test_features_are_described_with_their_expression_on_one_line():
    frame = pd.DataFrame({"each": [1.0, 2.0, None], "kind": ["x", "y", "x"]})
    found = described({"each": "revenue\n / orders", "kind": "'x'"}, frame)
    assert found["expression"].to_list() == ["revenue / orders", "'x'"]
    assert found.loc[0, ["values", "missing", "lowest", "highest"]].to_list() == [2, 1, 1.0, 2.0]


def test_a_study_declares_features_in_order_and_only_chapter_03_is_told(study):
    declared = "features:\n  b: revenue\n  a: b * 2\n"
    loaded = study(declared)
    assert list(loaded.view("rfm")["features"].items()) == [("b", "revenue"), ("a", "b * 2")]
    assert "features" not in loaded.view("clustering")
    assert "features" not in loaded.view("eda")


def test_a_feature_needs_a_plain_name_and_a_text(study):
    with pytest.raises(StudyError, match="features"):
        study("features: {Bad Name: revenue}\n")
    with pytest.raises(StudyError, match=r"features\.a"):
        study("features: {a: 3}\n")
