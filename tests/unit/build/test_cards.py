"""A model's card as a page: every field is on it, as people write it, and nothing in it is markup."""

from helpers.build.cards import card_context, card_page
from helpers.study.models import Card, Feature, Measured

SPEND = Feature(
    name="monetary", label="Monetary", meaning="revenue in all", kind="money", is_number=True, gaps=False,
    low=0.5, high=20900.36, usual=367.1,
)  # fmt: skip
SEASON = Feature(
    name="season", label="Season <b>", meaning="", kind="text", is_number=False, gaps=True,
    usual="quarter 1", levels=[f"quarter {n}" for n in range(1, 9)],
)  # fmt: skip
CARD = Card(
    name="07_regression", predicts="spend in the next 90 days", answer="amount", column="predicted",
    currency="GBP",
    model="random forest", trained_at="2026-11-26T17:39:54+00:00", trained_on="3,541 rows", rows=3541,
    measured_on="1,199 customers", leaks=["No feature gives it away."], not_for=["Denying <i>credit</i>."],
    measured=[
        Measured(label="MAE", kind="money", value=105.02, low=94.3, high=117.2),
        Measured(label="ROC AUC", kind="score", value=0.7),
        Measured(label="Share", kind="share", value=0.5058),
        Measured(label="Nothing", kind="money", value=None),
    ],
    features=[SPEND, SEASON], sha256="ab" * 32, versions={"skops": "0.16.0"},
)  # fmt: skip


def test_measures_and_ranges_are_written_as_people_write_them():
    said = card_context(CARD)
    assert said["measured"] == [
        ("MAE", "£105 (£94 to £117)"), ("ROC AUC", "0.700"), ("Share", "51 %"), ("Nothing", "–"),
    ]  # fmt: skip
    assert dict(said["facts"])["Trained"] == "26 Nov 2026 17:39 UTC"
    money, season = said["features"]
    assert (money["unit"], money["range"], money["usual"]) == ("GBP", "0.50 to 20,900", "367.10")
    assert (season["unit"], season["range"]) == (
        "text",
        "quarter 1, quarter 2, quarter 3, quarter 4, quarter 5, quarter 6, …",
    )


def test_the_page_has_all_of_it_as_text():
    page = card_page(CARD, "A shop <script>", "../07_regression.html")
    for text in (
        "spend in the next 90 days", "random forest", "3,541 rows", "1,199 customers", "No feature gives it away.",
        "Denying &lt;i&gt;credit&lt;/i&gt;.", "Season &lt;b&gt;", "A shop &lt;script&gt;",
        'href="../07_regression.html"',
    ):  # fmt: skip
        assert text in page
