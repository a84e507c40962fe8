"""What cells show: values are text, numbers are readable, figures have alternative text."""

import json
import re
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers.base.text import exact_money, money, number, percent, sentence, written
from helpers.show import display, theme

WICKED = "<script>alert(1)</script>"


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: a list of (object, options)."""
    things = []
    monkeypatch.setattr(display, "display", lambda thing, **options: things.append((thing, options)))
    return things


def test_a_sentence_escapes_its_values_and_keeps_its_own_markup():
    assert sentence("<b>{name}</b>", name=WICKED) == "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"
    assert sentence("{name}", name="\"&'") == "&quot;&amp;&#x27;"
    assert sentence("{name:>3}", name="<") == "  &lt;"
    assert sentence("{values[0]}", values=["<"]) == "&lt;"


def test_braces_and_templates_in_values_stay_text():
    assert sentence("{name}", name="{other}") == "{other}"


def test_say_shows_an_escaped_paragraph(shown):
    display.say("{n} of {name}", n=1234, name="<b>")
    assert shown[0][0].data == "<p>1,234 of &lt;b&gt;</p>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234, "1,234"),
        (np.int64(-1234567), "-1,234,567"),
        (0, "0"),
        (12.5, "12.50"),
        (12.3456, "12.35"),
        (0.5, "0.50"),
        (0.12345, "0.1235"),
        (0.1, "0.10"),
        (-0.25, "-0.25"),
        (3.0, "3"),
        (1234.56, "1,235"),
        (Decimal("2.5"), "2.50"),
        (Decimal("5699403.12"), "5,699,403"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, "–"),
        (float("nan"), "–"),
        (np.float64("nan"), "–"),
        (pd.NaT, "–"),
        (pd.NA, "–"),
        (date(2011, 12, 9), "9 Dec 2011"),
        (datetime(2011, 12, 9), "9 Dec 2011"),
        (pd.Timestamp(2011, 12, 9, 12, 50), "9 Dec 2011 12:50"),
        ("text", "text"),
    ],
    ids=str,
)
def test_a_value_is_written_as_people_write_it(value, text):
    assert number(value) == text


def test_shares_have_one_digit_below_ten_per_cent():
    shares = {
        0.4762: "48 %",
        0.1: "10 %",
        0.0996: "10 %",
        0.0333: "3.3 %",
        -0.0333: "-3.3 %",
        0: "0 %",
        1: "100 %",
    }
    assert {share: percent(share) for share in shares} == shares
    assert percent(0.4762, 1) == "47.6 %"
    assert (percent(0.9996), percent(0.0001)) == ("99.9 %", "<0.1 %")  # nearly all, next to nothing


def test_what_adds_up_is_to_the_penny():
    assert exact_money(Decimal("5699403.4"), "GBP") == "£5,699,403.40"
    assert exact_money(-12.5, "SEK") == "-12.50 SEK"


def test_a_table_escapes_headings_cells_and_caption(shown):
    frame = pd.DataFrame({WICKED: [WICKED, "=1"], "n": [1, 2]})
    display.table(frame, caption=WICKED, names={"n": "<i>"}, formats={"n": lambda value: f"<b>{value}"})
    text = shown[0][0].data
    assert "<script" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert text.lower().count("&lt;script&gt;alert(1)") == 3


def test_a_long_table_shows_its_first_rows_and_carries_the_others_as_data(shown):
    display.table(pd.DataFrame({"n": range(30), "name": [WICKED] * 30}), caption="c", rows=10)
    display.table(pd.DataFrame({"n": range(10)}), caption="c", rows=10)
    long, short = (one.data for one, _ in shown)
    assert long.count("<tr>") == 11
    (rest,) = re.findall(r'<script type="application/json" class="rows">(.*?)</script>', long)
    assert "<" not in rest
    assert json.loads(rest)[0] == ["10", WICKED] and len(json.loads(rest)) == 20
    assert "10 of 30 shown." in long
    assert "<script" not in short and "shown" not in short


def test_a_table_without_end_says_that_it_has_only_its_first_rows(shown, monkeypatch):
    monkeypatch.setattr(display, "ROWS_CARRIED", 70)
    display.table(pd.DataFrame({"n": range(1234)}), caption="c")
    text = shown[0][0].data
    assert "10 of 70 shown." in text and "the first 70 of 1,234 rows" in text
    assert '["69"]' in text and '["70"]' not in text
    display.table(pd.DataFrame({"n": range(1234)}), caption="c", carries=40)
    assert "10 of 40 shown." in shown[1][0].data and "the first 40 of 1,234 rows" in shown[1][0].data


def segments(**changes):
    return pd.DataFrame(
        {
            "rfm_segment": ["Loyal", "Lost", "New"],
            "customers": [6, 3, 1],
            "customer_share": [0.6, 0.3, 0.1],
            "revenue": [Decimal(700), Decimal(200), Decimal(100)],
            "revenue_share": [0.7, 0.2, 0.1],
            "recency": [10, 20, 30],
            "monetary": [116.0, 66.0, 100.0],
        }
        | changes
    )


def totals(text):
    return re.findall(r"<td[^>]*>(.*?)</td>", text.partition("<tfoot>")[2])


def test_what_adds_up_has_a_total_and_nothing_else_has(shown):
    display.table(segments(), "c")
    display.table(segments().head(2), "the first two")
    display.table(segments(revenue_share=[0.5, 0.3, 0.2]), "shares of something else")
    display.table(segments()[["rfm_segment", "recency", "monetary"]], "c", adds=["monetary"])
    assert totals(shown[0][0].data) == ["Total", "10", "100 %", "1,000", "100 %", "", ""]
    assert totals(shown[1][0].data) == []
    assert totals(shown[2][0].data) == ["Total", "10", "100 %", "", "", "", ""]
    assert totals(shown[3][0].data) == ["Total", "", "282.00"]


def bars(text):
    return re.findall(r'style="--part:(\d+%)">(.*?)<', text)


def test_a_change_has_its_sign_whichever_way_it_goes():
    assert [written(share, "change") for share in (0.28, -0.193, 0.033, 0.0)] == [
        "+28 %",
        "-19 %",
        "+3.3 %",
        "0 %",
    ]


def test_shares_are_bars_and_money_where_there_are_none(shown):
    display.table(segments(), "c")
    assert bars(shown[0][0].data) == [
        *[("86%", "60 %"), ("100%", "70 %")],
        *[("43%", "30 %"), ("29%", "20 %")],
        *[("14%", "10 %"), ("14%", "10 %")],
    ]
    display.table(segments().drop(columns=["customer_share", "revenue_share", "monetary"]), "c")
    assert bars(shown[1][0].data) == [("100%", "700.00"), ("29%", "200.00"), ("14%", "100.00")]
    below_zero = segments(revenue=[-1, 2, 3]).drop(columns=["customer_share", "revenue_share", "monetary"])
    display.table(below_zero, "c")
    display.table(pd.DataFrame({"hit_low": [0.1, 0.2, 0.3], "flat": [0.1] * 3}), "the end of an interval")
    assert bars(shown[2][0].data) == bars(shown[3][0].data) == []


def test_numbers_are_set_as_numbers(shown):
    display.table(pd.DataFrame({"revenue": [Decimal("1.5")], "country": ["France"]}), caption="c")
    text = shown[0][0].data
    assert '<td class="number">1.50</td>' in text
    assert '<td class="short">France</td>' in text
    assert '<th scope="col" class="number">Revenue</th>' in text


def test_a_figure_without_alternative_text_is_refused(shown):
    with pytest.raises(ValueError, match="alternative text"):
        display.show(go.Figure())
    with pytest.raises(ValueError, match="alternative text"):
        display.show(display.describe(go.Figure(), ""))
    with pytest.raises(ValueError, match="alternative text"):
        display.show(display.Picture(Figure(), ""))
    assert shown == []


def test_a_figure_carries_its_alternative_text(shown):
    display.show(display.describe(go.Figure(), "what it shows", "caption"))
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([1, 2])
    display.show(display.Picture(figure, "a line that rises"))
    assert len(shown) == 2
    assert "what it shows" in str(shown[0][0])
    assert shown[1][1]["metadata"]["image/png"]["alt"] == "a line that rises"
    assert shown[1][0]["image/png"].startswith(b"\x89PNG")
    assert Image.open(BytesIO(shown[1][0]["image/png"])).mode == "P", "a picture of few colours"


def test_labels_inside_bars_have_an_ink_for_each_colour(shown):
    bars = go.Figure(go.Bar(x=["a", "b"], y=[1, 2], text=["1", "2"], marker_color=[theme.BLUE, theme.PETROL]))
    display.show(bars)
    assert bars.data[0].insidetextfont.color == (theme.ink_on(theme.BLUE), theme.ink_on(theme.PETROL))
    scaled = go.Figure(go.Bar(x=["a"], y=[1], marker={"color": [0.5]}))
    display.show(scaled)  # colours of a scale are plotly's
    assert scaled.data[0].insidetextfont.color is None


def test_labels_for_charts_are_text():
    assert display.as_text(["<b>x</b>", 'say "hi"', 1234]) == ["&lt;b&gt;x&lt;/b&gt;", 'say "hi"', "1,234"]


def test_money_in_prose_has_three_digits_and_the_currency_s_sign():
    amounts = {
        1_474_142: "£1.47m", 645_829: "£646k", 999_700: "£1m", 12_345_678: "£12.3m", 2_345_678_901: "£2,350m",
        9_999.6: "£10k", 1498.2: "£1,498", 96.14: "£96", 10.81: "£10.8", 8.45: "£8.45", 0.0512: "£0.0512", 5: "£5",
        0: "£0", -2_090: "-£2,090", -45_678: "-£45.7k",
    }  # fmt: skip
    assert {amount: money(amount, "GBP") for amount in amounts} == amounts
    assert money(1200, "SEK") == "1,200 SEK"
    assert money(float("nan"), "GBP") == "–"
    assert money(12_000) == "12k"
