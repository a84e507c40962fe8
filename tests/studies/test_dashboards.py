"""The dashboard of each study says what its front page says."""

import json

import pytest
from bs4 import BeautifulSoup

from helpers.base.text import percent
from tests.dashboards import opened
from tests.notebooks.browser import chromium

STUDIES = ("sample", "online_retail", "uk_rfm", "insiders", "shopping_trends", "purchasing_behaviors")


@pytest.mark.parametrize("study", STUDIES)
def test_key_figures_and_segments_are_those_of_the_front_page(built, study):
    built(study)
    folder = built.reports / study
    front = BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")
    said = {tile.select_one(".note").text: tile.strong.text for tile in front.select(".tiles li")}
    shares = json.loads((folder / "findings.json").read_text())["rfm"].get("segment_shares", {})
    with chromium() as browser:
        seen: list[str] = []
        tab = opened(browser, folder / "dashboard.html", seen)
        shown = dict(
            zip(
                tab.locator("[data-tile] > .note:first-child").all_inner_texts(),
                tab.locator("[data-tile] strong").all_inner_texts(),
                strict=True,
            )
        )
        assert len(set(shown) & set(said)) >= 2
        assert {label: shown[label] for label in said if label in shown} == {
            label: value for label, value in said.items() if label in shown
        }
        tab.goto(f"{(folder / 'dashboard.html').as_uri()}#period=all")
        tab.wait_for_timeout(300)
        bars = {
            bar.get_attribute("data-bar"): bar.locator("text").all_text_contents()
            for bar in tab.locator("[data-bar]").all()
        }
        for name, of in shares.items():
            if not of["customer_share"]:
                continue
            written = [f"{percent(of[share])} of {what}" for share, what in OF.items() if share in of]
            assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in bars[name]] == written
        assert seen == []


OF = {"customer_share": "customers", "revenue_share": "sales"}
