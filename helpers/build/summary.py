"""What the first screen of a study says: its finding, key figures, two pictures, what to do, what not to rely on.

All of it is computed from the findings and the headlines of the chapters; what a study lacks is not there.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from helpers.base.text import day, listed, money, number, sentence
from helpers.build.claims import FAILS, UNTESTED
from helpers.build.drawings import in_percent, lines, pair, sparkline
from helpers.show import theme
from helpers.study.schema import Study
from helpers.study.series import downloads_folder

TILES, CARDS, BARS = 5, 3, 6
"""How many key figures, cards of a kind and pairs of bars there is room for."""
LETTERS = 160
"""Letters of a card beyond which it is shortened."""
ENOUGH_DAYS = 84
"""Days that two periods have at least for their change to be told on the first screen."""
MUCH = 0.25
"""Share of a change from which the flagged customers' part of it is told."""
MONTHS = 24
"""Months that a sparkline goes back at most."""


def _driver(name: str, amount: str, adds: bool) -> str:
    """Return what a driver of chapter 10 did to sales, as in `fewer orders per customer took £172k`."""
    words = ("a higher", "a lower") if name.startswith(("price", "value", "spend")) else ("more", "fewer")
    rose = adds != (name == "returns")  # more returns take from sales
    return f"{words[not rose]} {name.replace('_', ' ')} {'added' if adds else 'took'} {amount}"


class Tile(NamedTuple):
    """A key figure: its value, how it changed (with an arrow), whether that is good, and its months."""

    label: str
    value: str
    href: str | None
    change: str = ""
    tone: str = ""
    before: str = ""
    line: Markup | str = ""


class Picture(NamedTuple):
    """A drawing or a list of paired bars, under a title that says what it shows."""

    title: Markup
    href: str | None
    drawing: Markup | str = ""
    bars: tuple[dict[str, Any], ...] = ()


class Card(NamedTuple):
    """One thing to do or not to rely on, as HTML, with the section that says so and the list to work with."""

    text: Markup
    href: str | None
    download: tuple[str, str] | None = None
    """Name and address."""
    at_stake: bool = False
    """Whether it names the money that it is about."""


class Measure(NamedTuple):
    """A key figure of a period or a month: one of its sums, or one over another."""

    label: str
    above: str
    below: str | None = None
    kind: str = "count"
    rising_is: str = "good"


MEASURES = (
    Measure("Net sales", "net", kind="money"),
    Measure("Customers", "customers"),
    Measure("Orders", "orders"),
    Measure("Average order value", "sales", "orders", "money"),
    Measure("Returned, of sales", "returned", "sales", "share", "bad"),
    Measure("Spend per customer", "net", "customers", "money"),
    Measure("Orders per customer", "orders", "customers", "ratio"),
)


class Summary:
    """What the first screen says of one study."""

    def __init__(
        self,
        study: Study,
        folder: Path,
        state: dict[str, Any],
        findings: dict[str, Any],
        claims: list[dict[str, str]],
    ) -> None:
        self.study, self.folder, self.state, self.claims = study, folder, state, claims
        self.currency = study.values.currency
        self.chapters = {chapter.name: chapter for chapter in study.chapters}
        self.found = defaultdict(dict, findings)
        self.changed = self.found["what_changed"]
        self.periods = self.changed.get("periods") or {}

    # ── where things are ──

    def address(self, name: str, place: int | None = None) -> str | None:
        """Return where a chapter says its headline `place`, or its page; None where there is none."""
        page = f"{self.chapters[name].stem}.html" if name in self.chapters else ""
        if not page or not (self.folder / page).exists():
            return None
        return page if place is None else f"{page}#said-{place}"

    def told(self, name: str, answers: str) -> list[dict[str, Any]]:
        """Return the headlines of a chapter that answer a question."""
        known = self.state.get("chapters", {}).get(name, {})
        return [told for told in known.get("story") or [] if told["answers"] == answers]

    def said(self, name: str, answers: str) -> dict[str, Any]:
        """Return the first headline of a chapter that answers a question, and where; nothing without one."""
        first = next(iter(self.told(name, answers)), None)
        return {"text": Markup(first["text"]), "href": self.address(name, first["place"])} if first else {}

    # ── the finding ──

    def finding(self) -> dict[str, Any]:
        """Return the study's finding as `title`, what is behind it as `about`, and where it is shown as `href`."""
        for found in (self._change(), self._claims(), self._segments(), self._top_decile(), self._first()):
            if found:
                return found
        return {"title": self.study.values.title, "about": self.study.values.description, "href": None}

    def _long_enough(self) -> bool:
        """Whether two periods are compared that are a year apart and have the days to say something."""
        if not self.periods or not self.changed.get("by_year"):
            return False
        first, last = (date.fromisoformat(self.periods["after"][end]) for end in ("first", "last"))
        return (last - first).days + 1 >= ENOUGH_DAYS

    def _names(self) -> tuple[str, str]:
        """Return what the later and the earlier period are called where there is little room."""
        after, before = (self.periods[when]["name"] for when in ("after", "before"))
        return (after, before) if after.isdigit() else ("now", "before")

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

    # ── key figures ──

    def tiles(self) -> list[Tile]:
        """Return the key figures: with their change where two periods are compared, else of all of the data."""
        found = self._tiles_of_periods() if self._long_enough() else self._tiles_of_all()
        return found[:TILES]

    def compared(self) -> str:
        """Return which periods the key figures are of; nothing where they are of all of the data."""
        names = [self.periods[when]["name"] for when in ("after", "before")] if self._long_enough() else []
        return " against ".join(names)

    def _tiles_of_periods(self) -> list[Tile]:
        before, after = self.periods["before"], self.periods["after"]
        tiles, href = [], self.address("what_changed", 0)
        for measure in MEASURES:
            then, now = self._value(measure, before), self._value(measure, after)
            if now is None or (measure.kind == "share" and not now and not then):
                continue
            change, tone = _arrow(measure, then, now)
            told = f"{self._names()[1]}: {self._written(then, measure.kind)}" if then else ""
            value = self._written(now, measure.kind)
            tiles.append(Tile(measure.label, value, href, change, tone, told, self._months_of(measure)))
        return tiles

    def _months_of(self, measure: Measure) -> Markup | str:
        """Return the months of a measure as a sparkline; nothing where there are too few."""
        monthly = self.changed.get("monthly") or {}
        months = monthly.get("month", [])[-MONTHS:]
        rows = [{name: values[-MONTHS:][i] for name, values in monthly.items()} for i in range(len(months))]
        values = [(row["month"], self._value(measure, row)) for row in rows]
        values = [(month, value) for month, value in values if value is not None]
        if len(values) < 3:
            return ""
        first = self.periods["after"]["first"][:7] if self._long_enough() else ""
        later = sum(month >= first for month, _ in values)
        told = f"{measure.label} by month, {_month(values[0][0])} to {_month(values[-1][0])}: " + ", ".join(
            self._written(value, measure.kind) for _, value in values[-3:]
        )
        return sparkline([value for _, value in values], later, told + " in the last three")

    def _tiles_of_all(self) -> list[Tile]:
        kept, rfm = self.found["cleaning"], self.found["rfm"]
        sums = {
            "sales": kept.get("revenue_kept"),
            "returned": -kept["revenue_returned"] if kept.get("revenue_returned") else 0.0,
            "customers": kept.get("customers"),
            "orders": kept.get("orders"),
        }
        if sums["sales"] is not None:
            sums["net"] = sums["sales"] - sums["returned"]
        tiles = []
        for measure in MEASURES:
            value = self._value(measure, sums)
            if value:
                told = self._written(value, measure.kind)
                tiles.append(Tile(measure.label, told, self.address("cleaning"), line=self._months_of(measure)))
        if share := rfm.get("top_tenth_share"):
            tiles.append(
                Tile("Top decile's share of sales", in_percent(share), self.said("rfm", "how much").get("href"))
            )
        if products := kept.get("products"):
            tiles.append(Tile("Products", number(products), self.address("cleaning")))
        if rows := kept.get("rows_kept"):
            tiles.append(Tile("Lines", number(rows), self.address("cleaning")))
        return tiles

    def _value(self, measure: Measure, sums: dict[str, Any]) -> float | None:
        above, below = sums.get(measure.above), sums.get(measure.below) if measure.below else 1
        return above / below if above is not None and below else None

    def _written(self, value: float, kind: str) -> str:
        writers: dict[str, Callable[[float], str]] = {
            "money": lambda amount: money(amount, self.currency),
            "share": in_percent,
            "ratio": lambda ratio: f"{ratio:.1f}",
        }
        return writers.get(kind, lambda count: f"{count:,.0f}")(value)

    def _worth(self, value: float, worth: str) -> str:
        return money(value, self.currency) if worth == "net" else f"{value:,.0f} orders"

    # ── pictures ──

    def pictures(self) -> list[Picture]:
        """Return up to two pictures: the months, the segments; else what sales are made of."""
        found = [self._months(), self._segment_bars()]
        found = [picture for picture in found if picture]
        return (found + self._columns())[:2]

    def _months(self) -> Picture | None:
        monthly = self.changed.get("monthly") or {}
        months, worth = monthly.get("month", []), "net" if "net" in monthly else "orders"
        values = dict(zip(months, monthly.get(worth, []), strict=False))
        if len(values) < 3:
            return None
        recent = [
            m for m in months if m >= self.periods["after"]["first"][:7] and m <= self.periods["after"]["last"][:7]
        ]
        a_year_ago = [f"{int(month[:4]) - 1}{month[4:]}" for month in recent]
        what = "Net sales" if worth == "net" else "Orders"
        href = self.address("what_changed", 0)
        if len(recent) >= 3 and self.changed.get("by_year") and any(month in values for month in a_year_ago):
            then = [values.get(month) for month in a_year_ago]
            now = [values[month] for month in recent]
            after, before = self._names()
            title = self._compared_months(recent, now, then, what)
            drawn = [(before, then), (after, now)]
        else:
            recent = months[-MONTHS:]
            now = [values[month] for month in recent]
            best = max(recent, key=values.__getitem__)
            title = sentence(
                "{month} was the best month: {value}", month=_month(best), value=self._worth(values[best], worth)
            )
            drawn = [("", now)]
        told = f"{what} by month, {_month(recent[0])} to {_month(recent[-1])}. {title}"
        below = [_month(month)[0] for month in recent]
        return Picture(title, href, lines(drawn, below, lambda value: self._axis(value, worth), told))

    def _compared_months(self, months: list[str], now: list[float], then: list[float | None], what: str) -> Markup:
        changes = {m: n / t - 1 for m, n, t in zip(months, now, then, strict=True) if t and t > 0}
        if not changes:
            return sentence("{what} by month", what=what)
        fell = sum(change < 0 for change in changes.values())
        down = 2 * fell >= len(changes)
        most = (min if down else max)(changes, key=changes.__getitem__)
        year = self.periods["before"]["name"]
        return sentence(
            "{n} of {all} months ran {way} {year}; {month} {moved} most ({sign}{by})",
            n=fell if down else len(changes) - fell, all=len(changes), way="below" if down else "above",
            year=year if year.isdigit() else "the year before", month=_month(most),
            moved="fell" if changes[most] < 0 else "rose", sign="-" if changes[most] < 0 else "+",
            by=in_percent(abs(changes[most])),
        )  # fmt: skip

    def _axis(self, value: float, worth: str) -> str:
        return "0" if not value else money(value, self.currency) if worth == "net" else f"{value:,.0f}"

    def _ranked(self) -> list[tuple[str, dict[str, float]]]:
        """Return the RFM segments and their shares, those with most revenue (or customers) first."""
        shares = self.found["rfm"].get("segment_shares") or {}
        by = "revenue_share" if any("revenue_share" in of for of in shares.values()) else "customer_share"
        return sorted(
            ((name, of) for name, of in shares.items() if of["customer_share"]), key=lambda item: -item[1][by]
        )

    def _segment_bars(self) -> Picture | None:
        ranked = self._ranked()
        if not ranked:
            return None
        known = self.found["rfm"].get("segment_actions") or {}
        colours = theme.segment_colours([name for name, _ in ranked])
        rows = [(name, known.get(name, ""), of, colours[name]) for name, of in ranked]
        if len(rows) > BARS + 1:
            rest = [of for _, _, of, _ in rows[BARS:]]
            sums = {share: sum(of[share] for of in rest) for share in rest[0]}
            rows = [*rows[:BARS], (f"{len(rest)} other segments", "", sums, theme.NEUTRAL)]
        title = "{names}: {customers} of customers"
        top = [of for _, of in ranked[:2]]
        values = {
            "names": listed([name for name, _ in ranked[:2]]),
            "customers": in_percent(sum(of["customer_share"] for of in top)),
        }
        if "revenue_share" in top[0]:
            title = "{names}: {customers} of customers, {revenue} of sales"
            values["revenue"] = in_percent(sum(of["revenue_share"] for of in top))
        href = self.said("rfm", "who").get("href") or self.address("rfm")
        return Picture(sentence(title, **values), href, bars=_bars(rows, "of customers", "of sales"))

    def _columns(self) -> list[Picture]:
        """Return pictures of the shares of what a column names, where a line has an amount and no date."""
        found, pictures = self.found["eda"], []
        for name in [each.removesuffix("_counts") for each in found if each.endswith("_counts")]:
            counts, means = found[f"{name}_counts"], found.get(f"{name}_means")
            if not isinstance(means, dict) or set(means) != set(counts) or not 1 < len(counts) <= BARS + 1:
                continue
            sums = {value: counts[value] * means[value] for value in counts}
            of = {value: {"customer_share": counts[value] / sum(counts.values())} for value in counts}
            if min(sums.values()) < 0 or not any(sums.values()):
                continue
            for value, amount in sums.items():
                of[value]["revenue_share"] = amount / sum(sums.values())
            ranked = sorted(sums, key=lambda value: -sums[value])
            known, unit = of[ranked[0]], "" if name == "category" else name.replace("_", " ").capitalize() + " "
            title = sentence(
                "{first}: {lines} of purchases, {amount} of sales", first=unit + ranked[0],
                lines=in_percent(known["customer_share"]), amount=in_percent(known["revenue_share"]),
            )  # fmt: skip
            rows = [(value, "", of[value], theme.CATEGORICAL[0]) for value in (counts if unit else ranked)]
            pictures.append(Picture(title, self.address("eda"), bars=_bars(rows, "of purchases", "of sales")))
        return pictures

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


def dates_of(found: dict[str, Any]) -> str:
    """Return the days that the data spans, by the findings of chapter 01: `2 Jan 2024 to 20 Jan 2026`."""
    ends = [found.get(name) for name in ("first_order", "last_order")]
    return " to ".join(day(date.fromisoformat(end[:10])) for end in ends) if all(ends) else ""


def _bars(rows: list[tuple[str, str, dict[str, float], str]], first: str, second: str) -> tuple:
    longest = max(max(of.values()) for *_, of, _ in rows)
    return tuple(
        {
            "name": name,
            "action": action.partition(":")[0],
            "about": action,
            "drawing": pair(of["customer_share"], of.get("revenue_share"), colour, longest, (first, second)),
        }
        for name, action, of, colour in rows
    )


def _arrow(measure: Measure, then: float | None, now: float) -> tuple[str, str]:
    """Return how a figure changed, with an arrow, and whether that is good or bad."""
    if measure.kind == "share":
        size = 100 * (now - (then or 0.0))
        told = f"{abs(size):.1f} pts"
        small = abs(size) < 0.05
    else:
        if not then or then < 0:
            return "", ""
        size = now / then - 1
        told, small = in_percent(abs(size)), abs(size) < 0.0005
    if small:
        return "no change", ""
    good = (size > 0) == (measure.rising_is == "good")
    return f"{'▲' if size > 0 else '▼'}\N{NO-BREAK SPACE}{told}", "good" if good else "bad"


def _brief(text: Markup) -> Markup:
    """Return a sentence for a card: a long one without its brackets, then only up to the end of a clause."""
    brief = text if len(text.striptags()) <= LETTERS else Markup(re.sub(r" \([^()<>]*\)", "", text))
    if len(brief.striptags()) <= LETTERS:
        return brief
    cut = max(brief[:LETTERS].rfind(mark) for mark in (". ", "; "))
    return Markup(brief[:cut] + ".") if cut > LETTERS // 3 else brief


def _month(text: str) -> str:
    return date.fromisoformat(f"{text}-01").strftime("%b %Y")
