"""Errors of the trials are in the lines and nowhere else, and the page says which are missed."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.anomaly.narrative import missed_kinds, other_kinds
from tests.operating_characteristics import anomalies

COUNT = 12
LINE_KINDS = {
    anomalies.swapped_digits: {"quantity", "unit_price"},
    anomalies.wrong_customer: {"customer_id"},
    anomalies.wrong_date: {"ordered_at"},
    anomalies.creeping_price: {"unit_price"},
    anomalies.next_code: {"product_id"},
}


@pytest.fixture(scope="module")
def lines():
    """Lines of a sample, clean by its own truth."""
    return anomalies.ledger(np.random.default_rng(3))[0]


@pytest.mark.parametrize("errors", LINE_KINDS)
def test_only_what_is_called_wrong_is_changed_and_in_its_columns_only(lines, errors):
    wrong, ids = errors(lines, COUNT, np.random.default_rng(5))
    differs = wrong.ne(lines)
    assert COUNT <= len(ids) < 10 * COUNT
    assert set(lines.loc[differs.any(axis=1), "line"]) <= set(ids)
    assert set(differs.columns[differs.any()]) == LINE_KINDS[errors]
    assert differs.any(axis=1).sum() > 0.9 * len(ids)


def test_swapped_digits_are_the_same_digits(lines):
    wrong, ids = anomalies.swapped_digits(lines, COUNT, np.random.default_rng(5))
    for name in ("quantity", "unit_price"):
        pairs = zip(
            lines.loc[lines["line"].isin(ids), name], wrong.loc[wrong["line"].isin(ids), name], strict=True
        )
        assert all(sorted(f"{a:06.2f}") == sorted(f"{b:06.2f}") for a, b in pairs)


@pytest.mark.parametrize("smaller", [0.0, 0.98])
def test_a_duplicate_differs_from_its_line_in_one_field(lines, smaller):
    wrong, ids = anomalies.duplicates(lines, COUNT, np.random.default_rng(5), smaller)
    amounts = anomalies.worth(wrong).set_index("line")["revenue"]
    assert (amounts[ids] >= amounts.quantile(smaller)).mean() > 0.9
    pd.testing.assert_frame_equal(wrong.iloc[: len(lines)], lines)
    for _, copy in wrong[wrong["line"].isin(ids)].drop(columns="line").iterrows():
        same = (lines.drop(columns="line") == copy).sum(axis=1).max()
        assert same == len(copy) - 1


def test_a_split_order_is_several_on_one_day(lines):
    wrong, ids = anomalies.split_orders(lines, COUNT, np.random.default_rng(5))
    more = wrong.groupby("customer_id")["order_id"].nunique() - lines.groupby("customer_id")["order_id"].nunique()
    assert set(more[more > 0].index) == set(ids) and len(ids) == COUNT
    assert set(more[more > 0]) == {anomalies.SPLIT - 1}


def test_gross_errors_are_found_and_rows_without_one_are_not():
    def gross(lines, count, rng):
        ids = rng.choice(lines["line"], count, replace=False)
        wrong = lines["quantity"].where(~lines["line"].isin(ids), 100 * lines["quantity"])
        return lines.assign(quantity=wrong), pd.Index(ids)

    found = anomalies.listed("line", {"none": anomalies.unchanged, "gross": gross}, np.random.default_rng(1))
    assert found["gross"] > 0.9 and found["none"] < 0.1


def test_the_page_lists_errors_before_rows_without_one_and_names_what_is_missed():
    columns = ["data", "truth", "datasets", "rate", "low", "high", "nominal"]
    rows = [
        ["lines without an error", "nothing", 10, 0.02, 0.0, 0.04, None],
        ["lines with a wrong date", "something", 10, 0.01, 0.0, 0.02, None],
        ["lines with digits swapped", "something", 10, 0.5, 0.4, 0.6, None],
    ]
    rates = pd.DataFrame(rows, columns=columns)
    shown = other_kinds(rates)
    assert shown["kind_of_error"].tolist() == [
        "Lines with digits swapped",
        "Lines with a wrong date",
        "Lines without an error",
    ]
    assert shown["listed_share"].tolist() == [0.5, 0.01, 0.02]
    said = str(missed_kinds(rates))
    assert "of lines with a wrong date" in said and "swapped" not in said
