"""Hostile sources: small ledgers of a shop, each twisted as files of real shops are, and what must come.

A case is right if its figures come, or a sentence, or values kept aside; wrong figures without a word are the only
failure. Twists are crossed with ledgers, languages, delimiters and ways to write numbers, all drawn from one seed.
"""

import io
import json
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HEADER = ["order_id", "ordered_at", "customer_id", "product_name", "quantity", "unit_price"]
PRODUCTS = {
    "ascii": ["Blue Cup", "Oak Tray", "Small Lamp", "Wool Blanket", "Paper Star", "Glass Bowl"],
    "western": ["Café Crème", "Théière bleue", "Lampe à huile", "Größe Tülle", "Señal pequeña", "Boîte"],
    "polish": ["Gęś pudło", "Żółta lampa", "Świeca mała", "Łódź drewniana", "Kubek niebieski"],
    "czech": ["Škoda taška", "Žlutý kůň", "Hrnek modrý", "Říční člun", "Čajový svícen"],
    "hungarian": ["Kék bögre", "Őszi lámpa", "Tükör nagy", "Gyűrű", "Zöld hajó"],
    "russian": ["Чашка синяя", "Звезда", "Коробка большая", "Лампа", "Игрушка"],
    "greek": ["Φλιτζάνι", "Λάμπα μικρή", "Αστέρι", "Κουτί", "Ίσκιος"],
    "turkish": ["Işık", "Şişe", "Çanta büyük", "Küçük lamba", "Mavi bardak ağ"],
    "hebrew": ["כוכב", "קופסה", "מנורה קטנה", "ספל כחול"],
    "arabic": ["صندوق", "مصباح صغير", "كوب أزرق", "نجمة"],
    "thai": ["แก้วสีน้ำเงิน", "โคมไฟ", "กล่อง"],
    "chinese": ["盒子", "蓝色杯子", "小灯", "玻璃碗", "毛毯"],
    "taiwanese": ["玻璃", "藍色杯子", "小燈", "盒子", "毛毯"],
    "japanese": ["コーヒーカップ", "青いカップ", "小さなランプ", "毛布", "箱"],
    "korean": ["램프", "파란 컵", "작은 상자", "별"],
}
ENCODINGS = [
    ("western", "cp1252"), ("western", "cp850"), ("western", "cp437"), ("western", "mac_roman"),
    ("polish", "cp1250"), ("polish", "iso8859_2"), ("czech", "cp1250"), ("czech", "iso8859_2"),
    ("hungarian", "cp1250"), ("russian", "cp1251"), ("russian", "koi8_r"), ("russian", "cp866"),
    ("greek", "cp1253"), ("turkish", "cp1254"), ("hebrew", "cp1255"), ("arabic", "cp1256"), ("thai", "cp874"),
    ("chinese", "gb18030"), ("taiwanese", "big5"), ("japanese", "euc_jp"), ("japanese", "shift_jis"),
    ("korean", "euc_kr"), ("western", "utf-7"), ("western", "utf-8-sig"), ("japanese", "utf-8"),
    ("western", "utf-16"), ("russian", "utf-16-le"), ("western", "utf-16-le"), ("western", "utf-16-be"),
    ("western", "utf-32"), ("western", "utf-32-le"), ("chinese", "utf-16"),
]  # fmt: skip


@dataclass(frozen=True)
class Ledger:
    """Lines of a shop, and how they are written."""

    rows: list[dict[str, Any]]
    delimiter: str = ","
    decimal: str = "."
    date: Callable[[datetime], str] = str
    end: str = "\n"
    quote: str = '"'
    header: tuple[str, ...] = tuple(HEADER)

    def fields(self) -> list[list[str]]:
        """Return the lines as texts."""
        return [
            [
                row["order_id"],
                self.date(row["ordered_at"]),
                row["customer_id"],
                row["product_name"],
                str(row["quantity"]).replace(".", self.decimal),
                str(row["unit_price"]).replace(".", self.decimal),
            ]
            for row in self.rows
        ]

    def line(self, fields: list[str]) -> str:
        """Return one line, quoted where it must be."""
        odd = (self.delimiter, self.quote, "\n", "\r")
        quoted = [
            self.quote + field.replace(self.quote, self.quote * 2) + self.quote
            if any(sign in field for sign in odd)
            else field
            for field in fields
        ]
        return self.delimiter.join(quoted)

    def lines(self) -> list[str]:
        """Return the header and all lines."""
        return [self.line(list(self.header)), *map(self.line, self.fields())]

    def text(self) -> str:
        """Return the whole file."""
        return self.end.join(self.lines()) + self.end


@dataclass(frozen=True)
class Case:
    """A source to write into a folder, and what is right."""

    name: str
    write: Callable[[Path], Path]
    ledger: Ledger
    """What is there."""
    may_refuse: bool = True
    """Whether a sentence is right, too."""
    must_refuse: bool = False
    decimal: str | None = None
    """What a study states."""
    aside: int = 0
    """Lines that may be kept aside, with their value."""
    missing: dict[str, int] = field(default_factory=dict)


def ledger_of(rng: random.Random, words: str = "ascii", lines: int | None = None) -> Ledger:
    """Return lines of a shop, with every word of a language in them."""
    products = PRODUCTS[words]
    start = datetime(2023, 1, 2, 9)
    rows = []
    for number in range(lines or rng.randint(40, 90)):
        rows.append(
            {
                "order_id": f"R{20000 + number // 2}",
                "ordered_at": start + timedelta(days=number * 4 + rng.random(), seconds=0),
                "customer_id": str(70000 + rng.randrange(12) * 13),
                "product_name": products[number % len(products)],
                "quantity": Decimal(rng.choice([1, 2, 3, 6, 12])),
                "unit_price": Decimal(rng.randint(115, 3500)) / 100,
            }
        )
        rows[-1]["ordered_at"] = rows[-1]["ordered_at"].replace(microsecond=0)
    return Ledger(rows)


def _file(name: str, content: bytes | str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def _folder(files: dict[str, bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        for name, content in files.items():
            path = folder / "months" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder / "months"

    return write


def _workbook(sheets: list[tuple[str, list[list[Any]], str]]) -> Callable[[Path], Path]:
    """Return what writes a workbook of sheets: name, rows, and `hide`, `very_hidden` or nothing."""

    def write(folder: Path) -> Path:
        import xlsxwriter

        with xlsxwriter.Workbook(folder / "l.xlsx") as book:
            moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
            for name, rows, how in sheets:
                sheet = book.add_worksheet(name)
                for place, row in enumerate(rows):
                    for column, value in enumerate(row):
                        if isinstance(value, datetime):
                            sheet.write_datetime(place, column, value, moment)
                        elif isinstance(value, tuple):
                            sheet.write_formula(place, column, value[0], None, value[1])
                        elif value is not None:
                            sheet.write(place, column, value)
                if how:
                    getattr(sheet, how)()
        return folder / "l.xlsx"

    return write


def _cells(ledger: Ledger) -> list[list[Any]]:
    rows = [[row[name] for name in HEADER] for row in ledger.rows]
    return [list(HEADER), *([*row[:4], float(row[4]), float(row[5])] for row in rows)]


def encodings(rng: random.Random) -> Case:
    words, encoding = rng.choice(ENCODINGS)
    ledger = replace(ledger_of(rng, words), delimiter=rng.choice(",;\t"), end=rng.choice(["\n", "\r\n"]))
    return Case(f"encoding {words} {encoding}", _file("l.csv", ledger.text(), encoding), ledger, may_refuse=False)


def delimiters(rng: random.Random) -> Case:
    delimiter = rng.choice(",;\t|:^~\x01§ ")
    date = (lambda m: f"{m:%Y-%m-%d}") if delimiter in ": " else str
    ledger = replace(ledger_of(rng), delimiter=delimiter, date=date)
    ledger = _with(ledger, "product_name", lambda value, _: value.replace(" ", "-") if delimiter == " " else value)
    ledger = _dates_only(ledger) if delimiter in ": " else ledger
    return Case(f"delimiter {delimiter!r}", _file("l.csv", ledger.text()), ledger, may_refuse=False)


def _dates_only(ledger: Ledger) -> Ledger:
    return _with(ledger, "ordered_at", lambda value, _: datetime(value.year, value.month, value.day))


def _with(ledger: Ledger, name: str, change: Callable[[Any, int], Any]) -> Ledger:
    rows = [row | {name: change(row[name], number)} for number, row in enumerate(ledger.rows)]
    return replace(ledger, rows=rows)


def single_quotes(rng: random.Random) -> Case:
    ledger = replace(ledger_of(rng), quote="'", delimiter=rng.choice(",;"))
    ledger = _with(ledger, "product_name", lambda value, n: f"{value}{ledger.delimiter} large" if n % 3 else value)
    every = rng.random() < 0.5
    lines = ledger.lines()
    if every:
        rows = [list(HEADER), *ledger.fields()]
        lines = [ledger.delimiter.join(f"'{value}'" for value in row) for row in rows]
    return Case(f"single quotes {every}", _file("l.csv", "\n".join(lines) + "\n"), ledger)


def lines_above(rng: random.Random) -> Case:
    ledger = replace(ledger_of(rng), delimiter=rng.choice(",;"))
    above = rng.choice(
        [["# exported by x"], ["Sales report", ""], ["sep=" + ledger.delimiter], ["# a", "# b, c", ""]]
    )
    text = "\n".join([*above, *ledger.lines()]) + "\n"
    return Case(f"lines above {above}", _file("l.csv", text), ledger)


def footers(rng: random.Random) -> Case:
    ledger = replace(ledger_of(rng), delimiter=rng.choice(",;"))
    price = sum(row["unit_price"] for row in ledger.rows)
    count = sum(row["quantity"] for row in ledger.rows)
    word = rng.choice(["Total", "TOTAL:", "Summe", "Grand total", ""])
    last = rng.choice(
        [[word, "", "", "", str(count), str(price)], [word or "Total", str(price)], ["", "", "", "", "", ""]]
    )
    lines = [*ledger.lines(), ledger.line(last)]
    return Case(f"footer {last}", _file("l.csv", "\n".join(lines) + "\n"), ledger, aside=1)


def quotes(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    lines = ledger.lines()
    first = rng.randrange(2, len(lines) // 2)
    places = [first] if rng.random() < 0.5 else [first, rng.randrange(first + 1, len(lines))]
    for place in places:
        fields = lines[place].split(",")
        fields[3] = '"' + fields[3]
        lines[place] = ",".join(fields)
    return Case(f"open quotes {places}", _file("l.csv", "\n".join(lines) + "\n"), ledger, must_refuse=True)


def several_lines(rng: random.Random) -> Case:
    ledger = _with(
        ledger_of(rng), "product_name", lambda value, n: f"{value},\nlarge, {n}" if n % 4 == 0 else value
    )
    return Case("values of two lines", _file("l.csv", ledger.text()), ledger, may_refuse=False)


def other_kinds(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    rows = [dict(zip(HEADER, fields, strict=True)) for fields in ledger.fields()]
    cells = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row.values())}</tr>" for row in rows)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        # with a date of its own, for the clock's would make another case of it every two seconds
        archive.writestr(zipfile.ZipInfo("l.csv"), ledger.text())
    width = [max(len(row[name]) for row in rows) + 3 for name in HEADER]
    table = [dict(zip(HEADER, HEADER, strict=True)), *rows]
    fixed = "\n".join("".join(f"{row[name]:<{w}}" for name, w in zip(HEADER, width, strict=True)) for row in table)
    contents = {
        "json": json.dumps(rows),
        "json lines": "\n".join(map(json.dumps, rows)),
        "web page": f"<html><body><table>{cells}</table></body></html>",
        "web page with doctype": f"\n<!DOCTYPE html><table>{cells}</table>",
        "zip": zipped.getvalue(),
        "fixed width": fixed,
    }
    kind, content = rng.choice(list(contents.items()))
    return Case(f"other kind {kind}", _file("l.csv", content), ledger, must_refuse=True)


def numbers(rng: random.Random) -> Case:
    kind = rng.choice(["leading point", "fraction", "three decimals", "thousands", "comma"])
    ledger = ledger_of(rng)
    decimal = None
    if kind == "leading point":
        ledger = _with(ledger, "unit_price", lambda value, n: value / 100)
        ledger = _with(ledger, "unit_price", lambda value, n: value.quantize(Decimal("0.0001")))
        text = ledger.text().replace(",0.", ",.")
    elif kind == "fraction":
        ledger = _with(ledger, "quantity", lambda value, n: value + Decimal("0.5"))
        text = ledger.text()
    elif kind == "comma":
        decimal = ","
        ledger = replace(ledger, delimiter=";", decimal=",")
        text = ledger.text()
    else:
        ledger = _with(ledger, "unit_price", lambda value, n: Decimal(rng.randint(1000, 900000)) / 1000)
        ledger = _with(ledger, "unit_price", lambda value, n: value.quantize(Decimal("0.001")))
        if kind == "thousands":  # the same digits mean a thousand times as much
            ledger = _with(ledger, "unit_price", lambda value, n: value * 1000)
            text = "\n".join(_grouped(ledger)) + "\n"
        else:
            ledger = replace(ledger, delimiter=";", decimal=",")
            text = ledger.text()
    return Case(f"numbers {kind}", _file("l.csv", text), ledger, decimal=decimal)


def _grouped(ledger: Ledger) -> Iterator[str]:
    yield ";".join(HEADER)
    for fields, row in zip(ledger.fields(), ledger.rows, strict=True):
        yield ";".join([*fields[:5], f"{int(row['unit_price']):,}"])


def dates(rng: random.Random) -> Case:
    format_ = rng.choice(
        ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%y/%m/%d", "%y.%m.%d", "%d.%m.%y", "%Y%m%d"]
    )
    ledger = replace(ledger_of(rng, lines=80), date=lambda moment: moment.strftime(format_))
    ledger = ledger if "%H" in format_ else _dates_only(ledger)
    ledger = _with(ledger, "ordered_at", lambda value, _: value.replace(second=0))
    return Case(f"dates {format_}", _file("l.csv", ledger.text()), ledger)


def absurd_dates(rng: random.Random) -> Case:
    year = rng.choice(["1900", "2500", "9999", "99999", "0001"])
    ledger = ledger_of(rng, lines=120)
    lines = ledger.lines()
    place = rng.randrange(1, len(lines))
    lines[place] = lines[place].replace("2023-", f"{year}-").replace("2024-", f"{year}-")
    return Case(f"one year {year}", _file("l.csv", "\n".join(lines) + "\n"), ledger, aside=1)


def moved_dates(rng: random.Random) -> Case:
    years = rng.choice([-300, 70, 200])
    ledger = _with(ledger_of(rng), "ordered_at", lambda value, _: value.replace(year=value.year + years, day=1))
    return Case(f"all dates {years} years away", _file("l.csv", ledger.text()), ledger, may_refuse=False)


def midnight(rng: random.Random) -> Case:
    ledger = _dates_only(ledger_of(rng, lines=120))
    lines = ledger.lines()
    lines[5] = lines[5].replace(" 00:00:00", " 24:00:00")
    return Case("hour 24", _file("l.csv", "\n".join(lines) + "\n"), ledger, aside=1)


def rounded_ids(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    name = rng.choice(["customer_id", "order_id"])
    twisted = _with(ledger, name, lambda value, _: f"{float(value.strip('R')) * 1e6:.2E}")
    return Case(f"rounded {name}", _file("l.csv", twisted.text()), ledger, must_refuse=True)


def padding(rng: random.Random) -> Case:
    ledger = ledger_of(rng, rng.choice(["ascii", "western"]))
    zeros = b"\0" * rng.choice([1, 4, 512, 5000])
    if len(zeros) < 4:
        zeros = b"\0" * 4
    return Case(f"{len(zeros)} zeros", _file("l.csv", ledger.text().encode() + zeros), ledger)


def mixed(rng: random.Random) -> Case:
    ledger = ledger_of(rng, "western")
    lines = [line + "\n" for line in ledger.lines()]
    half = rng.randrange(10, len(lines) - 10)
    content = "".join(lines[:half]).encode() + "".join(lines[half:]).encode("cp1252")
    return Case("utf-8, then cp1252", _file("l.csv", content), ledger, may_refuse=False)


def folders(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    lines = [line + "\n" for line in ledger.lines()]
    half = len(lines) // 2
    first, second = "".join(lines[:half]).encode(), "".join([lines[0], *lines[half:]]).encode()
    kind = rng.choice(["flat", "deep", "partitions", "copy", "pipe", "device", "broken", "circle"])
    if kind == "copy":
        return Case(
            "folder copy", _folder({"a.csv": first, "b.csv": second, "c.csv": first}), ledger, must_refuse=True
        )
    names = {
        "flat": ("a.csv", "b.csv"),
        "deep": ("a.csv", "x/y/z.csv/b.csv"),
        "partitions": ("year=2023/month=01/l.csv", "year=2023/month=02/l.csv"),
    }.get(kind, ("a.csv", "b.csv"))
    files = _folder(dict(zip(names, (first, second), strict=True)))
    if kind in ("flat", "deep", "partitions"):
        return Case(f"folder {kind}", files, ledger, may_refuse=False)

    def write(folder: Path) -> Path:
        path = files(folder)
        odd = path / "c.csv"
        if kind == "pipe":
            os.mkfifo(odd)
        else:
            odd.symlink_to({"device": "/dev/zero", "broken": "nowhere.csv", "circle": "c.csv"}[kind])
        return path if rng.random() < 0.5 else odd

    return Case(f"folder {kind}", write, ledger, must_refuse=True)


def workbooks(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    cells = _cells(ledger)
    kind = rng.choice(["hidden", "very hidden", "title", "blank rows", "errors", "never calculated"])
    other = [HEADER, *_cells(ledger_of(rng))[1:]]
    if kind in ("hidden", "very hidden"):
        how = {"hidden": "hide", "very hidden": "very_hidden"}[kind]
        return Case(f"workbook {kind}", _workbook([("A", cells, ""), ("B", other, how)]), ledger, may_refuse=False)
    if kind == "title":
        cells = [["Sales of our shop"], [], *cells]
    elif kind == "blank rows":
        cells = [row for n, row in enumerate(cells) for row in ([row] if n % 5 else [row, []])]
    elif kind == "errors":
        place = rng.randrange(1, len(cells))
        cells[place][5] = ("=1/0", "#DIV/0!")
        return Case(f"workbook {kind}", _workbook([("A", cells, "")]), ledger, aside=1)
    elif kind == "never calculated":
        cells = [cells[0], *([*row[:5], (f"={row[5]}*1", 0)] for row in cells[1:])]
        return Case(f"workbook {kind}", _workbook([("A", cells, "")]), ledger, must_refuse=True)
    return Case(f"workbook {kind}", _workbook([("A", cells, "")]), ledger, may_refuse=False)


def sizes(rng: random.Random) -> Case:
    ledger = ledger_of(rng)
    kind = rng.choice(["columns", "cell", "header", "endless"])
    lines = ledger.lines()
    if kind == "columns":
        more = 2000
        lines = [lines[0] + "".join(f",c{n}" for n in range(more)), *(line + ",1" * more for line in lines[1:])]
    elif kind == "cell":
        lines[7] = lines[7].replace(ledger.rows[6]["product_name"], "x" * 1_000_000)
    elif kind == "header":
        lines[0] = lines[0].replace("product_name", "x" * 1_000_000)
    else:
        lines = [lines[0].replace("order_id", "x" * 2_000_000)]
    return Case(f"size {kind}", _file("l.csv", "\n".join(lines) + "\n"), ledger, must_refuse=True)


def shapes(rng: random.Random) -> Case:
    lines = ledger_of(rng).lines()
    text = rng.choice(["", "\n\n", lines[0] + "\n", lines[0] + "\n" + ",,,,,\n" * 5, ",,,,,\n" * 3, " \n"])
    return Case(f"shape {text[:10]!r}", _file("l.csv", text), ledger_of(rng), must_refuse=True)


def headers(rng: random.Random) -> Case:
    names = rng.choice(
        [
            ("طلب", "تاريخ", "عميل", "منتج", "كمية", "سعر"),
            ("订单", "日期", "客户", "产品", "数量", "价格"),
            ("ЗАКАЗ", "ДАТА", "КЛИЕНТ", "ТОВАР", "КОЛИЧЕСТВО", "ЦЕНА"),
            ("ΠΑΡΑΓΓΕΛΊΑ", "ΗΜΕΡΟΜΗΝΊΑ", "ΠΕΛΆΤΗΣ", "ΠΡΟΪΌΝ", "ΠΟΣΌΤΗΤΑ", "ΤΙΜΉ"),
            ("🧾", "📅", "🧑", "📦", "🔢", "💶"),
            ("order\nid", "ordered\x1b[31mat", "custo\u202emer", "pro\x07duct", "qua\u200fntity", "price"),
            ("1st", "2nd", "3rd", "4th", "5th", "6th"),
            ("rows", "mean", "revenue_", "file", "row", "text_0"),
        ]
    )
    ledger = replace(ledger_of(rng), header=names)
    return Case(f"header {names[0]!r}", _file("l.csv", ledger.text()), ledger, may_refuse=False)


TWISTS = [
    encodings, encodings, encodings, delimiters, delimiters, single_quotes, lines_above, footers, quotes,
    several_lines, other_kinds, numbers, numbers, dates, dates, absurd_dates, moved_dates, midnight, rounded_ids,
    padding, mixed, folders, folders, workbooks, workbooks, sizes, shapes, headers,
]  # fmt: skip


def cases(count: int, seed: int = 7) -> list[Case]:
    """Return so many cases, always the same: every twist in turn, on a ledger of its own."""
    return [TWISTS[number % len(TWISTS)](random.Random(f"{seed} {number}")) for number in range(count)]
