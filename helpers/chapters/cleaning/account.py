"""Applying a study's cleaning rules in order, and accounting for every line and every penny.

All rules together are one lazy query. Lines are not removed on the way but marked with the rule at which
they left, so that one pass gives the clean lines, the rejected ones with their reason, and the account.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import narwhals as nw

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.ledger.rules import Rule, parse_rule

LEFT = "_left"
"""Position of the rule at which a line left; the number of rules where it stayed to the end."""
CHANGED = "_changed"
"""Which rules changed a line, a bit each: one column is stored sooner than one for every rule."""
ENDS = {"returned": "moves", "set_aside": "sets aside", "rejected": "drops"}
"""Where lines end that are not kept, and the kind of rule that takes them there."""
STEP_COLUMNS = ("step", "rule", "kind", "lines_removed", "lines", "customers", "rows_changed")
STEP_COLUMNS += ("revenue_removed", "revenue_changed", "revenue")


class Step(NamedTuple):
    """A rule with its option and its place in the order, from 0."""

    position: int
    rule: Rule
    option: Any

    @property
    def words(self) -> str:
        """The rule as the study file has it, for tables: `exclude product_id: B, M`."""
        return f"{self.rule.name} {_in_words(self.option)}".strip()


@dataclass(frozen=True)
class Account:
    """Rows and revenue by where they ended, and one row for each step.

    Rows and revenue satisfy read + changed = kept + returned + set_aside + rejected, exactly (rows do not change).
    """

    rows: dict[str, int]
    revenue: dict[str, Decimal]
    steps: list[dict[str, Any]]
    """A row for what was read and for each rule; revenue_removed and _changed add up to the fall of revenue."""


@dataclass(frozen=True)
class Cleaned:
    """The result of applying rules: four lazy frames and the account."""

    transactions: nw.LazyFrame
    returns: nw.LazyFrame
    set_aside: nw.LazyFrame
    rejected: nw.LazyFrame
    account: Account


def steps_of(entries: list[str | dict[str, Any]]) -> list[Step]:
    return [Step(position, *parse_rule(entry)) for position, entry in enumerate(entries)]


def apply_rules(lines: nw.LazyFrame, entries: list[str | dict[str, Any]], engine: DuckDBEngine) -> Cleaned:
    """Apply rules (`cleaning.rules` of a study) in order to lines, whose key is `line`, and account for them.

    Raises:
        StudyError: a rule names a column the lines do not have, or rejects every line left.
    """
    steps = steps_of(entries)
    lines = judge(lines, steps, engine)
    known = lines.collect_schema().names()
    names = [name for name in known if not name.startswith("_")]
    gains = [name for name in known if name.startswith("_gain_")]
    notes = {LEFT: _first_exit(steps), CHANGED: _changes(steps)}
    marked = engine.keep(lines.select(*names, *gains, **notes))
    account = _account(marked, steps, engine)
    at = {end: [s.position for s in steps if s.rule.kind == kind] for end, kind in ENDS.items()}
    left = nw.col(LEFT)
    return Cleaned(
        transactions=marked.filter(left == len(steps)).select(names),
        returns=marked.filter(left.is_in(at["returned"])).select(names),
        set_aside=marked.filter(left.is_in(at["set_aside"])).select(names),
        rejected=marked.filter(left.is_in(at["rejected"])).select(*names, step=left + 1, rule=_words_of(steps)),
        account=account,
    )


def any_of(exits: list[nw.Expr]) -> nw.Expr:
    return nw.any_horizontal(*exits, ignore_nulls=False) if exits else nw.lit(False)


def judge(lines: nw.LazyFrame, steps: list[Step], engine: DuckDBEngine) -> nw.LazyFrame:
    """Return the lines after all rules, with what each of them noted.

    Every rule's exit stands in a column of its own, and being in play is having none so far: one column
    updated by each rule would be a nested expression that engines unfold at every level. Exits wait until somebody
    needs them, so that rules in a row are one projection: engines bind a whole plan again at each of its steps.
    """
    judged = _Judged(lines)
    for step in steps:
        if step.rule.compares:
            judged.settle(playing=True)
        verdict = step.rule.apply(judged.lines, step.option, engine)
        for table, key in verdict.beside:
            judged.lines = judged.lines.join(table, on=key, how="left")
        if step.rule.kind == "changes":
            judged.take(step.position, verdict.new)
            continue
        # a comparison with a missing value is unknown: such a line does not pass, and does not move
        says = verdict.says.fill_null(False)
        judged.waiting[f"_exit_{step.position}"] = ~says if step.rule.kind == "drops" else says
        if verdict.beside:  # what was joined goes
            judged.columns += verdict.adds
            judged.settle()
    judged.settle()
    return judged.lines


class _Judged:
    """Lines on their way through the rules: their columns, what rules noted, and exits not yet in the lines."""

    def __init__(self, lines: nw.LazyFrame) -> None:
        self.lines = lines
        self.schema = lines.collect_schema()
        self.columns = self.schema.names()
        self.exits: list[str] = []
        self.notes: list[str] = []
        self.waiting: dict[str, nw.Expr] = {}
        self.playing = False

    def settle(self, *, playing: bool = False) -> None:
        """Put the exits that wait into the lines; where asked, say which lines are in play."""
        if not self.waiting and (self.playing or not playing):
            return
        kept = [*self.columns, *self.exits, *self.notes]
        in_play = ~any_of([*map(nw.col, self.exits), *self.waiting.values()])
        self.lines = self.lines.select(*kept, **self.waiting, **({"_in_play": in_play} if playing else {}))
        self.exits += self.waiting
        self.waiting, self.playing = {}, playing

    def take(self, position: int, new: dict[str, nw.Expr]) -> None:
        """Put new values in place on the lines in play; note which lines and how much revenue changed."""
        old = {name: nw.col(name) for name in self.columns}
        factors = {"quantity", "unit_price"} & set(new)
        if factors and {"quantity", "unit_price", "revenue"} <= set(old):
            quantity, price = (new.get(name, old[name]) for name in ("quantity", "unit_price"))
            product = (quantity * price).cast(self.schema["revenue"])
            # a revenue that the source gave stands where neither factor changed
            moved = any_of([_differs(old[name], new[name]) for name in sorted(factors)])
            new = new | {"revenue": nw.when(moved).then(product).otherwise(old["revenue"])}
        changed = nw.col("_in_play") & any_of([_differs(old[name], value) for name, value in new.items()])
        notes = {f"_changed_{position}": changed}
        if "revenue" in new:
            # where nothing changed nothing is subtracted; a decimal of more digits would take twice the room
            gain = (new["revenue"] - old["revenue"]).cast(self.schema["revenue"])
            notes[f"_gain_{position}"] = nw.when(changed).then(gain)
        taken = {name: nw.when(nw.col("_in_play")).then(value).otherwise(old[name]) for name, value in new.items()}
        values = [taken.get(name, value).alias(name) for name, value in old.items()]
        self.lines = self.lines.select(*values, *self.exits, *self.notes, "_in_play", **notes)
        self.notes += notes


def _first_exit(steps: list[Step]) -> nw.Expr:
    """Return the position of the first rule a line leaves at; the number of rules where it stays."""
    left: nw.Expr = nw.lit(len(steps))
    for step in reversed(steps):
        if step.rule.kind != "changes":
            left = nw.when(nw.col(f"_exit_{step.position}")).then(nw.lit(step.position)).otherwise(left)
    return left.cast(nw.Int16)  # stored for every line


def _changes(steps: list[Step]) -> nw.Expr:
    """Return which rules changed a line, a bit each in the order of `_changing`."""
    bits: nw.Expr = nw.lit(0, nw.Int64)
    for bit, step in enumerate(_changing(steps)):
        bits = bits + nw.col(f"_changed_{step.position}").cast(nw.Int64) * 2**bit
    return bits


def _changing(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.rule.kind == "changes"]


def _words_of(steps: list[Step]) -> nw.Expr:
    """Return the words of the rule at which a line left; joining them would cost as much as writing the lines."""
    words: nw.Expr = nw.lit(None, nw.String)
    for step in steps:
        if step.rule.kind == "drops":
            words = nw.when(nw.col(LEFT) == step.position).then(nw.lit(step.words)).otherwise(words)
    return words


def _differs(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """Return whether two values differ, where a missing one differs from any other."""
    return (one != other).fill_null(False) | (one.is_null() != other.is_null())


def _account(marked: nw.LazyFrame, steps: list[Step], engine: DuckDBEngine) -> Account:
    """Count lines, customers and revenue step by step, from one summary of the marked lines."""
    names = marked.collect_schema().names()
    ends = [LEFT, CHANGED]
    by = [*ends, "customer_id"] if "customer_id" in names else ends
    sums = [name for name in names if name == "revenue" or name.startswith("_gain_")]
    summary = engine.keep(marked.group_by(by).agg(nw.col(*sums).sum(), lines=nw.len()))
    exits = summary.group_by(ends).agg(nw.col("lines", *sums).sum()).collect("pyarrow").to_native().to_pylist()
    return _tally(exits, _customers_by_exit(summary) if "customer_id" in names else {}, steps)


def _customers_by_exit(summary: nw.LazyFrame) -> dict[int, int]:
    """Return how many customers have their last line leave at each position."""
    last = summary.filter(~nw.col("customer_id").is_null()).group_by("customer_id").agg(nw.col(LEFT).max())
    counted = last.group_by(LEFT).agg(customers=nw.len()).collect("pyarrow").to_native().to_pylist()
    return {row[LEFT]: row["customers"] for row in counted}


def _tally(exits: list[dict], customers: dict[int, int], steps: list[Step]) -> Account:
    """Turn what left where into the account; sums of decimals, so the identities are exact."""
    zero = Decimal(0)
    lines: Counter[int] = Counter()
    changed: Counter[int] = Counter()
    revenue: dict[int, Decimal] = defaultdict(Decimal)
    for row in exits:
        lines[row[LEFT]] += int(row["lines"])
        revenue[row[LEFT]] += row.get("revenue") or zero
        for bit, step in enumerate(_changing(steps)):
            changed[step.position] += int(row["lines"]) * (row[CHANGED] >> bit & 1)
    gain = {s.position: sum((row.get(f"_gain_{s.position}") or zero for row in exits), zero) for s in steps}
    read = sum(revenue.values(), zero) - sum(gain.values(), zero)
    remaining, left = sum(lines.values()), read
    rows = [(0, "read", "", 0, remaining, sum(customers.values()), 0, zero, zero, read)]
    for step in steps:
        here = step.position
        remaining = _after(lines, here)
        if lines.get(here) and not remaining:
            raise StudyError(
                f"cleaning.rules[{here}] ({step.words}) takes away all {lines[here]:,} lines that are left; "
                "correct its option or take the rule out."
            )
        gone = revenue.get(here, zero)
        left += gain[here] - gone
        rule = (here + 1, step.words, step.rule.kind, lines.get(here, 0), remaining)
        rows.append((*rule, _after(customers, here), changed[here], gone, gain[here], left))
    ends = {"kept": {len(steps)}} | {
        end: {s.position for s in steps if s.rule.kind == kind} for end, kind in ENDS.items()
    }
    return Account(
        rows={"read": sum(lines.values())} | {end: sum(lines.get(p, 0) for p in at) for end, at in ends.items()},
        revenue={"read": read, "changed": sum(gain.values(), zero)}
        | {end: sum((revenue.get(p, zero) for p in at), zero) for end, at in ends.items()},
        steps=[dict(zip(STEP_COLUMNS, row, strict=True)) for row in rows],
    )


def _after(counts: dict[int, int], position: int) -> int:
    """Count who left later than a position, or never."""
    return sum(n for left, n in counts.items() if left > position)


def _in_words(option: Any) -> str:
    """Return an option as text: lists with commas, mappings as `key: value`."""
    if isinstance(option, dict):
        return "; ".join(f"{key}: {_in_words(value)}" for key, value in option.items())
    if isinstance(option, list):
        return ", ".join(map(str, option))
    return "" if option is None else str(option)


def distinct_counts(lines: nw.LazyFrame) -> dict[str, int | None]:
    """Return how many customers, orders and products lines name; None where they have no such column."""
    ids = {"customers": "customer_id", "orders": "order_id", "products": "product_id"}
    known = lines.collect_schema().names()
    counts = {  # n_unique counts "no value" as one
        count: nw.col(name).n_unique() - nw.col(name).is_null().any().cast(nw.Int64)
        for count, name in ids.items()
        if name in known
    }
    found = lines.select(**counts).collect("pyarrow").to_native().to_pylist()[0] if counts else {}
    return {count: found.get(count) for count in ids}
