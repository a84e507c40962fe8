"""The rules of house English find what they are for, and nothing in text that keeps them."""

import json

import plotly.express as px
import plotly.graph_objects as go
import pytest

from helpers.show.theme import plotly_template
from tests.house_english import RULES, broken, naked, naked_axes, plain, words_of

WRONG = {
    "spend; account for": "Few customers bring 61 % of the revenue",
    "significantly": "The model is surely better",
    "forecast; actual": "Forecast, and what came",
    "decile": "The first tenth buys most",
    "days since last order": "A long silence",
    "interval": "Average gap",
    "sales data; order line": "The ledger ends here",
    "appear": "It stands there twice",
    "new customers": "Lists for strangers",
    "usual products": "what they always buy",
    "at random; chance": "chosen by lot",
    "permutation importance": "shuffling it costs 0.02",
    "mutual information": "uncertainty removed",
    "stability": "Agreement of resamples",
    "random data of the same shape": "in data without groups",
    "the forest predicts": "the forest puts them into B",
    "drives the forecast": "What the model goes by",
    "class imbalance": "Few buyers, many others",
    "calibration": "Are the probabilities true?",
    "frequently bought together": "Products bought together",
    "injected": "25 planted prices",
    "similarity": "Likeness of products",
    "per customer": "the revenue a customer",
    "needs review": "worth a look",
    "correct": "mend the price",
    "(not rendered)": "Left out here: no dates",
    "dates as 20 Jan 2026": "until 2026-01-20.",
    "the currency's sign before the amount": "1,234 GBP",
    "a space before the per cent sign": "55% of them",
    "whole per cent from ten up": "18.9 % of the customers",
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_what_it_is_for(rule):
    assert [found.partition(":")[0] for found in broken(f"So: {WRONG[rule]}")] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "Loyal customers account for 38 % of the revenue, 3.3 % less than before; £1.47m since 20 Jan 2026.",
        "Frequently bought together; brought back 67 % of all units; order 2024-01-17-A; up to 99.9 %.",
        "The outstanding amount; a standard deviation; customers gained.",
    ],
)
def test_text_that_keeps_the_rules_passes(text):
    assert broken(text) == []


def test_code_and_scripts_are_not_prose():
    assert plain("<p>Sales &amp; more</p><code>ledger</code><script>var silence</script>") == "Sales & more"


def drawn(figure: go.Figure) -> dict:
    """Return a figure as a notebook holds it."""
    return json.loads(figure.to_json())


SAID = {"title": "B has more", "subtitle": "Orders by kind"}


def described(figure: go.Figure) -> go.Figure:
    return figure.update_layout(meta={"alt": "Bars: b 2, a 1."})


def test_a_chart_says_its_finding_what_is_drawn_and_what_its_axes_show():
    named = px.bar(x=["a", "b"], y=[1, 2], **SAID, labels={"x": "", "y": "Orders"})
    assert naked_axes(drawn(described(named))) == []
    assert naked_axes(drawn(described(px.bar(x=["a"], y=[1], labels={"y": ""}, **SAID)))) == ["y"]
    assert naked_axes(drawn(described(px.bar(x=["a"], y=[1], title="T")))) == ["subtitle"]
    assert naked_axes(drawn(go.Figure(go.Scatter(x=[1, 2], y=[1, 2])))) == ["alt", "subtitle", "title", "x", "y"]
    shares = named.update_yaxes(title_text="", tickformat=".0%")
    assert naked_axes(drawn(shares)) == ["y"]  # per cent of what?


def test_a_picture_says_as_much():
    assert naked({"alt": "A tree.", "title": "It asks for size", "subtitle": "A tree"}) == []
    assert naked({"alt": " ", "caption": "c"}) == ["title", "subtitle", "alt"]


def test_what_is_written_inside_a_chart_is_read_too():
    figure = px.bar(x=[0.553], y=["The ledger"], orientation="h", text=["5.3%"])
    figure.add_annotation(text="a long silence")
    figure.update_layout(meta={"alt": "until 2026-01-20", "caption": "by lot"})
    figure.update_xaxes(ticktext=["mend it"], tickvals=[1])
    found = {hit.partition(":")[0] for hit in broken(" | ".join(words_of(drawn(figure))))}
    assert found == {
        *("a space before the per cent sign", "sales data; order line", "days since last order", "correct"),
        *("dates as 20 Jan 2026", "at random; chance"),
    }
    own = px.bar(x=[0.553], y=["a"], orientation="h", text_auto=".1%")
    assert "text" in naked_axes(drawn(own))


@pytest.mark.parametrize("axis", ["xaxis", "yaxis2", "coloraxis"])
def test_ticks_in_per_cent_are_read_as_plotly_writes_them(axis):
    shares = {"tickformat": ".0%"} if axis != "coloraxis" else {"colorbar": {"tickformat": ".0%"}}
    plain_style, ours = (go.Figure(layout={axis: shares, "template": t}) for t in ("plotly", plotly_template()))
    assert "40%" in words_of(drawn(plain_style)) and broken(" | ".join(words_of(drawn(plain_style))))
    assert "40 %" in words_of(drawn(ours)) and not broken(" | ".join(words_of(drawn(ours))))
