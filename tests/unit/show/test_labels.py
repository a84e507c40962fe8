"""What is written into a figure: its finding as title, names beside series instead of a legend."""

from itertools import pairwise

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pytest

from helpers.show import labels
from helpers.show.charts import FEWEST, histogram, paired_bars, shares_finding


def lines(*ends, **layout):
    traces = [go.Scatter(x=[1, 2], y=[0, end], name=f"line {end}", line_color="#000000") for end in ends]
    return go.Figure(traces, layout)


def test_a_finding_becomes_the_title_and_what_is_drawn_stands_below():
    figure = labels.titled(go.Figure(layout={"title_text": "Sales by month"}), "Sales of <Tea> fell.")
    assert figure.layout.title.text == "Sales of &lt;Tea&gt; fell"
    assert figure.layout.title.subtitle.text == "Sales by month"
    assert labels.titled(figure, "Again").layout.title.subtitle.text == "Sales by month"


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("<em>A</em> &amp; B lead. C follows.", "A & B lead"),
        ("Up 12 %. £5 more.", "Up 12\N{NO-BREAK SPACE}%"),
        ("Most in the hour from 12:00. Nothing on a Sunday. None of it.", "Most in the hour from 12:00"),
        ("Of ST. IVES TEA and St. Nicholas 3.5 kg are sold.", "Of ST. IVES TEA and St. Nicholas 3.5 kg are sold"),
    ],
)
def test_the_first_sentence_is_the_title(said, first):
    assert labels.first_sentence(said.replace(" %", "\N{NO-BREAK SPACE}%"))[0] == first


def test_a_few_lines_are_named_at_their_ends_and_names_do_not_cover_each_other():
    figure = lines(10.0, 10.1, 3.0)
    labels.name_series(figure)
    names = [note for note in figure.layout.annotations if note.name == labels.DIRECT]
    assert [note.text.rpartition("> ")[2] for note in names] == ["line 10.0", "line 10.1", "line 3.0"]
    plot = (labels.HEIGHT - 90) / 10.1
    at = sorted(note.y * plot + note.yshift for note in names)
    assert all(b - a > labels.LINE - 2 for a, b in pairwise(at))
    assert figure.layout.showlegend is False and figure.layout.margin.r > 60


@pytest.mark.parametrize(
    "figure",
    [
        lines(*range(1, labels.SERIES + 2)),
        lines(1),
        lines(1, 2, yaxis_type="log"),
        lines(1, 2, showlegend=False),
        px.scatter(x=[1, 2], y=[1, 2], color=["a", "b"]),
    ],
)
def test_what_cannot_be_named_beside_its_marks_keeps_its_legend(figure):
    before = figure.layout.showlegend
    labels.name_series(figure)
    assert not figure.layout.annotations and figure.layout.showlegend == before


def test_pieces_of_stacked_bars_are_named_beside_the_last_stack():
    figure = px.bar(pd.DataFrame({"new": [1, 2], "old": [3, 4]}, ["Jan", "Feb"]), barmode="relative")
    labels.name_series(figure)
    assert [(note.x, note.y) for note in figure.layout.annotations] == [("Feb", 1.0), ("Feb", 4.0)]


def test_a_stack_of_a_date_is_named_at_that_date():
    months = pd.DataFrame({"new": [1, 2], "old": [3, 4]}, pd.to_datetime(["2025-01-01", "2025-02-01"]))
    figure = px.bar(months, barmode="relative")
    labels.name_series(figure)
    assert {str(note.x)[:10] for note in figure.layout.annotations} == {"2025-02-01"}


def test_groups_with_half_of_the_revenue_are_named_together_or_what_one_leaves():
    customers = pd.Series({"A": 0.2, "B": 0.3, "C": 0.5})
    assert shares_finding(customers, pd.Series({"A": 0.4, "B": 0.3, "C": 0.3})) == (
        "A and B: 50 % of the customers, 70 % of the revenue"
    )
    assert shares_finding(customers, pd.Series({"A": 0.6, "B": 0.3, "C": 0.1})) == (
        "All but A: 80 % of the customers, 40 % of the revenue"
    )
    assert shares_finding(pd.Series({"A": 1.0}), None) == "A: 100 % of the customers"


def test_pairs_of_bars_say_what_they_are_in_house_english():
    shares = pd.DataFrame({"customers": [0.553, 0.033], "revenue": [0.9, 0.1]}, index=["<b>A</b>", "B"])
    figure = paired_bars(shares, "A leads", "Shares", "Share of all")
    assert [list(bar.text) for bar in figure.data] == [["55 % · customers", "3.3 %"], ["90 % · revenue", "10 %"]]
    assert figure.data[0].y[0] == "&lt;b&gt;A&lt;/b&gt;"
    assert figure.layout.showlegend is False and figure.layout.xaxis.title.text == "Share of all"


def test_counts_have_whole_bars():
    ages = pd.DataFrame({"value": range(18, 71), "rows": 1})
    bars = histogram(ages, 20, "Ages", "Age in years", "customers").data[0]
    assert {float(edge) % 1 for edge in (ages["value"].min() - 0.5, bars.customdata[0][0])} == {0.5}
    assert set(bars.y[:-1]) == {bars.y[0]} and bars.y[0] == round(bars.width / 0.96)  # as many years in each
    assert histogram(ages, 20, "Ages", "Age in years", "customers").layout.title.text.startswith("Half of the")


def test_the_ends_of_a_ranking_are_a_finding():
    assert labels.extremes(["a", "b", "c"], [3, None, 1]) == "a is highest at 3, c lowest at 1"
    assert labels.extremes(["a", "b"], [2, 2]) == "All are equal at 2"
    assert labels.extremes([], []) == "" and FEWEST > 1
