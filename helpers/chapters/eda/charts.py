"""The charts of a ledger's sales: months, the week, products, countries. Each returns a list to show."""

import narwhals as nw
import pandas as pd
import plotly.graph_objects as go

from helpers.base.text import money, number
from helpers.base.vocabulary import label
from helpers.chapters.eda.traits import items, purchases_a_year
from helpers.customers.concentration import Concentration
from helpers.ledger.lines import counts, spending, spread
from helpers.show import theme
from helpers.show.charts import (
    Picture,
    bars,
    bubbles,
    concentration_curves,
    grid,
    histogram,
    ranking,
    ring,
    sunburst,
)
from helpers.show.display import describe
from helpers.show.maps import country_map
from helpers.show.pictures import correlation_picture

MONTH_WIDTH = 22 * 86_400_000
"""Width of a month's bar on an axis of dates, in milliseconds; without it a month alone is a hair's breadth."""
UNITS = {"customer_id": "customers", "product_id": "products", "product_name": "products"}
"""What the values of a column are called in the plural."""


YEAR_AND_A_HALF = 18
"""Months up to which each one is named on the axis."""


def amount_label(currency: str, what: str = "Revenue") -> str:
    """Return the title of an axis of amounts, `Revenue (GBP)`."""
    return f"{what} ({currency})" if currency else what


def month_charts(by_month: pd.DataFrame | None, currency: str) -> list[go.Figure]:
    """Return revenue by month; a month that the data covers only in part is hatched."""
    if by_month is None:
        return []
    figure = go.Figure()
    looks = ((True, "Whole month", theme.BLUE, ""), (False, "Month covered in part", theme.NEUTRAL, "/"))
    for whole, name, colour, pattern in looks:
        part = by_month[by_month["whole"] == whole]
        if len(part):
            figure.add_bar(
                x=part["month"].dt.strftime("%Y-%m-%d").tolist(),
                y=part["revenue"].round(2).tolist(),
                name=name,
                width=MONTH_WIDTH,
                marker={"color": colour, "pattern": {"shape": pattern}},
                customdata=part["orders"].tolist(),
                hovertemplate="%{x|%B %Y}<br>%{y:,.0f}<br>%{customdata:,} orders<extra>" + name + "</extra>",
            )
    figure.update_layout(title_text="Revenue by month", showlegend=True, barmode="overlay")
    figure.update_xaxes(
        type="date",
        tickformat="%b<br>%Y",
        showgrid=False,
        dtick="M1" if len(by_month) <= YEAR_AND_A_HALF else "M3",
    )
    figure.update_yaxes(title_text=amount_label(currency))
    names = [f"{month:%B %Y}" for month in by_month["month"]]
    said = ranking(names, by_month["revenue"].tolist(), lambda value: money(value, currency))
    in_part = [name for name, whole in zip(names, by_month["whole"], strict=True) if not whole]
    note = f" Covered only in part: {', '.join(in_part)}." if in_part else ""
    return [describe(figure, f"Revenue by month: {said}.{note}")]


def week_charts(week: pd.DataFrame | None) -> list[go.Figure]:
    """Return orders by weekday, by hour, and by both."""
    if week is None:
        return []
    by_day = bars(list(week.index), week.sum(axis=1), "Orders by weekday", "Orders")
    if len(week.columns) == 1:  # the source has days but no times
        return [by_day]
    hours = [f"{hour}:00" for hour in week.columns]
    by_hour = bars(hours, week.sum(), "Orders by hour of the day", "Orders")
    both = grid(week.set_axis(hours, axis=1), "Orders by weekday and hour", "Hour", "Weekday", "Orders")
    return [by_day, by_hour, both]


def product_charts(by_product: pd.DataFrame | None, top: int, currency: str) -> list[go.Figure]:
    """Return the products that bring most revenue and those that sell most units (or in most lines)."""
    if by_product is None:
        return []
    revenue = by_product.head(top)
    best = bars(
        list(revenue["product"]),
        revenue["revenue"],
        "Products that bring most revenue",
        amount_label(currency),
        write=money,
        horizontal=True,
    )
    units = by_product.sort_values(["units", "product"], ascending=[False, True]).head(top)
    same = (by_product["units"] == by_product["lines"]).all()
    title = "Products bought most often" if same else "Products that sell most units"
    most = bars(list(units["product"]), units["units"], title, "Purchases" if same else "Units", horizontal=True)
    return [best, most]


def country_charts(by_country: pd.DataFrame | None, currency: str) -> tuple[list[go.Figure], pd.Series]:
    """Return the map of revenue by country, and the revenue of the names that could not be placed."""
    if by_country is None:
        return [], pd.Series(dtype=float)
    values = by_country.set_index("country")["revenue"]
    figure, unplaced = country_map(values, amount_label(currency), money=True)
    figure.update_layout(title_text="Revenue by country")
    return [figure], unplaced


def concentration_charts(found: list[Concentration | None]) -> list[go.Figure]:
    """Return the curves of how unevenly revenue is spread over customers and products."""
    curves = {units_of(each): each.curve for each in found if each is not None}
    return [concentration_curves(curves, "How much the largest bring")] if curves else []


def units_of(found: Concentration) -> str:
    """Return what the units of a concentration are, in the plural."""
    return UNITS.get(found.column, label(found.column).lower())


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
