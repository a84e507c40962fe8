"""Cleaning: every line and every penny ends somewhere, as a plain line-by-line reading of the rules has it."""

import random
from decimal import Decimal

import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.cleaning import narrative
from helpers.chapters.cleaning.account import Account, apply_rules, distinct_counts
from helpers.chapters.cleaning.narrative import examples_of, kept, returned_products
from helpers.ledger.rules import RULES, parse_rule
from tests.unit.conftest import arrow_lines, numbered, rows_of
from tests.unit.naive_cleaning import Naive, clean

STUDIES = {
    "insiders": [
        {"drop_missing": ["product_name"]},
        "one_country_per_customer",
        {"change_case": {"upper": ["order_id", "product_id", "product_name"], "title": ["country"]}},
        {"above": {"unit_price": 0}},
        {"exclude": {"country": ["Unspecified"]}},
        {"absolute": {"quantity": {"product_id": ["P1", "P2"]}}},
        {"exclude": {"customer_id": [3]}},
        {"drop_customers_returning_over": 0.9},
        {"drop_missing": ["customer_id"]},
        "one_name_per_product",
        "split_returns",
    ],
    "uk": [
        {"drop_missing": ["customer_id", "product_name"]},
        "drop_cancellations",
        {"keep": {"country": ["UK", "Unspecified"]}},
        {"at_most": {"revenue": 20, "quantity": 8}},
    ],
    "shop": [
        {"tidy_text": ["product_name", "country"]},
        {"change_case": {"upper": ["product_id"], "title": ["country"]}},
        "drop_exact_duplicates",
        "split_returns",
        {"above": {"unit_price": 0, "quantity": 0}},
        "drop_exact_duplicates",
    ],
    "changes after returns": [
        "split_returns",
        {"drop_customers_returning_over": 0.5},
        {"absolute": {"quantity": {"country": ["UK"]}}},
        "one_country_per_customer",
        {"exclude": {"product_id": ["P3"]}},
        "one_name_per_product",
        "one_country_per_customer",
    ],
    "set aside": [
        "split_returns",
        {"exclude": {"country": ["Eire"]}},
        {"set_aside": {"times": 1.5, "sales": 5}},  # the random prices differ by little
        {"above": {"unit_price": 0}},
    ],
    "nothing": [],
}


def ledger(seed: int, length: int = 220) -> list[dict]:
    """Return a random ledger with all that ledgers have: gaps, returns, cancellations, duplicates, ties."""
    rng = random.Random(seed)

    def sometimes(value, gap: float = 0.06):
        return None if rng.random() < gap else value

    lines = []
    for number in range(1, length + 1):
        if lines and rng.random() < 0.15:
            lines.append(rng.choice(lines) | {"line": number})
            continue
        quantity = sometimes(
            Decimal(rng.choice([-6, -3, -1, 0, 1, 1, 2, 4, 12])) + Decimal(rng.choice([0, 0, 125])) / 1000
        )
        price = sometimes(Decimal(rng.choice([0, 5, 25500, 10001, 33333])) / 10000)
        whole = (
            None
            if quantity is None or price is None
            else (quantity * price).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
        )
        lines.append(
            {
                "line": number,
                "customer_id": sometimes(str(rng.randint(1, 9) if rng.random() < 0.9 else rng.randint(10, 30))),
                "order_id": sometimes(rng.choice(["", "", "C"]) + str(rng.randint(1, 30))),
                "product_id": sometimes(rng.choice(["P1", "P2", "p3", "P3", "P4"])),
                "product_name": sometimes(
                    rng.choice(["RED MUG", "Red  mug", " CUP,blue", "cup blue", "LAMP", "é"])
                ),
                "quantity": quantity,
                "unit_price": price,
                "revenue": whole,
                "country": sometimes(rng.choice(["UK", "uk", " UK", "Eire", "Unspecified"])),
            }
        )
    return lines


RUNS = [(name, seed) for name in STUDIES for seed in ((1,) if name == "insiders" else (1, 2))]


@pytest.mark.parametrize(("name", "seed"), RUNS)
def test_the_result_is_that_of_a_plain_reading_of_the_rules_and_the_account_balances(engine, name, seed):
    rows, entries = ledger(seed), STUDIES[name]
    expected = clean(rows, entries)
    found = apply_rules(engine.table(arrow_lines(rows)), entries, engine)

    assert rows_of(found.transactions) == expected.kept
    assert rows_of(found.returns) == sorted(expected.returned, key=lambda line: line["line"])
    assert rows_of(found.set_aside) == expected.set_aside
    assert bool(expected.set_aside) == (name == "set aside")
    rejected = rows_of(found.rejected)
    assert [(r["line"], r["step"]) for r in rejected] == sorted((r["line"], step) for r, step in expected.rejected)
    contents = {line["line"]: line for line, _ in expected.rejected}
    for row in rejected:
        assert {k: v for k, v in row.items() if k not in ("step", "rule")} == contents[row["line"]]
    steps = pd.DataFrame(found.account.steps)
    changes = list(zip(steps["rows_changed"], steps["revenue_changed"], strict=True))
    assert changes == [(0, Decimal(0)), *expected.changed]
    check_account(found.account, rows, expected)


def revenue_of(lines: list[dict]) -> Decimal:
    return sum((line["revenue"] or Decimal(0) for line in lines), Decimal(0))


def check_account(account: Account, rows: list[dict], expected: Naive) -> None:
    """Hold the account against the lines: each identity, to the last decimal."""
    lines, revenue, steps = account.rows, account.revenue, pd.DataFrame(account.steps)
    ends = ("kept", "returned", "set_aside", "rejected")
    assert lines["read"] == len(rows) == sum(lines[end] for end in ends)
    assert lines["kept"] == len(expected.kept) > 0
    assert revenue["read"] == revenue_of(rows)
    assert revenue["read"] + revenue["changed"] == sum(revenue[end] for end in ends)
    assert revenue["kept"] == revenue_of(expected.kept)
    assert revenue["returned"] == revenue_of(expected.returned)
    assert revenue["set_aside"] == revenue_of(expected.set_aside)
    assert revenue["rejected"] == revenue_of([line for line, _ in expected.rejected])
    removed, changed = sum(steps["revenue_removed"]), sum(steps["revenue_changed"])
    assert steps["revenue"].iloc[0] - removed + changed == steps["revenue"].iloc[-1] == revenue["kept"]
    assert steps["lines"].iloc[0] - sum(steps["lines_removed"]) == steps["lines"].iloc[-1] == lines["kept"]
    kept = {line["customer_id"] for line in expected.kept} - {None}
    assert steps["customers"].iloc[-1] == len(kept)


IDLE = {"shop": {6}, "changes after returns": {3, 7}}
"""Steps that must find nothing left to do: their like came before, or what they change was moved aside."""


def test_the_random_ledgers_put_every_rule_to_work():
    for name, entries in STUDIES.items():
        results = [clean(ledger(seed), entries) for seed in (1, 2)]
        worked = {step for result in results for _, step in result.rejected}
        worked |= {step for result in results for step, (lines, _) in enumerate(result.changed, 1) if lines}
        moving = {
            step for step, entry in enumerate(entries, 1) if entry == "split_returns" or "set_aside" in entry
        }
        idle = set(range(1, len(entries) + 1)) - moving - worked
        assert idle <= IDLE.get(name, set()), name
        assert any(result.returned for result in results) == ("split_returns" in entries)


SMALL = numbered(
    customer_id=["1", "1", None, "2", "2"],
    product_id=["A", "B", "A", "M", "A"],
    quantity=["1", "-2", "3", "4", "5"],
    unit_price=["2", "2", "2", "2", "0"],
    revenue=["2", "-4", "6", "8", "0"],
)
SMALL_RULES = [{"drop_missing": ["customer_id"]}, "split_returns", {"exclude": {"product_id": ["M", "N"]}}]


def test_a_rejected_line_carries_the_rule_and_its_step(engine):
    found = apply_rules(engine.table(SMALL), SMALL_RULES, engine)
    assert [(r["line"], r["step"], r["rule"]) for r in rows_of(found.rejected)] == [
        (3, 1, "drop_missing customer_id"),
        (4, 3, "exclude product_id: M, N"),
    ]
    assert [row["line"] for row in rows_of(found.returns)] == [2]
    assert [step["rule"] for step in found.account.steps] == [
        "read",
        "drop_missing customer_id",
        "split_returns",
        "exclude product_id: M, N",
    ]
    assert [step["lines"] for step in found.account.steps] == [5, 4, 3, 2]
    assert [step["customers"] for step in found.account.steps] == [2, 2, 2, 2]


def test_no_note_of_the_rules_is_left_on_the_lines(engine):
    found = apply_rules(
        engine.table(SMALL), [*SMALL_RULES, {"absolute": {"quantity": {"product_id": ["A"]}}}], engine
    )
    for frame in (found.transactions, found.returns):
        assert frame.collect_schema().names() == SMALL.column_names
    assert found.rejected.collect_schema().names() == [*SMALL.column_names, "step", "rule"]


@pytest.mark.parametrize(
    ("entries", "step", "taken"),
    [
        ([{"keep": {"product_id": ["Z"]}}], 0, 5),
        ([{"drop_missing": ["customer_id"]}, {"above": {"unit_price": 10}}], 1, 4),
        ([{"at_most": {"quantity": 0}}, "split_returns"], 1, 1),
    ],
)
def test_a_rule_that_takes_all_lines_left_is_named(engine, entries, step, taken):
    with pytest.raises(StudyError) as caught:
        apply_rules(engine.table(SMALL), entries, engine)
    assert f"cleaning.rules[{step}] (" in str(caught.value)
    assert f"takes away all {taken} lines that are left" in str(caught.value)


def test_revenue_that_the_source_gave_is_recomputed_only_where_its_factors_changed(engine):
    table = numbered(product_id=["A", "B"], quantity=["-2", "-2"], unit_price=["3", "3"], revenue=["-5", "-5"])
    found = apply_rules(engine.table(table), [{"absolute": {"quantity": {"product_id": ["A"]}}}], engine)
    assert [row["revenue"] for row in rows_of(found.transactions)] == [Decimal(6), Decimal(-5)]
    assert found.account.revenue["changed"] == Decimal(11)


@pytest.mark.parametrize("name", ["passes", "moves", "in_play", "new_quantity"])
def test_a_column_of_the_source_may_be_called_like_a_note_of_the_rules(engine, name):
    table = SMALL.append_column(name, [["a", "b", "c", "d", "e"]])
    entries = [*SMALL_RULES, {"tidy_text": ["product_id"]}]
    found = apply_rules(engine.table(table), entries, engine)
    assert [row[name] for row in rows_of(found.transactions)] == ["a", "e"]


def test_lines_without_revenue_or_customers_are_counted(engine):
    found = apply_rules(engine.table(numbered(country=["A", None, "B"])), [{"drop_missing": ["country"]}], engine)
    assert found.account.rows == {"read": 3, "kept": 2, "returned": 0, "set_aside": 0, "rejected": 1}
    assert set(found.account.revenue.values()) == {Decimal(0)}


def test_distinct_counts_leave_no_value_out(engine):
    counts = distinct_counts(engine.table(SMALL))
    assert counts == {"customers": 2, "orders": None, "products": 3}
    assert distinct_counts(engine.table(numbered(country=["A"]))) == {
        "customers": None,
        "orders": None,
        "products": None,
    }


def test_examples_are_the_first_lines_of_each_rule(engine):
    entries = [{"above": {"unit_price": 0}}, {"exclude": {"customer_id": [1]}}]
    found = apply_rules(engine.table(SMALL), entries, engine)
    examples = examples_of(found.rejected, 1)
    assert list(zip(examples["line"], examples["rule"], strict=True)) == [
        (5, found.account.steps[1]["rule"]),
        (1, found.account.steps[2]["rule"]),
    ]
    assert list(examples.columns) == ["rule", "line", "customer_id", *SMALL.column_names[3:], "product_id"]


def test_products_with_most_value_returned_come_first(engine):
    table = numbered(
        product_id=["A", "A", "B", "A", "B"],
        customer_id=["1", "2", "1", "1", "1"],
        quantity=["4", "-1", "2", "-1", "-1"],
        revenue=["8", "-2", "4", "-2", "-1"],
    )
    found = apply_rules(engine.table(table), ["split_returns"], engine)
    top = returned_products(found.returns, 5)
    assert [(row.product_id, row.lines, float(row.revenue), row.customers) for row in top.itertuples()] == [
        ("A", 2, -4.0, 2),
        ("B", 1, -1.0, 1),
    ]


def test_what_is_kept_is_said_with_its_share_and_its_revenue():
    said = kept({"read": 5, "kept": 3, "unparsed": 1}, Decimal("12.5"), 1, "GBP")
    assert said.startswith("Of 5 lines in the source 1 could not be read; 3 (60")
    assert said.endswith(": £12.5 from 1 customer.")
    assert kept({"read": 4, "kept": 3, "unparsed": 0}, None, None, "").endswith("3 (75\u00a0%) are kept.")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"drop_missing": ["customer_id", "product_name"]}, "drop lines without customer and product"),
        ({"above": {"unit_price": 0, "quantity": 0.5}}, "drop lines with unit price of 0 or less and"),
        ({"exclude": {"country": ["A", "B", "C", "D"]}}, "drop lines with country A, B and 2 others"),
        ({"drop_customers_returning_over": 0.9}, "returned more than 90"),
        ({"set_aside": {"times": 50, "sales": 5}}, "set aside prices 50 times"),
        ({"change_case": {"upper": ["product_id"]}}, "write in upper case: product code"),
        ({"absolute": {"quantity": {"product_id": ["P1"]}}}, "the minus sign off quantity for some product code"),
        ("split_returns", "move returns"),
    ],
)
def test_a_rule_is_said_in_plain_words(entry, words):
    assert words in narrative.in_words(*parse_rule(entry))


def test_every_rule_has_words():
    assert set(narrative.RULES) == set(RULES)


def test_what_was_rejected_names_the_rules_that_took_most(engine):
    entries = [{"above": {"unit_price": 0}}, {"exclude": {"customer_id": [1]}}]
    steps = pd.DataFrame(apply_rules(engine.table(SMALL), entries, engine).account.steps)
    steps["does"] = ["read", *(narrative.in_words(*parse_rule(entry)) for entry in entries)]
    removed = steps["lines_removed"].tolist()
    told = narrative.rejected(steps, sum(removed), None, "")
    assert f"{max(removed)} to " in told and told.startswith(f"{sum(removed)} lines were rejected: ")


def test_what_errors_overstate_is_their_amount_less_the_usual_one():
    errors = pd.DataFrame({"revenue": [1000.0, 500.0], "times": [100.0, 50.0]})
    told = narrative.set_aside(errors, "GBP")
    assert "£1,480" in told and "about 75 times" in told
