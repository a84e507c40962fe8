"""The cleaning rules a study can name, each a small function that answers with expressions over lazy lines.

Four kinds: a rule that *drops* lines says which pass; one that *moves* them to the returns, or *sets aside*
errors beyond doubt, says which move; one that *changes* values gives the new ones. Nothing is added to the lines
on the way: `helpers.chapters.cleaning.account` puts the answers of many rules into one projection, because a plan
that grows by every rule is what engines take longest over. The boolean column `_in_play` tells a rule that
compares lines which of them it may look at: what an earlier rule rejected stays in the frame, and must not count.

Expressions are narwhals', lazily, so that any engine can run them. Summaries that an answer needs beside the
lines (a value a customer or product) are small; `engine.keep` computes them once.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import narwhals as nw
from typing_extensions import TypedDict

from helpers.base.engine import DuckDBEngine, distinct_rows
from helpers.base.errors import StudyError, nearest
from helpers.base.sql import pattern_problem
from helpers.ledger.lookups import Lookup, read_lookup

Case = Literal["upper", "lower", "title"]
Columns = list[str]
Values = dict[str, list[str | int | float]]
Limits = dict[str, float]
Lines = nw.LazyFrame
Kind = Literal["drops", "changes", "moves", "sets aside"]


class Beyond(TypedDict):
    """From when on a price is an error beyond doubt."""

    __pydantic_config__ = {"extra": "forbid"}
    times: float
    """Times the product's own median price."""
    sales: int
    """Other sales of the product that there must be to compare with."""


class ColumnError(StudyError):
    """A column that a rule names and the lines do not have, or have of another kind; the rule adds its name."""


class Verdict(NamedTuple):
    """What a rule says of lines, as expressions over them."""

    says: nw.Expr | None = None
    """Whether a line passes (of a rule that drops), or moves."""
    new: dict[str, nw.Expr] = {}
    """The values of a column after a change."""
    beside: tuple[tuple[Lines, str], ...] = ()
    """Small tables that these expressions need beside the lines, each with the column both have as key."""
    adds: tuple[str, ...] = ()
    """Columns of those tables that the lines keep."""


class Rule(NamedTuple):
    """A rule as the study file knows it."""

    name: str
    kind: Kind
    function: Callable[..., Verdict]
    compares: bool
    """Whether it looks at other lines than the one it judges, and so needs `_in_play`; every change does."""

    @property
    def option(self) -> inspect.Parameter | None:
        """The one option that the study file gives, or None for a rule without."""
        others = [p for p in inspect.signature(self.function).parameters.values() if p.name not in GIVEN]
        return others[0] if others else None

    def apply(self, lines: Lines, option: Any, engine: DuckDBEngine) -> Verdict:
        """Call the rule with what its signature asks for."""
        asked = inspect.signature(self.function).parameters
        arguments = {"engine": engine} if "engine" in asked else {}
        if self.option is not None:
            arguments[self.option.name] = option
        try:
            return self.function(lines, **arguments)
        except ColumnError as error:
            raise StudyError(f"The rule {self.name} {error}") from None


MOST_RULES, MOST_CHANGES = 100, 40
"""Rules at most, and those of them that change values: the account has one bit for each, and each costs time."""
GIVEN = ("lines", "engine")
RULES: dict[str, Rule] = {}


def rule(kind: Kind, *, compares: bool = False) -> Callable[[Callable[..., Verdict]], Callable[..., Verdict]]:
    """Register a function as a rule under its own name."""

    def register(function: Callable[..., Verdict]) -> Callable[..., Verdict]:
        RULES[function.__name__] = Rule(function.__name__, kind, function, compares or kind == "changes")
        return function

    return register


def parse_rule(entry: str | dict[str, Any]) -> tuple[Rule, Any]:
    """Return the rule and option of an entry of `cleaning.rules`, already checked."""
    name, option = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
    return RULES[name], option


def check_rules(entries: list[str | dict[str, Any]], where: str) -> None:
    """Check every entry of `cleaning.rules`, and that they are not too many.

    Raises:
        ValueError: with a sentence that names the entry and what to do.
    """
    if len(entries) > MOST_RULES:
        raise ValueError(f"{where} has {len(entries):,} rules, but may have {MOST_RULES} at most.")
    for position, entry in enumerate(entries):
        check_rule(entry, f"{where}[{position}]")
    changing = sum(parse_rule(entry)[0].kind == "changes" for entry in entries)
    if changing > MOST_CHANGES:
        raise ValueError(f"{where} has {changing} rules that change values, but may have {MOST_CHANGES} at most.")


def check_rule(entry: str | dict[str, Any], where: str) -> None:
    """Check that an entry names a rule and gives it an option of the right type.

    Raises:
        ValueError: with a sentence that names the nearest rule, or what the option should be.
    """
    if not isinstance(entry, str | dict):
        kind = type(entry).__name__
        raise ValueError(f"{where} is {entry!r} ({kind}), but should be a rule's name, or a name with its option.")
    if isinstance(entry, dict) and len(entry) != 1:
        raise ValueError(f"{where} needs one rule, but has {len(entry)}: {', '.join(map(str, entry))}.")
    name, option = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
    if name not in RULES:
        hint = nearest(str(name), set(RULES)) or f"; the rules are {', '.join(RULES)}."
        raise ValueError(f"{where}: {name} is not a rule{hint}")
    wanted = RULES[name].option
    if wanted is None:
        if option is not None:
            raise ValueError(f"{where}: {name} takes no option, but has {option!r}.")
        return
    from pydantic import TypeAdapter, ValidationError  # only whoever reads a study file needs it

    try:
        TypeAdapter(wanted.annotation).validate_python(option, strict=True)
    except ValidationError as error:
        problem, type_ = error.errors(include_url=False)[0], wanted.annotation
        inside = "".join(f"[{part!r}]" for part in problem["loc"] if not str(part).endswith("]"))
        expected = problem["msg"].replace("Input should be ", "").replace("Input", "the value")
        raise ValueError(
            f"{where}: {name}{inside} is {problem['input']!r}, but should be {expected}; "
            f"{name} takes {wanted.name}, {type_ if hasattr(type_, '__args__') else type_.__name__}."
        ) from None
    if names_nothing(option):
        raise ValueError(f"{where}: {name} is {option!r}, with nothing in it: fill it in, or take the rule out.")
    for column, pattern in option.items() if name == "keep_matching" else ():
        if problem := pattern_problem(pattern):
            raise ValueError(
                f"{where}: {name}[{column!r}] is {pattern!r}, no regular expression (RE2): {problem}."
            )
    if name == "set_aside" and not (option["times"] > 1 and option["sales"] >= 1):
        raise ValueError(
            f"{where}: set_aside is {option!r}, but times should be above 1 and sales at least 1: "
            "{times: 50, sales: 5} is a price 50 times the product's median, with five other sales to compare."
        )
    if name == "join" and (Path(option["file"]).is_absolute() or ".." in Path(option["file"]).parts):
        raise ValueError(
            f"{where}: join names the file {option['file']!r}; put it into a data folder, and name it within that."
        )


def names_nothing(option: Any) -> bool:
    """Return whether an option, or a part of it, is an empty list or mapping: there is nothing to be done then."""
    if not isinstance(option, list | dict):
        return False
    return not option or any(
        names_nothing(part) for part in (option.values() if isinstance(option, dict) else option)
    )


def require(lines: Lines, *names: str, kind: Literal["text", "number"] | None = None) -> None:
    """Raise an ColumnError where a rule names a column the lines do not have, or one of another kind."""
    schema = lines.collect_schema()
    known = [name for name in schema.names() if not name.startswith("_")]
    for name in names:
        if name not in known:
            hint = nearest(name, known) or f"; there are {', '.join(known)}."
            raise ColumnError(f"names the column {name!r}, which the lines do not have{hint}")
        fits = {"text": schema[name] == nw.String, "number": schema[name].is_numeric(), None: True}
        if not fits[kind]:
            raise ColumnError(f"needs a column of {kind}s, but {name!r} has none.")


@rule("drops")
def drop_missing(lines: Lines, columns: Columns) -> Verdict:
    """Drop lines without a value in any of the columns."""
    require(lines, *columns)
    missing = nw.any_horizontal(*(nw.col(c).is_null() for c in columns), ignore_nulls=False)
    return Verdict(~missing)


@rule("drops")
def drop_cancellations(lines: Lines) -> Verdict:
    """Drop the lines of orders whose number begins with C: what was cancelled or brought back."""
    require(lines, "order_id")
    return Verdict(~nw.col("order_id").str.starts_with("C").fill_null(False))


@rule("drops", compares=True)
def drop_exact_duplicates(lines: Lines, engine: DuckDBEngine) -> Verdict:
    """Keep the first of lines that are equal in every column but their number."""
    columns = [name for name in lines.collect_schema().names() if name != "line" and not name.startswith("_")]
    # a line that was rejected must not stand in for one that was not
    hashed = engine.with_hash(lines.filter(nw.col("_in_play")).select("line", *columns), columns, "_hash")
    # whole lines are compared only where their hashes agree: all of them at once would not fit into memory
    often = engine.keep(hashed.group_by("_hash").agg(_lines=nw.len()).filter(nw.col("_lines") > 1).select("_hash"))
    alike = hashed.join(often, on="_hash", how="semi")
    copy = nw.col("line") > nw.col("line").min().over(*columns)
    copies = engine.keep(alike.select("line", _copy=copy).filter(nw.col("_copy")))
    return Verdict(nw.col("_copy").is_null(), beside=((copies, "line"),))


@rule("drops")
def keep(lines: Lines, values: Values) -> Verdict:
    """Keep lines whose value is in the list, for every column named."""
    return Verdict(_among(lines, values))


@rule("drops")
def exclude(lines: Lines, values: Values) -> Verdict:
    """Drop lines whose value is in the list, for any column named."""
    passes = [~is_in for is_in in _each_among(lines, values)]
    return Verdict(nw.all_horizontal(*passes, ignore_nulls=False))


@rule("drops")
def keep_matching(lines: Lines, patterns: dict[str, str]) -> Verdict:
    """Keep lines whose text matches the regular expression, for every column named."""
    require(lines, *patterns, kind="text")
    matches = [nw.col(name).str.contains(pattern) for name, pattern in patterns.items()]
    return Verdict(nw.all_horizontal(*matches, ignore_nulls=False))


@rule("drops")
def above(lines: Lines, limits: Limits) -> Verdict:
    """Keep lines with a value above the limit, for every column named; no value is not above it."""
    require(lines, *limits, kind="number")
    passes = [nw.col(name) > limit for name, limit in limits.items()]
    return Verdict(nw.all_horizontal(*passes, ignore_nulls=False))


@rule("drops")
def at_most(lines: Lines, limits: Limits) -> Verdict:
    """Keep lines with a value up to the limit, for every column named; no value is dropped."""
    require(lines, *limits, kind="number")
    passes = [nw.col(name) <= limit for name, limit in limits.items()]
    return Verdict(nw.all_horizontal(*passes, ignore_nulls=False))


@rule("drops")
def join(lines: Lines, lookup: Lookup, engine: DuckDBEngine) -> Verdict:
    """Add the columns of a small file by a shared key, and drop lines whose key is not in it."""
    require(lines, lookup["on"])
    schema = lines.collect_schema()
    table = read_lookup(lookup, key_is_text=schema[lookup["on"]] == nw.String)
    added = [name for name in table.column_names if name != lookup["on"]]
    if both := [name for name in added if name in schema.names()]:
        raise StudyError(f"{lookup['file']} has a column {both[0]!r}, and so have the lines; rename one.")
    marked = engine.table(table).with_columns(_found=nw.lit(True))
    found = nw.col("_found").fill_null(False)
    return Verdict(found, beside=((marked, lookup["on"]),), adds=tuple(added))


@rule("drops", compares=True)
def drop_customers_returning_over(lines: Lines, share: float, engine: DuckDBEngine) -> Verdict:
    """Drop customers who bought nothing, or brought back more than a share of the units they bought.

    Lines without a customer are not judged.
    """
    require(lines, "customer_id", "quantity")
    quantity = nw.col("quantity")
    # the sums are decimals, so exact; parts first, then plain sums: not every engine sums an expression
    parts = {"_bought": nw.when(quantity >= 0).then(quantity), "_returned": nw.when(quantity < 0).then(quantity)}
    units = lines.filter(nw.col("_in_play"), ~nw.col("customer_id").is_null()).select("customer_id", **parts)
    customers = units.group_by("customer_id").agg(nw.col(*parts).sum())
    bought = nw.col("_bought").cast(nw.Float64).fill_null(0.0)
    returned = -nw.col("_returned").cast(nw.Float64).fill_null(0.0)
    fine = (bought > 0) & (returned <= share * bought)
    verdicts = engine.keep(customers.select("customer_id", _fine=fine))
    return Verdict(nw.col("_fine").fill_null(True), beside=((verdicts, "customer_id"),))


@rule("moves")
def split_returns(lines: Lines) -> Verdict:
    """Move lines with a quantity below zero to the table of returns; later rules judge purchases only."""
    require(lines, "quantity")
    return Verdict(nw.col("quantity") < 0)


@rule("sets aside", compares=True)
def set_aside(lines: Lines, beyond: Beyond, engine: DuckDBEngine) -> Verdict:
    """Set aside lines whose price is an error beyond doubt: many times the median of the product's own prices.

    Products are told apart by code, or by name where there are no codes. One with fewer other sales is not judged.
    """
    key = "product_name" if "product_id" not in lines.collect_schema().names() else "product_id"
    require(lines, key)
    require(lines, "unit_price", kind="number")
    price = nw.col("unit_price").cast(nw.Float64)
    sold = lines.filter(nw.col("_in_play"), price > 0, ~nw.col(key).is_null()).select(key, _price=price)
    usual = sold.group_by(key).agg(_usual=nw.col("_price").median(), _sold=nw.len())
    judged = engine.keep(usual.filter(nw.col("_sold") > beyond["sales"]).drop("_sold"))
    return Verdict(price >= nw.col("_usual") * beyond["times"], beside=((judged, key),))


@rule("changes")
def tidy_text(lines: Lines, columns: Columns, engine: DuckDBEngine) -> Verdict:
    """Take away padding, and make every run of white space one space."""
    require(lines, *columns, kind="text")
    return _rewrite(lines, {name: _tidy(nw.col(name)) for name in columns}, engine)


@rule("changes")
def change_case(lines: Lines, cases: dict[Case, Columns], engine: DuckDBEngine) -> Verdict:
    """Write texts in one case: upper, lower, or Every Word Capitalised (title)."""
    require(lines, *(name for columns in cases.values() for name in columns), kind="text")
    # engines take words apart slowly
    title = _rewrite(lines, {name: nw.col(name).str.to_titlecase() for name in cases.get("title", [])}, engine)
    upper = {name: nw.col(name).str.to_uppercase() for name in cases.get("upper", [])}
    lower = {name: nw.col(name).str.to_lowercase() for name in cases.get("lower", [])}
    return title._replace(new=title.new | upper | lower)


@rule("changes")
def absolute(lines: Lines, where: dict[str, Values]) -> Verdict:
    """Take a column's absolute value on the lines where other columns have one of the values given."""
    new = {}
    for name, values in where.items():
        require(lines, name, kind="number")
        new[name] = nw.when(_among(lines, values)).then(nw.col(name).abs()).otherwise(nw.col(name))
    return Verdict(new=new)


@rule("changes")
def one_country_per_customer(lines: Lines, engine: DuckDBEngine) -> Verdict:
    """Give each customer the country with most of their revenue; no customer, no country.

    Revenue is summed over the distinct (customer, country, revenue) rows, as in the Insiders study; of
    countries that tie, the first in the alphabet is taken.
    """
    require(lines, "customer_id", "country", "revenue")
    placed = lines.filter(nw.col("_in_play"), ~nw.col("customer_id").is_null(), ~nw.col("country").is_null())
    amounts = distinct_rows(placed, "customer_id", "country", "revenue")
    revenue = amounts.group_by("customer_id", "country").agg(_revenue=nw.col("revenue").sum())
    best = _first_by(revenue, "customer_id", "_revenue", "country")
    chosen = engine.keep(best.rename({"country": "_new_country"}))
    return Verdict(new={"country": nw.col("_new_country")}, beside=((chosen, "customer_id"),))


@rule("changes")
def one_name_per_product(lines: Lines, engine: DuckDBEngine) -> Verdict:
    """Give each product code its most frequent name, then each name its most frequent code.

    Commas in names become spaces first, and runs of white space one space. Of names or codes that tie, the
    first in the alphabet is taken. The second step is on the names the first one gave.
    """
    require(lines, "product_id", "product_name")
    playing = lines.filter(nw.col("_in_play"))
    counted = engine.keep(playing.group_by("product_id", "product_name").agg(_lines=nw.len()))
    # what has no code or no name is left out here, and not line by line before it is counted
    written = counted.filter(~nw.col("product_id").is_null(), ~nw.col("product_name").is_null())
    name = _tidy(nw.col("product_name").str.replace_all(",", " ", literal=True))
    counts = written.with_columns(_name=name).group_by("product_id", "_name").agg(nw.col("_lines").sum())
    names = _first_by(counts, "product_id", "_lines", "_name").rename({"_name": "_new_product_name"})
    sizes = counts.group_by("product_id").agg(nw.col("_lines").sum())
    named = engine.keep(names.join(sizes, on="product_id"))
    codes = _first_by(named, "_new_product_name", "_lines", "product_id").rename({"product_id": "_new_product_id"})
    both = engine.keep(named.drop("_lines").join(codes, on="_new_product_name"))
    new = {name: nw.coalesce(f"_new_{name}", name) for name in ("product_name", "product_id")}
    return Verdict(new=new, beside=((both, "product_id"),))


def _among(lines: Lines, values: Values) -> nw.Expr:
    """Return whether every named column has one of its values."""
    return nw.all_horizontal(*_each_among(lines, values), ignore_nulls=True)


def _each_among(lines: Lines, values: Values) -> list[nw.Expr]:
    """Return, a column each, whether it has one of its values; no value is none of them.

    YAML writes ids as numbers; in a text column they are compared as text.
    """
    require(lines, *values)
    schema = lines.collect_schema()
    for name, listed in values.items():
        if any(isinstance(value, str) for value in listed):
            require(lines, name, kind="text")
    return [
        nw.col(name).is_in([str(v) for v in listed] if schema[name] == nw.String else listed).fill_null(False)
        for name, listed in values.items()
    ]


def _rewrite(lines: Lines, changed: dict[str, nw.Expr], engine: DuckDBEngine) -> Verdict:
    """Return the new texts of columns, worked out once for each distinct text, and not line by line."""
    beside = []
    for name, text in changed.items():
        texts = distinct_rows(lines.filter(~nw.col(name).is_null()), name)
        beside.append((engine.keep(texts.with_columns(text.alias(f"_new_{name}"))), name))
    return Verdict(new={name: nw.col(f"_new_{name}") for name in changed}, beside=tuple(beside))


def _tidy(text: nw.Expr) -> nw.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def _first_by(table: Lines, key: str, weight: str, value: str) -> Lines:
    """Return for each key the value with most weight, and of those the first in the alphabet."""
    heaviest = table.filter(nw.col(weight) == nw.col(weight).max().over(key))
    return heaviest.group_by(key).agg(nw.col(value).min())
