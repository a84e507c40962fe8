"""Which cleaning rules and which chapters suit a file: decided by what stands in it, each with its reason."""

from pathlib import Path
from typing import NamedTuple

import duckdb

from helpers.base.engine import THREADS
from helpers.base.vocabulary import COLUMNS, IDS
from helpers.ledger.numbers import quoted
from helpers.study.series import CHAPTERS

ENOUGH_DAYS = 180
"""Days of a ledger below which there is no before and after to learn from."""
ENOUGH_CUSTOMERS = 50
"""Customers below which groups and models of them are play."""
FEW_CODES = 12
"""Codes that a comment lists."""


class Facts(NamedTuple):
    """What choices are made by, of all lines of a file."""

    columns: tuple[str, ...]
    lines: int
    customers: int
    one_line_a_customer: bool
    days: int
    """From the first order to the last; 0 without dates."""
    missing_customers: int
    missing_revenue: int
    duplicates: int
    below_zero: dict[str, int]
    at_zero: dict[str, int]
    padded: dict[str, int]
    """Lines with white space too many, by column of text."""
    case_variants: dict[str, int]
    """Values that differ only in upper and lower case, by column of text."""
    shouted: tuple[str, ...]
    """Columns of text that are mostly in upper case."""
    odd_codes: tuple[str, ...]
    """Product codes without a digit, where nearly all others have one."""
    numbers: tuple[str, ...]
    """Columns of numbers that describe a customer."""

    def has(self, *names: str) -> bool:
        """Return whether all columns are there."""
        return set(names) <= set(self.columns)

    @property
    def is_ledger(self) -> bool:
        """Whether the lines are those of dated orders."""
        return self.has("order_id", "ordered_at")

    @property
    def has_product(self) -> bool:
        """Whether it says what was bought."""
        return self.has("product_id") or self.has("product_name")


class RuleChoice(NamedTuple):
    """A rule as it stands in a study file, why, and whether it is on or only offered."""

    text: str
    why: str
    on: bool = True


class ChapterChoice(NamedTuple):
    """A chapter, whether it fits, and why not."""

    name: str
    fits: bool
    why: str = ""


def facts_of(raw: Path) -> Facts:
    """Return the facts of ingested lines, the table `raw`."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(f"CREATE VIEW raw AS FROM read_parquet({quoted(str(raw))})")
        kinds = {name: str(kind) for name, kind, *_ in connection.sql("DESCRIBE raw").fetchall() if name != "line"}

        def ask(expressions: dict[str, str]) -> dict[str, int]:
            if not expressions:
                return {}
            selected = ", ".join(f"({sql})::BIGINT" for sql in expressions.values())
            row = connection.sql(f"SELECT {selected} FROM raw").fetchall()[0]
            return dict(zip(expressions, (value or 0 for value in row), strict=True))

        amounts = [name for name in ("quantity", "unit_price", "revenue") if name in kinds]
        texts = [name for name in ("product_name", "country", "category", "region") if name in kinds]
        cased = [name for name in (*texts, "product_id") if name in kinds]
        counted = ask(
            {"lines": "count(*)"}
            | ({"customers": "count(DISTINCT customer_id)"} if "customer_id" in kinds else {})
            | ({"named": "count(customer_id)"} if "customer_id" in kinds else {})
            | ({"revenue": "count(revenue)"} if "revenue" in kinds else {})
            | ({"days": "date_diff('day', min(ordered_at), max(ordered_at))"} if "ordered_at" in kinds else {})
        )
        own = ", ".join(f'"{name}"' for name in kinds)
        different = connection.sql(f"SELECT count(*) FROM (SELECT DISTINCT {own} FROM raw)").fetchall()[0][0]
        lines, customers = counted["lines"], counted.get("customers", 0)
        return Facts(
            columns=tuple(kinds),
            lines=lines,
            customers=customers,
            one_line_a_customer=0 < customers == counted.get("named", 0),
            days=counted.get("days", 0),
            missing_customers=lines - counted.get("named", 0) if "customer_id" in kinds else 0,
            missing_revenue=lines - counted.get("revenue", 0) if "revenue" in kinds else 0,
            duplicates=lines - different,
            below_zero=ask({name: f"count(*) FILTER ({name} < 0)" for name in amounts}),
            at_zero=ask({name: f"count(*) FILTER ({name} = 0)" for name in amounts}),
            padded=ask(
                {n: f"count(*) FILTER ({n} <> trim(regexp_replace({n}, '\\s+', ' ', 'g')))" for n in texts}
            ),
            case_variants=ask({n: f"count(DISTINCT trim({n})) - count(DISTINCT lower(trim({n})))" for n in cased}),
            shouted=tuple(
                n
                for n, count in ask({n: f"count(*) FILTER ({n} = upper({n}))" for n in cased}).items()
                if count > lines / 2
            ),
            odd_codes=_odd_codes(connection) if "product_id" in kinds else (),
            numbers=_numbers(connection, kinds),
        )


def _odd_codes(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return product codes without a digit, most lines first, where they are the exception."""
    share = connection.sql("SELECT avg(regexp_matches(product_id, '\\d')::INT) FROM raw").fetchall()[0][0]
    if share is None or not 0.9 < share < 1:
        return ()
    found = connection.sql(
        "SELECT product_id FROM raw WHERE product_id IS NOT NULL AND NOT regexp_matches(product_id, '\\d') "
        f"GROUP BY product_id ORDER BY count(*) DESC, product_id LIMIT {FEW_CODES}"
    )
    return tuple(code for (code,) in found.fetchall())


def _numbers(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str]) -> tuple[str, ...]:
    """Return the columns of numbers with a few different values; a number for each line is a code."""
    numeric = [
        name
        for name, kind in kinds.items()
        if name not in IDS and kind.startswith(("DOUBLE", "BIGINT", "DECIMAL"))
    ]
    if not numeric:
        return ()
    asked = ", ".join(f'count(DISTINCT "{n}"), count("{n}"), bool_and("{n}" = floor("{n}"))' for n in numeric)
    row = connection.sql(f"SELECT {asked} FROM raw").fetchall()[0]
    described = zip(numeric, row[::3], row[1::3], row[2::3], strict=True)
    return tuple(
        name
        for name, distinct, filled, whole in described
        if distinct >= 5 and not (whole and distinct == filled and name not in COLUMNS)
    )


def rules_for(facts: Facts, *, orders_numbered: bool = True) -> list[RuleChoice]:
    """Return the cleaning rules that the lines ask for, in the order of the series' own studies.

    Args:
        facts: of all lines.
        orders_numbered: whether the file itself numbers its orders; where it does not, two equal lines may well
            be two purchases.
    """
    ledger = facts.has("ordered_at") or facts.has("order_id")
    rules = []
    if facts.has("customer_id"):
        rules.append(
            RuleChoice(
                "drop_missing: [customer_id]",
                f"{_lines(facts, facts.missing_customers)} name no customer"
                if facts.missing_customers
                else "all lines name one so far",
            )
        )
    if facts.missing_revenue and not ledger:
        rules.append(
            RuleChoice("drop_missing: [revenue]", f"{_lines(facts, facts.missing_revenue)} have no amount")
        )
    if padded := [name for name, count in facts.padded.items() if count]:
        total = max(facts.padded.values())
        rules.append(
            RuleChoice(f"tidy_text: [{', '.join(padded)}]", f"white space too many, on up to {total:,} lines")
        )
    mixed = [name for name, count in facts.case_variants.items() if count]
    upper = [name for name in mixed if name == "product_id" or name in facts.shouted]
    title = [name for name in mixed if name not in upper]
    if mixed:
        cases = [f"upper: [{', '.join(upper)}]"] * bool(upper) + [f"title: [{', '.join(title)}]"] * bool(title)
        rules.append(RuleChoice(f"change_case: {{{', '.join(cases)}}}", "one value is written in several cases"))
    if facts.odd_codes:
        listed = ", ".join(f"'{code.replace(chr(39), chr(39) * 2)}'" for code in facts.odd_codes)
        rules.append(RuleChoice(f"exclude: {{product_id: [{listed}]}}", "codes without a digit: fees?", on=False))
    if facts.duplicates and ledger:
        certain = facts.is_ledger and orders_numbered
        why = f"{_lines(facts, facts.duplicates)} repeat another in every column"
        rules.append(
            RuleChoice(
                "drop_exact_duplicates", why if certain else f"{why}, which may be genuine here", on=certain
            )
        )
    if ledger and facts.below_zero.get("quantity"):
        rules.append(
            RuleChoice(
                "split_returns", f"{_lines(facts, facts.below_zero['quantity'])} have a quantity below zero"
            )
        )
    limits = {n: facts.at_zero[n] + facts.below_zero[n] for n in ("unit_price", "quantity") if n in facts.at_zero}
    if not limits.get("unit_price") and "revenue" in facts.at_zero and "unit_price" not in limits:
        limits = {"revenue": facts.at_zero["revenue"] + facts.below_zero["revenue"]} | limits
    if ledger and limits:
        told = ", ".join(f"{count:,} {name}" for name, count in limits.items())
        why = f"lines at zero or below: {told}"
        if limits.get("revenue") and not facts.has("quantity"):
            why += "; amounts below zero are refunds, which only quantities could set apart"
        rules.append(RuleChoice(f"above: {{{', '.join(f'{name}: 0' for name in limits)}}}", why))
    return rules


def chapters_for(facts: Facts) -> list[ChapterChoice]:
    """Return for each chapter of the series whether it fits the file, and why not."""
    customers = _why_no_customers(facts)
    why = {
        "eda": "",
        "cleaning": "",
        "rfm": customers,
        "clustering": customers or _few(facts) or _too_flat(facts),
        "tree_embedding": customers
        or _few(facts)
        or _no_ledger(facts, "customers are told apart by their orders"),
        "anomaly": customers or _few(facts) or ("" if facts.is_ledger else _too_flat(facts)),
        "regression": customers or _few(facts) or _no_target(facts),
        "recommendation": customers or ("" if facts.has_product else "no column says what was bought"),
        "purchase_prediction": customers or _few(facts) or _no_future(facts),
    }
    return [ChapterChoice(chapter.name, not why[chapter.name], why[chapter.name]) for chapter in CHAPTERS]


def _why_no_customers(facts: Facts) -> str:
    """Return why the lines cannot be summed up to customers; empty where they can."""
    if not facts.has("customer_id"):
        return "no column says who bought"
    if facts.one_line_a_customer and not facts.is_ledger:
        return ""
    if missing := [name for name in ("ordered_at", "order_id") if name not in facts.columns]:
        return f"customers come back, but no column is their {COLUMNS[missing[0]].label.lower()} ({missing[0]})"
    return (
        "" if facts.has("revenue") else "no column says what was paid: neither an amount, nor quantity and price"
    )


def _few(facts: Facts) -> str:
    return f"{facts.customers} customers are too few" if facts.customers < ENOUGH_CUSTOMERS else ""


def _too_flat(facts: Facts) -> str:
    if facts.is_ledger or len(facts.numbers) > 1:
        return ""
    return "fewer than two columns of numbers describe a customer"


def _no_ledger(facts: Facts, why: str) -> str:
    return "" if facts.is_ledger else f"there are no dated orders, and {why}"


def _no_target(facts: Facts) -> str:
    if facts.is_ledger:
        return _too_short(facts)
    return (
        ""
        if facts.has("revenue") and len(facts.numbers) > 2
        else "there is no amount to predict, or nothing to predict it from"
    )


def _no_future(facts: Facts) -> str:
    if facts.is_ledger:
        return _too_short(facts)
    return "without dated orders it predicts a column of your choice: name it in its section, then add the chapter"


def _too_short(facts: Facts) -> str:
    return f"{facts.days} days are too few for a before and an after" if facts.days < ENOUGH_DAYS else ""


def _lines(facts: Facts, count: int) -> str:
    return f"{count:,} of {facts.lines:,} lines ({100 * count / facts.lines:.1f} %)"


def kind_of(facts: Facts) -> str:
    """Return in words what a line of the file is taken for."""
    if facts.is_ledger:
        return f"lines of orders over {facts.days:,} days"
    if facts.one_line_a_customer:
        return "one line a customer"
    return "lines without dated orders" if not facts.has("ordered_at") else "dated lines"
