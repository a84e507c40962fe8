"""The charts of chapter 01: months, the week, products, countries, and who the customers are."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.eda.traits import purchases_a_year
from helpers.show import theme
from helpers.show.charts import FEWEST, bars, bubbles, grid, histogram, sunburst
from helpers.show.labels import note, titled
from helpers.show.maps import country_map

YEAR_AND_A_HALF = 18
"""Months up to which each one is named on the axis."""
MONTH_WIDTH = 22 * 86_400_000
"""Width of a month's bar in milliseconds; without it a month alone is a hair's breadth."""
AGE_BINS, SCORE_BINS = 20, 10
FEW = 8
"""Groups up to which bars stand; more of them lie, so that their names can be read."""
MOST_BUBBLES = 2000
COUNTRIES = 8
"""Countries that are drawn by name."""


def amount_label(currency: str, what: str = "Revenue") -> str:
    return f"{what} ({currency})" if currency else what


def month_chart(by_month: pd.DataFrame, currency: str) -> go.Figure:
    """Return revenue by month (a period, the index); a month that the data covers only in part is hatched."""
    whole = by_month["whole"].map({True: "Whole month", False: "Month covered in part"})
    figure = px.bar(
        x=by_month.index.to_timestamp(),
        y=by_month["revenue"].round(2),
        color=whole,
        pattern_shape=whole,
        color_discrete_map={"Whole month": theme.BLUE, "Month covered in part": theme.NEUTRAL},
        pattern_shape_map={"Whole month": "", "Month covered in part": "/"},
        title="Revenue by month",
        labels={"x": "", "y": amount_label(currency), "color": "", "pattern_shape": ""},
    )
    figure.update_traces(width=MONTH_WIDTH)
    whole_months = by_month.loc[by_month["whole"], "revenue"]
    sums = by_month["revenue"] if whole_months.empty else whole_months
    best, amount = sums.idxmax().strftime("%b %Y"), money(sums.max(), currency)
    titled(figure, f"{best} was the best {'month' if whole_months.empty else 'whole month'} ({amount})")
    step = "M1" if len(by_month) <= YEAR_AND_A_HALF else "M3"
    return figure.update_xaxes(tickformat="%b<br>%Y", showgrid=False, dtick=step)


def week_chart(week: pd.DataFrame) -> go.Figure:
    """Return orders by weekday and hour; by weekday where the source has days but no times."""
    if len(week.columns) == 1:
        return bars(list(week.index), week.sum(axis=1), "Orders by weekday", "Orders")
    hours = [f"{hour}:00" for hour in week.columns]
    return grid(week.set_axis(hours, axis=1), "Orders by weekday and hour", "Hour", "Weekday", "Orders")


def product_charts(by_product: pd.DataFrame, top: int, currency: str) -> list[go.Figure]:
    """Return the products with most revenue and those that sell most units (or in most lines)."""
    best = by_product.head(top)
    title, axis = "Products with most revenue", amount_label(currency)
    by_revenue = bars(list(best["product"]), best["revenue"], title, axis, write=money, horizontal=True)
    most = by_product.sort_values(["units", "product"], ascending=[False, True]).head(top)
    same = (by_product["units"] == by_product["lines"]).all()
    title, axis = (
        ("Products bought most often", "Purchases") if same else ("Products that sell most units", "Units")
    )
    first = f"{most['product'].iloc[0]} sells most: {number(float(most['units'].iloc[0]))} {axis.lower()}"
    return [by_revenue, bars(list(most["product"]), most["units"], title, axis, horizontal=True, finding=first)]


def country_charts(by_country: pd.DataFrame, currency: str) -> tuple[go.Figure, go.Figure, pd.Series]:
    """Return bars of the largest countries, a map, and the revenue of the names that could not be placed."""
    revenue = by_country.set_index("country")["revenue"]
    shares = (revenue / revenue.sum()).head(COUNTRIES)
    left, names = len(revenue) - len(shares), [str(name) for name in shares.index]
    if left:
        names, shares = [*names, f"{left} others"], [*shares, 1 - shares.sum()]
    told = f"{names[0]} accounts for {percent(float(revenue.iloc[0] / revenue.sum()))} of the revenue"
    look = {"write": percent, "horizontal": True, "finding": told}
    ranked = bars(names, list(shares), "Revenue by country", "Share of the revenue", **look)
    ranked.update_xaxes(tickformat=".0%")
    figure, unplaced = country_map(revenue, amount_label(currency), money=True)
    return ranked, titled(figure, told, "Revenue by country on the map"), unplaced


def who_charts(people: pd.DataFrame, currency: str) -> list[go.Figure | None]:
    """Return who the customers are: age, gender, income, region."""
    income = amount_label(currency, "Annual income")
    return [
        _histogram(people, "age", AGE_BINS, "Age of the customers", "Age in years"),
        _count_bars(people, "gender", "Customers by gender"),
        _histogram(people, "income", SCORE_BINS, "Income of the customers", income),
        _count_bars(people, "region", "Customers by region"),
    ]


def habit_charts(people: pd.DataFrame) -> list[go.Figure | None]:
    """Return how customers buy, pay and judge: ratings, payment, discounts, rhythm, loyalty."""
    return [
        _histogram(people, "rating", SCORE_BINS, "Ratings", "Rating"),
        _count_bars(people, "payment_method", "How purchases are paid"),
        _rhythm_bars(people) if "purchase_rhythm" in people else None,
        _histogram(people, "purchase_frequency", SCORE_BINS, "Purchases in a year", "Purchases a year"),
        _histogram(people, "loyalty_score", SCORE_BINS, "Loyalty of the customers", "Loyalty score"),
    ]


def _counts(people: pd.DataFrame, column: str) -> pd.Series:
    """Return the rows of each value, most frequent first, ties in order of the value."""
    return people[column].value_counts().sort_index().sort_values(ascending=False, kind="stable")


def _histogram(people: pd.DataFrame, column: str, bins: int, title: str, axis: str) -> go.Figure | None:
    if column not in people:
        return None
    counted = people[column].value_counts().rename_axis("value").reset_index(name="rows")
    return histogram(counted, bins, title, axis, "customers")


def _count_bars(people: pd.DataFrame, column: str, title: str) -> go.Figure | None:
    """Return the customers of each value; None where there are two, which a sentence says as well."""
    if column not in people or people[column].nunique() <= 2:
        return None
    counts = _counts(people, column)
    return bars(counts.index, counts, title, "Customers", horizontal=len(counts) > FEW)


def _rhythm_bars(people: pd.DataFrame) -> go.Figure:
    """Return the rhythms from the most to the least frequent one, unknown ones last."""
    counts = people["purchase_rhythm"].value_counts().sort_index()
    yearly = counts.index.map(purchases_a_year).to_series(index=counts.index).sort_values(ascending=False)
    names = [name if pd.isna(year) else f"{name} ({year:.0f} a year)" for name, year in yearly.items()]
    return bars(names, counts[yearly.index], "How often customers buy", "Customers", horizontal=True)


def mean_bars(by: str, means: pd.DataFrame, currency: str) -> go.Figure:
    """Return the mean amount of each group, groups of ages in their order, others from the largest."""
    order = [by] if by == "age_group" else ["mean", by]
    ordered = means.sort_values(order, ascending=by == "age_group")
    title, axis = f"Mean amount by {label(by).lower()}", amount_label(currency, "Mean amount")
    look = {"write": "{:,.2f}".format, "quiet": list(ordered["rows"] < FEWEST)}
    figure = bars(ordered[by], ordered["mean"], title, axis, **look)
    grey = f"Grey: fewer than {FEWEST} customers." if any(look["quiet"]) else ""
    return note(figure, caption=grey)


def spending_charts(people: pd.DataFrame, currency: str) -> list[go.Figure | None]:
    """Return items and incomes as bubbles, and revenue by groups within groups."""
    return [_item_bubbles(people, currency), _income_bubbles(people, currency), _sunburst(people, currency)]


def _item_bubbles(people: pd.DataFrame, currency: str) -> go.Figure | None:
    if not {"product_name", "rating"} <= set(people):
        return None
    by_item = people.groupby("product_name").agg(
        rows=("revenue", "size"), revenue=("revenue", "sum"), rating=("rating", "mean")
    )
    axes = {"rows": "Purchases", "rating": "Mean rating", "revenue": amount_label(currency)}
    title = "Items by purchases, rating and revenue"
    rated = by_item.dropna().sort_values("revenue", ascending=False).reset_index()
    return bubbles(rated, title, x="rows", y="rating", size="revenue", name="product_name", axes=axes)


def _income_bubbles(people: pd.DataFrame, currency: str) -> go.Figure | None:
    """Return income against spending; equal customers lie on one another, so a bubble counts them."""
    if "income" not in people:
        return None
    by_income = people.groupby("income")["revenue"].agg(["size", "mean"]).reset_index()
    named = by_income.assign(name=[f"Income {number(income)}" for income in by_income["income"]])
    axes = {
        "income": amount_label(currency, "Annual income"),
        "mean": amount_label(currency, "Mean amount"),
        "size": "Customers",
    }
    shown = named.head(MOST_BUBBLES)
    return bubbles(shown, "Income and spending", x="income", y="mean", size="size", name="name", axes=axes)


def _sunburst(people: pd.DataFrame, currency: str) -> go.Figure | None:
    """Return revenue by age group, then category and item, or region: what the data has of these."""
    path = [name for name in ("age_group", "category", "product_name", "region") if name in people]
    totals = people.groupby(path)["revenue"].sum().reset_index() if len(path) > 1 else people[:0]
    if totals.empty or (totals["revenue"] <= 0).any():
        return None
    title = "Revenue by " + ", then ".join(label(name).lower() for name in path)
    return sunburst(totals, path, "revenue", title, currency or "revenue")
