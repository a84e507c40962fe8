"""The vocabulary: every canonical column, its type and what it means, in one place.

Study files map the headers of a source to these names; a header that is not mapped is kept under its own
name in snake_case. Types are written in the SQL that DuckDB and Spark share. Money and quantities are
decimals, so that sums come out the same whatever order the engine adds them in.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """A canonical column: its SQL type, the label that charts print, its meaning, and of which KINDS it is."""

    type: str
    label: str
    meaning: str
    kind: str = "number"


class Measure(NamedTuple):
    """What a chapter computes and shows: of which KINDS it is, its heading in tables, and its meaning."""

    kind: str
    label: str
    meaning: str = ""


KINDS = ("share", "money", "count", "days", "score", "number", "date", "text")
"""How a value is written (`helpers.base.text.written`): .25 is 25.0 % as a share, 0.250 as a score."""


TEXT = "STRING"
WHOLE = "BIGINT"
NUMBER = "DOUBLE"
MOMENT = "TIMESTAMP"
QUANTITY = "DECIMAL(15,3)"
MONEY = "DECIMAL(18,4)"

LEDGER = {
    "line": Column(WHOLE, "Line", "number of the data row in the source, from 1"),
    "customer_id": Column(TEXT, "Customer", "who bought"),
    "order_id": Column(TEXT, "Order", "invoice or order the line belongs to"),
    "ordered_at": Column(MOMENT, "Ordered at", "when the order was placed, in the source's own time"),
    "product_id": Column(TEXT, "Product code", "what was bought, as a code"),
    "product_name": Column(TEXT, "Product", "what was bought, in words"),
    "quantity": Column(QUANTITY, "Quantity", "units bought; below zero, units brought back"),
    "unit_price": Column(MONEY, "Unit price", "price of one unit, in the study's currency", "money"),
    "revenue": Column(MONEY, "Revenue", "quantity x unit price, or the amount the source gives", "money"),
    "country": Column(TEXT, "Country", "country of the customer"),
}
"""Columns of an order line. Ids are text even where they look like numbers."""

CUSTOMER = {
    "age": Column(NUMBER, "Age", "age of the customer, in years"),
    "gender": Column(TEXT, "Gender", "gender of the customer"),
    "income": Column(NUMBER, "Annual income", "income of the customer in a year"),
    "region": Column(TEXT, "Region", "region of the customer within the country"),
    "category": Column(TEXT, "Category", "group of products the purchase belongs to"),
    "rating": Column(NUMBER, "Rating", "the customer's rating of the purchase"),
    "season": Column(TEXT, "Season", "season of the purchase"),
    "payment_method": Column(TEXT, "Payment method", "how the purchase was paid"),
    "preferred_payment_method": Column(TEXT, "Preferred payment method", "how the customer says they like to pay"),
    "discount_applied": Column(TEXT, "Discount", "whether a discount was given (Yes, No)"),
    "previous_purchases": Column(NUMBER, "Previous purchases", "purchases before this one"),
    "purchase_rhythm": Column(TEXT, "Purchase rhythm", "how often the customer buys, in words"),
    "purchase_frequency": Column(NUMBER, "Purchase frequency", "purchases in a year"),
    "loyalty_score": Column(NUMBER, "Loyalty score", "the source's own measure of loyalty"),
}
"""Columns that sources with one line per customer add."""

FEATURES = {
    "latitude": Column(NUMBER, "Latitude", "of the customer's country, in degrees"),
    "longitude": Column(NUMBER, "Longitude", "of the customer's country, in degrees"),
    "recency": Column(WHOLE, "Recency", "days since the last order", "days"),
    "frequency": Column(WHOLE, "Frequency", "orders, the first one included"),
    "monetary": Column(NUMBER, "Monetary", "revenue in all", "money"),
    "first_order": Column(MOMENT, "First order", "when the first order was placed"),
    "last_order": Column(MOMENT, "Last order", "when the last order was placed"),
    "tenure": Column(WHOLE, "Tenure", "days since the first order", "days"),
    "purchase_days": Column(WHOLE, "Purchase days", "days with at least one order"),
    "average_gap": Column(NUMBER, "Average gap", "mean days from one purchase day to the next", "days"),
    "purchase_rate": Column(NUMBER, "Purchase rate", "purchase days a day, since the first"),
    "lines": Column(WHOLE, "Lines", "order lines"),
    "items": Column(NUMBER, "Items", "units bought"),
    "unique_items": Column(WHOLE, "Unique items", "different products bought"),
    "average_ticket": Column(NUMBER, "Average ticket", "mean revenue of an order line", "money"),
    "average_order": Column(NUMBER, "Average order", "mean revenue of an order", "money"),
    "average_price": Column(NUMBER, "Average price", "revenue for each unit bought", "money"),
    "basket_size": Column(NUMBER, "Basket size", "units in each order"),
    "unique_basket_size": Column(NUMBER, "Unique basket size", "different products over orders"),
    "returned_items": Column(NUMBER, "Returned items", "units brought back"),
    "return_rate": Column(NUMBER, "Return rate", "units brought back for each unit bought", "share"),
    "gross_revenue": Column(NUMBER, "Gross revenue", "revenue before returns are taken off", "money"),
    "r_score": Column(WHOLE, "R", "place by recency, from 1 (longest ago)"),
    "f_score": Column(WHOLE, "F", "place by frequency, from 1 (fewest orders)"),
    "m_score": Column(WHOLE, "M", "place by monetary, from 1 (least)"),
    "rfm_segment": Column(TEXT, "Segment", "name that the scores are given"),
}
"""Columns of the table `customers` that chapter 03 computes of a ledger. A source's own columns may have the
same names and other types, so these name and explain, and do not say how a source is read."""

MEASURES: dict[str, Measure] = {
    # of any chapter
    "customers": Measure("count", "Customers"),
    "customer_share": Measure("share", "Share of customers"),
    "revenue_share": Measure("share", "Share of revenue"),
    "share": Measure("share", "Share"),
    # 01 eda
    # 02 cleaning
    # 03 rfm
    # 04 clustering
    # 05 tree_embedding
    # 06 anomaly
    # 07 regression
    # 08 recommendation
    # 09 purchase_prediction
}
"""Columns of the tables that chapters show, beside the columns of the data."""

COLUMNS = LEDGER | CUSTOMER
IDS = ("customer_id", "order_id", "product_id")


def label(name: str) -> str:
    """Return what a chart or table prints for a column or measure: its label, or its name in words."""
    known = COLUMNS | FEATURES | MEASURES
    return known[name].label if name in known else name.replace("_", " ").capitalize()


def kind(name: str) -> str:
    """Return of which KINDS a column or measure is; a number where nobody has said."""
    known = MEASURES | COLUMNS | FEATURES
    return known[name].kind if name in known else "number"
