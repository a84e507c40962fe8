"""The charts of data with one line per customer. Which are drawn follows from the columns it has.

Each function returns a list of figures, empty where no column fits.
"""

import narwhals as nw
import pandas as pd
import plotly.graph_objects as go

from helpers.base.vocabulary import label
from helpers.chapters.eda.charts import amount_label
from helpers.chapters.eda.columns import counts, spending, spread
from helpers.chapters.eda.traits import items, purchases_a_year
from helpers.show.charts import Picture, bars, bubbles, histogram, ring, sunburst
from helpers.show.display import number
from helpers.show.pictures import correlation_picture

AGE_BINS, SCORE_BINS = 20, 10
FEW = 8
"""Groups up to which bars stand; more of them lie, so that their names can be read."""


def who_charts(lines: nw.LazyFrame, currency: str) -> list[go.Figure]:
    """Return who the customers are: age, gender, income, region."""
    return [
        *_histogram(lines, "age", AGE_BINS, "Age of the customers", "Age in years"),
        *_shares(lines, "gender", "Customers by gender"),
        *_histogram(
            lines, "income", SCORE_BINS, "Income of the customers", amount_label(currency, "Annual income")
        ),
        *_count_bars(lines, "region", "Customers by region"),
    ]


def habit_charts(lines: nw.LazyFrame) -> list[go.Figure]:
    """Return how customers buy, pay and judge: ratings, payment, discounts, rhythm, loyalty."""
    paid = counts(lines, "payment_method")
    rhythm = counts(lines, "purchase_rhythm")
    return [
        *_histogram(lines, "rating", SCORE_BINS, "Ratings", "Rating"),
        *_count_bars(lines, "payment_method", "How purchases are paid"),
        *(
            [ring(paid["payment_method"], paid["rows"], "Shares of the payment methods")]
            if paid is not None
            else []
        ),
        *_shares(lines, "discount_applied", "Purchases with a discount"),
        *([_rhythm_bars(rhythm)] if rhythm is not None else []),
        *_histogram(lines, "purchase_frequency", SCORE_BINS, "Purchases in a year", "Purchases a year"),
        *_histogram(lines, "loyalty_score", SCORE_BINS, "Loyalty of the customers", "Loyalty score"),
    ]


def spending_charts(lines: nw.LazyFrame, currency: str) -> list[go.Figure]:
    """Return who spends how much: means by group, items as bubbles, and groups within groups.

    Args:
        lines: with `age_group` where there are ages.
        currency: of the amounts.
    """
    means = [_mean_bars(lines, by, currency) for by in ("category", "age_group", "region")]
    whole = [_item_bubbles(lines, currency), _income_bubbles(lines, currency), _sunburst(lines, currency)]
    return [figure for figure in (*means, *whole) if figure is not None]


def correlation_charts(matrix: pd.DataFrame | None) -> list[Picture]:
    """Return the heat map of correlations."""
    return [] if matrix is None else [correlation_picture(matrix)]


def _histogram(lines: nw.LazyFrame, column: str, bins: int, title: str, axis: str) -> list[go.Figure]:
    values = spread(lines, column)
    return [] if values is None else [histogram(values, bins, title, axis, "customers")]


def _count_bars(lines: nw.LazyFrame, column: str, title: str) -> list[go.Figure]:
    found = counts(lines, column)
    if found is None:
        return []
    return [bars(found[column], found["rows"], title, "Customers", horizontal=len(found) > FEW)]


def _shares(lines: nw.LazyFrame, column: str, title: str) -> list[go.Figure]:
    found = counts(lines, column)
    return [] if found is None else [ring(found[column], found["rows"], title, hole=0)]


def _rhythm_bars(found: pd.DataFrame) -> go.Figure:
    """Return the rhythms from the most to the least frequent one, unknown ones last."""
    yearly = found["purchase_rhythm"].map(purchases_a_year)
    ordered = found.assign(year=yearly).sort_values(["year", "purchase_rhythm"], ascending=[False, True])
    names = [
        name if pd.isna(year) else f"{name} ({year:.0f} a year)"
        for name, year in zip(ordered["purchase_rhythm"], ordered["year"], strict=True)
    ]
    return bars(names, ordered["rows"], "How often customers buy", "Customers", horizontal=True)


def _mean_bars(lines: nw.LazyFrame, by: str, currency: str) -> go.Figure | None:
    """Return the mean amount of each group, groups of ages in their order, others from the largest."""
    found = spending(lines, by)
    if found is None:
        return None
    order = [by] if by == "age_group" else ["mean", by]
    found = found.sort_values(order, ascending=by == "age_group")
    title = f"Mean amount by {label(by).lower()}"
    return bars(found[by], found["mean"], title, amount_label(currency, "Mean amount"), write=_to_the_penny)


def _to_the_penny(value: float) -> str:
    return f"{value:,.2f}"


def _item_bubbles(lines: nw.LazyFrame, currency: str) -> go.Figure | None:
    found = items(lines)
    if found is None:
        return None
    return bubbles(
        found,
        "Items by purchases, rating and revenue",
        x="rows",
        y="rating",
        size="revenue",
        name="product_name",
        axes={"rows": "Purchases", "rating": "Mean rating", "revenue": amount_label(currency)},
    )


def _income_bubbles(lines: nw.LazyFrame, currency: str) -> go.Figure | None:
    """Return income against spending; equal customers lie on one another, so a bubble counts them."""
    found = spending(lines, "income")
    if found is None:
        return None
    named = found.assign(name=[f"Income {number(income)}" for income in found["income"]])
    axes = {
        "income": amount_label(currency, "Annual income"),
        "mean": amount_label(currency, "Mean amount"),
        "rows": "Customers",
    }
    title = "Income and spending"
    return bubbles(named.head(2000), title, x="income", y="mean", size="rows", name="name", axes=axes)


def _sunburst(lines: nw.LazyFrame, currency: str) -> go.Figure | None:
    """Return revenue by age group, then category and item, or region: what the data has of these."""
    names = lines.collect_schema().names()
    path = [name for name in ("age_group", "category", "product_name", "region") if name in names]
    if len(path) < 2:
        return None
    found = spending(lines, *path)
    if found is None or (found["revenue"] <= 0).any():
        return None
    found = found.sort_values(path)
    title = "Revenue by " + ", then ".join(label(name).lower() for name in path)
    return sunburst(found, path, "revenue", title, currency or "revenue")
