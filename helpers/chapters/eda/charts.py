"""The charts of a ledger's sales: months, the week, products, countries. Each returns a list to show."""

import pandas as pd
import plotly.graph_objects as go

from helpers.base.vocabulary import label
from helpers.chapters.eda.sales import Concentration
from helpers.show import theme
from helpers.show.charts import bars, concentration_curves, grid, ranking
from helpers.show.display import describe, money
from helpers.show.maps import country_map

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
