"""What the first screen says of a study with two years, without dates, without money, and without anything."""

import pytest
from markupsafe import Markup

from helpers.build.known import dates_of
from helpers.build.summary import CARDS, LETTERS, Summary

BEFORE = {"name": "2024", "first": "2024-01-01", "last": "2024-12-31"}
AFTER = {"name": "2025", "first": "2025-01-01", "last": "2025-12-31"}
SUMS = {
    "customers": 100.0,
    "orders": 400.0,
    "items": 900.0,
    "sales": 50_000.0,
    "returned": 2_000.0,
    "net": 48_000.0,
}
MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
SEGMENTS = {
    "Loyal": {"customer_share": 0.2, "revenue_share": 0.5},
    "New": {"customer_share": 0.7, "revenue_share": 0.1},
    "Champions": {"customer_share": 0.1, "revenue_share": 0.4},
}


def changed(share: float, *, money: bool = True, flagged: float = 0.0) -> dict:
    """Return chapter 10's findings of two years in which each sum changed by a share."""
    sums = SUMS if money else {name: SUMS[name] for name in ("customers", "orders")}
    worth = sums["net" if money else "orders"]
    monthly = {name: [value / 12] * 12 + [value * (1 + share) / 12] * 12 for name, value in sums.items()}
    return {
        "by_year": True,
        "net_sales_before": worth,
        "net_sales": worth * (1 + share),
        "periods": {"before": BEFORE | sums, "after": AFTER | {name: v * (1 + share) for name, v in sums.items()}},
        "monthly": {"month": MONTHS} | monthly,
        "flagged": {"customers": 3, "change": flagged},
    }


@pytest.fixture
def summary(study, tmp_path):
    """Return a function that sums up findings, a chapter's answers and claims; every chapter has its page."""

    def make(findings=None, story=(), claims=(), file="currency: GBP\n"):
        made = study(file)
        for chapter in made.chapters:
            (tmp_path / f"{chapter.stem}.html").touch()
        chapters = {}
        for name, answers, text, stake in story:
            told = chapters.setdefault(name, {"story": []})["story"]
            chapters[name].setdefault("headlines", []).append(text)
            told.append(
                {"answers": answers, "text": text, "place": len(told), "at_stake": stake, "download": "a.csv"}
            )
        return Summary(made, tmp_path, {"chapters": chapters}, findings or {}, list(claims))

    return make


def claim(verdict: str, text: str = "All is well") -> dict[str, str]:
    return {
        "claim": text,
        "source": "",
        "expected": "1",
        "found": "0",
        "said": "They say 1; it is 0.",
        "verdict": verdict,
    }


def plain(text: str) -> str:
    return Markup(text).striptags().replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("share", "flagged", "title"),
    [
        (-0.062, 0.0, "Net sales fell 6.2 % in 2025"),
        (0.2, 0.0, "Net sales rose 20 % in 2025"),
        (0.001, 0.0, "Net sales in 2025 were level with 2024"),
        (-0.1, -2_400.0, "Net sales fell 10 % in 2025; 3 flagged customers account for 50 % of the fall"),
        (-0.1, -5_000.0, "Net sales fell 10 % in 2025; all of the fall is that of 3 flagged customers"),
        (-0.1, 2_400.0, "Net sales fell 10 % in 2025"),
    ],
)
def test_the_title_is_the_change_of_the_year(summary, share, flagged, title):
    found = summary({"what_changed": changed(share, flagged=flagged)}).finding()
    assert plain(found["title"]) == title
    assert found["href"] == "10_what_changed.html#said-0"


def test_periods_that_are_no_calendar_years_are_named_once(summary):
    found = changed(-0.1)
    found["periods"]["after"] |= {"name": "Feb 2024 to Jan 2025"}
    made = summary({"what_changed": found})
    assert plain(made.finding()["title"]) == "Net sales fell 10 % on the year"
    assert plain(made.finding()["about"]).startswith("£43.2k against £48k in the year before")
    assert made.compared() == "Feb 2024 to Jan 2025 against 2024" and made.tiles()[0].before == "before: £48k"


def test_a_few_weeks_are_no_year(summary):
    found = changed(-0.1)
    found["periods"]["after"] |= {"last": "2025-02-04"}
    assert summary({"what_changed": found}).compared() == "" and not summary({"what_changed": found}).tiles()
    assert not summary({"what_changed": changed(-0.1) | {"by_year": False}}).compared()


def test_without_two_years_the_title_is_the_largest_segment_then_the_top_decile_then_what_was_found_first(summary):
    short = changed(-0.5) | {"periods": {"before": BEFORE, "after": AFTER | {"last": "2025-01-09"}}}
    rfm = {"segment_shares": SEGMENTS, "top_tenth_share": 0.61}
    told = [("rfm", "who", "Loyal first.", None)]
    found = summary({"what_changed": short, "rfm": rfm}, told).finding()
    assert plain(found["title"]) == "Loyal: 20 % of customers account for 50 % of sales"
    assert found["href"] == "03_rfm.html#said-0"
    assert "top decile of customers accounts for 61 %" in plain(
        summary({"rfm": {"top_tenth_share": 0.61}}).finding()["title"]
    )
    first = summary({}, [("eda", None, "Nothing is related to another.", None)]).finding()
    assert (first["title"], first["href"]) == ("Nothing is related to another", "01_eda.html#said-0")
    assert summary().finding()["title"] == summary().study.values.title


def test_claims_that_fail_are_the_finding_of_a_study_without_dates(summary):
    rfm = {"rfm": {"segment_shares": SEGMENTS}}
    assert (
        plain(summary(rfm, claims=[claim("does not hold")] * 3).finding()["title"])
        == "None of 3 published claims holds"
    )
    most = [claim("does not hold")] * 2 + [claim("holds")]
    assert plain(summary(rfm, claims=most).finding()["title"]) == "2 of 3 published claims do not hold"
    assert "Loyal" in summary(rfm, claims=[*most, claim("holds")]).finding()["title"]


def test_key_figures_change_on_the_year_and_have_their_months(summary):
    tiles = summary({"what_changed": changed(-0.1)}).tiles()
    assert [tile.label for tile in tiles][:3] == ["Net sales", "Customers", "Orders"]
    sales, *_, returned = tiles
    assert (sales.value, plain(sales.change), sales.tone, plain(sales.before)) == (
        "£43.2k",
        "▼ 10 %",
        "bad",
        "2024: £48k",
    )
    assert (plain(returned.value), returned.change, returned.tone) == ("4.0 %", "no change", "")
    assert all('role="img"' in tile.line for tile in tiles)


def test_a_rise_of_returns_is_bad(summary):
    found = changed(0.0)
    found["periods"]["after"]["returned"] *= 2
    returned = summary({"what_changed": found}).tiles()[4]
    assert (plain(returned.change), returned.tone) == ("▲ 4.0 pts", "bad")


def test_without_dates_key_figures_are_of_all_of_the_data_and_none_is_empty(summary):
    cleaning = {
        "customers": 3900,
        "orders": None,
        "revenue_kept": 233_081.0,
        "revenue_returned": 0.0,
        "rows_kept": 3900,
    }
    tiles = summary({"cleaning": cleaning, "rfm": {"top_tenth_share": 0.16}}).tiles()
    assert [(tile.label, plain(tile.value)) for tile in tiles] == [
        ("Net sales", "£233k"), ("Customers", "3,900"), ("Spend per customer", "£60"),
        ("Top decile's share of sales", "16 %"), ("Lines", "3,900"),
    ]  # fmt: skip
    assert not any(tile.change or tile.line for tile in tiles)
    assert summary().tiles() == []


def test_without_money_orders_are_told(summary):
    made = summary({"what_changed": changed(-0.1, money=False)})
    assert plain(made.finding()["title"]) == "Orders fell 10 % in 2025"
    assert [tile.label for tile in made.tiles()] == ["Customers", "Orders", "Orders per customer"]
    months = made.pictures()[0]
    assert plain(months.title).startswith("12 of 12 months ran below 2024") and "£" not in months.drawing
    people = {name: {"customer_share": of["customer_share"]} for name, of in SEGMENTS.items()}
    largest = summary({"rfm": {"segment_shares": people}})
    assert plain(largest.finding()["title"]) == "New, the largest segment, has 70 % of customers"
    assert plain(largest.pictures()[0].title) == "New and Loyal: 90 % of customers"
    cleaning = {"customers": 9, "orders": 20, "revenue_kept": None, "revenue_returned": None}
    assert [tile.label for tile in summary({"cleaning": cleaning}).tiles()] == [
        "Customers",
        "Orders",
        "Orders per customer",
    ]


def test_pictures_are_the_months_and_the_segments(summary):
    actions = {"Loyal": "Keep: thank them"}
    months, segments = summary(
        {"what_changed": changed(-0.1), "rfm": {"segment_shares": SEGMENTS, "segment_actions": actions}}
    ).pictures()
    assert plain(months.title) == "12 of 12 months ran below 2024; Jan 2025 fell most (-10 %)"
    assert plain(segments.title) == "Loyal and Champions: 30 % of customers, 90 % of sales"
    assert [(bar["name"], bar["action"]) for bar in segments.bars] == [
        ("Loyal", "Keep"),
        ("Champions", ""),
        ("New", ""),
    ]


def test_of_many_segments_the_last_are_summed_up(summary):
    many = {f"S{i}": {"customer_share": 0.1, "revenue_share": 0.1} for i in range(10)}
    [segments] = summary({"rfm": {"segment_shares": many}}).pictures()
    assert [bar["name"] for bar in segments.bars][-1] == "4 other segments"
    assert "40\N{NO-BREAK SPACE}% of sales" in segments.bars[-1]["drawing"]


def test_without_dates_and_segments_pictures_show_what_sales_are_made_of(summary):
    eda = {
        "category_counts": {"Tea": 30, "Jam": 10},
        "category_means": {"Tea": 10.0, "Jam": 90.0},
        "x_counts": {"a": 1},
    }
    [picture] = summary({"eda": eda}).pictures()
    assert plain(picture.title) == "Jam: 25 % of purchases, 75 % of sales"


def test_what_to_do_goes_by_money_and_links_to_evidence_and_list(summary, tmp_path):
    story = [
        ("cleaning", "do", "Correct 25 lines: £87.7k.", 87_749.0),
        ("rfm", "who", "Loyal first.", None),
        ("anomaly", "do", "Review 31 customers.", 114_000.0),
        ("recommendation", "do", "Offer <em>usual</em> products.", None),
        ("recommendation", "do", "One more.", None),
    ]  # fmt: skip
    (tmp_path / "downloads/02_cleaning").mkdir(parents=True)
    (tmp_path / "downloads/02_cleaning/a.csv").touch()
    cards = summary(story=story).cards("do")
    assert [plain(card.text) for card in cards] == [
        "£114k Review 31 customers.",
        "Correct 25 lines: £87.7k.",
        "Offer usual products.",
    ]
    assert [card.href for card in cards] == [
        "06_anomaly.html#said-0",
        "02_cleaning.html#said-0",
        "08_recommendation.html#said-0",
    ]
    assert [card.download for card in cards] == [None, ("a.csv", "downloads/02_cleaning/a.csv"), None]


def test_doubts_are_one_a_chapter_first_then_claims_that_do_not_hold(summary):
    story = [
        ("regression", "doubt", "a", None),
        ("regression", "doubt", "b", None),
        ("recommendation", "doubt", "c", None),
    ]
    made = summary(
        story=story[:2],
        claims=[claim("holds"), claim("does not hold", "<b>Half</b> leave"), claim("cannot be tested here")],
    )
    assert [str(card.text) for card in made.cards("doubt")] == [
        "a",
        "b",
        "“&lt;b&gt;Half&lt;/b&gt; leave” They say 1; it is 0.",
    ]
    assert made.cards("doubt")[-1].href == "#claims"
    assert [str(card.text) for card in summary(story=story).cards("doubt")] == ["a", "c", "b"]
    assert len(summary(claims=[claim("does not hold")] * 9).cards("doubt")) == CARDS


def test_a_long_sentence_loses_its_brackets_and_then_its_last_clause(summary):
    long = (
        "The list beats nothing (0.1 to 0.2, on days that took no part) of what is known" + "; and more" * 12 + "."
    )
    [card] = summary(story=[("rfm", "do", long, None)]).cards("do")
    assert card.text.startswith("The list beats nothing of what is known; and more") and len(card.text) <= LETTERS
    assert card.text.endswith("more.")


def test_a_chapter_left_out_of_the_study_tells_nothing(summary):
    made = summary(story=[("rfm", "do", "Do.", 1.0)], file="chapters: [eda, cleaning]\n")
    assert made.cards("do") == [] and made.address("rfm") is None


def test_dates_are_those_of_the_data():
    assert (
        dates_of({"first_order": "2024-01-02T09:57:00", "last_order": "2026-01-20"}) == "2 Jan 2024 to 20 Jan 2026"
    )
    assert dates_of({"first_order": None}) == dates_of({}) == ""
