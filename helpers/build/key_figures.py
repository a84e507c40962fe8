"""The tiles and pictures of a study's first screen: key figures with their months, sales, segments, columns."""

from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup

from helpers.base.text import listed, money, number, sentence
from helpers.build.drawings import in_percent, lines, pair, sparkline
from helpers.build.known import Known, month_of
from helpers.show import theme

TILES, BARS = 5, 6
"""How many key figures and pairs of bars there is room for."""
MONTHS = 24
"""Months that a sparkline goes back at most."""


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


class Figures(Known):
    """The key figures and pictures of one study."""

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
        told = f"{measure.label} by month, {month_of(values[0][0])} to {month_of(values[-1][0])}: " + ", ".join(
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
                "{month} was the best month: {value}", month=month_of(best), value=self._worth(values[best], worth)
            )
            drawn = [("", now)]
        told = f"{what} by month, {month_of(recent[0])} to {month_of(recent[-1])}. {title}"
        below = [month_of(month)[0] for month in recent]
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
            year=year if year.isdigit() else "the year before", month=month_of(most),
            moved="fell" if changes[most] < 0 else "rose", sign="-" if changes[most] < 0 else "+",
            by=in_percent(abs(changes[most])),
        )  # fmt: skip

    def _axis(self, value: float, worth: str) -> str:
        return "0" if not value else money(value, self.currency) if worth == "net" else f"{value:,.0f}"

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
