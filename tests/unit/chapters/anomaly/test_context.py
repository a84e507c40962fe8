"""A line is set against its customer and its product, and one wrong line does not become its own yardstick."""

from datetime import datetime, timedelta
from math import log

import pytest

from helpers.chapters.anomaly.context import (
    AMOUNT,
    DATE,
    ORDERS,
    PRICE,
    PRIOR,
    QUANTITY,
    RETURNS,
    TWICE,
    line_context,
)
from helpers.chapters.anomaly.levels import NEEDED, customer_context, order_context
from tests.unit.conftest import arrow_lines

START = datetime(2024, 3, 4, 10)


def ledger(*rows):
    """Return lines of (customer, order, product, quantity, price), an order a day unless it is named alike."""
    days = {order: place for place, order in enumerate(dict.fromkeys(row[1] for row in rows))}
    return arrow_lines(
        [
            {
                "line": place + 1,
                "customer_id": customer,
                "order_id": order,
                "ordered_at": START + timedelta(days=days[order] if "same" not in order else 0),
                "product_id": product,
                "quantity": quantity,
                "unit_price": price,
                "revenue": f"{float(quantity) * float(price):.2f}",
            }
            for place, (customer, order, product, quantity, price) in enumerate(rows)
        ]
    )


NOTHING = ledger(("x", "o", "p", 1, 1)).slice(0, 0)


def context_of(engine, lines, returns=NOTHING):
    return line_context(engine.table(lines), engine.table(returns), engine)


def test_a_price_is_set_against_the_products_own_and_not_against_others(engine):
    rows = [("a", f"o{n}", "mug", 1, 5) for n in range(4)] + [
        ("a", "o9", "mug", 1, 500),
        ("b", "o8", "lamp", 1, 900),
    ]
    found = context_of(engine, ledger(*rows)).load()
    assert found[PRICE].tolist() == pytest.approx([0, 0, 0, 0, log(100), 0])


def test_an_amount_is_set_against_the_customers_own_drawn_towards_everybodys(engine):
    rows = [("big", f"o{n}", "p", 1, 100) for n in range(6)] + [("small", f"s{n}", "q", 1, 1) for n in range(6)]
    found = context_of(engine, ledger(*rows, ("small", "s9", "q", 1, 100))).load()
    # thirteen lines, the middle one is 100; the small customer has seven, the middle one is 1
    usual = (7 * log(1) + PRIOR * log(100)) / (7 + PRIOR)
    assert found[AMOUNT].tolist()[:6] == pytest.approx([0] * 6)
    assert found[AMOUNT].iloc[-1] == pytest.approx(log(100) - usual)


def test_where_customers_are_unknown_an_amount_is_set_against_the_product_and_orders_are_compared(engine):
    rows = [("-", f"o{n}", "p", 1, 100) for n in range(6)] + [("-", f"s{n}", "q", 1, 1) for n in range(6)]
    lines = ledger(*rows, ("-", "s0", "q", 300, 1)).drop_columns("customer_id")
    context = context_of(engine, lines)
    assert context.features == (AMOUNT, PRICE, QUANTITY, DATE)
    assert context.load()[AMOUNT].idxmax() == 12
    orders = order_context(context).set_index("order_id")
    assert orders.loc["s0", ["revenue", "order_units", "order_lines"]].tolist() == pytest.approx(
        [301, log(301), log(2)]
    )
    bare = context_of(engine, lines.drop_columns(["quantity", "unit_price", "revenue"]))
    assert bare.features == (DATE,) and list(order_context(bare)) == ["order_id", "order_lines"]


def test_where_nothing_says_whose_a_line_is_it_is_set_against_everybodys(engine):
    lines = ledger(*[("-", f"o{n}", "-", n, 1) for n in (1, 2, 4)]).drop_columns(["customer_id", "product_id"])
    found = context_of(engine, lines).load()
    assert found[AMOUNT].tolist() == found[QUANTITY].tolist() == pytest.approx([0, 0, log(2)])


def test_what_is_small_in_the_shop_counts_as_usual_however_rare_it_is_for_the_customer(engine):
    rows = [("shop", f"o{n}", "mug", 30, 5) for n in range(12)] + [
        ("home", f"h{n}", "mug", 1, 5) for n in range(5)
    ]
    rows += [("home", "h9", "mug", 6, 5), ("home", "h8", "mug", 29, 5), ("home", "h7", "mug", 90, 5)]
    found = context_of(engine, ledger(*rows)).load()[[AMOUNT, QUANTITY]].to_numpy()
    assert found[-3].tolist() == [0, 0]  # six times what they buy, and a small line here
    assert (found[-2:, 1] > log(10)).all()  # so many times the usual count even where the line is small


@pytest.mark.parametrize(("price", "told"), [(10.4, False), (9.6, False), (8.2, False), (12.1, True), (7.9, True)])
def test_a_price_counts_from_a_fifth_off_the_products_own(engine, price, told):
    rows = [("a", f"o{n}", "mug", 1, 10) for n in range(9)]
    found = context_of(engine, ledger(*rows, ("a", "o9", "mug", 1, price))).load()
    assert found[PRICE].iloc[-1] == pytest.approx(log(price / 10) if told else 0)


def test_no_fewer_are_usual_than_the_least_that_anybody_buys(engine):
    rows = [("home", f"h{n}", "nail", 1, 9) for n in range(9)]
    rows += [(f"c{n}", f"o{n}", p, q, 9) for n in range(20) for p, q in (("nail", 9), ("door", 1))]
    found = context_of(engine, ledger(*rows, ("home", "h9", "door", 60, 9))).load()
    assert found[QUANTITY].iloc[-1] == pytest.approx(log(60))  # usual is 1, not the third of a door it comes to


def test_a_quantity_is_what_the_product_and_the_customer_leave_unexplained(engine):
    rows = [
        (c, f"{c}{n}", p, q * f, 1)
        for c, f in (("shop", 10), ("home", 1))
        for n, (p, q) in enumerate([("nail", 100)] * 9 + [("door", 1)] * 9)
    ]
    found = context_of(engine, ledger(*rows, ("home", "last", "door", 50, 100))).load()
    # ten doors are a habit of the shop; fifty are unlike both the door and the home
    assert abs(found[QUANTITY].iloc[9]) < 0.7
    assert found[QUANTITY].idxmax() == len(found) - 1
    assert found[QUANTITY].iloc[-1] > 2


def numbers(*order):
    """Return lines of an order each, on the days that follow each other."""
    return [("a", f"{number:03d}", "p", 1, 5) for number in order]


def test_a_date_is_set_against_those_of_the_orders_numbered_next_to_it(engine):
    found = context_of(engine, ledger(*numbers(*range(20), 35, *range(20, 35), *range(36, 60)))).load()
    # number 35 is of the day of number 20, fifteen days before number 34; what it moved is one day off at most
    assert found[DATE].iloc[20] == pytest.approx(log(15))
    assert found[DATE].drop(20).tolist() == [0] * 59
    longer = ledger(*numbers(*range(40)), *[("b", f"{n}-2", "p", 1, 5) for n in range(100, 140)])
    assert context_of(engine, longer).load()[DATE].tolist() == [0] * 80  # another series begins where it begins


@pytest.mark.parametrize("line", [0, 1])
def test_one_line_of_an_order_can_be_dated_out_of_sequence(engine, line):
    lines = ledger(*[row for row in numbers(*range(40)) for _ in range(2)]).to_pandas()
    lines.loc[40 + line, "ordered_at"] += timedelta(days=30)
    found = context_of(engine, arrow_lines(lines.to_dict("records"))).load()
    assert found.loc[found[DATE] > 0, ["line", DATE]].to_numpy().tolist() == [
        [41 + line, pytest.approx(log(29))]  # the next order is a day later
    ]


def test_numbers_that_do_not_follow_the_dates_tell_nothing_of_them(engine):
    assert DATE not in context_of(engine, ledger(*numbers(*(7 * n % 60 for n in range(60))))).features
    assert DATE in context_of(engine, ledger(*numbers(*range(60)))).features


def test_the_largest_lines_are_looked_for_once_more_within_a_day(engine):
    rows = [("a", f"{n:03d}", "p", 1, 5) for n in range(300)]
    rows[100:102] = [("b", "100", "q", 9, 50), ("b", "101", "q", 9, 50)]  # the second is the first again
    rows[110:113] = [("b", "110", "q", 8, 60), ("b", "111", "p", 1, 1), ("b", "112", "q", 8, 60)]  # two days later
    rows[120:122] = [("b", "120", "q", 9, 50), ("b", "121", "q", 8, 60)]  # another quantity
    rows[130:132] = [("b", "130", "r", 9, 50), ("c", "131", "r", 9, 50)]  # another customer
    rows[140:142] = [(None, "140", "q", 9, 50), (None, "141", "q", 9, 50)]  # nobody knows whose
    assert context_of(engine, ledger(*rows)).load()[TWICE].to_numpy().nonzero()[0].tolist() == [101]
    assert context_of(engine, ledger(*rows)).load()[TWICE].max() == pytest.approx(log(2))
    assert context_of(engine, ledger(*rows[150:])).load()[TWICE].max() == pytest.approx(log(2))  # all are as large
    smaller = [("d", f"{n:03d}", "p", n, 50) for n in range(10, 100)]
    assert (
        context_of(engine, ledger(*smaller, ("b", "100", "q", 9, 5), ("b", "101", "q", 9, 5))).load()[TWICE].max()
        == 0
    )


def test_of_many_lines_a_random_sample_is_scored_by_what_is_usual_for_all(engine):
    context = context_of(engine, ledger(*numbers(*range(4000))))
    everybody, drawn = context.load(), context.load(most=1000, seed=1)
    assert 900 < len(drawn) < 1100  # four deviations of a binomial draw
    assert drawn.set_index("line").equals(everybody.set_index("line").loc[drawn["line"]])
    other = context.load(most=1000, seed=2)
    assert 180 < len(set(drawn["line"]) & set(other["line"])) < 320  # a quarter of them by chance
    inside = drawn["line"].isin(drawn["line"] + 1).mean()
    assert 0.17 < inside < 0.33  # and so are the lines next to one
    assert context.load(most=4000).equals(everybody)


def test_what_is_not_asked_for_is_left_out(engine):
    lines = engine.table(ledger(*numbers(*range(30))))
    found = line_context(lines, engine.table(NOTHING), engine, NEEDED["customer"])
    assert found.features == (PRICE, ORDERS, RETURNS)
    assert customer_context(found).equals(customer_context(line_context(lines, engine.table(NOTHING), engine)))


def test_orders_of_a_day_and_returns_belong_to_the_customer(engine):
    rows = [("a", f"same{n}", "p", 2, 1) for n in range(4)] + [("b", "o1", "p", 10, 1)]
    back = ledger(("b", "r", "p", -8, 1), ("c", "r", "p", -4, 1), ("a", "r", "p", -4, 1))
    found = context_of(engine, ledger(*rows), back).load()
    assert found[ORDERS].tolist() == pytest.approx([log(4)] * 4 + [0])
    assert found[RETURNS].tolist() == pytest.approx([0] * 4 + [0.8])  # a's come to less than a large line


def test_more_brought_back_than_bought_is_all_of_it(engine):
    found = context_of(engine, ledger(("a", "o", "p", 1, 1)), ledger(("a", "r", "p", -9, 1))).load()
    assert found[RETURNS].tolist() == [1.0]


def test_nothing_below_zero_or_missing_becomes_infinite(engine):
    rows = [("a", "o1", "p", 1, 0), ("a", "o2", "p", -3, 2), ("a", "o3", None, 1, 2), (None, "o4", "p", 1, 2)]
    found = context_of(engine, ledger(*rows)).load()
    assert len(found) == 4
    assert found.notna().all().all()
    assert found.abs().max().max() < 20


def test_features_without_their_column_are_left_out(engine):
    lines = ledger(("a", "o1", "p", 1, 1)).drop_columns(["product_id", "quantity"])
    assert context_of(engine, lines).features == (AMOUNT, DATE, ORDERS)


def test_chosen_lines_come_with_their_values(engine):
    context = context_of(engine, ledger(("a", "o1", "p", 2, 3), ("a", "o2", "p", 4, 5)))
    found = context.rows([2])
    assert found[["line", "quantity", "unit_price", "revenue"]].to_numpy().tolist() == [[2, 4, 5, 20]]
