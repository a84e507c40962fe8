"""What chapter 01 computes, says and draws, on small data with known answers."""

import json
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine
from helpers.chapters.eda import charts as sales_charts
from helpers.chapters.eda import columns as exploration
from helpers.chapters.eda import findings as first_look
from helpers.chapters.eda import narrative as readings
from helpers.chapters.eda import sales as sales_patterns
from helpers.chapters.eda import traits as customer_traits
from helpers.chapters.eda.charts import correlation_charts, habit_charts, spending_charts, who_charts
from helpers.customers.concentration import concentrated
from helpers.ledger.lines import quantile, rows_twice, size_of, spending, spread
from helpers.show import pictures

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


def seen_of(lines, currency="GBP"):
    values = exploration.spreads(lines)
    aged = exploration.grouped_by_age(lines, [18, 25, 50, 70])
    return first_look.Seen(
        size=size_of(lines),
        currency=currency,
        columns=exploration.overview(lines),
        unparsed=pd.DataFrame(columns=["line", "file", "row", "column", "value"]),
        twice=rows_twice(lines),
        revenue=exploration.total_revenue(lines),
        numbers=exploration.summaries(values),
        months=sales_patterns.months(lines),
        week=sales_patterns.weekday_hours(lines),
        products=sales_patterns.products(lines),
        countries=sales_patterns.countries(lines),
        nobody=sales_patterns.without_customer(lines),
        back=sales_patterns.taken_back(lines),
        customers=sales_patterns.concentration(lines, "customer_id"),
        goods=sales_patterns.concentration(lines, sales_patterns.product_key(lines)),
        categories=spending(lines, "category"),
        regions=spending(lines, "region"),
        ages=spending(aged, "age_group"),
        discounts=customer_traits.discounts(lines),
        correlations=customer_traits.correlations(lines),
    )


def test_size_counts_the_columns_of_the_source_only(ledger, people):
    size = size_of(ledger)
    assert (size.rows, size.columns, size.is_ledger) == (5, 8, True)  # neither line nor the derived revenue
    assert (size.first_order, size.last_order) == (datetime(2011, 9, 1, 9), datetime(2011, 10, 8, 9))
    size = size_of(people)
    assert (size.columns, size.is_ledger, size.first_order) == (11, False, None)  # here revenue is the source's


def test_overview_counts_missing_and_distinct_values(ledger):
    table = exploration.overview(ledger).set_index("column")
    assert table.loc["customer_id", ["filled", "missing", "distinct"]].tolist() == [4, 1, 2]
    assert table.loc["customer_id", "missing_share"] == 0.2
    assert table.loc["order_id", "distinct"] == 4
    assert table.loc["customer_id", "examples"] == "a, b"


def test_copies_are_counted_in_ledgers_and_among_customers(ledger, people):
    assert rows_twice(ledger) == (5, 4, ())
    twice = rows_twice(people)
    assert (twice.distinct, twice.extra, twice.ignoring) == (5, 1, ("customer_id",))


def test_figures_of_counted_values_are_those_of_the_values(engine):
    numbers = np.random.default_rng(1).integers(-20, 60, 501).astype(float)
    numbers[:3] = 4000.0
    found = exploration.summary(spread(lazy(engine, x=numbers.tolist()), "x"))
    low, high = np.quantile(numbers, [0.25, 0.75])
    outside = (numbers < low - 1.5 * (high - low)) | (numbers > high + 1.5 * (high - low))
    assert found["mean"] == pytest.approx(numbers.mean(), rel=1e-12)
    assert found["median"] == np.median(numbers)
    assert found["std"] == pytest.approx(numbers.std(ddof=1), rel=1e-12)
    assert found["outliers"] == outside.sum() >= 3
    assert found["negative"] == (numbers < 0).sum() > 0


@pytest.mark.parametrize("share", [0, 0.01, 0.25, 0.5, 0.9, 1])
def test_quantiles_are_numpys(share):
    values = pd.DataFrame({"value": [1.0, 2.0, 5.0, 9.0], "rows": [1, 3, 1, 2]})
    spread_out = np.repeat(values["value"], values["rows"])
    assert quantile(values, share) == pytest.approx(np.quantile(spread_out, share))


def test_age_groups_begin_at_their_edge_and_leave_others_out(people):
    found = spending(exploration.grouped_by_age(people, [25, 35, 50]), "age_group")
    assert dict(zip(found["age_group"], found["rows"], strict=True)) == {"25–34": 2, "35–49": 1}


def test_a_sample_is_drawn_by_its_seed_and_keeps_the_order(engine, ledger):
    drawn = exploration.sample_of(ledger, engine, 3, seed=7)
    assert len(drawn) == 3 and drawn["line"].is_monotonic_increasing
    assert drawn["line"].tolist() == exploration.sample_of(ledger, engine, 3, seed=7)["line"].tolist()
    draws = {tuple(exploration.sample_of(ledger, engine, 3, seed=seed)["line"]) for seed in range(8)}
    assert len(draws) > 1
    assert len(exploration.sample_of(ledger, engine, 5, seed=7)) == 5


def test_months_have_no_gaps_and_know_which_are_covered_in_part(ledger):
    months = sales_patterns.months(ledger)
    assert months["revenue"].tolist() == [30, 0]
    assert months["orders"].tolist() == [2, 1]  # a return is no order
    assert months["whole"].tolist() == [True, False]
    assert sales_patterns.best_month(months) == "2011-09"


def test_a_return_on_a_saturday_is_no_sale_and_days_can_be_shifted(ledger):
    week = sales_patterns.weekday_hours(ledger)
    assert week.loc["Thursday"].tolist() == [2, 0] and week.loc["Friday"].tolist() == [0, 1]
    assert sales_patterns.weekdays_without_sales(week) == ["Monday", "Tuesday", "Wednesday", "Saturday", "Sunday"]
    shifted = sales_patterns.weekday_hours(exploration.shift_days(ledger, 2190))
    assert shifted.loc["Wednesday"].tolist() == [2, 0]


@pytest.mark.parametrize(
    ("names", "finding"), [([], None), (["Saturday"], "Saturday"), (["Friday", "Sunday"], ["Friday", "Sunday"])]
)
def test_a_weekday_without_sales_is_a_name_a_list_or_nothing(names, finding):
    assert sales_patterns.one_or_list(names) == finding


def test_products_carry_their_usual_name_and_returns_count_against_them(ledger):
    found = sales_patterns.products(ledger)
    assert found["product"].tolist() == [MARKUP, "Pot"]
    assert found[["lines", "units", "revenue"]].to_numpy().tolist() == [[2, 4, 20], [3, 10, 10]]


def test_products_that_share_a_name_show_their_code(engine):
    lines = lazy(engine, product_id=["1", "2"], product_name=["Pot", "Pot"], revenue=[2.0, 1.0])
    assert sales_patterns.products(lines)["product"].tolist() == ["Pot (1)", "Pot (2)"]


def test_gini_is_that_of_all_pairs_and_shares_are_those_of_the_largest():
    revenue = np.array([1.0, 2.0, 3.0, 14.0, 30.0, 5.0, 5.0, 10.0, 20.0, 10.0])
    found = concentrated("customer_id", revenue)
    by_pairs = np.abs(revenue[:, None] - revenue).mean() / (2 * revenue.mean())
    assert found.gini == pytest.approx(by_pairs, rel=1e-12)
    assert found.top[0.1] == pytest.approx(0.3) and found.top[0.2] == pytest.approx(0.5)
    assert concentrated("x", np.ones(50)).gini == pytest.approx(0, abs=1e-12)
    assert found.curve.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]


def test_customers_who_bring_nothing_have_no_share(engine):
    lines = lazy(engine, customer_id=["a", "b", "c", None], revenue=[10.0, -5.0, 30.0, 99.0])
    found = sales_patterns.concentration(lines, "customer_id")
    assert (found.units, found.left_out, found.top[0.1]) == (2, 1, 0.75)


def test_lines_without_a_customer_and_returns(ledger, people):
    assert sales_patterns.without_customer(ledger) == (0.2, pytest.approx(5 / 30))
    assert sales_patterns.taken_back(ledger) == (0.2, pytest.approx(5 / 35))
    assert sales_patterns.taken_back(people) is None


def test_discounts_by_gender_and_purchases_a_year(people):
    found = customer_traits.discounts(people)
    assert (found.rows, found.share) == (3, 0.5)
    assert found.by_gender == {"Female": 0.0, "Male": 0.75} and found.of_gender == {"Female": 2, "Male": 4}
    assert found.a_year == (pytest.approx((52 + 12 + 12) / 3), pytest.approx((1 + 12 + 4) / 3))


def test_correlations_are_for_customers_not_for_lines(ledger, people):
    assert customer_traits.correlations(ledger) is None
    first = customer_traits.pairs(customer_traits.correlations(people))[0]
    expected = np.corrcoef([10, 20, 30, 40, 50, 50], [20, 25, 34, 49, 50, 50])[0, 1]
    assert first["columns"] == ["age", "revenue"] and first["correlation"] == pytest.approx(expected)


def test_findings_have_the_agreed_names(ledger, people):
    found = first_look.findings(seen_of(ledger))
    agreed = {"rows", "columns", "first_order", "last_order", "weekday_without_sales"}
    assert agreed <= set(found) and found["missing"] == {"customer_id": 1}
    assert found["top_products"][0] == {"product": MARKUP, "lines": 2, "revenue": 20}
    found = first_look.findings(seen_of(people))
    assert agreed <= set(found) and found["weekday_without_sales"] is None and found["first_order"] is None
    assert found["category_means"] == {"Accessories": 15, "Clothing": 42.5}
    assert found["top_products"][0]["product"] == "Coat" and "months" not in found


def test_headlines_say_the_most_useful_first_and_are_three_to_six(ledger, people):
    for lines in (ledger, people):
        assert 3 <= len(first_look.headlines(seen_of(lines))) <= 6
    first, second = first_look.headlines(seen_of(people))[:2]
    assert first.startswith("Only 5 of 6 rows are distinct")
    assert "every one to a Male customer: not one of the 2 Female customers" in second


def test_small_data_still_gets_its_headlines_and_actions(engine):
    seen = seen_of(lazy(engine, order_id=["1"], revenue=[2.0]))
    assert first_look.headlines(seen)[-1] == "The source has 1 row in 2 columns."
    assert first_look.actions(seen).empty


def test_sections_without_columns_say_so_and_draw_nothing(ledger, people):
    assert sales_charts.month_charts(sales_patterns.months(people), "") == []
    assert sales_charts.week_charts(sales_patterns.weekday_hours(people)) == []
    assert sales_charts.country_charts(sales_patterns.countries(people), "")[0] == []
    assert who_charts(ledger, "") == habit_charts(ledger) == []
    assert spending_charts(ledger, "") == correlation_charts(None) == []
    for text in (
        readings.read_months(None, ""),
        readings.read_week(None),
        readings.read_products(None, 10, ""),
        readings.read_who(pd.DataFrame(columns=["column"]), None),
        readings.read_habits(pd.DataFrame(columns=["column"]), None, None),
        readings.read_spending([], ""),
        readings.read_correlations(None),
    ):
        assert text.startswith("Left out here: ")


def test_every_chart_says_in_words_what_it_shows(ledger, people):
    aged = exploration.grouped_by_age(people, [18, 25, 50, 70])
    figures = [
        *sales_charts.month_charts(sales_patterns.months(ledger), "GBP"),
        *sales_charts.week_charts(sales_patterns.weekday_hours(ledger)),
        *sales_charts.product_charts(sales_patterns.products(ledger), 10, "GBP"),
        *sales_charts.concentration_charts([sales_patterns.concentration(ledger, "customer_id")]),
        *who_charts(aged, "USD"),
        *habit_charts(aged),
        *spending_charts(aged, "USD"),
    ]
    assert len(figures) == 1 + 3 + 2 + 1 + 3 + 5 + 5
    for figure in figures:
        assert len(figure.layout.meta["alt"]) > 40 and any(sign.isdigit() for sign in figure.layout.meta["alt"])
        drawn = json.loads(figure.to_json())
        drawn["layout"].pop("meta")  # alternative text is no markup: the page's template escapes it
        assert MARKUP not in json.dumps(drawn)


def test_pictures_come_with_their_words(people):
    figure, alt = pictures.correlation_picture(customer_traits.correlations(people))
    assert "Age with Revenue 0.976" in alt
    figure, alt = pictures.distribution_picture(exploration.spreads(people), quantile)
    assert "Age: median 41.50, mean 38" in alt and len(figure.axes) == 3


def test_bars_of_a_distribution_hold_equally_many_values():
    edges = pictures.even_edges(np.arange(18.0, 71.0), 30)
    held = np.histogram(np.arange(18.0, 71.0), bins=edges)[0]
    assert len(edges) <= 31 and set(held[:-1]) == {2} and held.sum() == 53


def test_a_country_that_is_no_place_is_counted_under_the_map(ledger):
    found = sales_patterns.countries(ledger)
    maps, unplaced = sales_charts.country_charts(found, "GBP")
    assert unplaced.to_dict() == {"Nowhere": 5}
    assert "Not on the map: Nowhere, with 5.00 GBP" in readings.read_countries(found, unplaced, "GBP")
    assert len(maps) == 1


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
