"""The charts of the contact plan in chapter 09: lift and gain, profit by number of contacts, and a map."""

import pandas as pd
import plotly.graph_objects as go

from helpers.chapters.purchase_prediction.charts import thinned
from helpers.chapters.purchase_prediction.evaluation import Tested
from helpers.chapters.purchase_prediction.features import Snapshot
from helpers.chapters.purchase_prediction.targeting import Costs, profit_curve
from helpers.show import theme
from helpers.show.display import describe, money, percent
from helpers.show.maps import country_map


def lift_charts(by_tenth: pd.DataFrame) -> list[go.Figure]:
    """Return lift by tenth, and the share of buyers and of their spend that the first tenths hold."""
    names = [str(tenth) for tenth in by_tenth["tenth"]]
    lift = go.Figure(
        go.Bar(
            x=names,
            y=by_tenth["lift"].round(4).tolist(),
            text=[f"{value:.2f}" for value in by_tenth["lift"]],
            customdata=[
                [percent(a), percent(b)] for a, b in zip(by_tenth["share"], by_tenth["expected"], strict=True)
            ],
            hovertemplate="tenth %{x}: %{customdata[0]} bought, %{customdata[1]} promised<extra></extra>",
            marker_color=theme.BLUE,
        )
    )
    lift.add_hline(y=1, line={"color": theme.NEUTRAL, "dash": "dot"})
    lift.update_layout(title_text="Lift by tenth", height=360, yaxis_title_text="Times the share of all customers")
    lift.update_xaxes(
        title_text="Tenth of the customers, the most probable first", type="category", showgrid=False
    )
    gain = go.Figure()
    at = [0, *(by_tenth["customers"].cumsum() / by_tenth["customers"].sum()).round(4).tolist()]
    for column, name, colour in (("gain", "Buyers", theme.BLUE), ("spend_gain", "Their spend", theme.GREEN)):
        gain.add_scatter(
            x=at,
            y=[0, *by_tenth[column].round(4).tolist()],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            hovertemplate="%{x:.0%} of the customers hold %{y:.1%}<extra>" + name + "</extra>",
        )
    gain.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="By lot", line={"color": theme.NEUTRAL, "dash": "dot"})
    gain.update_layout(title_text="Gain: what the most probable customers hold", height=400)
    gain.update_xaxes(title_text="Share of the customers, the most probable first", tickformat=".0%")
    gain.update_yaxes(title_text="Share that they hold", tickformat=".0%")
    third = by_tenth.head(3).iloc[-1]
    return [
        describe(lift, f"Bars of lift by tenth: {', '.join(f'{v:.2f}' for v in by_tenth['lift'])}."),
        describe(
            gain,
            f"Curves of gain: three tenths of the customers hold {percent(third['gain'])} of the buyers and "
            f"{percent(third['spend_gain'])} of their spend.",
        ),
    ]


def profit_chart(tested: Tested, test: Snapshot, costs: Costs, currency: str) -> go.Figure:
    """Return the profit at the test by number of customers contacted, the threshold from training marked."""
    curve = profit_curve(tested.best, test.spend, costs)
    x, y = thinned(curve["contacted"].to_numpy(float), curve["profit"].to_numpy(float))
    contacted = int((tested.best >= tested.threshold).sum())
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines", line={"color": theme.BLUE, "width": 2.5}, name="Profit"))
    figure.update_traces(hovertemplate="%{x:,.0f} contacted: %{y:,.0f}<extra></extra>")
    figure.add_vline(x=contacted, line={"color": theme.ORANGE, "dash": "dash"})
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "width": 1})
    figure.update_layout(
        title_text="Profit by number of customers contacted, at the test", height=380, showlegend=False
    )
    figure.update_xaxes(
        title_text="Customers contacted, the most probable first (dashed: threshold from training)"
    )
    figure.update_yaxes(title_text=f"Profit ({currency})" if currency else "Profit")
    best = curve.loc[curve["profit"].idxmax()]
    return describe(
        figure,
        f"Profit by customers contacted: at most {money(best['profit'], currency)} with "
        f"{int(best['contacted']):,}; the threshold from training contacts {contacted:,}; everybody brings "
        f"{money(curve['profit'].iloc[-1], currency)}.",
    )


def contact_maps(listed: pd.DataFrame) -> tuple[list[go.Figure], pd.Series]:
    """Return the customers to contact by country on a map, and those whose country has no place on it."""
    if "country" not in listed:
        return [], pd.Series(dtype=float)
    chosen = listed[listed["contact"] == "yes"].dropna(subset=["country"])
    if chosen.empty:
        return [], pd.Series(dtype=float)
    figure, unplaced = country_map(chosen.groupby("country").size(), "Customers to contact")
    figure.update_layout(title_text="Where the customers to contact live")
    return [figure], unplaced
