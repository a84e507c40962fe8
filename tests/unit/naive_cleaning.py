"""The cleaning rules once more, in plain Python, a line and a rule at a time: slow, and easy to believe.

Nothing here is shared with the helpers, so that what both agree on is what the rules say.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any, NamedTuple

Line = dict[str, Any]
PENNY_PART = Decimal("0.0001")


class Naive(NamedTuple):
    """Where every line ended, and how much revenue rules changed."""

    kept: list[Line]
    returned: list[Line]
    set_aside: list[Line]
    rejected: list[tuple[Line, int]]
    changed: list[tuple[int, Decimal]]
    """For each rule: lines changed, and the change of revenue."""


def clean(lines: list[Line], entries: list[str | dict[str, Any]]) -> Naive:
    """Apply rules in order; a line that left is not looked at again."""
    kept = [dict(line) for line in lines]
    returned: list[Line] = []
    set_aside: list[Line] = []
    rejected: list[tuple[Line, int]] = []
    changed = []
    for step, entry in enumerate(entries, 1):
        name, option = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
        if name == "split_returns":
            returned += [line for line in kept if line["quantity"] is not None and line["quantity"] < 0]
            kept = [line for line in kept if line["quantity"] is None or line["quantity"] >= 0]
            changed.append((0, Decimal(0)))
        elif name == "set_aside":
            wrong = _beyond_doubt(kept, **option)
            set_aside += [line for line, is_wrong in zip(kept, wrong, strict=True) if is_wrong]
            kept = [line for line, is_wrong in zip(kept, wrong, strict=True) if not is_wrong]
            changed.append((0, Decimal(0)))
        elif name in CHANGES:
            before = [dict(line) for line in kept]
            CHANGES[name](kept, option)
            for line, old in zip(kept, before, strict=True):
                if line["quantity"] != old["quantity"]:
                    line["revenue"] = _product(line["quantity"], line["unit_price"])
            differ = sum(line != old for line, old in zip(kept, before, strict=True))
            gains = [
                line["revenue"] - old["revenue"]
                for line, old in zip(kept, before, strict=True)
                if line["revenue"] is not None and old["revenue"] is not None
            ]
            changed.append((differ, sum(gains, Decimal(0))))
        else:
            passes = DROPS[name](kept, option)
            rejected += [(line, step) for line, fine in zip(kept, passes, strict=True) if not fine]
            kept = [line for line, fine in zip(kept, passes, strict=True) if fine]
            changed.append((0, Decimal(0)))
    return Naive(kept, returned, set_aside, rejected, changed)


def _beyond_doubt(lines: list[Line], times: float, sales: int) -> list[bool]:
    prices: dict[str, list[Decimal]] = defaultdict(list)
    for line in lines:
        if line["product_id"] is not None and line["unit_price"] is not None and line["unit_price"] > 0:
            prices[line["product_id"]].append(line["unit_price"])
    verdicts = []
    for line in lines:
        same, price = prices.get(line["product_id"], []), line["unit_price"]
        verdicts.append(len(same) > sales and price is not None and float(price) >= times * float(median(same)))
    return verdicts


def _product(quantity: Decimal | None, price: Decimal | None) -> Decimal | None:
    return None if quantity is None or price is None else (quantity * price).quantize(PENNY_PART, ROUND_HALF_UP)


def _drop_missing(lines: list[Line], columns: list[str]) -> list[bool]:
    return [all(line[name] is not None for name in columns) for line in lines]


def _drop_cancellations(lines: list[Line], _: None) -> list[bool]:
    return [not (line["order_id"] or "").startswith("C") for line in lines]


def _drop_exact_duplicates(lines: list[Line], _: None) -> list[bool]:
    seen = set()
    verdicts = []
    for line in lines:
        content = tuple(value for name, value in line.items() if name != "line")
        verdicts.append(content not in seen)
        seen.add(content)
    return verdicts


def _keep(lines: list[Line], values: dict[str, list]) -> list[bool]:
    return [all(line[name] in map(str, listed) for name, listed in values.items()) for line in lines]


def _exclude(lines: list[Line], values: dict[str, list]) -> list[bool]:
    return [not any(line[name] in map(str, listed) for name, listed in values.items()) for line in lines]


def _above(lines: list[Line], limits: dict[str, float]) -> list[bool]:
    return [all(line[n] is not None and line[n] > limit for n, limit in limits.items()) for line in lines]


def _at_most(lines: list[Line], limits: dict[str, float]) -> list[bool]:
    return [all(line[n] is not None and line[n] <= limit for n, limit in limits.items()) for line in lines]


def _returning_over(lines: list[Line], share: float) -> list[bool]:
    bought: dict[str, Decimal] = defaultdict(Decimal)
    returned: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        quantity = line["quantity"] or Decimal(0)
        (bought if quantity >= 0 else returned)[line["customer_id"]] += abs(quantity)
    return [
        (who := line["customer_id"]) is None
        or (bought[who] > 0 and returned[who] <= Decimal(str(share)) * bought[who])
        for line in lines
    ]


def _absolute(lines: list[Line], where: dict[str, dict[str, list]]) -> None:
    for line in lines:
        for name, values in where.items():
            if line[name] is not None and all(line[other] in listed for other, listed in values.items()):
                line[name] = abs(line[name])


def _tidy_text(lines: list[Line], columns: list[str]) -> None:
    for line in lines:
        for name in columns:
            line[name] = None if line[name] is None else " ".join(line[name].split())


def _change_case(lines: list[Line], cases: dict[str, list[str]]) -> None:
    for line in lines:
        for case, columns in cases.items():
            for name in columns:
                line[name] = None if line[name] is None else getattr(line[name], case)()


def _one_country(lines: list[Line], _: None) -> None:
    revenue: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for who, country, amount in {(line["customer_id"], line["country"], line["revenue"]) for line in lines}:
        if who is not None and country is not None:
            revenue[who][country] += amount or Decimal(0)
    best = {who: min(sums, key=lambda c: (-sums[c], c)) for who, sums in revenue.items()}
    for line in lines:
        line["country"] = best.get(line["customer_id"])


def _one_name(lines: list[Line], _: None) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        if line["product_id"] is not None and line["product_name"] is not None:
            counts[line["product_id"]][" ".join(line["product_name"].replace(",", " ").split())] += 1
    name = {code: min(names, key=lambda n: (-names[n], n)) for code, names in counts.items()}
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    for code, names in counts.items():
        sizes[name[code]][code] = sum(names.values())
    code_of = {text: min(codes, key=lambda c: (-codes[c], c)) for text, codes in sizes.items()}
    for line in lines:
        if line["product_id"] in name:
            line["product_name"] = name[line["product_id"]]
            line["product_id"] = code_of[line["product_name"]]


DROPS = {
    "drop_missing": _drop_missing,
    "drop_cancellations": _drop_cancellations,
    "drop_exact_duplicates": _drop_exact_duplicates,
    "keep": _keep,
    "exclude": _exclude,
    "above": _above,
    "at_most": _at_most,
    "drop_customers_returning_over": _returning_over,
}
CHANGES = {
    "absolute": _absolute,
    "tidy_text": _tidy_text,
    "change_case": _change_case,
    "one_country_per_customer": _one_country,
    "one_name_per_product": _one_name,
}
