"""Chapter 06's lists, by its own cells: how much they find of errors other than those it injects.

Wrong dates and lines entered twice have a feature, split orders are seen by the orders of a day; nothing was made
for swapped digits, wrong customers, creeping prices and neighbouring codes.

The data is the sample's ledger as its truth says it should be, without fraudsters: nothing is wrong but what is
injected. As many lines (or customers) get an error as the chapter's list has places, and the outcome is the share
of them on the list. Where nothing is changed, that is the share found by chance. Each kind of error gets a copy of
the same data to itself, and the detector is chosen once for all of them.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import CodeType

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import open_engine
from helpers.base.engine_settings import EngineSettings
from helpers.chapters.anomaly.context import LINE_FEATURES, REPEATED, line_context
from helpers.chapters.anomaly.detectors import best_detector
from helpers.chapters.anomaly.injection import COPIES, KEYS, Injected, inject
from helpers.chapters.anomaly.levels import NEEDED, customer_context
from helpers.ledger.sample import make_sample
from helpers.study.parameters import chapter_parameters, parameters_cell
from helpers.study.series import BY_NAME
from tests.operating_characteristics.trial import Setting

CELLS = ("matrices", "forest", "robust-z", "mean-rank", "evaluation")
"""Ids of the cells that score copies and count what is found; the outlier factor ranks nothing."""
NOTEBOOK = BY_NAME["anomaly"].notebook
PARAMETERS = chapter_parameters(NOTEBOOK)()
SAMPLES, CUSTOMERS = 20, 1000
"""Samples with a seed of their own, and customers drawn of one of them, two in three."""
WEEKS, A_WEEK = 26, 1.01
"""For how long a price creeps up, and by what factor a week."""
SPLIT = 3
"""Orders that a split order becomes."""
WRONG = ("missing_customer", "fee_code", "return", "cancellation", "duplicate", "typo_price", "zero_price")
WRONG += ("unreadable", "bulk_fraud")
Errors = Callable[[pd.DataFrame, int, np.random.Generator], tuple[pd.DataFrame, pd.Index]]
"""Takes lines, how many get an error, and a generator; returns lines with errors and the ids of what is wrong."""


@cache
def cells() -> CodeType:
    """Return the chapter's imports, parameters and cells, ready to run."""
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    texts = {cell["id"]: "".join(cell["source"]) for cell in book if cell["cell_type"] == "code"}
    imports = next(text for text in texts.values() if text.startswith("import"))
    chosen = [imports, parameters_cell(NOTEBOOK), *(texts[cell] for cell in CELLS)]
    return compile("\n".join(chosen), "anomaly", "exec")


@cache
def sample(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lines and returns of a sample, clean by its own truth."""
    made = make_sample(seed)
    lines = made["sample.csv"].assign(line=np.arange(1, len(made["sample.csv"]) + 1))
    kinds = made["sample_truth_lines.csv"].set_index("line")["kind"].reindex(lines["line"]).fillna("").to_numpy()
    sold, back = ~np.isin(kinds, WRONG), kinds == "return"
    names = {"invoice_no": "order_id", "stock_code": "product_id", "invoice_date": "ordered_at"}
    lines, sold, back = (each[sold | back] for each in (lines.rename(columns=names), sold, back))
    lines = lines.drop(columns=["description", "country"]).assign(
        ordered_at=pd.to_datetime(lines["ordered_at"]),
        product_id=lines["product_id"].str.strip().str.upper(),
        quantity=lines["quantity"].astype(float),
        unit_price=lines["unit_price"].astype(float),
    )
    return lines[sold], lines[back]


def ledger(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lines and returns of some customers of one of the samples."""
    lines, returns = sample(int(rng.integers(SAMPLES)))
    some = rng.choice(lines["customer_id"].unique(), CUSTOMERS, replace=False)
    lines, returns = (each[each["customer_id"].isin(some)].reset_index(drop=True) for each in (lines, returns))
    return lines, returns


def worth(lines: pd.DataFrame) -> pd.DataFrame:
    """Return lines with their amounts."""
    return lines.assign(revenue=lines["quantity"] * lines["unit_price"])


def listed(level: str, kinds: Mapping[str, Errors], rng: np.random.Generator) -> dict[str, float]:
    """Return for each kind of error the share that is on a list with as many places, ranked as the chapter would.

    The chapter chooses the detector by its own injected errors, in the first copy; those here are in further ones.
    """
    lines, returns = ledger(rng)
    share = PARAMETERS.line_contamination if level == "line" else PARAMETERS.contamination
    count = round(share * (len(lines) if level == "line" else CUSTOMERS))
    tables = {}
    with open_engine(EngineSettings(threads=1)) as engine:

        def on_engine(frame: pd.DataFrame) -> nw.LazyFrame:
            return engine.table(pa.Table.from_pandas(worth(frame), preserve_index=False))

        sold, back = on_engine(lines), on_engine(returns)
        of = {"share": PARAMETERS.injected_share, "seed": int(rng.integers(2**31)), "engine": engine}
        copies = {COPIES[0]: inject(level, sold, back, **of)}
        for kind, errors in kinds.items():
            wrong, ids = errors(lines, count, rng)
            copies[kind] = Injected(on_engine(wrong), back, pd.Series("other", index=ids))
        for copy, (these, brought_back, injected) in copies.items():
            context = line_context(these, brought_back, engine, NEEDED.get(level, LINE_FEATURES))
            table = context.load() if level == "line" else customer_context(context)
            of_each = injected.reindex(table[KEYS[level]]).fillna("").to_numpy(dtype=str)
            tables[level, copy] = table.assign(injected=of_each)
    scope = {"tables": tables, "copies": tables}
    exec(cells(), scope)
    detector = best_detector(scope["measured"][level, COPIES[0]])
    return {kind: float(scope["measured"][level, kind].at[detector, "found_other"]) for kind in kinds}


def unchanged(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Return the lines as they are, and some of them."""
    return lines, pd.Index(rng.choice(lines["line"], count, replace=False))


def customers_unchanged(
    lines: pd.DataFrame, count: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.Index]:
    """Return the lines as they are, and some of the customers."""
    return lines, pd.Index(rng.choice(lines["customer_id"].unique(), count, replace=False))


def swapped_digits(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Swap two neighbouring digits that differ, of a quantity or of a price in turns."""
    wrong, ids = lines.copy(), []
    for row in rng.permutation(len(lines)):
        name, places = (("quantity", 0), ("unit_price", 2))[len(ids) % 2]
        digits = [*f"{round(wrong.at[row, name] * 10**places)}"]
        differ = [place for place in range(len(digits) - 1) if digits[place] != digits[place + 1]]
        if differ:
            place = rng.choice(differ)
            digits[place : place + 2] = digits[place + 1], digits[place]
            wrong.at[row, name] = max(int("".join(digits)), 1) / 10**places
            ids.append(wrong.at[row, "line"])
        if len(ids) == count:
            break
    return wrong, pd.Index(ids)


def some_orders(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.Series:
    """Return which lines are of orders at random that have so many lines together, or a few more."""
    orders = rng.permutation(lines["order_id"].unique())
    sizes = lines["order_id"].value_counts()[orders].cumsum()
    return lines["order_id"].isin(orders[: np.searchsorted(sizes, count) + 1])


def wrong_customer(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Book whole orders to other customers."""
    chosen = some_orders(lines, count, rng)
    orders = lines.loc[chosen, "order_id"].unique()
    other = pd.Series(rng.choice(lines["customer_id"].unique(), len(orders)), index=orders)
    booked = lines["order_id"].map(other).where(chosen, lines["customer_id"])
    return lines.assign(customer_id=booked), pd.Index(lines.loc[chosen, "line"])


def wrong_date(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Book whole orders on other days, at random within the time that the data covers."""
    chosen = some_orders(lines, count, rng)
    orders, days = lines.loc[chosen, "order_id"].unique(), lines["ordered_at"].dt.normalize().unique()
    other = lines["order_id"].map(pd.Series(rng.choice(days, len(orders)), index=orders))
    at = (other + (lines["ordered_at"] - lines["ordered_at"].dt.normalize())).where(chosen, lines["ordered_at"])
    return lines.assign(ordered_at=at), pd.Index(lines.loc[chosen, "line"])


def creeping_price(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Raise the prices of some products week by week to the end of the data."""
    weeks = WEEKS - (lines["ordered_at"].max() - lines["ordered_at"]).dt.days // 7
    products = rng.permutation(lines["product_id"].unique())
    late = lines.loc[weeks > 0, "product_id"].value_counts().reindex(products, fill_value=0).cumsum()
    chosen = lines["product_id"].isin(products[: np.searchsorted(late, count) + 1]) & (weeks > 0)
    price = (lines["unit_price"] * A_WEEK**weeks).round(2).where(chosen, lines["unit_price"])
    return lines.assign(unit_price=price), pd.Index(lines.loc[chosen, "line"])


def duplicates(
    lines: pd.DataFrame, count: int, rng: np.random.Generator, smaller: float = 0.0
) -> tuple[pd.DataFrame, pd.Index]:
    """Book lines once more, each with one field changed: another order number, the next day, or one piece more.

    `smaller` is the share of all lines that are smaller than each of them, by amount.
    """
    amounts = worth(lines)["revenue"]
    large = lines[amounts >= amounts.quantile(smaller)]
    copied = large.sample(count, random_state=rng).reset_index(drop=True)
    field = pd.Series(rng.integers(3, size=count))
    copied["order_id"] = copied["order_id"].where(field != 0, copied["order_id"] + "A")
    copied["ordered_at"] = copied["ordered_at"].where(field != 1, copied["ordered_at"] + pd.Timedelta(days=1))
    copied["quantity"] = copied["quantity"].where(field != 2, copied["quantity"] + 1)
    copied["line"] = lines["line"].max() + 1 + np.arange(count)
    return pd.concat([lines, copied], ignore_index=True), pd.Index(copied["line"])


def next_code(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Book lines on the code that follows their product's own, at their own price."""
    codes = np.sort(lines["product_id"].unique())
    chosen = lines["line"].isin(rng.choice(lines["line"], count, replace=False))
    following = pd.Series(np.roll(codes, -1), index=codes)
    booked = lines["product_id"].map(following).where(chosen, lines["product_id"])
    return lines.assign(product_id=booked), pd.Index(lines.loc[chosen, "line"])


def split_orders(lines: pd.DataFrame, count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Index]:
    """Book an order each of some customers as several, on the same day."""
    enough = lines.groupby(["customer_id", "order_id"]).size().loc[lambda n: n >= SPLIT].reset_index()
    one = enough.sample(frac=1, random_state=rng).drop_duplicates("customer_id").head(count)
    part = lines.groupby("order_id").cumcount() % SPLIT
    chosen = lines["order_id"].isin(one["order_id"]) & (part > 0)
    parts = (lines["order_id"] + "-" + part.astype(str)).where(chosen, lines["order_id"])
    return lines.assign(order_id=parts), pd.Index(one["customer_id"])


NOTHING = " without an error"
OF_LINES = {
    NOTHING: unchanged,
    " with two digits swapped": swapped_digits,
    " of a wrong customer": wrong_customer,
    " with a wrong date": wrong_date,
    " of prices that creep up by 1 % a week": creeping_price,
    " entered twice with one field changed": duplicates,
    " of the largest fiftieth entered twice with one field changed": partial(duplicates, smaller=REPEATED),
    " booked on the next product's code": next_code,
}
OF_CUSTOMERS = {NOTHING: customers_unchanged, " with an order split into three": split_orders}
SETTINGS = [
    Setting("anomalies", f"{rows}{kind}", "nothing" if kind == NOTHING else "something",
            partial(listed, level, kinds), part=kind)
    for rows, level, kinds in (("order lines", "line", OF_LINES), ("customers", "customer", OF_CUSTOMERS))
    for kind in kinds
]  # fmt: skip
