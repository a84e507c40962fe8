"""Exports: text stays text in any spreadsheet, and numbers stay numbers."""

import csv
import re
from zipfile import ZipFile

import fastexcel
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from helpers.show.exports import harmless, write_csv, write_frame, write_workbook

WICKED = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "<script>alert(1)</script>",
    "a=b",
    "",
    None,
]
SAFE = ["'=cmd|' /C calc'!A0", "'+1+1", "'-2+3", "'@SUM(A1)", "'\t=1", "'\r=1", *WICKED[6:]]


def test_a_csv_holds_no_formula(tmp_path, engine):
    frame = engine.table(pa.table({"line": list(range(10)), "product_name": WICKED, "revenue": [-1.5] * 10}))
    write_csv(frame, tmp_path / "out.csv", ["line"], engine)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["line", "product_name", "revenue"]
    assert [row[1] for row in rows[1:]] == [text or "" for text in SAFE]
    assert {row[2] for row in rows[1:]} == {"-1.5"}


def test_a_csv_is_sorted_by_its_order(tmp_path, engine):
    frame = engine.table(pa.table({"line": [3, 1, 2]}))
    write_csv(frame, tmp_path / "out.csv", ["line"], engine)
    assert (tmp_path / "out.csv").read_text().split() == ["line", "1", "2", "3"]


def cells(path) -> dict[str, tuple[str, str]]:
    """Return the cells of a workbook's first sheet: reference to (type, value)."""
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode() if "xl/sharedStrings.xml" in book.namelist() else ""
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    shared = [re.sub("<[^>]*>", "", text) for text in re.findall("<si>(.*?)</si>", strings, re.S)]
    found = {}
    for reference, attributes, inner in re.findall(r'<c r="(\w+)"([^>]*)>(.*?)</c>', sheet, re.S):
        value = re.search("<v>(.*?)</v>", inner, re.S).group(1)
        kind = "text" if 't="s"' in attributes else "number"
        found[reference] = (kind, shared[int(value)] if kind == "text" else value)
    return found


def test_a_workbook_holds_no_formula_and_keeps_numbers(tmp_path):
    frame = pd.DataFrame({"product_name": ["=1+1", "@x", "fine"], "revenue": [-1.5, 2.0, -3.0]})
    write_workbook({"Products": frame}, tmp_path / "out.xlsx")
    found = cells(tmp_path / "out.xlsx")
    assert found["A1"] == ("text", "Product")
    assert [found[f"A{row}"] for row in (2, 3, 4)] == [("text", "'=1+1"), ("text", "'@x"), ("text", "fine")]
    assert [(found[f"B{row}"][0], float(found[f"B{row}"][1])) for row in (2, 3, 4)] == [
        ("number", -1.5),
        ("number", 2.0),
        ("number", -3.0),
    ]


@pytest.mark.parametrize(
    "text", ["http://example.org/x", "external:c:/x.xlsx", "internal:Sheet2!A1", "mailto:a@b.c"]
)
def test_a_text_of_a_workbook_is_no_link(tmp_path, text):
    write_workbook({"Products": pd.DataFrame({"product_name": [text]})}, tmp_path / "out.xlsx")
    assert cells(tmp_path / "out.xlsx")["A2"] == ("text", text)


@pytest.mark.parametrize("name", ["=cmd", "@sum", "+x", "-y"])
def test_a_heading_is_no_formula(tmp_path, engine, name):
    write_workbook({"Products": pd.DataFrame({name: ["x"]})}, tmp_path / "out.xlsx")
    assert cells(tmp_path / "out.xlsx")["A1"] == ("text", f"'{name}")
    write_csv(engine.table(pa.table({name: ["x"]})), tmp_path / "out.csv", [name], engine)
    assert (tmp_path / "out.csv").read_text().splitlines()[0].strip('"') == f"'{name}"


@pytest.mark.parametrize(
    "column",
    [pd.Series(["=1", "b"], dtype="category"), pd.Series(["=1", 2], dtype=object), pd.Series(["=1", None])],
    ids=["category", "mixed", "gaps"],
)
def test_text_is_found_whatever_type_pandas_gives_its_column(tmp_path, column):
    write_workbook({"Products": pd.DataFrame({"word": column})}, tmp_path / "out.xlsx")
    assert cells(tmp_path / "out.xlsx")["A2"] == ("text", "'=1")


def test_numbers_and_other_texts_are_untouched():
    frame = nw.from_native(pd.DataFrame({"n": [-1, 2], "x": [-0.5, 1.5], "word": ["a", "b-c"]})).lazy()
    result = harmless(frame).collect().to_native()
    assert result.to_dict("list") == {"n": [-1, 2], "x": [-0.5, 1.5], "word": ["a", "b-c"]}


def test_a_workbook_has_a_sheet_for_each_frame_empty_ones_too(tmp_path):
    write_workbook({"A": pd.DataFrame({"x": [1]}), "B": pd.DataFrame({"y": []})}, tmp_path / "out.xlsx")
    assert fastexcel.read_excel(str(tmp_path / "out.xlsx")).sheet_names == ["A", "B"]


def test_a_frame_as_csv_keeps_its_order_and_holds_no_formula(tmp_path):
    frame = pd.DataFrame({"=name": ["=1+1", "b"], "amount": [-2.5, 1.0]})
    write_frame(frame, tmp_path / "frame.csv")
    assert (tmp_path / "frame.csv").read_text().splitlines() == ["'=name,amount", "'=1+1,-2.5", "b,1.0"]
