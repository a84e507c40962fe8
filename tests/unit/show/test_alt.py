"""Alternative text that is read off a figure."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.show.alt import alt_text


def test_bars_are_told_highest_first():
    frame = pd.DataFrame({"country": ["France", "Spain", "Italy"], "orders": [3, 12, 7]})
    text = alt_text(px.bar(frame, x="orders", y="country", orientation="h", title="Orders <b>by</b> country"))
    assert text.startswith("Orders by country.")
    assert "Bars: Spain 12, Italy 7, France 3." in text


def test_a_line_is_told_by_its_ends_and_its_extremes():
    frame = pd.DataFrame({"k": range(2, 9), "silhouette": [0.35, 0.43, 0.47, 0.44, 0.49, 0.46, 0.45]})
    text = alt_text(px.line(frame, x="k", y="silhouette"))
    assert "silhouette by k" in text
    assert "from 0.35 at 2 to 0.45 at 8; highest 0.49 at 6, lowest 0.35 at 2" in text


def test_dates_are_written_as_dates():
    days = pd.date_range("2011-01-01", periods=6, freq="MS")
    text = alt_text(go.Figure(go.Scatter(x=days, y=[1, 2, 3, 9, 2, 1], mode="lines", name="Revenue")))
    assert "A line (Revenue): from 1 at 1 Jan 2011" in text
    assert "highest 9 at 1 Apr 2011" in text


def test_a_grid_names_its_cells():
    text = alt_text(go.Figure(go.Heatmap(z=[[1, 2], [3, None]], x=["a", "b"], y=["r", "s"])))
    assert "A grid: s / a 3, r / b 2, r / a 1" in text


def test_what_is_not_shown_or_no_number_is_not_told():
    hidden = go.Scatter(x=[1, 2], y=[1, 2], visible="legendonly", name="hidden")
    assert alt_text(go.Figure([hidden])) == ""
    assert alt_text(go.Figure(go.Scatter(x=[1], y=["text"]))) == ""


def test_many_series_are_counted():
    lines = [go.Scatter(x=[1, 2], y=[n, n + 1], name=f"s{n}") for n in range(9)]
    assert "3 more series" in alt_text(go.Figure(lines))
