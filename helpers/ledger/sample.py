"""A sales ledger of a small fictional shop, with the truth that was planted in it.

The series needs a ledger that anyone may share and whose answers are known: who belongs to which persona,
which products go together, which lines are flawed. `write_sample` draws one from a seed and writes the
planted truth beside it. Only the ledger is a source of the study; the truth is for tests and for teaching.

Files, all UTF-8 with a header:

* `sample.csv`: invoice_no, invoice_date, stock_code, description, quantity, unit_price, customer_id, country
* `sample_truth_customers.csv`: customer_id, persona, anomaly (`none` or its kind)
* `sample_truth_lines.csv`: line (number of the data row in sample.csv, from 1), kind, column (which cell was
  touched, or `all` where the whole line is planted); a line has one kind
* `sample_truth_complements.csv`: product_a, product_b (stock codes)
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.base.files import write_text
from helpers.base.paths import DATA, from_root

FIRST_DAY = np.datetime64("2024-01-01")
DAYS = 751  # the last day is 2026-01-20, so that the 25th month is incomplete
HOLIDAYS = ("12-25", "12-26", "01-01")
SEASON = (0.85, 0.85, 0.9, 0.95, 1.0, 0.95, 0.9, 0.9, 1.05, 1.15, 1.6, 1.5)  # January to December
OPENS, CLOSES = 9 * 60, 18 * 60  # minutes of the day

HOME, GROWING, SHRINKING = "United Kingdom", "Netherlands", "Spain"
ABROAD = {"Germany": 4, "France": 4, "EIRE": 3, "Belgium": 1, "Japan": 0.8, "Singapore": 0.6, "Malta": 0.6}

DESIGNS = (  # from plain and cheap to elaborate and dear
    *("Saffron Dot", "Harbour Stripe", "Thistledown", "Old Orchard", "Fernhollow", "Bluebell Lane"),
    *("Café Noisette", "Juniper Row", "Moonhare", "Copperleaf", "Winterberry"),
)
DESIGN_FACTORS = np.geomspace(0.45, 2.2, len(DESIGNS))
FAMILIES = {  # taste: its families and the price of a middling design
    "tea": {"Mug": 7.5, "Teapot": 14.0, "Tea Tin": 8.0, "Coaster Set": 5.5},
    "light": {"Candle": 7.0, "Candle Holder": 9.0, "Lamp": 16.0, "Lantern": 12.0},
    "baking": {"Cake Tin": 9.0, "Apron": 11.0, "Mixing Bowl": 10.0, "Cookie Cutter": 4.5},
    "garden": {"Plant Pot": 8.0, "Watering Can": 12.0, "Bird Feeder": 10.0, "Seed Box": 5.5},
    "play": {"Puzzle": 9.0, "Toy Box": 14.0, "Night Light": 11.0, "Bunting": 6.0},
    "paper": {"Notebook": 6.0, "Pen Pot": 7.0, "Gift Box": 8.0, "Letter Set": 9.0},
}
COMPLEMENTS = (  # families bought together, and the designs in which they are
    ("Mug", "Coaster Set", ("Thistledown", "Juniper Row")),
    ("Teapot", "Tea Tin", ("Old Orchard", "Bluebell Lane")),
    ("Candle", "Candle Holder", ("Fernhollow", "Copperleaf")),
    ("Cake Tin", "Apron", ("Harbour Stripe", "Moonhare")),
    ("Plant Pot", "Watering Can", ("Thistledown", "Bluebell Lane")),
    ("Notebook", "Pen Pot", ("Fernhollow", "Winterberry")),
)
COMPLEMENT_TAKEN = 0.6  # share of baskets with one of a pair that take the other as well
FEES = {"POST": ("Postage", 1, 18.0), "GIFTWRAP": ("Gift wrapping", 1, 2.5), "D": ("Discount", -1, 5.0)}


class Persona(NamedTuple):
    """A kind of customer: how many there are, how they come and what they take."""

    customers: int
    gap: float  # mean days between two orders
    regularity: float  # shape of those gaps' gamma distribution; 1 is haphazard, more is steadier
    lines: float  # mean lines of an order
    units: float  # median units of a line
    price: float  # the unit price they look for
    repeats: float  # share of lines drawn from their habits


PERSONAS = {
    "champion": Persona(90, 25, 3, 4.2, 5.0, 13.0, 0.75),
    "regular": Persona(280, 60, 4, 2.5, 2.5, 8.0, 0.75),
    "bargain_hunter": Persona(240, 37, 3, 1.35, 1.2, 3.4, 0.7),
    "gift_shopper": Persona(300, 0, 1, 3.0, 3.0, 13.0, 0.5),
    "lapsing": Persona(260, 46, 3, 2.5, 2.5, 8.0, 0.75),
    "new": Persona(330, 30, 2, 2.2, 2.0, 8.0, 0.6),
    # not personas to be found: who guests are is not in the ledger, and fraudsters are the anomaly
    "guest": Persona(600, 100, 1, 2.2, 2.0, 7.0, 0.0),
    "fraudster": Persona(5, 0, 1, 4.0, 110.0, 9.0, 0.0),
}
SPREAD = 0.12  # standard deviation of a customer's own level around the persona's, in logs

FLAWS = {"typo_price": 25, "zero_price": 15, "missing_description": 60, "unreadable": 3}  # kind: lines
FLAWS |= {"mixed_case": 400, "padded": 400, "duplicate": 400}
UNREADABLE = {"quantity": "six", "invoice_date": "31/02/2025", "unit_price": "1O.50"}
HEADERS = ["invoice_no", "invoice_date", "stock_code", "description"]
HEADERS += ["quantity", "unit_price", "customer_id", "country"]


def make_sample(seed: int = 42) -> dict[str, pd.DataFrame]:
    """Draw the ledger and its truth; return them by file name, the ledger last and as text.

    The same seed gives the same tables: about 1,500 customers and 40,000 lines.
    """
    rng = np.random.default_rng(seed)
    products = _catalogue(rng)
    customers = _customers(rng)
    sold = _lines(rng, _orders(rng, customers), customers, products)
    credits = _credits(rng, sold)
    # a line that a credit answers to keeps its values, or the two would no longer agree
    sold["kept"] = sold.index.isin(credits.index)
    lines = pd.concat([sold, _fees(rng, sold), credits], ignore_index=True)
    ledger = _plant(rng, _number_invoices(lines))
    known = customers[customers["customer_id"] != ""].sort_values("customer_id")
    pairs = products[products["partner"] > products.index]  # each pair once
    other = products["stock_code"].to_numpy()[pairs["partner"]]
    return {
        "sample_truth_customers.csv": known[["customer_id", "persona", "anomaly"]],
        "sample_truth_lines.csv": ledger.loc[ledger["kind"] != "", ["line", "kind", "column"]],
        "sample_truth_complements.csv": pd.DataFrame({"product_a": pairs["stock_code"], "product_b": other}),
        "sample.csv": ledger[HEADERS],
    }


def write_sample(folder: Path, seed: int = 42) -> Path:
    """Write the sample ledger and its planted truth into a folder, and return the path of `sample.csv`.

    Each file appears whole or not at all, and the ledger last: where it stands, its truth does too. The
    same seed writes the same bytes.

    Raises:
        StudyError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in make_sample(seed).items():
            write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))
    except OSError as error:
        raise StudyError(
            f"The sample ledger cannot be written to {from_root(folder)} ({error.strerror or error}): "
            "free some space or make the folder writable."
        ) from error
    return folder / "sample.csv"


def _catalogue(rng: np.random.Generator) -> pd.DataFrame:
    """Return one row a product; `partner` is the row of its complement, or -1.

    Products of every third family share a number and differ by a letter, as variants do in real catalogues.
    """
    rows = []
    families = [(taste, name, base) for taste, some in FAMILIES.items() for name, base in some.items()]
    for number, (taste, family, base) in enumerate(families):
        first = 20000 + 150 * number
        for place, (design, factor) in enumerate(zip(DESIGNS, DESIGN_FACTORS, strict=True)):
            code = f"{first}{chr(ord('A') + place)}" if number % 3 == 0 else str(first + 7 * place)
            rows.append((code, f"{design} {family}", taste, family, round(base * factor * 2) / 2 - 0.05))
    products = pd.DataFrame(rows, columns=["stock_code", "description", "taste", "family", "price"])
    products["popularity"] = rng.lognormal(0, 0.5, len(products))
    place = {name: row for row, name in enumerate(products["description"])}
    products["partner"] = -1
    for family, other, designs in COMPLEMENTS:
        for design in designs:
            one, two = place[f"{design} {family}"], place[f"{design} {other}"]
            products.loc[[one, two], "partner"] = [two, one]
    return products


def _customers(rng: np.random.Generator) -> pd.DataFrame:
    """Return one row a customer, guests and fraudsters included, with levels of their own.

    `first` and `last` bound, in days from FIRST_DAY, when a customer comes to the shop.
    """
    counts = [persona.customers for persona in PERSONAS.values()]
    people = pd.DataFrame(PERSONAS.values()).drop(columns="customers").assign(persona=list(PERSONAS))
    people = people.loc[np.repeat(people.index, counts)].reset_index(drop=True)
    size = len(people)
    for level in ("gap", "lines", "units", "price"):
        people[level] *= rng.lognormal(0, SPREAD, size)
    people["taste"] = rng.choice(list(FAMILIES), size)
    people["country"] = _countries(rng, people["persona"])
    people["anomaly"] = np.where(people["persona"] == "fraudster", "bulk_fraud", "none")

    persona = people["persona"]
    # a country grows because its customers come later, and shrinks because some stop long ago
    grows = (people["country"] == GROWING) & persona.isin(["champion", "regular", "bargain_hunter"])
    ranges = ((DAYS - 100, DAYS - 8), (0, DAYS - 1), (60, 600))
    begins = [rng.uniform(low, high, size) for low, high in ranges]
    first = np.select([persona == "new", persona == "guest", grows], begins, rng.uniform(0, 90, size))
    stop = DAYS - rng.uniform(190, np.where(people["country"] == SHRINKING, 480, 340), size)
    people["first"] = first
    people["last"] = np.select([persona == "lapsing", persona == "guest"], [stop, first], DAYS - 1)
    people["customer_id"] = np.where(persona == "guest", "", (12001 + rng.permutation(size)).astype(str))
    return people


def _countries(rng: np.random.Generator, personas: pd.Series) -> np.ndarray:
    """Draw countries: home dominates, one gets the newcomers, another has those who leave."""
    growing, shrinking = {"lapsing": 0, "new": 7, "guest": 0}, {"lapsing": 13, "gift_shopper": 0.3}
    drawn = np.empty(len(personas), dtype=object)
    for persona in PERSONAS:
        abroad = np.array([*ABROAD.values(), growing.get(persona, 4), shrinking.get(persona, 0)]) / 100
        abroad *= persona != "fraudster"  # a burst abroad would hide which countries grow and shrink
        who = (personas == persona).to_numpy()
        drawn[who] = rng.choice([HOME, *ABROAD, GROWING, SHRINKING], who.sum(), p=[1 - abroad.sum(), *abroad])
    return drawn


def _orders(rng: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """Return one row an order: the customer's row number and the moment, when the shop is open."""
    persona = customers["persona"]
    rhythmic = np.flatnonzero(~persona.isin(["gift_shopper", "fraudster"]))
    who, day = _rhythm(rng, customers.iloc[rhythmic])
    seasonal = _season_orders(rng, np.flatnonzero(persona == "gift_shopper"))
    parts = [(rhythmic[who], day), seasonal, _bursts(rng, np.flatnonzero(persona == "fraudster"))]
    customer, day = (np.concatenate(side) for side in zip(*parts, strict=True))
    return pd.DataFrame({"customer": customer, "at": _opening_moments(rng, day)})


def _rhythm(rng: np.random.Generator, people: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Draw visits with gamma gaps on a clock that runs faster in season; return row numbers and days."""
    dates = FIRST_DAY + np.arange(DAYS)
    pace = np.array(SEASON)[dates.astype("datetime64[M]").astype(int) % 12]
    clock = np.cumsum(pace / np.mean(SEASON))
    gap, shape = people["gap"].to_numpy()[:, None], people["regularity"].to_numpy()[:, None]
    start, stop = (np.interp(people[end], np.arange(DAYS), clock)[:, None] for end in ("first", "last"))
    most = int(2 * DAYS / gap.min()) + 10  # twice what the quickest rhythm needs
    gaps = rng.gamma(shape, gap / shape, (len(people), most))
    gaps[:, 0] = 0
    visits = start + gaps.cumsum(axis=1)
    keep = visits <= stop
    return np.nonzero(keep)[0], np.interp(visits[keep], clock, np.arange(DAYS))


def _season_orders(rng: np.random.Generator, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the gift shoppers' orders: some in each November and December, hardly any in between."""
    found = []
    for year, share in ((2024, 1.0), (2025, 0.9)):  # some do not come back
        opening = (np.datetime64(f"{year}-11-08") - FIRST_DAY).astype(int)
        comes = rng.uniform(size=len(who)) < share
        customer = np.repeat(who, comes * (1 + rng.poisson(1.0, len(who))))
        found.append((customer, opening + rng.uniform(0, 44, len(customer))))
    stray = np.repeat(who, rng.poisson(0.25, len(who)))
    found.append((stray, rng.uniform(60, DAYS - 120, len(stray))))
    return tuple(np.concatenate(side) for side in zip(*found, strict=True))


def _bursts(rng: np.random.Generator, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the fraudsters' orders: five to seven within three days, and never again."""
    customer = np.repeat(who, rng.integers(5, 8, len(who)))
    begins = dict(zip(who, rng.uniform(120, DAYS - 90, len(who)), strict=True))
    return customer, np.array([begins[one] for one in customer]) + rng.uniform(0, 3, len(customer))


def _opening_moments(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Turn days from FIRST_DAY into minutes when the shop is open; a closed day becomes the next open one."""
    dates = FIRST_DAY + np.floor(days).astype(int)
    closed = [str(year) + "-" + day for year in (2024, 2025, 2026) for day in HOLIDAYS]
    dates = np.busday_offset(dates, 0, roll="forward", weekmask="Mon Tue Wed Thu Fri Sat", holidays=closed)
    minutes = OPENS + np.floor((CLOSES - OPENS) * rng.beta(2, 2.2, len(dates))).astype(int)
    return dates.astype("datetime64[m]") + minutes


def _habits(rng: np.random.Generator, customers: pd.DataFrame, products: pd.DataFrame) -> np.ndarray:
    """Return the probability that a customer's line is a product: customers x products, rows sum to 1.

    What suits the taste and the price level is likely; a dozen products of it become the customer's own.
    """
    suits = np.where(customers["taste"].to_numpy()[:, None] == products["taste"].to_numpy(), 1.0, 0.08)
    distance = np.log(products["price"].to_numpy()) - np.log(customers["price"].to_numpy())[:, None]
    weight = suits * products["popularity"].to_numpy() * np.exp(-0.5 * (distance / 0.3) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    # the largest log weights plus Gumbel noise are a weighted sample without replacement
    own = np.argsort(-(np.log(weight) + rng.gumbel(size=weight.shape)), axis=1)[:, :12]
    liking = 0.8 ** np.arange(own.shape[1])
    habit = np.zeros_like(weight)
    np.put_along_axis(habit, own, np.broadcast_to(liking / liking.sum(), own.shape), axis=1)
    share = customers["repeats"].to_numpy()[:, None]
    return share * habit + (1 - share) * weight


def _lines(
    rng: np.random.Generator, orders: pd.DataFrame, customers: pd.DataFrame, products: pd.DataFrame
) -> pd.DataFrame:
    """Fill the baskets; return one row a line, a product at most once in an order."""
    buyer = customers.iloc[orders["customer"]].reset_index(drop=True)
    order = np.repeat(np.arange(len(orders)), 1 + rng.poisson(np.maximum(buyer["lines"] - 1, 0)))
    edges = _habits(rng, customers, products).cumsum(axis=1)[orders["customer"].to_numpy()[order]]
    product = (edges < rng.uniform(size=(len(order), 1)) * edges[:, -1:]).sum(axis=1)
    partner = products["partner"].to_numpy()[product]
    joined = (partner >= 0) & (rng.uniform(size=len(order)) < COMPLEMENT_TAKEN)
    own, added = np.column_stack([order, product]), np.column_stack([order, partner])[joined]
    lines = pd.DataFrame(np.vstack([own, added]), columns=["order", "product"]).drop_duplicates(ignore_index=True)
    buyer = buyer.iloc[lines["order"]].reset_index(drop=True)
    goods = products.iloc[lines["product"]].reset_index(drop=True)
    lines["at"] = orders["at"].to_numpy()[lines["order"]]
    lines[["stock_code", "description"]] = goods[["stock_code", "description"]]
    lines["quantity"] = np.maximum(1, np.rint(buyer["units"] * rng.lognormal(0, 0.4, len(lines)))).astype(int)
    raised = lines["at"] >= "2025-01-01"  # prices rise once
    lines["unit_price"] = (goods["price"] * np.where(raised, 1.04, 1.0)).round(2)
    lines[["customer_id", "country"]] = buyer[["customer_id", "country"]]
    special = {"guest": ("missing_customer", "customer_id"), "fraudster": ("bulk_fraud", "all")}
    for place, column in enumerate(("kind", "column")):
        lines[column] = buyer["persona"].map({who: mark[place] for who, mark in special.items()}).fillna("")
    lines[["credit", "kept"]] = False
    return lines.drop(columns="product")


def _fees(rng: np.random.Generator, sold: pd.DataFrame) -> pd.DataFrame:
    """Return lines that are no merchandise: postage abroad, and at times gift wrapping or a discount."""
    orders = sold[sold["kind"] == ""].drop_duplicates("order")
    abroad = orders[orders["country"] != HOME].sample(frac=0.3, random_state=rng).assign(stock_code="POST")
    other = orders.drop(abroad.index).sample(frac=0.012, random_state=rng)
    other = other.assign(stock_code=rng.choice(["GIFTWRAP", "D"], len(other)))
    fees = pd.concat([abroad, other]).assign(kind="fee_code", column="stock_code")
    for place, column in enumerate(("description", "quantity", "unit_price")):
        fees[column] = fees["stock_code"].map({code: fee[place] for code, fee in FEES.items()})
    return fees


def _credits(rng: np.random.Generator, sold: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of credit invoices: goods brought back, and whole orders cancelled.

    Each keeps the index of the line in `sold` that it answers to.
    """
    chosen = rng.permutation(sold.loc[sold["kind"] == "", "order"].unique())
    cancelled, touched = chosen[:90], chosen[90:690]
    fraud = sold[sold["kind"] == "bulk_fraud"].sample(frac=0.6, random_state=rng)
    back = sold[sold["order"].isin(touched)].sample(frac=1, random_state=rng).drop_duplicates("order")
    back = back.assign(quantity=rng.integers(1, back["quantity"].to_numpy() + 1))
    mirror = sold[sold["order"].isin(cancelled)].assign(kind="cancellation")
    credit = pd.concat([back.assign(kind="return"), fraud.assign(kind="return"), mirror])
    credit["quantity"] *= -1

    # one credit invoice for each order, some days later
    first = credit.drop_duplicates("order")
    wait = rng.uniform(1, np.where(first["kind"] == "cancellation", 3, 30))
    asked = (first["at"].to_numpy() - FIRST_DAY) / np.timedelta64(1, "D") + wait
    moments = pd.Series(_opening_moments(rng, asked), index=first["order"])
    credit = credit.assign(at=credit["order"].map(moments), column="all", credit=True)
    return credit[credit["at"] < FIRST_DAY + np.timedelta64(DAYS, "D")]


def _number_invoices(lines: pd.DataFrame) -> pd.DataFrame:
    """Sort the lines by time, invoices together, and number the invoices in that order."""
    invoice = ["at", "order", "credit"]
    lines = lines.sort_values(invoice, kind="stable", ignore_index=True)
    number = lines.groupby(invoice, sort=False).ngroup() + 500001
    return lines.assign(invoice_no=np.where(lines["credit"], "C", "") + number.astype(str))


def _plant(rng: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """Plant the FLAWS, each on lines of its own, and return the ledger as text with its line numbers."""
    sound = rng.permutation(np.flatnonzero((lines["kind"] == "") & ~lines["kept"]))
    rows = dict(zip(FLAWS, np.split(sound, np.cumsum(list(FLAWS.values())))[:-1], strict=True))
    lines.loc[rows["typo_price"], "unit_price"] *= 100
    lines.loc[rows["zero_price"], "unit_price"] = 0
    ledger = lines.assign(
        invoice_date=lines["at"].dt.strftime("%Y-%m-%d %H:%M"),
        quantity=lines["quantity"].astype(str),
        unit_price=lines["unit_price"].map("{:.2f}".format),
    )
    ledger.loc[rows["missing_description"], "description"] = ""
    touched = {"typo_price": "unit_price", "zero_price": "unit_price", "missing_description": "description"}
    for kind in FLAWS:
        ledger.loc[rows[kind], ["kind", "column"]] = kind, touched.get(kind, "all")
    _respell(rng, ledger, rows["mixed_case"], str.swapcase)
    _respell(rng, ledger, rows["padded"], "  {} ".format)
    for row, (column, text) in zip(rows["unreadable"], UNREADABLE.items(), strict=True):
        ledger.loc[row, [column, "column"]] = text, column
    # the copy is the flawed one of the two, and stands right after its original
    originals = ledger.loc[rows["duplicate"]].copy()
    ledger.loc[rows["duplicate"], ["kind", "column"]] = ""
    ledger = pd.concat([ledger, originals]).sort_index(kind="stable").reset_index(drop=True)
    ledger["line"] = ledger.index + 1
    return ledger


def _respell(rng: np.random.Generator, ledger: pd.DataFrame, rows: np.ndarray, way: Callable) -> None:
    """Respell one text cell of each row, in place, and note its column."""
    drawn = rng.choice(["description", "country", "stock_code"], len(rows))
    for row, column in zip(rows, drawn, strict=True):
        # a code without a letter has no case to change
        touched = "description" if way(ledger.at[row, column]) == ledger.at[row, column] else column
        ledger.at[row, touched] = way(ledger.at[row, touched])
        ledger.at[row, "column"] = touched


if __name__ == "__main__":
    print(f"wrote {from_root(write_sample(DATA))}")
