"""Which cleaning rules and which chapters suit a file: decided by what stands in it, each with its reason."""

from pathlib import Path
from typing import NamedTuple

import duckdb

from helpers.base import machine
from helpers.base.vocabulary import COLUMNS, IDS
from helpers.ledger.numbers import quoted
from helpers.new_study.header_words import concepts_of
from helpers.study.series import CHAPTERS

ENOUGH_DAYS = 180
"""Days of a ledger below which there is no before and after to learn from."""
TWO_WEEKS = 14
"""Days below which no two weeks can be compared."""
ENOUGH_CUSTOMERS = 50
"""Customers below which groups and models of them are play."""
FEW_CODES = 12
"""Codes that a comment lists."""
FEW_VALUES = 6
"""Different values up to which a column is a category."""
MOST_FEATURES = 12
"""Columns that customers are compared by at first: more hide what matters."""
AMOUNTS = ("quantity", "unit_price", "revenue")
TEXTS = ("product_name", "country", "category", "region")
CASED = (*TEXTS, "product_id")


CANCELLED = "(?i)^(cancel|storn|annul|anul|geannul|void|failed|declin|fehlgeschl|echou|fallid)"
"""How the states of orders begin of which nothing came, in the languages of headers."""
TIMES, SALES = 50, 5
"""From when on a price is an error beyond doubt: times the product's own, with so many other sales to compare."""


class Facts(NamedTuple):
    """What choices are made by, of all lines of a file."""

    columns: tuple[str, ...]
    lines: int
    customers: int
    one_line_a_customer: bool
    days: int
    """From the first order to the last; 0 without dates."""
    missing: dict[str, int]
    """Lines without a customer or an amount, by column."""
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
    far_prices: dict[bool, int]
    """Sales at a price far beyond their product's own, by whether the product is one of the odd codes."""
    sound: int
    """Lines that name a customer and have no amount at zero or below, as far as there are such columns."""
    cancelled: dict[str, dict[str, int]]
    """Lines by value, of values that say nothing came of an order; by column of states."""
    numbers: tuple[str, ...]
    """Columns of numbers that describe a customer."""
    categories: tuple[str, ...]
    """Columns of a few values that do, flags and texts."""

    def has(self, *names: str) -> bool:
        """Return whether all columns are there."""
        return set(names) <= set(self.columns)

    @property
    def is_ledger(self) -> bool:
        """Whether the lines are those of dated orders."""
        return self.has("order_id", "ordered_at")


class RuleChoice(NamedTuple):
    """A rule as it stands in a study file, why, and whether it is on or only offered."""

    text: str
    why: str
    on: bool


class ChapterChoice(NamedTuple):
    """A chapter, and why it does not fit; empty where it does."""

    name: str
    why: str

    @property
    def fits(self) -> bool:
        """Whether the file has what the chapter needs."""
        return not self.why


def facts_of(raw: Path) -> Facts:
    """Return the facts of ingested lines, the table `raw`."""
    with duckdb.connect(config={"threads": machine.threads_each()}) as connection:
        connection.execute(f"CREATE VIEW raw AS FROM read_parquet({quoted(str(raw))})")
        kinds = {name: str(kind) for name, kind, *_ in connection.sql("DESCRIBE raw").fetchall() if name != "line"}

        def ask(names: tuple[str, ...], sql: str) -> dict[str, int]:
            """Return a number of all lines for each of the columns that is there, written {0} in the SQL."""
            there = [name for name in names if name in kinds]
            selected = ", ".join(f"({sql.format(name)})::BIGINT" for name in there)
            row = connection.sql(f"SELECT {selected} FROM raw").fetchall()[0] if there else ()
            return dict(zip(there, (value or 0 for value in row), strict=True))

        lines = connection.table("raw").shape[0]
        values = ", ".join(f'"{name}"' for name in kinds)
        different = connection.sql(f"SELECT count(DISTINCT hash({values})) FROM raw").fetchall()[0][0]
        missing = ask(("customer_id", "revenue"), "count(*) - count({0})")
        customers = sum(ask(("customer_id",), "count(DISTINCT {0})").values())
        cancelled = _cancelled(connection, kinds)
        upper = ask(CASED, "count(*) FILTER ({0} = upper({0}))")
        return Facts(
            columns=tuple(kinds),
            lines=lines,
            customers=customers,
            one_line_a_customer=0 < customers == lines - missing.get("customer_id", 0),
            days=sum(ask(("ordered_at",), "date_diff('day', min({0}), max({0}))").values()),
            missing=missing,
            duplicates=lines - different,
            below_zero=ask(AMOUNTS, "count(*) FILTER ({0} < 0)"),
            at_zero=ask(AMOUNTS, "count(*) FILTER ({0} = 0)"),
            padded=ask(TEXTS, "count(*) FILTER (regexp_matches({0}, '^\\s|\\s\\s|\\s$|[^\\S ]'))"),
            case_variants=ask(CASED, "count(DISTINCT trim({0})) - count(DISTINCT lower(trim({0})))"),
            shouted=tuple(name for name, count in upper.items() if count > lines / 2),
            odd_codes=_odd_codes(connection) if "product_id" in kinds else (),
            far_prices=_far_prices(connection, kinds),
            sound=_sound(connection, kinds, cancelled),
            cancelled=cancelled,
            numbers=_numbers(connection, kinds),
            categories=_categories(connection, kinds),
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


def _far_prices(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str]) -> dict[bool, int]:
    """Count sales that the rule set_aside would take, by whether their code lacks the digit that most have."""
    key = next((name for name in ("product_id", "product_name") if name in kinds), None)
    if key is None or "unit_price" not in kinds:
        return {}
    sold = "unit_price > 0" + (" AND quantity > 0" if "quantity" in kinds else "")
    usual = f"SELECT {key}, median(unit_price) AS usual FROM raw WHERE {sold} GROUP BY 1 HAVING count(*) > {SALES}"
    found = connection.sql(
        rf"SELECT NOT regexp_matches({key}, '\d'), count(*) FROM raw JOIN ({usual}) USING ({key}) "
        f"WHERE {sold} AND unit_price >= {TIMES} * usual GROUP BY 1"
    )
    return dict(found.fetchall())


def _cancelled(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str]) -> dict[str, dict[str, int]]:
    """Count the lines of orders that a column of states calls cancelled."""
    found = {}
    for name, kind in kinds.items():
        if kind == "VARCHAR" and "status" in concepts_of(name):
            asked = f'SELECT "{name}", count(*) FROM raw WHERE regexp_matches("{name}", ?) GROUP BY 1 ORDER BY 1'
            counts = dict(connection.execute(asked, [CANCELLED]).fetchall())
            if 0 < len(counts) <= FEW_VALUES:
                found[name] = counts
    return found


def _numbers(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str]) -> tuple[str, ...]:
    """Return the columns of numbers with a few different values; a number for each line is a code."""
    numeric = [
        name
        for name, kind in kinds.items()
        if name not in IDS and kind.startswith(("DOUBLE", "BIGINT", "DECIMAL")) and not _numbers_places(name)
    ]
    described = []
    for name in numeric:
        asked = f'count(DISTINCT "{name}"), count("{name}"), bool_and("{name}" = floor("{name}"))'
        distinct, filled, whole = connection.sql(f"SELECT {asked} FROM raw").fetchall()[0]
        if distinct >= 5 and not (whole and distinct == filled and name not in COLUMNS):
            described.append(name)
    return tuple(described)


def _numbers_places(name: str) -> bool:
    """Return whether a column is called the number of something (a place, a maker) and not how many there are."""
    return "id" in (has := concepts_of(name)) and "count" not in has


def _sound(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str], cancelled: dict) -> int:
    """Return how many lines would be left if all rules were on."""
    needs = [f"{name} > 0" for name in AMOUNTS if name in kinds]
    needs += ["customer_id IS NOT NULL"] if "customer_id" in kinds else []
    needs += [f'coalesce("{c}" NOT IN ({", ".join(map(quoted, v))}), true)' for c, v in cancelled.items()]
    return connection.sql(f"SELECT count(*) FROM raw WHERE {' AND '.join(needs) or 'true'}").fetchall()[0][0]


def _categories(connection: duckdb.DuckDBPyConnection, kinds: dict[str, str]) -> tuple[str, ...]:
    """Return the columns of two to `FEW_VALUES` values: texts, flags and whole numbers such as 0 and 1."""
    asked = [name for name, kind in kinds.items() if name not in IDS and not kind.startswith("TIMESTAMP")]
    if not asked:
        return ()
    counts = ", ".join(f'approx_count_distinct("{name}")' for name in asked)
    found = connection.sql(f"SELECT {counts} FROM raw").fetchall()[0]
    return tuple(name for name, count in zip(asked, found, strict=True) if 2 <= count <= FEW_VALUES)


def outcome_of(facts: Facts) -> str | None:
    """Return the column whose few values are named like something that happened: churn, response, converted."""
    named = [name for name in facts.categories if "outcome" in concepts_of(name)]
    last = [name for name in facts.columns[-1:] if name in facts.categories and "status" in concepts_of(name)]
    # where there are several, the last: tables end with what is asked of them
    return next(iter([*named[::-1], *last]), None)


def target_of(facts: Facts) -> tuple[str, str] | None:
    """Return a column of numbers that is worth predicting of customers, and why; None where none says so."""
    for name in ("revenue", "monetary"):
        if facts.has(name):
            return name, "the amount"
    scores = [name for name in facts.numbers if concepts_of(name) & {"amount", "score", "money", "rating"}]
    return (scores[0], "a number with a name like a result") if scores else None


def features_of(facts: Facts) -> list[str]:
    """Return what describes customers: numbers, then columns of a few values, but not what is to be predicted."""
    left_out = {outcome_of(facts)}
    chosen = [name for name in (*facts.numbers, *facts.categories) if name not in left_out]
    return list(dict.fromkeys(chosen))[:MOST_FEATURES]


def rules_for(facts: Facts, *, orders_numbered: bool = True) -> list[RuleChoice]:
    """Return the cleaning rules that the lines ask for, in the order of the series' own studies.

    Args:
        facts: of all lines.
        orders_numbered: whether the file itself numbers its orders; where it does not, two equal lines may well
            be two purchases.
    """
    ledger = facts.has("ordered_at") or facts.has("order_id")
    certain = facts.is_ledger and orders_numbered
    no_customer, no_amount = (facts.missing.get(name, 0) for name in ("customer_id", "revenue"))
    padded = [name for name, count in facts.padded.items() if count]
    mixed = [name for name, count in facts.case_variants.items() if count]
    upper = [name for name in mixed if name == "product_id" or name in facts.shouted]
    title = [name for name in mixed if name not in upper]
    cases = [f"{case}: [{', '.join(names)}]" for case, names in (("upper", upper), ("title", title)) if names]
    codes = ", ".join(quoted(code) for code in facts.odd_codes)
    returned = facts.below_zero.get("quantity", 0)
    priced = [name for name in ("unit_price", "quantity") if facts.has(name)]
    limited = priced if "unit_price" in priced or not facts.has("revenue") else ["revenue", *priced]
    limits = {name: facts.at_zero[name] + facts.below_zero[name] for name in limited}
    refunds = limits.get("revenue") and not facts.has("quantity")
    table = [  # condition, rule, reason
        (
            facts.has("customer_id"),
            "drop_missing: [customer_id]",
            f"{_lines(facts, no_customer)} name no customer" if no_customer else "all lines name one so far",
        ),
        (
            no_amount and not ledger,
            "drop_missing: [revenue]",
            f"{_lines(facts, no_amount)} have no amount",
        ),
        (
            padded,
            f"tidy_text: [{', '.join(padded)}]",
            f"white space too many, on up to {max(facts.padded.values(), default=0):,} lines",
        ),
        (mixed, f"change_case: {{{', '.join(cases)}}}", "one value is written in several cases"),
        (codes, f"exclude: {{product_id: [{codes}]}}", "codes without a digit: fees?"),
        *(
            (
                ledger,
                f"exclude: {{{name}: [{', '.join(map(quoted, counts))}]}}",
                f"{_lines(facts, sum(counts.values()))} are of orders that were not carried out",
            )
            for name, counts in facts.cancelled.items()
        ),
        (
            facts.duplicates and ledger,
            "drop_exact_duplicates",
            f"{_lines(facts, facts.duplicates)} repeat another in every column"
            + ("" if certain else ", which may be genuine here"),
        ),
        (
            returned and ledger,
            "split_returns",
            f"{_lines(facts, returned)} have a quantity below zero",
        ),
        (
            limits and ledger,
            f"above: {{{', '.join(f'{name}: 0' for name in limits)}}}",
            f"lines at zero or below: {', '.join(f'{count:,} {name}' for name, count in limits.items())}"
            + ("; amounts below zero are refunds, which only quantities could set apart" if refunds else ""),
        ),
        (
            facts.far_prices and ledger,
            f"set_aside: {{times: {TIMES}, sales: {SALES}}}",
            f"{_lines(facts, sum(facts.far_prices.values()))} have a price {TIMES} times their product's own",
        ),
    ]
    offered = {"exclude: {product_id"} if certain else {"exclude: {product_id", "drop_exact_duplicates"}
    if facts.odd_codes and facts.far_prices.get(True):  # a correction or a fee may have any price
        offered.add("set_aside")
    if not facts.sound:  # together they would take away every line
        offered |= {"exclude", "drop_missing", "split_returns", "above"}
    return [RuleChoice(rule, why, not rule.startswith(tuple(offered))) for asked, rule, why in table if asked]


def chapters_for(facts: Facts) -> list[ChapterChoice]:
    """Return for each chapter of the series why it does not fit the file; empty where it does."""
    ledger = facts.is_ledger
    unsummed = _why_no_customers(facts)
    few = unsummed or (f"{facts.customers} customers are too few" if facts.customers < ENOUGH_CUSTOMERS else "")
    too_short = f"{facts.days} days are too few for a before and an after" if facts.days < ENOUGH_DAYS else ""
    too_flat = "fewer than two columns describe a customer" if len(features_of(facts)) < 2 else ""
    no_numbers = "fewer than two columns of numbers describe a customer" if len(facts.numbers) < 2 else ""
    no_target = (
        "" if target_of(facts) and len(features_of(facts)) > 2 else "no column is an amount or a score to predict"
    )
    no_orders = "there are no dated orders, and customers are told apart by their orders"
    unpaid = "" if facts.has("revenue") else "no column says what was paid: no amount, nor quantity and price"
    worthless = "" if facts.sound else "no line of a customer has an amount above zero"
    unpaid = unpaid or worthless
    compared = facts.has("ordered_at") and any(map(facts.has, ("order_id", "quantity", "revenue")))
    unsized = worthless if compared else "no dated orders, amounts or quantities could be compared"
    no_future = (
        "without dated orders it predicts a column of your choice: name it in its section, then add the chapter"
    )
    no_future = "" if outcome_of(facts) and facts.numbers else no_future
    baskets = not facts.has("customer_id") and facts.has("order_id")
    no_product = "" if facts.has("product_id") or facts.has("product_name") else "no column says what was bought"
    undated = "" if facts.has("ordered_at") else "no column says when something was bought"
    nothing_summed = "" if facts.has("revenue") or facts.has("order_id") else unpaid
    too_brief = "" if facts.days >= TWO_WEEKS else f"{facts.days} days are too few to compare two periods"
    why = {
        "eda": "",
        "cleaning": "",
        "rfm": unsummed,
        "clustering": few or ("" if ledger else too_flat),
        "tree_embedding": few or (unpaid if ledger else no_orders),
        "anomaly": (few or (worthless if ledger else no_numbers)) if facts.has("customer_id") else unsized,
        "regression": few or (unpaid or too_short if ledger else no_target),
        "recommendation": no_product or ("" if baskets else unsummed),
        "purchase_prediction": few or (too_short if ledger else no_future),
        "what_changed": undated or nothing_summed or too_brief,
        "lifetime_value": undated or few or too_short,
    }
    return [ChapterChoice(chapter.name, why[chapter.name]) for chapter in CHAPTERS]


def _why_no_customers(facts: Facts) -> str:
    """Return why the lines cannot be summed up to customers; empty where they can."""
    if not facts.has("customer_id"):
        return "no column says who bought"
    if facts.one_line_a_customer and not facts.is_ledger:
        return ""
    if missing := [name for name in ("ordered_at", "order_id") if name not in facts.columns]:
        return f"customers come back, but no column is their {COLUMNS[missing[0]].label.lower()} ({missing[0]})"
    return ""


def _lines(facts: Facts, count: int) -> str:
    return f"{count:,} of {facts.lines:,} lines ({100 * count / facts.lines:.1f} %)"
