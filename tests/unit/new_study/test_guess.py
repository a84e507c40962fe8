"""Guessing columns by content: what a header may not claim, decimals, products of columns, totals of orders."""

import numpy as np
import pandas as pd
import pytest

from helpers.ledger.numbers import as_number, decimal_of
from helpers.new_study.content import content_of, fit
from helpers.new_study.guess import GUESSED, SURE, agreement, guess_columns, own_names
from helpers.new_study.kinds import LINES, Kind, kind_of
from tests.unit.new_study.public_tables import TABLES, table

OF_LINES = Kind(LINES, "for the test", None)


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="object")


def guesses(sample: pd.DataFrame, decimal: str = ".", dates: tuple[str, ...] = ()) -> dict[str, str]:
    contents = {name: content_of(sample[name], decimal, float(name in dates)) for name in sample}
    return {guess.header: guess.name for guess in guess_columns(sample, contents, decimal, OF_LINES)}


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["1,5", "2,25"], ","),
        (["1.5", "2.25"], "."),
        (["1.234,56", "7"], ","),
        (["1,234.56", "7"], "."),
        (["1,234", "2,345"], "."),  # either a thousand or three decimals: nothing is claimed
        (["12", "7"], "."),
        (["0,125", "1,5", "2,75"], ","),
        (["-3,40", "+2,10"], ","),
    ],
)
def test_the_decimal_mark_is_what_only_a_fraction_can_follow(texts, decimal):
    assert decimal_of(frame(amount=texts)) == decimal


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [("1.234,5", ",", 1234.5), ("1,234.5", ".", 1234.5), ("-7", ".", -7), ("1,5", ".", np.nan),
     ("12a", ".", np.nan), ("", ".", np.nan), (".5", ".", 0.5), ("1.2.3", ".", np.nan)],
)  # fmt: skip
def test_numbers_are_read_as_ingest_reads_them(text, decimal, value):
    found = as_number(pd.Series([text], dtype="str"), decimal)[0]
    assert found == value or (np.isnan(found) and np.isnan(value))


def test_content_overrules_a_header():
    words = content_of(pd.Series(["a few", "many"]), ".", 0.0)
    assert fit("quantity", words) == 0
    fractions = content_of(pd.Series(["1.5", "2.5"]), ".", 0.0)
    assert fit("order_id", fractions) == fit("customer_id", fractions) == 0
    assert fit("age", content_of(pd.Series(["20", "450"]), ".", 0.0)) == 0
    assert fit("ordered_at", words) == 0
    assert fit("country", content_of(pd.Series(["Row 1", "Row 2"]), ".", 0.0)) == 0
    assert fit("country", content_of(pd.Series(["France", "Spain"]), ".", 0.0)) == 1
    empty = content_of(pd.Series([None, None], dtype="object"), ".", 0.0)
    assert not any(fit(name, empty) for name in ("quantity", "customer_id", "product_name"))


def test_a_column_of_words_called_product_is_the_name_and_one_of_codes_the_code():
    assert guesses(frame(Product=["Red cup", "Blue cup"])) == {"Product": "product_name"}
    assert guesses(frame(Product=["4001", "4002"])) == {"Product": "product_id"}


def test_a_column_is_taken_once_by_the_clearest_header():
    found = guesses(frame(Kunde=["Ann B", "Bob C"], **{"Kunden-Nr.": ["1", "2"]}))
    assert found == {"Kunden-Nr.": "customer_id"}


def test_names_of_customers_tell_them_apart_where_no_number_does():
    sample = frame(**{"Customer Name": ["Ann B", "Bob C"]})
    contents = {name: content_of(sample[name], ".", 0.0) for name in sample}
    assert [(g.name, g.certainty) for g in guess_columns(sample, contents, ".", OF_LINES)] == [
        ("customer_id", GUESSED)
    ]


def products(lines: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    quantity, price = rng.integers(1, 9, lines), rng.integers(110, 900, lines) / 100
    return frame(x=price, y=quantity, z=np.round(quantity * price, 2)).map(str)


def test_quantity_times_price_settles_which_is_which():
    assert guesses(products()) == {"x": "unit_price", "y": "quantity", "z": "revenue"}


def test_without_a_product_unnamed_numbers_stay_unnamed():
    sample = products()
    sample["z"] = sample["z"].sample(frac=1, random_state=1).to_numpy()
    assert guesses(sample) == {}


def test_the_amount_that_is_quantity_times_price_is_taken_of_two():
    sample = products().rename(columns={"x": "Price", "y": "Qty", "z": "Net value"})
    sample.insert(0, "Total", [str(float(value) * 1.2) for value in sample["Net value"]])
    assert guesses(sample)["Net value"] == "revenue"
    assert "Total" not in guesses(sample)


def test_agreement_ignores_lines_that_prove_nothing():
    ones, prices = pd.Series([1.0] * 40), pd.Series(np.arange(40) + 2.0)
    assert agreement(ones, prices, prices) == 0
    twos = ones * 2
    assert agreement(twos, prices, twos * prices) == 1
    assert agreement(twos, prices, prices) == 0


def test_the_total_of_an_order_on_each_of_its_lines_is_no_amount_of_a_line():
    orders = [str(n // 3) for n in range(90)]
    sample = frame(**{"Order ID": orders, "Order total": [str(50 + int(order)) for order in orders]})
    assert guesses(sample) == {"Order ID": "order_id"}
    sample["Order total"] = [str(50 + n) for n in range(90)]
    assert guesses(sample) == {"Order ID": "order_id", "Order total": "revenue"}


def test_the_only_column_of_dates_or_countries_needs_no_header():
    found = guesses(frame(a=["1 Jan 24", "2 Jan 24"], b=["Germany", "France"]), dates=("a",))
    assert found == {"a": "ordered_at", "b": "country"}
    two = frame(a=["1 Jan 24", "2 Jan 24"], c=["1 Jan 24", "2 Jan 24"])
    assert guesses(two, dates=("a", "c")) == {}


def test_the_evidence_names_no_customer():
    sample = frame(customer=["17850", "17851"], sku=["A-1", "B-2"])
    contents = {name: content_of(sample[name], ".", 0.0) for name in sample}
    told = {guess.name: guess for guess in guess_columns(sample, contents, ".", OF_LINES)}
    assert "17850" not in told["customer_id"].why and "A-1" in told["product_id"].why
    assert told["product_id"].certainty == SURE


def test_columns_that_cannot_keep_their_name_get_another():
    sample = frame(
        Line=["1", "2"], Quantity=["few", "many"], **{"customer_id": ["a", "b"], "Customer ID": ["1", "2"]}
    )
    contents = {name: content_of(sample[name], ".", 0.0) for name in sample}
    found = guess_columns(sample, contents, ".", OF_LINES)
    names = own_names(list(sample), found, contents)
    assert names["Line"] == "line_given" and names["Quantity"] == "quantity_given"
    final = {g.header: g.name for g in found} | names
    assert sorted({"customer_id", "customer_id_given"}) == sorted(final[h] for h in ("customer_id", "Customer ID"))


def understood(name: str):
    """Return the kind of a public table, the guesses by header, and what is right: the kind, and the columns."""
    kind, sample, known = table(name)
    dated = {header: float(sample[header].str.match(r"\d{4}-\d\d-\d\d ").all()) for header in sample}
    contents = {header: content_of(sample[header], ".", dated[header]) for header in sample}
    found = kind_of(sample, contents)
    return found, {guess.header: guess for guess in guess_columns(sample, contents, ".", found)}, kind, known


@pytest.mark.parametrize("name", TABLES)
def test_the_kind_of_a_public_table_is_seen(name):
    found, _, kind, _ = understood(name)
    assert found.name == kind, found.why


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("Description|Quantity", "order lines"),
        ("Line no|Product|Unit price", "order lines"),
        ("Quantity|Unit price", "order lines"),
        ("Invoice no|Total", "order lines"),
        ("Description|Quantity|Age", "rows of their own"),
        ("Unit price|Total", "order lines"),
        ("Total|Region", "rows of their own"),
        ("Description|Region", "rows of their own"),
    ],
)
def test_what_was_sold_to_nobody_named_is_no_table_of_customers(headers, kind):
    values = {
        "Invoice no": [f"R{n // 3}" for n in range(60)], "Description": [f"Red cup {n % 9}" for n in range(60)],
        "Product": [f"Tray {n % 7} b" for n in range(60)], "Line no": list(range(1, 61)),
        "Quantity": [n % 5 + 1 for n in range(60)], "Unit price": [n % 11 + 0.5 for n in range(60)],
        "Total": [n * 3.5 + 1 for n in range(60)], "Age": [n % 50 + 20 for n in range(60)],
        "Region": ["North", "South"] * 30,
    }  # fmt: skip
    sample = frame(**{header: values[header] for header in headers.split("|")}).map(str)
    contents = {name: content_of(sample[name], ".", 0.0) for name in sample}
    assert kind_of(sample, contents).name == kind


def test_what_is_called_sure_is_right():
    """At least 95 % of it, over public tables of many kinds; and most of what there is to know is found."""
    sure, wrong, wanted, missed = 0, [], 0, 0
    for name in TABLES:
        _, guesses_of, _, known = understood(name)
        for header, guess in guesses_of.items():
            if guess.certainty == SURE:
                sure += 1
                wrong += [(name, header, guess.name)] if known.get(header) != guess.name else []
        wanted += len(known)
        missed += sum(header not in guesses_of or guesses_of[header].name != known[header] for header in known)
    assert sure > 80
    assert len(wrong) <= 0.05 * sure, wrong
    assert missed <= 0.05 * wanted


def test_addresses_tell_customers_apart_before_names_do():
    sample = frame(**{"Customer Name": ["Ann B", "Bob C", "Ann B"] * 4, "Order": [str(n) for n in range(12)]})
    sample["Contact"] = [f"{name[0].lower()}{n % 4}@example.org" for n, name in enumerate(sample["Customer Name"])]
    contents = {name: content_of(sample[name], ".", 0.0) for name in sample}
    found = {g.header: g.name for g in guess_columns(sample, contents, ".", kind_of(sample, contents))}
    assert found == {"Contact": "customer_id", "Order": "order_id"}


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("online shoppers intention", "OperatingSystems"),
        ("mall customers", "Spending Score (1-100)"),
        ("instacart orders", "days_since_prior_order"),
        ("marketing campaign", "NumWebPurchases"),
        ("taxi trips", "PULocationID"),
        ("taxi trips", "passenger_count"),
        ("loan applications", "LoanAmount"),
        ("gym visits", "Abbonamento"),
    ],
)
def test_a_word_by_chance_a_score_and_a_duration_are_what_they_say(name, header):
    assert header not in understood(name)[1]


def test_a_product_of_zeros_and_ones_is_a_coincidence():
    rng = np.random.default_rng(5)
    flag = rng.integers(0, 2, 400)
    sample = frame(ID=np.arange(400) + 1001, children=flag, response=flag * (np.arange(400) + 1001)).map(str)
    assert guesses(sample) == {}
