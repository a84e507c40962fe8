"""What the first screen of a study says: its finding, what to do, what not to rely on, and its figures.

All of it is computed from the findings and the headlines of the chapters; what a study lacks is not there.
"""

import re
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from helpers.base.text import listed, money, number, sentence
from helpers.build.claims import FAILS, UNTESTED
from helpers.build.drawings import in_percent
from helpers.build.key_figures import Figures
from helpers.study.series import downloads_folder

CARDS = 3
"""How many cards of a kind there is room for."""
LETTERS = 160
"""Letters of a card beyond which it is shortened."""
MUCH = 0.25
"""Share of a change from which the flagged customers' part of it is told."""


def _driver(name: str, amount: str, adds: bool) -> str:
    """Return what a driver of chapter 10 did to sales, as in `fewer orders per customer took £172k`."""
    words = ("a higher", "a lower") if name.startswith(("price", "value", "spend")) else ("more", "fewer")
    rose = adds != (name == "returns")  # more returns take from sales
    return f"{words[not rose]} {name.replace('_', ' ')} {'added' if adds else 'took'} {amount}"


class Card(NamedTuple):
    """One thing to do or not to rely on, as HTML, with the section that says so and the list to work with."""

    text: Markup
    href: str | None
    download: tuple[str, str] | None = None
    """Name and address."""
    at_stake: bool = False
    """Whether it names the money that it is about."""


class Summary(Figures):
    """What the first screen says of one study."""

    def finding(self) -> dict[str, Any]:
        """Return the study's finding as `title`, what is behind it as `about`, and where it is shown as `href`."""
        for found in (self._change(), self._claims(), self._segments(), self._top_decile(), self._first()):
            if found:
                return found
        return {"title": self.study.values.title, "about": self.study.values.description, "href": None}

    def _change(self) -> dict[str, Any]:
        if not self._long_enough() or self.changed["net_sales_before"] <= 0:
            return {}
        before, after = self.periods["before"], self.periods["after"]
        had, has = self.changed["net_sales_before"], self.changed["net_sales"]
        worth = "net" if "net" in after else "orders"
        what = "Net sales" if worth == "net" else "Orders"
        share, year = has / had - 1, after["name"].isdigit()
        when, then = (f" in {after['name']}", before["name"]) if year else ("", "the year before")
        if abs(share) < 0.005:
            title = sentence("{what}{when} were level with {then}", what=what, when=when, then=then)
        else:
            word, by = "rose" if share > 0 else "fell", in_percent(abs(share))
            on_the_year = when or " on the year"
            title = sentence("{what} {word} {by}{when}", what=what, word=word, by=by, when=on_the_year)
            title += self._of_flagged(has - had)
        amounts = {"now": self._worth(has, worth), "had": self._worth(had, worth)}
        text = sentence("{now} against {had} in {then}", then=then, **amounts)
        parts = sorted(self.changed.get("drivers", {}).items(), key=lambda part: -abs(part[1]))
        told = [_driver(name, self._worth(abs(part), worth), part > 0) for name, part in parts[:2] if part]
        return {
            "title": title,
            "about": text + (sentence(": {told}.", told=listed(told)) if told else "."),
            "href": self.address("what_changed", 0),
        }

    def _of_flagged(self, change: float) -> Markup:
        """Return what of a change is that of flagged customers; nothing where it is little."""
        flagged = self.changed.get("flagged") or {}
        part = flagged.get("change", 0.0) / change
        customers = flagged.get("customers", 0)
        if part < MUCH:
            return Markup("")
        who = f"{number(customers)} flagged customer{'s' if customers != 1 else ''}"
        way = "rise" if change > 0 else "fall"
        if part <= 1:
            return sentence("; {who} account for {part} of the {way}", who=who, part=in_percent(part), way=way)
        return sentence("; all of the {way} is that of {who}", who=who, way=way)

    def _claims(self) -> dict[str, Any]:
        tested = [claim for claim in self.claims if claim["verdict"] != UNTESTED]
        failed = sum(claim["verdict"] == FAILS for claim in tested)
        if failed < 2 or 2 * failed <= len(tested):
            return {}
        title = (
            "None of {n} published claims holds"
            if failed == len(tested)
            else "{failed} of {n} published claims do not hold"
        )
        return {
            "title": sentence(title, n=len(tested), failed=failed),
            "about": self.study.values.description,
            "href": "#claims",
        }

    def _segments(self) -> dict[str, Any]:
        ranked = self._ranked()
        if not ranked:
            return {}
        (name, shares), how_much = ranked[0], self.said("rfm", "how much")
        template = "{name}, the largest segment, has {customers} of customers"
        if "revenue_share" in shares:
            template = "{name}: {customers} of customers account for {revenue} of sales"
        title = sentence(
            template, name=name, customers=in_percent(shares["customer_share"]),
            revenue=in_percent(shares.get("revenue_share", 0.0)),
        )  # fmt: skip
        return {"title": title, "about": how_much.get("text", ""), "href": self.said("rfm", "who").get("href")}

    def _top_decile(self) -> dict[str, Any]:
        share, told = self.found["rfm"].get("top_tenth_share"), self.said("rfm", "how much")
        if not share:
            return {}
        title = sentence("The top decile of customers accounts for {share} of sales", share=in_percent(share))
        return {"title": title, "about": self.study.values.description, "href": told.get("href")}

    def _first(self) -> dict[str, Any]:
        """Return what the first chapter with headlines found first."""
        for name in self.chapters:
            for text in self.state.get("chapters", {}).get(name, {}).get("headlines", [])[:1]:
                about = self.study.values.description
                return {"title": Markup(text.removesuffix(".")), "about": about, "href": self.address(name, 0)}
        return {}

    # ── cards ──

    def cards(self, answers: str) -> list[Card]:
        """Return what to do (`do`), most money first, or what not to rely on (`doubt`)."""
        told = [(i, name, one) for name in self.chapters for i, one in enumerate(self.told(name, answers))]
        told.sort(key=lambda item: (-(item[2]["at_stake"] or 0.0), item[0]))
        cards = [self._card(name, one) for _, name, one in told]
        if answers == "doubt":
            failed = [claim for claim in self.claims if claim["verdict"] == FAILS]
            cards += [Card(sentence("“{claim}” {said}", **claim), "#claims") for claim in failed]
        return cards[:CARDS]

    def _card(self, name: str, told: dict[str, Any]) -> Card:
        file = f"{downloads_folder(self.chapters[name])}/{told['download']}"
        download = (told["download"], file) if told["download"] and (self.folder / file).exists() else None
        text = _brief(Markup(told["text"]))
        if told["at_stake"]:
            amount = escape(money(told["at_stake"], self.currency))
            bold = Markup('<strong class="amount">{}</strong>').format(amount)
            text = Markup(str(text).replace(amount, bold, 1)) if amount in text else bold + " " + text
        return Card(text, self.address(name, told["place"]), download, bool(told["at_stake"]))


def _brief(text: Markup) -> Markup:
    """Return a sentence for a card: a long one without its brackets, then only up to the end of a clause."""
    brief = text if len(text.striptags()) <= LETTERS else Markup(re.sub(r" \([^()<>]*\)", "", text))
    if len(brief.striptags()) <= LETTERS:
        return brief
    cut = max(brief[:LETTERS].rfind(mark) for mark in (". ", "; "))
    return Markup(brief[:cut] + ".") if cut > LETTERS // 3 else brief
