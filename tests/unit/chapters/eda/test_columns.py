"""What chapter 01 computes, says and draws, on small data with known answers."""

import json
from datetime import datetime

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from markupsafe import Markup

from helpers.base.engine import open_engine
from helpers.chapters.eda import charts, columns, narrative, sales, traits
from helpers.chapters.eda.findings import LAST_RESORT, Fact, Notes
from helpers.customers.concentration import shares_of
from helpers.ledger.lines import collected, duplicates_in, size_of, spending
from helpers.show import pictures
from helpers.show.alt import alt_text

MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def engine():
    with open_engine() as opened:
        yield opened


def lazy(engine, **columns):
    count = len(next(iter(columns.values())))
    return engine.table(pa.table({"line": list(range(1, count + 1)), **columns}))


@pytest.fixture
def ledger(engine):
    """Five lines on a Thursday, a Friday and (a return) a Saturday; the third repeats the second."""
    return lazy(
        engine,
        order_id=["1", "2", "2", "3", "C4"],
        customer_id=["a", "b", "b", None, "a"],
        product_id=["p", "q", "q", "p", "p"],
        product_name=["Pot", MARKUP, MARKUP, "Pot", "Pot "],
        quantity=[10.0, 2.0, 2.0, 5.0, -5.0],
        ordered_at=[
            datetime(2011, 9, 1, 9),
            datetime(2011, 9, 2, 10),
            datetime(2011, 9, 2, 10),
            datetime(2011, 10, 6, 9),
            datetime(2011, 10, 8, 9),
        ],
        unit_price=[1.0, 5.0, 5.0, 1.0, 1.0],
        country=["France", "EIRE", "EIRE", "Nowhere", "France"],
        revenue=[10.0, 10.0, 10.0, 5.0, -5.0],
    )


@pytest.fixture
def people(engine):
    """Six customers; but for their ids the last two are one."""
    return lazy(
        engine,
        customer_id=["1", "2", "3", "4", "5", "6"],
        age=[20.0, 25.0, 34.0, 49.0, 50.0, 50.0],
        gender=["Male", "Male", "Female", "Female", "Male", "Male"],
        product_name=["Hat", "Hat", "Coat", MARKUP, "Coat", "Coat"],
        category=["Accessories", "Accessories", "Clothing", "Clothing", "Clothing", "Clothing"],
        revenue=[10.0, 20.0, 30.0, 40.0, 50.0, 50.0],
        rating=[1.0, 2.0, 3.0, 5.0, 4.0, 4.0],
        discount_applied=["Yes", "No", "No", "No", "Yes", "Yes"],
        purchase_rhythm=["Weekly", "Annually", "Monthly", "Quarterly", "Monthly", "Monthly"],
        payment_method=["Cash", "Cash", "Card", "Card", "Cash", "Cash"],
        region=["North", "North", "South", "South", "East", "East"],
    )


@pytest.fixture
def six(people):
    """The six customers as a frame, with their age group."""
    frame = collected(people.sort("line"))
    return frame.assign(age_group=columns.age_groups_of(frame["age"], [18, 25, 50, 70]))


def months_of(ledger):
    """Return sales by month as the chapter's cells compute them."""
    dated = collected(ledger)
    month = dated["ordered_at"].dt.to_period("M")
    by_month = dated.groupby(month)[["revenue"]].sum()
    by_month["orders"] = dated[dated["revenue"] > 0].groupby(month)["order_id"].nunique()
    return by_month.assign(whole=sales.covered_whole(by_month.index, ledger))


def week_of(ledger):
    sold = collected(ledger.filter(nw.col("revenue") > 0))
    moment = sold["ordered_at"].dt
    return sales.week_of(pd.crosstab(moment.weekday, moment.hour, values=sold["order_id"], aggfunc="nunique"))


def text_of(facts):
    return " ".join(fact.text for fact in facts)


def test_size_counts_the_columns_of_the_source_only(ledger, people):
    size = size_of(ledger)
    assert (size.rows, size.columns, size.is_ledger) == (5, 8, True)  # neither line nor the derived revenue
    assert (size.first_order, size.last_order) == (datetime(2011, 9, 1, 9), datetime(2011, 10, 8, 9))
    size = size_of(people)
    assert (size.columns, size.is_ledger, size.first_order) == (11, False, None)  # here revenue is the source's


def test_overview_counts_missing_and_distinct_values(ledger):
    table = columns.overview(ledger).set_index("column")
    assert table.loc["customer_id", ["filled", "missing", "distinct"]].tolist() == [4, 1, 2]
    assert table.loc["customer_id", "missing_share"] == 0.2
    assert table.loc["order_id", "distinct"] == 4
    assert table.loc["customer_id", "examples"] == "a, b"


def test_copies_are_counted_in_ledgers_and_among_customers(ledger, people):
    assert duplicates_in(ledger) == (5, 4, ())
    twice = duplicates_in(people)
    assert (twice.distinct, twice.extra, twice.ignoring) == (5, 1, ("customer_id",))


def test_a_sample_is_drawn_by_its_seed_and_keeps_the_order(engine, ledger):
    drawn = columns.sample_of(ledger, engine, 3, seed=7)
    assert len(drawn) == 3 and drawn["line"].is_monotonic_increasing
    assert drawn["line"].tolist() == columns.sample_of(ledger, engine, 3, seed=7)["line"].tolist()
    draws = {tuple(columns.sample_of(ledger, engine, 3, seed=seed)["line"]) for seed in range(8)}
    assert len(draws) > 1
    assert len(columns.sample_of(ledger, engine, 5, seed=7)) == 5


@pytest.mark.parametrize(
    ("names", "finding"), [([], None), (["Saturday"], "Saturday"), (["Friday", "Sunday"], ["Friday", "Sunday"])]
)
def test_a_weekday_without_sales_is_a_name_a_list_or_nothing(names, finding):
    assert sales.one_or_list(names) == finding


def test_products_carry_their_usual_name_and_returns_count_against_them(ledger):
    found = sales.products(ledger)
    assert found["product"].tolist() == [MARKUP, "Pot"]
    assert found[["lines", "units", "revenue"]].to_numpy().tolist() == [[2, 4, 20], [3, 10, 10]]


def test_products_that_share_a_name_show_their_code(engine):
    lines = lazy(engine, product_id=["1", "2"], product_name=["Pot", "Pot"], revenue=[2.0, 1.0])
    assert sales.products(lines)["product"].tolist() == ["Pot (1)", "Pot (2)"]


def test_bars_of_a_distribution_hold_equally_many_values():
    edges = pictures.even_edges(np.arange(18.0, 71.0), 30)
    held = np.histogram(np.arange(18.0, 71.0), bins=edges)[0]
    assert len(edges) <= 31 and set(held[:-1]) == {2} and held.sum() == 53


def test_the_profile_shows_values_as_text_and_asks_nobody():
    import os
    import re

    from helpers.chapters.eda.profiler import profile_page

    frame = pd.DataFrame({"product_name": [MARKUP, '"><img src=x onerror=alert(2)>'] * 20, MARKUP: range(40)})
    page = profile_page(frame)
    assert "<script>alert(1)" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="(?:https?:)?//', page)
    assert os.environ["YDATA_PROFILING_NO_ANALYTICS"] == "True"


def test_age_groups_begin_at_their_edge_and_leave_others_out(people):
    groups = columns.age_groups_of(collected(people)["age"], [25, 35, 50])
    assert groups.value_counts().to_dict() == {"25–34": 2, "35–49": 1}


def test_months_know_which_are_covered_in_part(ledger):
    months = months_of(ledger)
    assert months["orders"].tolist() == [2, 1]  # a return is no order
    assert months["whole"].tolist() == [True, False]


def test_the_week_has_all_days_and_a_return_on_a_saturday_is_no_sale(ledger):
    week = week_of(ledger)
    assert week.loc["Thursday"].tolist() == [2, 0] and week.loc["Friday"].tolist() == [0, 1]
    assert sales.weekdays_without_sales(week) == ["Monday", "Tuesday", "Wednesday", "Saturday", "Sunday"]


def test_sales_are_told_apart_by_order_or_by_line(ledger, people):
    assert (sales.order_key(ledger), sales.order_key(people)) == ("order_id", "line")


def test_discounts_by_gender_and_purchases_a_year(six):
    given = traits.discounts(six)
    assert (given.rows, given.share) == (3, 0.5)
    assert given.by_gender == {"Female": 0.0, "Male": 0.75} and given.of_gender == {"Female": 2, "Male": 4}
    assert given.a_year == (pytest.approx((52 + 12 + 12) / 3), pytest.approx((1 + 12 + 4) / 3))
    assert traits.discounts(six.drop(columns="discount_applied")) is None
    said = text_of(narrative.discounts(given))
    assert "every one to a Male customer: not one of the 2 Female customers" in said


def test_pairs_of_columns_come_once_the_strongest_first():
    matrix = pd.DataFrame({"a": [1, 2, 3, 4.0], "b": [4, 3, 2, 1.0], "c": [1, 2, 3, 5.0]}).corr()
    found = traits.pairs(matrix)
    assert [pair["columns"] for pair in found] == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert found[0]["correlation"] == pytest.approx(-1)


def test_copies_among_customers_are_the_first_thing_to_know(ledger, people):
    (among_people,) = narrative.duplicates(duplicates_in(people), is_ledger=False)
    assert among_people.text.startswith("1 of 6 rows (17") and among_people.place == 1
    (in_ledger,) = narrative.duplicates(duplicates_in(ledger), is_ledger=True)
    assert in_ledger.do == "drop duplicate lines"


def test_notes_keep_a_fact_once_and_rank_the_headlines():
    notes = Notes()
    facts = [Fact(Markup(name), place) for name, place in (("c", 3), ("a", 1), ("-", 0), ("rows", LAST_RESORT))]
    notes.say(facts)
    notes.say(facts)
    assert notes.headlines() == ["a", "c", "rows"]  # so little is news that the size is
    notes.say([Fact(Markup("b"), 2, "do it", "02")])
    assert notes.headlines() == ["a", "b", "c"]
    assert notes.actions().to_dict("records") == [{"seen": "b", "do": "do it", "chapter": "02"}]
    notes.say([Fact(Markup(str(n)), n) for n in range(4, 9)])
    assert len(notes.headlines()) == 6


def test_what_strikes_in_a_column_is_said():
    summary = pd.DataFrame({
        "mean": [10.0, 5.0], "median": [2.0, 5.0], "variation": [3.0, 0.1], "outliers": [4, 0],
        "outlier_share": [0.04, 0.0], "negative": [1, 0],
    }, index=["revenue", "age"])  # fmt: skip
    said = text_of(narrative.numbers(summary, "lines"))
    assert "is 5.0 times the median" in said and "1 value is below zero" in said
    assert said.endswith("The other 1 column gives no cause for a remark.")
    assert "No column has outliers" in text_of(narrative.numbers(summary[1:], "lines"))


def test_sentences_escape_what_the_data_says(ledger, people, six):
    by_product = sales.products(ledger)
    shares = shares_of(by_product["revenue"])
    for facts in (
        narrative.products(by_product, shares, 10, "GBP"),
        narrative.common_values(columns.common_values(people).assign(value=MARKUP)),
        narrative.groups("product_name", spending(ledger, "product_name"), ""),
    ):
        assert "<script>" not in text_of(facts) and "&lt;script&gt;" in text_of(facts)


def test_every_chart_says_in_words_what_it_shows(ledger, six):
    figures = [
        charts.month_chart(months_of(ledger), "GBP"),
        charts.week_chart(week_of(ledger)),
        *charts.product_charts(sales.products(ledger), 10, "GBP"),
        *charts.who_charts(six, "USD"),
        *charts.habit_charts(six),
        charts.mean_bars("category", spending_of(six, "category"), "USD"),
        *charts.spending_charts(six, "USD"),
    ]
    drawn = [figure for figure in figures if figure is not None]
    assert len(drawn) == 1 + 1 + 2 + 1 + 3 + 1 + 2  # of gender and discounts, with two values, a sentence says all
    for figure in drawn:
        alt = (figure.layout.meta or {}).get("alt") or alt_text(figure)
        assert len(alt) > 40 and any(sign.isdigit() for sign in alt)
        content = json.loads(figure.to_json())
        content["layout"].pop("meta", None)  # alternative text is no markup: the page's template escapes it
        assert MARKUP not in json.dumps(content)


def spending_of(frame, by):
    return frame.groupby(by)["revenue"].agg(rows="size", revenue="sum", mean="mean").reset_index()


def test_data_without_people_draws_nothing(ledger):
    bare = collected(ledger)[["revenue"]]
    assert not any([*charts.who_charts(bare, ""), *charts.habit_charts(bare), *charts.spending_charts(bare, "")])


def test_pictures_come_with_their_words(six):
    numbers = six[["age", "revenue", "rating"]]
    assert "Age with Revenue 0.976" in pictures.correlation_picture(numbers.corr())[1]
    picture = pictures.distribution_picture(numbers)
    assert "Age: median 41.50, mean 38" in picture.alt and len(picture.figure.axes) == 3
    assert picture.title == "Mean and median lie close together in all 3"
    tailed = numbers.assign(revenue=[*numbers["revenue"][:-1], 1e6])
    assert pictures.distribution_picture(tailed).title == "The mean is far above the median in 1 of 3: Revenue"


def test_a_country_that_is_no_place_is_counted_under_the_map(ledger):
    by_country = spending(ledger, "country")
    ranked, _, unplaced = charts.country_charts(by_country, "GBP")
    assert ranked.layout.title.text.endswith("of the revenue") and len(ranked.data[0].x) == len(by_country)
    assert unplaced.to_dict() == {"Nowhere": 5}
    assert "Not on the map: Nowhere, with £5," in text_of(narrative.countries(by_country, unplaced, "GBP"))


def test_a_column_may_be_called_as_our_own_tables_call_theirs(engine):
    import pyarrow as pa

    table = pa.table(
        {"line": [1, 2, 3], "rows": ["a", "a", "b"], "column": ["x", "x", "x"], "share": ["p", "q", "q"]}
    )
    common = columns.common_values(engine.table(table))
    assert list(common["rows"]) == [2, 3, 2] and list(common["value"]) == ["a", "x", "q"]
