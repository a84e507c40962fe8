"""Every rule, on lines small enough to work out by hand, on two engines: DuckDB and pandas."""

import os
from decimal import Decimal
from typing import Any

import narwhals as nw
import pytest

from helpers.base.errors import StudyError
from helpers.ledger.rules import RULES, check_rules, parse_rule
from tests.unit.conftest import arrow_lines, numbered, rows_of
from tests.unit.pandas_engine import PandasEngine


@pytest.fixture(params=["duckdb", "pandas"])
def on(request, engine):
    """Each engine in turn."""
    return engine if request.param == "duckdb" else PandasEngine()


def judged(engine, entry: str | dict[str, Any], table, in_play: list[int] | None = None) -> list[dict[str, Any]]:
    """Return the rows after a rule, all lines in play or those given."""
    rule, option = parse_rule(entry)
    lines = engine.table(table)
    playing = nw.lit(True) if in_play is None else nw.col("line").is_in(in_play)
    return rows_of(answered(rule, lines.with_columns(_in_play=playing), option, engine))


def answered(rule, lines, option, engine):
    """Return lines with what a rule says of them, in columns."""
    verdict = rule.apply(lines, option, engine)
    names = lines.collect_schema().names()
    for table, key in verdict.beside:
        lines = lines.join(table, on=key, how="left")
    says = {} if verdict.says is None else {"_passes" if rule.kind == "drops" else "_moves": verdict.says}
    new = {f"_new_{name}": value for name, value in verdict.new.items()}
    return lines.select(*names, *verdict.adds, **says, **new)


def passing(engine, entry, table, in_play: list[int] | None = None) -> list[int]:
    """Return the lines that pass a rule, where unknown is not passing, as cleaning reads it."""
    return [row["line"] for row in judged(engine, entry, table, in_play) if row["_passes"] is True]


def changed(engine, entry, table, column: str, in_play: list[int] | None = None) -> list[Any]:
    """Return what a rule makes of a column."""
    return [row[f"_new_{column}"] for row in judged(engine, entry, table, in_play)]


ORDERS = numbered(
    customer_id=["1", None, "2", "2", None],
    order_id=["A1", "C2", None, "c3", "AC4"],
    product_name=["red", "blue", None, "", "BLUE"],
    quantity=["1", "-2", None, "100", "0"],
    unit_price=["2.5", "0", "1", None, "0.001"],
    country=["France", "Spain", None, "EIRE", "France"],
)


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ({"drop_missing": ["customer_id"]}, [1, 3, 4]),
        ({"drop_missing": ["customer_id", "product_name"]}, [1, 4]),
        ("drop_cancellations", [1, 3, 4, 5]),
        ({"keep": {"country": ["France"]}}, [1, 5]),
        ({"keep": {"country": ["France", "Spain"], "customer_id": [1, 2]}}, [1]),
        ({"exclude": {"country": ["France"]}}, [2, 3, 4]),
        ({"exclude": {"country": ["Spain"], "customer_id": [2]}}, [1, 5]),
        ({"exclude": {"quantity": [100, 0]}}, [1, 2, 3]),
        ({"keep_matching": {"country": "^[A-Z][a-z]+$"}}, [1, 2, 5]),
        ({"keep_matching": {"country": "n", "order_id": "^A"}}, [1, 5]),
        ({"above": {"quantity": 0}}, [1, 4]),
        ({"above": {"quantity": 0, "unit_price": 0}}, [1]),
        ({"above": {"unit_price": 0.001}}, [1, 3]),
        ({"at_most": {"quantity": 1}}, [1, 2, 5]),
        ({"at_most": {"quantity": 100, "unit_price": 1}}, [2, 5]),
    ],
    ids=str,
)
def test_a_rule_that_drops_keeps_these_lines(on, entry, lines):
    assert passing(on, entry, ORDERS) == lines


def test_exact_duplicates_leave_the_first_and_missing_values_are_equal(on):
    table = numbered(
        customer_id=["1", "1", "1", None, None, "1"],
        quantity=["1", "1", "2", None, None, "1"],
        country=["A", "A", "A", "B", "B", "a"],
    )
    assert passing(on, "drop_exact_duplicates", table) == [1, 3, 4, 6]


@pytest.mark.parametrize(("share", "lines"), [(0.9, [1, 2, 6, 7]), (0.5, [6, 7]), (1.0, [1, 2, 3, 4, 6, 7])])
def test_customers_who_bring_back_more_than_a_share_are_dropped(on, share, lines):
    table = numbered(
        customer_id=["most", "most", "all", "all", "nothing", "some", None],
        quantity=["10", "-9", "4", "-4", "-1", "3", "-5"],
    )
    assert passing(on, {"drop_customers_returning_over": share}, table) == lines


def test_a_customer_is_judged_by_the_lines_in_play_only(on):
    table = numbered(customer_id=["a", "a", "a"], quantity=["1", "-1", "10"])
    entry = {"drop_customers_returning_over": 0.5}
    assert passing(on, entry, table) == [1, 2, 3]
    assert passing(on, entry, table, in_play=[1, 2]) == []


@pytest.mark.parametrize(("quantity", "moves"), [("-1", True), ("-0.001", True), ("0", False), ("1", False)])
def test_a_return_is_a_quantity_below_zero(on, quantity, moves):
    assert judged(on, "split_returns", numbered(quantity=[quantity]))[0]["_moves"] is moves


def test_a_line_without_quantity_is_no_return(on):
    assert judged(on, "split_returns", numbered(quantity=[None]))[0]["_moves"] is not True


def test_texts_are_tidied(on):
    table = numbered(
        product_name=["  RED  MUG ", "A\t\nB", "fine", "   ", None], country=[" X ", "Y", "", None, "Z"]
    )
    entry = {"tidy_text": ["product_name", "country"]}
    assert changed(on, entry, table, "product_name") == ["RED MUG", "A B", "fine", "", None]
    assert changed(on, entry, table, "country") == ["X", "Y", "", None, "Z"]


def test_texts_get_one_case(on):
    table = numbered(product_id=["85123a", None], country=["UNITED kingdom", "eire"], product_name=["Ä b", "C"])
    entry = {"change_case": {"upper": ["product_id"], "title": ["country"], "lower": ["product_name"]}}
    assert changed(on, entry, table, "product_id") == ["85123A", None]
    assert changed(on, entry, table, "country") == ["United Kingdom", "Eire"]
    assert changed(on, entry, table, "product_name") == ["ä b", "c"]


def test_an_absolute_value_is_taken_where_other_columns_say_so(on):
    table = numbered(
        quantity=["-1", "-2", "-3", None, "4"],
        product_id=["CRUK", "CRUK", "X", "CRUK", None],
        country=["UK", "FR", "UK", "UK", "UK"],
    )
    entry = {"absolute": {"quantity": {"product_id": ["CRUK"], "country": ["UK"]}}}
    assert changed(on, entry, table, "quantity") == [Decimal(1), Decimal(-2), Decimal(-3), None, Decimal(4)]


def test_a_customer_gets_the_country_with_most_distinct_revenue(on):
    table = numbered(
        customer_id=["a", "a", "a", "b", "b", None, "c"],
        country=["France", "France", "Spain", "Spain", "Eire", "Spain", None],
        revenue=["5", "5", "6", "1", "1", "9", "3"],
    )
    assert changed(on, "one_country_per_customer", table, "country") == [
        *["Spain"] * 3,  # 5 is counted once
        *["Eire"] * 2,  # a tie: the first in the alphabet
        None,
        None,
    ]


def test_a_country_is_weighed_by_the_lines_in_play_only(on):
    table = numbered(customer_id=["a", "a"], country=["France", "Spain"], revenue=["5", "6"])
    assert changed(on, "one_country_per_customer", table, "country", in_play=[1]) == ["France"] * 2


def test_a_product_gets_its_most_frequent_name_and_a_name_its_most_frequent_code(on):
    table = numbered(
        product_id=["1", "1", "1", "2", "2", "3", "4", None, "5"],
        product_name=["MUG", "MUG", "CUP", "LAMP,RED", "LAMP  RED", "LAMP RED", None, "X", "A"],
    )
    assert changed(on, "one_name_per_product", table, "product_name") == [
        *["MUG"] * 3,
        *["LAMP RED"] * 3,
        None,
        "X",
        "A",
    ]
    assert changed(on, "one_name_per_product", table, "product_id") == [*"111222", "4", None, "5"]


def test_ties_between_names_and_codes_go_to_the_first_in_the_alphabet(on):
    table = numbered(product_id=["2", "2", "1"], product_name=["B", "A", "A"])
    assert changed(on, "one_name_per_product", table, "product_name") == ["A", "A", "A"]
    assert changed(on, "one_name_per_product", table, "product_id") == ["2", "2", "2"]


@pytest.fixture
def lookup(tmp_path, monkeypatch):
    """A folder with a lookup file, in front of the data folders."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def write(text: str) -> dict[str, Any]:
        (tmp_path / "places.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
        return {"join": {"file": "places.csv", "on": "country"}}

    return write


def test_a_join_adds_the_columns_of_a_file_and_drops_what_is_not_in_it(on, lookup):
    rows = judged(on, lookup("country,latitude,code\nFrance,46.5,FR\nSpain,40,ES\n"), ORDERS)
    assert [row["_passes"] for row in rows] == [True, True, False, False, True]
    assert [row["latitude"] for row in rows] == [46.5, 40.0, None, None, 46.5]
    assert [row["code"] for row in rows] == ["FR", "ES", None, None, "FR"]
    assert list(rows[0])[: len(ORDERS.column_names)] == ORDERS.column_names


def test_a_join_by_an_id_compares_texts(on, lookup):
    entry = {"join": {"file": "places.csv", "on": "customer_id"}}
    lookup("customer_id,vip\n2,yes\n")
    assert passing(on, entry, ORDERS) == [3, 4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("land,code\nFrance,FR\n", "places.csv has no column 'country' to join on"),
        ("Country,code\nFrance,FR\n", "did you mean Country?"),
        ("country,code\nFrance,FR\nFrance,FX\n", "places.csv has a value of 'country' twice"),
        ("country,quantity\nFrance,1\n", "'quantity'"),
        ("", "places.csv"),
        ("country,code,code\nFrance,FR,F\n", "places.csv has two columns called 'code'"),
        ("country,_passes\nFrance,true\n", "places.csv has a column '_passes'"),
        ("country,code\nFrance,\udc80\n", "places.csv has letters in 'code' that are no UTF-8"),
    ],
)
def test_a_lookup_that_cannot_be_joined_is_a_sentence(engine, lookup, text, said):
    with pytest.raises(StudyError) as caught:
        judged(engine, lookup(text), ORDERS)
    assert said in str(caught.value)


def test_a_lookup_that_is_a_folder_or_a_pipe_is_a_sentence(engine, lookup, tmp_path):
    lookup("")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("folder.csv", "pipe.csv"):
        with pytest.raises(StudyError, match=f"{name} is no file, so it cannot be a lookup"):
            judged(engine, {"join": {"file": name, "on": "country"}}, ORDERS)
    with pytest.raises(StudyError, match=r"xxx\.\.\. is in none of the data folders"):
        judged(engine, {"join": {"file": "x" * 5000, "on": "country"}}, ORDERS)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"keep_matching": {"country": "("}},
            "keep_matching['country'] is '(', no regular expression (RE2): missing",
        ),
        ({"keep_matching": {"country": "(?=x)"}}, "invalid perl operator"),
        ({"keep_matching": {"country": r"(a)\1"}}, "invalid escape sequence"),
        ({"keep_matching": {"country": "((a{1,100}){1,100}){1,100}"}}, "invalid repetition size"),
        ({"keep_matching": {"country": "'); DROP TABLE x; --"}}, "unexpected )"),
        ({"drop_missing": []}, "drop_missing is [], with nothing in it"),
        ({"tidy_text": []}, "with nothing in it"),
        ({"keep": {}}, "with nothing in it"),
        ({"exclude": {"country": []}}, "with nothing in it"),
        ({"above": {}}, "with nothing in it"),
        ({"change_case": {"upper": []}}, "with nothing in it"),
        ({"absolute": {"quantity": {}}}, "with nothing in it"),
        ({"join": {"file": "/etc/passwd", "on": "country"}}, "put it into a data folder"),
        ({"join": {"file": "../../secret.csv", "on": "country"}}, "put it into a data folder"),
    ],
    ids=str,
)
def test_an_option_that_no_lines_could_fit_is_refused_before_any_are_read(entry, said):
    with pytest.raises(ValueError, match=r"rules\[1\]") as caught:
        check_rules(["split_returns", entry], "rules")
    assert said in str(caught.value)


def test_rules_are_not_too_many():
    with pytest.raises(ValueError, match="rules has 1,000 rules, but may have 100 at most"):
        check_rules(["split_returns"] * 1000, "rules")
    with pytest.raises(ValueError, match="rules has 41 rules that change values, but may have 40 at most"):
        check_rules([{"tidy_text": ["country"]}] * 41, "rules")
    check_rules(["split_returns"] * 60 + [{"tidy_text": ["country"]}] * 40, "rules")


def test_a_lookup_that_is_not_there_is_a_sentence(engine):
    with pytest.raises(StudyError, match=r"nowhere\.csv is in none of the data folders"):
        judged(engine, {"join": {"file": "nowhere.csv", "on": "country"}}, ORDERS)


NAMES_A_COLUMN = {
    "drop_missing": ["countri"],
    "keep": {"countri": ["France"]},
    "exclude": {"countri": ["France"]},
    "keep_matching": {"countri": "x"},
    "above": {"countri": 0},
    "at_most": {"countri": 0},
    "tidy_text": ["countri"],
    "change_case": {"title": ["countri"]},
    "absolute": {"countri": {"country": ["France"]}},
    "join": {"file": "places.csv", "on": "countri"},
}


@pytest.mark.parametrize("name", NAMES_A_COLUMN)
def test_a_rule_that_names_a_column_that_is_not_there_names_itself_and_the_nearest(engine, name):
    with pytest.raises(StudyError) as caught:
        judged(engine, {name: NAMES_A_COLUMN[name]}, ORDERS)
    assert f"The rule {name} names the column 'countri'" in str(caught.value)
    assert "did you mean country?" in str(caught.value)


def test_every_rule_says_what_it_does():
    assert all(rule.function.__doc__ for rule in RULES.values())


@pytest.mark.parametrize(
    "entry",
    [{"keep": {"quantity": ["many"]}}, {"above": {"country": 5}}, {"keep_matching": {"quantity": "1"}}],
    ids=str,
)
def test_an_option_that_does_not_fit_its_column_is_a_sentence(engine, entry):
    with pytest.raises(StudyError, match=f"The rule {next(iter(entry))} "):
        judged(engine, entry, ORDERS)


def test_the_order_of_lines_does_not_matter(on):
    rows = [
        {"line": n, "customer_id": c, "country": k, "revenue": r}
        for n, c, k, r in [(1, "a", "B", "1"), (2, "a", "A", "1"), (3, "b", "A", "2"), (4, "a", "C", "0.5")]
    ]
    there, back = (changed(on, "one_country_per_customer", arrow_lines(r), "country") for r in (rows, rows[::-1]))
    assert there == back == ["A", "A", "A", "A"]


def test_a_price_far_beyond_the_product_s_own_is_set_aside_where_there_are_sales_to_compare(engine):
    lines = engine.table(
        numbered(
            product_id=["A"] * 7 + ["B"] * 5 + [None],
            unit_price=["2", "2", "2", "2", "2", "100", "99.9", "1", "1", "1", "1", "90", "9999"],
        )
    )
    playing = lines.with_columns(_in_play=nw.lit(True))
    found = answered(RULES["set_aside"], playing, {"times": 50, "sales": 5}, engine)
    # 99.9 is less than 50 times; the four other sales of B are too few; who has no code is not judged
    assert [row["line"] for row in rows_of(found.filter(nw.col("_moves")))] == [6]


@pytest.mark.parametrize("option", [{"times": 1, "sales": 5}, {"times": 50, "sales": 0}, {"times": 50}, {"x": 1}])
def test_an_option_of_set_aside_that_means_nothing_is_refused(option):
    with pytest.raises(ValueError, match=r"rules\[0\].*set_aside"):
        check_rules([{"set_aside": option}], "rules")
