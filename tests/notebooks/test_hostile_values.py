"""Values from the data stay text: in every page, in every CSV and in every workbook."""

import csv
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from helpers.build.packing import PACKED, unpacked
from tests.notebooks import browser, hostile

FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PAYLOAD = re.compile(r"alert\((\d)\)")
MARKUP_OF_PLOTLY = re.compile(r"<(?:script|img|svg|/script|[biu]>X|u>|i>Tiny)", re.IGNORECASE)


@pytest.fixture(scope="module")
def pages(series):
    return browser.pages_of(series.reports)


def strings_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a plotly figure with its place; alternative text (layout.meta) is not drawn."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "meta":
                yield from strings_in(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item, path)
    elif isinstance(value, str):
        yield path, value


def figures_in(page) -> Iterator[Any]:
    for script in page.select("figure.plotly script"):
        yield json.loads(unpacked(script.string))


def test_no_value_becomes_an_element(pages):
    for name, page in pages.items():
        for script in page.find_all("script"):
            if script.get("type") == "application/json":
                assert "<" not in script.string, name
                json.loads(script.string)
            elif script.get("type") == PACKED:
                assert "<" not in script.string, name
            else:
                assert not PAYLOAD.search(script.string or ""), name
        for element in page.find_all(True):
            handlers = [text for key, text in element.attrs.items() if key.startswith("on")]
            assert not PAYLOAD.search(" ".join(handlers)), (name, element)
        made = [e for e in page.find_all(["b", "i", "u"]) if e.get_text() in ("X", "Tiny", "note", "nowhere", "u")]
        assert not made, (name, made)
        assert not page.find_all("img", src="x"), name


def test_values_are_shown_as_they_are(pages):
    cleaning = browser.text_of(pages["tiny/02_cleaning.html"])
    for value in ("<u>nowhere</u>", hostile.DATE, hostile.SCRIPT, "=cmd|' /C calc'!A0", "{{7*7}}"):
        assert value in cleaning, value
    front = browser.text_of(pages["tiny/index.html"])
    for value in (hostile.TITLE, hostile.SCRIPT, hostile.COUNTRY, "{{7*7}}"):
        assert value in front, value
    assert hostile.TITLE in browser.text_of(pages["index.html"])
    everything = " ".join(browser.text_of(page) for page in pages.values())
    figures = [figure for page in pages.values() for figure in figures_in(page)]
    drawn = " ".join(text for figure in figures for _, text in strings_in(figure))
    values = [hostile.COUNTRY, *hostile.NAMES.values()]
    escaped = {value: value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for value in values}
    seen = {value for value in values if value.strip() in everything or escaped[value].strip() in drawn}
    assert {hostile.COUNTRY, hostile.SCRIPT} <= seen
    assert len(seen) >= 10, set(values) - seen  # a table of the largest ten leaves some out


def test_no_chart_reads_a_value_as_markup(pages):
    """Plotly draws <b>, <br> and others in any text, so what comes from the data is escaped for it."""
    for name, page in pages.items():
        for figure in figures_in(page):
            marked = [(path, text) for path, text in strings_in(figure) if MARKUP_OF_PLOTLY.search(text)]
            assert not marked, (name, marked[:3])


def test_nothing_runs_in_a_browser(visits):
    assert {name: seen.dialogs for name, seen in visits.items() if seen.dialogs} == {}


def is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", text) is not None


def test_no_cell_of_a_csv_is_a_formula(series):
    files = list(series.study.glob("downloads/*/*.csv"))
    assert files
    escaped = set()
    for path in files:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        assert not [name for name in header if name.startswith(FORMULA)], path.name
        for row in rows:
            harmful = [cell for cell in row if cell.startswith(FORMULA) and not is_number(cell)]
            assert not harmful, (path.name, harmful)
            escaped |= {cell for cell in row if cell.startswith("'") and cell[1:].startswith(FORMULA)}
    # the lines of these were rejected for their customer or their code
    assert {"'=cmd|' /C calc'!A0", "'+1", "'@x", "'=CUSTOMER"} & escaped


def test_no_cell_of_a_workbook_is_a_formula(series):
    files = list(series.study.glob("downloads/*/*.xlsx"))
    assert files
    for path in files:
        with zipfile.ZipFile(path) as book:
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
            assert sheets
            for name in sheets:
                sheet = ElementTree.fromstring(book.read(name))
                assert sheet.findall(f".//{SHEET}c"), name
                assert not sheet.findall(f".//{SHEET}f"), (path.name, name)
            shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            texts = ["".join(part.text or "" for part in item.iter(f"{SHEET}t")) for item in shared]
            assert not [text for text in texts if text.startswith(FORMULA) and not is_number(text)], path.name
            assert not [name for name in book.namelist() if "externalLink" in name or "vba" in name]


def test_a_workbook_escapes_texts_and_keeps_numbers(tmp_path):
    import pandas as pd

    from helpers.show.exports import write_workbook

    path = tmp_path / "book.xlsx"
    write_workbook({"Sheet": pd.DataFrame({"product_name": [*hostile.NAMES.values()], "quantity": -2})}, path)
    with zipfile.ZipFile(path) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    texts = ["".join(part.text or "" for part in item.iter(f"{SHEET}t")) for item in shared]
    assert "'=cmd|' /C calc'!A0" in texts
    assert hostile.SCRIPT in texts
    assert not [text for text in texts if text.startswith(FORMULA)]
    numbers = [cell.findtext(f"{SHEET}v") for cell in sheet.iter(f"{SHEET}c") if cell.get("t") in (None, "n")]
    assert numbers == ["-2"] * len(hostile.NAMES)
    assert not sheet.findall(f".//{SHEET}f")


def test_amounts_in_a_workbook_are_numbers(tmp_path):
    from decimal import Decimal

    import pandas as pd

    from helpers.show.exports import write_workbook

    path = tmp_path / "book.xlsx"
    write_workbook({"Sheet": pd.DataFrame({"revenue": [Decimal("-18.7000")]})}, path)
    with zipfile.ZipFile(path) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    amount = list(sheet.iter(f"{SHEET}c"))[-1]
    assert amount.get("t") in (None, "n")
    assert amount.findtext(f"{SHEET}v") == "-18.7"
