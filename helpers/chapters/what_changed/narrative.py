"""What chapter 10 says about two periods, what drove the change, customers, odd months, seasons and curves."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import narwhals as nw
import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import bootstrap
from helpers.base.text import listed, money, number, percent, sentence
from helpers.chapters.what_changed.periods import Compared, Dates
from helpers.chapters.what_changed.unusual import Cause
from helpers.customers.season import Seasons

FEWEST = 20
"""Customers below which a mean is not shown."""
RATIOS = {
    ("customers", "orders"): "orders_per_customer",
    ("customers", "items"): "items_per_customer",
    ("customers", "sales"): "spend_per_customer",
    ("orders", "items"): "items_per_order",
    ("orders", "sales"): "value_per_order",
    ("items", "sales"): "price_per_item",
}
"""What one sum over the one before it is called, in findings and files."""
PARTS = {
    "before": "Before",
    "after": "After",
    "customers": "By customers",
    "orders": "By orders",
    "items": "By items",
    "sales": "By sales",
    "orders_per_customer": "By orders each",
    "items_per_customer": "By items each",
    "spend_per_customer": "By spend each",
    "items_per_order": "By items each",
    "value_per_order": "By order value",
    "price_per_item": "By price",
    "returns": "By returns",
}
"""Headings of a change and its parts."""
MOVED = {"before": "From", "after": "To", "by_chance": "Expected at unchanged behaviour"}
MONEY = dict.fromkeys(("before", "after", "change"), "{:,.0f}".format)
WHOLE = MONEY | dict.fromkeys(PARTS, "{:,.0f}".format)
COUNTS = dict.fromkeys(("by_chance", "at_stake"), "{:,.0f}".format)
_ROWS = {"sales": "Gross sales", "returned": "Returned", "net": "Net sales"}
_RATIOS = (
    ("Orders per customer", "orders", "customers"),
    ("Items per order", "items", "orders"),
    ("Price per item", "sales", "items"),
    ("Average order value, gross", "sales", "orders"),
)


def nothing(dates: Dates | None, lines: nw.LazyFrame) -> str:
    """Say why no two periods can be compared; nothing where they can, as far as the columns go."""
    if dates is None:
        return "the data has no dates"
    known = {"revenue", "order_id"} & set(lines.collect_schema().names())
    return "" if known else "the data has neither amounts nor order numbers"


def factors(chain: Sequence[str]) -> dict[str, str]:
    """Return what the first of some sums, and each of the others over the one before it, is called."""
    return {chain[0]: chain[0]} | {name: RATIOS[before, name] for before, name in pairwise(chain)}


def written(value: float, worth: str, currency: str, *, signed: bool = False) -> str:
    """Return a sum as money, or as a number of orders where amounts are not known; a change with its sign."""
    sign = ("+" if value > 0 else "-" if value < 0 else "") if signed else ""
    size = abs(value) if signed else value
    return sign + (money(size, currency) if worth == "net" else f"{size:,.0f} orders")


def relative(now: float, before: float) -> str:
    """Return how much less or more a value is than another, `7.8 % less than`; a word where shares say nothing."""
    share = now / before - 1 if before > 0 else np.sign(now) * np.inf if now else 0.0
    if abs(share) < 0.0005:
        return "the same as"
    word = "more than" if share > 0 else "less than"
    return word if np.isinf(share) else f"{percent(abs(share), 0 if abs(share) >= 0.0995 else 1)} {word}"


def change(now: float, before: float, compared: Compared, worth: str, currency: str) -> Markup:
    """Say what both periods came to."""
    return sentence(
        "{what} {after} were {now}, {relative} {before} ({then}).",
        what="Net sales" if worth == "net" else "Purchases",
        after=_in(compared.after.name),
        now=written(now, worth, currency),
        relative=relative(now, before),
        before=_in(compared.before.name),
        then=written(before, worth, currency),
    )


def _in(period: str) -> str:
    """Return when something was, `in 2025` or `from 1 to 9 Dec 2011`."""
    return f"{'from' if ' to ' in period else 'in'} {period}"


def best_month(sums: pd.Series, worth: str, currency: str) -> Markup:
    """Say which month had most sales; for a chart of less than two years."""
    best = sums.idxmax()
    told = {"month": best.strftime("%b %Y"), "value": written(sums[best], worth, currency)}
    return sentence("{month} was the best month: {value}.", **told)


def signed(change: float) -> str:
    """Return a relative change with its sign: +20 %, -2.7 %."""
    return f"{'+' if change > 0 else ''}{percent(change)}"


def both(sums: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return both periods as text, a row a sum and then their ratios: `what, before, after, change`.

    `sums` has a column a sum, as far as they are known, and the two periods as rows.
    """
    measures = {_ROWS.get(name, name.capitalize()): sums[name] for name in sums}
    ratios = [(name, *pair) for name, *pair in _RATIOS if set(pair) <= set(sums) and sums[pair[1]].min() > 0]
    measures |= {name: sums[above] / sums[below] for name, above, below in ratios}
    paid = {*_ROWS.values(), *(name for name, above, _ in ratios if above == "sales")}
    rows = []
    for name, (before, after) in measures.items():
        texts = [money(v, currency) if name in paid else number(round(v, 2)) for v in (before, after)]
        rows.append((name, *texts, signed(after / before - 1) if before > 0 else "–"))
    if "sales" in sums and sums["sales"].min() > 0:
        before, after = sums["returned"] / sums["sales"]
        rows.append(
            ("Returned, of gross sales", percent(before), percent(after), f"{100 * (after - before):+.1f} pts")
        )
    return pd.DataFrame(rows, columns=["what", "before", "after", "change"])


def months(sums: pd.Series, compared: Compared) -> Markup | str:
    """Say which whole months ran above and below those of the year before; nothing where there are none."""
    shares = (sums / sums.shift(12).where(lambda then: then > 0) - 1).dropna()
    shares = shares[shares.index.to_timestamp() >= pd.Timestamp(compared.after.first)]
    if len(shares) < 2:
        return ""
    low, high = ((m.strftime("%b %Y"), f"{100 * shares[m]:+.0f} %") for m in (shares.idxmin(), shares.idxmax()))
    return sentence(
        "{below} of {n} months ran below the same month of the year before; {low} fell most ({least}), "
        "{high} rose most ({most}).",
        below=int((shares < 0).sum()), n=len(shares), low=low[0], least=low[1],
        high=high[0], most=high[1],
    )  # fmt: skip


def drivers(parts: pd.Series, worth: str, currency: str) -> Markup:
    """Say what took from sales (or orders) and what added to them, the largest part first."""
    told = []
    of = "net sales" if worth == "net" else "orders"
    for sign, verb in ((-1, "lowered"), (1, "raised"))[:: -1 if parts.sum() > 0 else 1]:
        those = parts[parts * sign > 0].sort_values(key=abs, ascending=False)
        if len(those):
            named = [
                f"{name.replace('_', ' ')} ({written(v, worth, currency, signed=True)})"
                for name, v in those.items()
            ]
            what = "them" if told else of
            told.append(f"{listed(named)} {verb} {what} by {written(abs(those.sum()), worth, currency)}")
    text = "; ".join(told) or "nothing changed"
    return sentence("{told}.", told=text[0].upper() + text[1:])


def turnover(counts: pd.DataFrame, worth: str, currency: str) -> Markup:
    """Say what customers gained and lost amount to; `counts` has `customers` and `change` by state."""
    told = []
    for state, verb in (
        ("Gained", "gained"),
        ("Lost", "lost"),
        ("Grown", "bought more"),
        ("Shrunk", "bought less"),
    ):
        if state in counts.index:
            people, amount = counts.loc[state, ["customers", "change"]]
            told.append(f"{number(int(people))} {verb} ({written(amount, worth, currency, signed=True)})")
    return sentence("Customers: {told}.", told=listed(told) or "nobody bought in either period")


def gained_and_lost(people: pd.DataFrame, last: pd.Series, compared: Compared) -> Markup:
    """Say what gained and lost mean, and how many of the lost bought after the earlier period all the same."""
    lost = people.index[people["state"] == "Lost"]
    since = int((last.reindex(lost) > pd.Timestamp(compared.before.last)).sum())
    back = "{since} of the {lost} lost bought after the earlier period: they are not gone." if since else ""
    return sentence(
        "Gained: bought {after} but not {before}. Lost: bought {before} but not {after}. " + back,
        after=_in(compared.after.name), before=_in(compared.before.name), since=since, lost=len(lost),
    )  # fmt: skip


def without_flagged(people: pd.DataFrame, worth: str, currency: str) -> Markup:
    """Say what of the change is that of flagged customers; `people` has their `flag` and `change`."""
    of_flagged = people[people["flag"].notna()]
    return sentence(
        "The {n} flagged customers account for {theirs} of the change, all others for {rest}.",
        n=len(of_flagged),
        theirs=written(of_flagged["change"].sum(), worth, currency, signed=True),
        rest=written(people["change"].sum() - of_flagged["change"].sum(), worth, currency, signed=True),
    )


def moved(by_direction: pd.DataFrame, days: int, worth: str, currency: str) -> Markup:
    """Say how many customers moved down and up, how many would have if nobody changed, and what they spent."""
    sums = by_direction.reindex(["down", "up", "same"], fill_value=0.0)
    (down, up, same), (by_chance, up_by_chance, _) = sums["customers"].astype(int), sums["by_chance"]
    return sentence(
        "In {days} days {down} of {n} customers moved to a lower segment and {up} to a higher one; had nobody's "
        "behaviour changed, {chance} and {up_chance} would have. Customers who moved down had {paid} {at_stake} "
        "in the year before.",
        paid="spent" if worth == "net" else "placed",
        days=days, down=down, n=down + up + same, up=up,
        chance=f"{by_chance:,.0f}", up_chance=f"{up_by_chance:,.0f}",
        at_stake=written(sums.loc["down", "at_stake"], worth, currency),
    )  # fmt: skip


def call_those_who_moved_down(
    down: int, by_chance: float, days: int, spent: float | None, currency: str
) -> Markup | None:
    """Say whom to contact of those for whom another action is due; None where they are no more than by chance."""
    if down <= by_chance:
        return None
    return sentence(
        "Contact the {down} customers in moved_down.csv: in {days} days they moved to a lower segment, so that "
        "another action is due" + ("; they spent {spent} in the year before." if spent is not None else ".")
        + " Had nobody's behaviour changed, {chance} would have moved.",
        down=down, days=days, chance=f"{by_chance:,.0f}", spent=money(spent or 0.0, currency),
    )  # fmt: skip


def odd(month: pd.Period, row: pd.Series, worth: str, currency: str) -> Markup:
    """Say how far a month is from what was expected; the row has `actual` and `expected`."""
    return sentence(
        "{month}: {what} were {actual}, {relative} expected ({expected}).",
        month=month.strftime("%b %Y"),
        what="net sales" if worth == "net" else "purchases",
        actual=written(row["actual"], worth, currency),
        relative=relative(row["actual"], row["expected"]),
        expected=written(row["expected"], worth, currency),
    )


def why(causes: list[Cause], called: Mapping[str, str], flagged: pd.Series, worth: str, currency: str) -> Markup:
    """Say which few customers or products account for an unusual month; `flagged` says why some are in review."""
    told = []
    for cause in causes:
        returned = cause.measure == "returned"
        amounts = cause.few["amount" if returned else "effect"]
        verb = {"customer_id": ("bought", "returned"), "product": ("sold for", "was returned for")}[cause.by][
            returned
        ]
        less = "" if returned else " less than expected" if amounts.sum() < 0 else " more than expected"
        what = f"{verb} {written(abs(amounts.sum()), worth, currency)}{less}"
        names = [f"{called.get(name, name)}{' (flagged)' if name in flagged else ''}" for name in amounts.index]
        one, many = {"customer_id": ("Customer", "customers"), "product": ("Product", "products")}[cause.by]
        if len(names) == 1:
            told.append(sentence("{one} {name} {what}.", one=one, name=names[0], what=what))
            continue
        each = [f"{n} {written(abs(v), worth, currency)}" for n, v in zip(names, amounts, strict=True)]
        told.append(sentence("{n} {many} {what}: {each}.", n=len(names), many=many, what=what, each=listed(each)))
    return Markup(" ").join(told) or sentence("No few customers or products account for it.")


def range_of(seasonal: bool, months: int, outside: float) -> Markup:
    """Say what months were held against."""
    against = "the same month of the year before" if seasonal else "the median of all"
    more = "" if seasonal else " With a year of data or less, a season is as unusual as an event."
    text = (
        "{n} whole months were compared with {against}; the expected range is {outside} robust standard "
        "deviations on both sides.{more}"
    )
    return sentence(text, n=months, against=against, outside=f"{outside:.2g}", more=more)


def seasons(found: Seasons) -> Markup:
    """Say who the seasonal customers are, and when they are to be judged."""
    told = []
    for row in found.found.itertuples():
        theirs = found.customers[found.customers["season"] == row.season]
        told.append(
            sentence(
                "{n} customers buy almost only in <em>{season}</em>; by chance {chance} would. {missed} of them "
                "missed the last season; the next begins in {next}.",
                n=row.customers,
                season=row.season,
                chance=f"{row.by_chance:,.0f}",
                missed=int((theirs["missed_seasons"] > 0).sum()) or "None",
                next=theirs["next_season"].iloc[0].strftime("%b %Y"),
            )
        )  # fmt: skip
    return Markup(" ").join(told)


def seasonal_segments(across: pd.DataFrame, found: Seasons) -> Markup:
    """Say which segments have mostly customers of one season; `across` counts customers by segment and season."""
    told, people = [], across.sum(axis=1)
    for season in found.found["season"]:
        mostly = across[season][(across[season] > people / 2) & (people >= FEWEST)]
        names = [f"{name} ({count} of {people[name]})" for name, count in mostly.items()]
        told += [f"mostly customers of {season}: {listed(names)}"] if names else []
    return sentence("Segments with {told}.", told="; ".join(told) or "mostly customers of one season: none")


def season_headline(found: Seasons, spent: float | None, compared: Compared, currency: str) -> Markup:
    """Say when to write to the customers who buy in one season only, and what they spent in the later period."""
    told = [f"{number(row.customers)} in {row.season}" for row in found.found.itertuples()]
    template = "Write to the customers of one season a month before it: {told}. Between seasons they are not lost"
    return sentence(
        template + ("; in {after} they spent {spent}." if spent is not None else "."),
        told=listed(told), after=compared.after.name, spent=money(spent or 0.0, currency),
    )  # fmt: skip


def after_months(values: pd.Series, groups: pd.Series, seed: int) -> pd.DataFrame:
    """Return what a customer of each group was worth, with the interval of resamples, the most first.

    Returns:
        `group, customers, worth` and its bounds; groups of fewer than 20 customers have no row.
    """
    rows = []
    for name, theirs in values.groupby(groups):
        if len(theirs) >= FEWEST:
            found = bootstrap(np.mean, theirs.to_numpy(float), seed=seed, draws=200)
            rows.append((name, len(theirs), found.value, found.low, found.high))
    columns = ["group", "customers", "worth", "worth_low", "worth_high"]
    return pd.DataFrame(rows, columns=columns).sort_values("worth", ascending=False, ignore_index=True)
