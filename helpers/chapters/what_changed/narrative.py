"""What chapter 10 says about two periods, what drove the change, customers, months, seasons and curves."""

from collections.abc import Mapping

import narwhals as nw
import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import bootstrap
from helpers.base.text import counted, listed, money, number, percent, sentence
from helpers.chapters.what_changed.periods import Compared, Dates
from helpers.chapters.what_changed.unusual import Cause
from helpers.customers.season import Seasons

FEWEST = 20
"""Customers below which a mean is not shown."""
DRIVERS = {
    "customers": "customers",
    "orders": "orders_per_customer",
    "items": "items_per_order",
    "sales": "price_per_item",
    "returned": "returns",
}
"""What the change from one level to the next is called in findings and files."""
_ROWS = {
    "customers": "Customers",
    "orders": "Orders",
    "items": "Items",
    "sales": "Gross sales",
    "returned": "Returned",
    "net": "Net sales",
}
_KINDS = {"customer_id": ("customer", "customers"), "product": ("product", "products")}


PARTS = {
    "before": "Before",
    "after": "After",
    "change": "Change",
    "customers": "By customers",
    "orders": "By orders each",
    "items": "By items each",
    "sales": "By price",
    "returned": "By returns",
}
"""Headings of a change and its parts."""
WHOLE = dict.fromkeys(PARTS, "{:,.0f}".format)
MOVED = {"before": "From", "after": "To", "by_chance": "If nobody changed"}


def known(lines: nw.LazyFrame) -> bool:
    """Return whether lines have amounts or order numbers: something that a period adds up to."""
    return bool({"revenue", "order_id"} & set(lines.collect_schema().names()))


def nothing(dates: Dates | None, sums: bool) -> str:
    """Say why no two periods can be compared."""
    if dates is None:
        return "the data has no dates"
    return "the data has less than two weeks" if sums else "the data has neither amounts nor order numbers"


def headings(compared: Compared) -> dict[str, str]:
    """Return the headings of columns of both periods and of the parts of a change."""
    return PARTS | {"before": compared.before.name, "after": compared.after.name}


def written(value: float, worth: str, currency: str) -> str:
    """Return a sum as money, or as a number of orders where amounts are not known."""
    return money(value, currency) if worth == "net" else f"{value:,.0f} orders"


def relative(now: float, before: float) -> str:
    """Return how much less or more a value is than another, as in `7.8 % less`; in words where that says nothing."""
    if before <= 0:
        return "more" if now > before else "less" if now < before else "as much"
    share = now / before - 1
    if round(share, 3) == 0:
        return "as much, within a thousandth,"
    return f"{percent(abs(share), 0 if abs(share) >= 0.0995 else 1)} {'more' if share > 0 else 'less'}"


def change(now: float, before: float, compared: Compared, worth: str, currency: str) -> Markup:
    """Say what both periods came to."""
    return sentence(
        "{what} in {after} were {now}, {relative} than in {before} ({then}).",
        what="Net sales" if worth == "net" else "Purchases",
        after=compared.after.name,
        now=written(now, worth, currency),
        relative=relative(now, before).rstrip(","),
        before=compared.before.name,
        then=written(before, worth, currency),
    )


def both(both: pd.DataFrame, compared: Compared, currency: str) -> pd.DataFrame:
    """Return both periods as text, a row a sum: `what, before, after, change`; the ratios of sums below them."""
    rows = []
    sums = {name: (both["before"][name].sum(), both["after"][name].sum()) for name in both["before"].columns}
    pairs = [(_ROWS[name], *pair, name in ("sales", "returned", "net")) for name, pair in sums.items()]
    ratios = (
        ("Orders per customer", "orders", "customers", False),
        ("Items per order", "items", "orders", False),
        ("Price per item", "sales", "items", True),
        ("Average order value, gross", "sales", "orders", True),
    )
    for name, above, below, paid in ratios:
        if {above, below} <= set(sums) and min(sums[below]) > 0:
            pairs.append((name, *(a / b for a, b in zip(sums[above], sums[below], strict=True)), paid))
    for name, before, after, paid in pairs:
        write = (lambda value: money(value, currency)) if paid else number
        share = f"{100 * (after / before - 1):+.1f} %" if before > 0 else "–"
        rows.append((name, write(round(before, 2)), write(round(after, 2)), share))
    if "sales" in sums and min(sums["sales"]) > 0:
        rates = [back / sold for back, sold in zip(sums["returned"], sums["sales"], strict=True)]
        rows.append(("Returned, of gross sales", *map(percent, rates), f"{100 * (rates[1] - rates[0]):+.1f} pts"))
    return pd.DataFrame(rows, columns=["what", "before", "after", "change"])


def months(sums: pd.Series, dates: Dates, compared: Compared) -> Markup | str:
    """Say which months of the later year ran above and below those of the year before; nothing for shorter data."""
    pairs = pd.DataFrame({"now": sums[dates.months], "then": sums[dates.months].shift(12)}).dropna()
    pairs = pairs[(pairs.index.to_timestamp() >= pd.Timestamp(compared.after.first)) & (pairs["then"] > 0)]
    if len(pairs) < 2 or not compared.by_year:
        return ""
    shares = pairs["now"] / pairs["then"] - 1
    low, high = shares.idxmin(), shares.idxmax()
    return sentence(
        "{below} of {n} months ran below the same month of the year before; {low} was furthest below ({least}), {high} "
        "best ({most}).",
        below=int((shares < 0).sum()),
        n=len(shares),
        low=low.strftime("%b %Y"),
        least=f"{100 * shares[low]:+.0f} %",
        high=high.strftime("%b %Y"),
        most=f"{100 * shares[high]:+.0f} %",
    )


def _driver(name: str) -> str:
    return DRIVERS[name].replace("_", " ")


def drivers(parts: pd.Series, change: float, currency: str) -> Markup:
    """Say what a change is made of: what took from it and what added to it, the largest part first."""
    paid, told = "sales" in parts, []
    for sign, verb in ((-1, "took"), (1, "added")):
        those = (parts[parts * sign > 0] * sign).sort_values(ascending=False)
        if len(those):
            named = [
                f"{_driver(name)} ({written(value, 'net' if paid else 'orders', currency)})"
                for name, value in those.items()
            ]
            told.append(f"{listed(named)} {verb} {written(those.sum(), 'net' if paid else 'orders', currency)}")
    told = told if change <= 0 else told[::-1]
    return sentence(
        "Of the change of {change}: {told}.", change=_signed(change, paid, currency), told="; ".join(told)
    )


def _signed(value: float, paid: bool, currency: str) -> str:
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return sign + written(abs(value), "net" if paid else "orders", currency)


def group(row: pd.Series, what: str, worth: str, currency: str) -> Markup:
    """Say which group changed most, and by which part; the row has `before, after, change` and the parts."""
    parts = row.drop(["before", "after", "change"])
    return sentence(
        "The {what} that changed most is <em>{name}</em>: {change}, most of it by {part} ({by}).",
        what=what,
        name=str(row.name),
        change=_signed(row["change"], worth == "net", currency),
        part=_driver(parts.abs().idxmax()),
        by=_signed(parts[parts.abs().idxmax()], worth == "net", currency),
    )


def with_total(counts: pd.DataFrame) -> pd.DataFrame:
    """Return states of customers with their total as the last row: `state, customers, before, after, change`."""
    total = counts.drop(columns="state").sum()
    table = pd.concat([counts, pd.DataFrame([{"state": "All", **total}])], ignore_index=True)
    return table[["state", "customers", "before", "after", "change"]].astype({"customers": int})


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
            row = counts.loc[state]
            people = counted(
                int(row["customers"]), "customer was" if verb in ("gained", "lost") else "customer", ""
            )
            noun = "customers" if not told else ""
            people = " ".join(filter(None, [number(int(row["customers"])), noun, verb]))
            told.append(f"{people} ({_signed(row['change'], worth == 'net', currency)})")
    return sentence("{told}.", told=listed(told)) if told else sentence("No customer bought in either period.")


def gained_and_lost(
    people: pd.DataFrame, first: pd.Series, last: pd.Series, compared: Compared, dates: Dates
) -> Markup:
    """Say how many of the gained are new, and how many of the lost bought outside of the periods."""
    gained, lost = (people.index[people["state"] == state] for state in ("Gained", "Lost"))
    new = int((first.reindex(gained) >= pd.Timestamp(compared.after.first)).sum())
    told = sentence(
        "Gained: bought in {after} and not in {before}; lost: the other way round. {new} of the {gained} gained bought "
        "for the first time.",
        after=compared.after.name,
        before=compared.before.name,
        new=new,
        gained=len(gained),
    )
    since = int((last.reindex(lost) > pd.Timestamp(compared.before.last)).sum())
    if not since:
        return told
    return (
        told
        + " "
        + sentence(
            "{since} of the {lost} lost bought on other days after {before}: they are not gone.",
            since=since,
            lost=len(lost),
            before=compared.before.name,
        )
    )


def moved(by_direction: pd.DataFrame, days: int, worth: str, currency: str) -> Markup:
    """Say how many customers moved down and up, how many would have if nobody changed, and what they spent."""
    sums = by_direction.reindex(["down", "up", "same"], fill_value=0.0)
    down = sums.loc["down"]
    return sentence(
        "In {days} days {down} of {n} customers moved to a lower segment and {up} to a higher one; if nobody had changed, "
        "{down_null} and {up_null} would have. Those who moved down had spent {at_stake} in the year before.",
        days=days,
        down=int(down["customers"]),
        n=int(sums["customers"].sum()),
        up=int(sums.loc["up", "customers"]),
        down_null=f"{down['by_chance']:,.0f}",
        up_null=f"{sums.loc['up', 'by_chance']:,.0f}",
        at_stake=written(down["at_stake"], worth, currency),
    )


def moved_finding(paths: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return who moved in each direction, as findings have it."""
    return paths.groupby("direction")[["customers", "by_chance", "at_stake"]].sum().to_dict("index")


def odd(month: pd.Period, row: pd.Series, worth: str, currency: str) -> Markup:
    """Say how far a month is from what was expected; the row has `actual` and `expected`."""
    return sentence(
        "{month}: {what} were {actual}, {relative} than expected ({expected}).",
        month=month.strftime("%B %Y"),
        what="net sales" if worth == "net" else "purchases",
        actual=written(row["actual"], worth, currency),
        relative=relative(row["actual"], row["expected"]),
        expected=written(row["expected"], worth, currency),
    )


def why(causes: list[Cause], called: Mapping[str, str], flagged: pd.Series, worth: str, currency: str) -> Markup:
    """Say which few customers or products account for an unusual month; `flagged` says why some are in review."""
    told = []
    for cause in causes:
        one, many = _KINDS[cause.by]
        returned = cause.measure == "returned"
        amounts = cause.few["amount" if returned else "effect"]
        names = [
            f"{called.get(name, name)} ({written(abs(value), worth, currency)}{', flagged' if name in flagged else ''})"
            for name, value in amounts.items()
        ]
        verb = (
            {"customer_id": "returned", "product": "came back for"}[cause.by]
            if returned
            else ({"customer_id": "bought", "product": "sold for"}[cause.by])
        )
        less = "" if returned else " less than expected" if amounts.sum() < 0 else " more than expected"
        told.append(
            sentence(
                "{n} {verb} {amount}{less}: {names}.",
                n=counted(len(names), one, many),
                verb=verb,
                amount=written(abs(amounts.sum()), worth, currency),
                less=less,
                names=listed(names),
            )
        )
    return Markup(" ").join(told) or sentence("No few customers or products account for it.")


def range_of(seasonal: bool, months: int, outside: float) -> Markup:
    """Say what months were held against."""
    return sentence(
        "{n} whole months were held against {what}, with a range of {outside} robust standard deviations.{less}",
        n=months,
        what="the same month of the year before" if seasonal else "the median of all",
        outside=outside,
        less="" if seasonal else " With a year of data or less, a season is as unusual as an event.",
    )


def seasons(found: Seasons, spent: pd.DataFrame, worth: str, currency: str) -> Markup:
    """Say who the seasonal customers are, what they spent, and when they are to be judged."""
    told = []
    for row in found.found.itertuples():
        theirs = found.customers[found.customers["season"] == row.season]
        missed = int((theirs["missed_seasons"] > 0).sum())
        told.append(
            sentence(
                "{n} customers buy in <em>{season}</em> only: {inside} of the months in which they bought. By chance it "
                "would be {chance}. They spent {amount} in the later period. {missed} of them missed the last season "
                "and are lost; the others are to be written to before {next}.",
                n=row.customers,
                season=row.season,
                inside=percent(row.inside, 0),
                chance=f"{row.by_chance:.0f}",
                amount=written(spent["after"].get(row.season, 0.0), worth, currency),
                missed=missed or "None",
                next=f"{theirs['next_season'].iloc[0]:%b %Y}",
            )
        )
    return Markup(" ").join(told)


def seasonal_segments(across: pd.DataFrame, found: Seasons) -> Markup:
    """Say which segments have mostly customers of one season; `across` counts customers by segment and season."""
    told = []
    for season in found.found["season"]:
        share = across[season] / across.sum(axis=1)
        mostly = share[(share > 0.5) & (across.sum(axis=1) >= FEWEST)].sort_values(ascending=False)
        names = [f"{name} ({across.loc[name, season]} of {across.loc[name].sum()})" for name in mostly.index]
        if names:
            told.append(
                sentence(
                    "Mostly {season} customers: {names}. Write to them before it.",
                    season=season,
                    names=listed(names),
                )
            )
    return Markup(" ").join(told) or sentence("No segment has mostly customers of one season.")


def season_headline(found: Seasons) -> Markup:
    """Say how many customers buy in one season only."""
    told = [
        f"{counted(row.customers, 'customer', 'customers')} in {row.season}" for row in found.found.itertuples()
    ]
    return sentence(
        "Some customers buy in one season only: {told}. Between seasons they are not lost.", told=listed(told)
    )


def after_months(values: pd.Series, groups: pd.Series, seed: int) -> pd.DataFrame:
    """Return what a customer of each group was worth, with the interval of resamples: `group, customers, worth` and its bounds.

    Groups of fewer than 20 customers have no row.
    """
    rows = []
    for name, theirs in values.groupby(groups):
        if len(theirs) >= FEWEST:
            found = bootstrap(np.mean, theirs.to_numpy(float), seed=seed, draws=200)
            rows.append((name, len(theirs), found.value, found.low, found.high))
    columns = ["group", "customers", "worth", "worth_low", "worth_high"]
    return pd.DataFrame(rows, columns=columns).sort_values("worth", ascending=False, ignore_index=True)
