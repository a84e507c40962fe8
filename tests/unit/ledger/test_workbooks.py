"""Workbooks: what a person sees is read, and what would not fit into memory is refused."""

import zipfile

import pytest
import xlsxwriter

from helpers.base.errors import StudyError

HEADER, ROW = ["name", "quantity", "unit_price"], ["a", 2, 1.5]


@pytest.fixture
def book(tmp_path):
    """A workbook to fill, closed when it is read."""
    path = tmp_path / "l.xlsx"
    return xlsxwriter.Workbook(path), path


def fill(book, rows, name=None):
    sheet = book.add_worksheet(name)
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    return sheet


@pytest.mark.parametrize("how", ["hide", "very_hidden"])
def test_a_hidden_sheet_is_not_read_and_that_is_said(book, read_source, how):
    writer, path = book
    fill(writer, [HEADER, ROW], "May")
    getattr(fill(writer, [HEADER, ROW], "Old"), how)()
    writer.close()
    read = read_source(path)
    assert len(read.raw) == 1 and "not read: Old" in read.result.doubts[0]
    assert len(read_source(path, sheets=["May", "Old"]).raw) == 2


def test_rows_above_the_header_are_passed_over_and_that_is_said(book, read_source):
    writer, path = book
    fill(writer, [["Sales of May"], [], HEADER, ROW, ROW])
    writer.close()
    read = read_source(path)
    assert [row["line"] for row in read.raw] == [1, 2]
    assert "'Sales of May'" in read.result.doubts[0]


def test_a_blank_row_is_no_line_and_the_others_keep_their_numbers(book, read_source):
    writer, path = book
    fill(writer, [HEADER, ROW, [], ROW])
    writer.close()
    read = read_source(path)
    assert [row["line"] for row in read.raw] == [1, 3] and read.result.rows_read == 2


def test_a_formula_that_fails_is_unreadable_and_not_missing(book, read_source):
    writer, path = book
    sheet = fill(writer, [HEADER, ROW, ROW])
    sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    writer.close()
    read = read_source(path, unreadable_at_most=1)
    assert [(row["row"], row["value"]) for row in read.unparsed] == [(2, "#DIV/0!")]


def test_formulas_that_were_never_calculated_stop_the_run(book, read_source):
    writer, path = book
    sheet = fill(writer, [HEADER, ROW])
    sheet.write_formula(1, 2, "=3*1.5")
    writer.close()
    with pytest.raises(StudyError, match="never calculated"):
        read_source(path)


def test_a_cell_far_away_stops_the_run(book, read_source):
    writer, path = book
    fill(writer, [HEADER, ROW]).write(1_048_575, 16_383, "x")
    writer.close()
    with pytest.raises(StudyError, match="nearly all of them empty"):
        read_source(path)


def test_a_workbook_of_charts_only_stops_the_run_without_noise(book, read_source, capfd):
    writer, path = book
    chart = writer.add_chart({"type": "line"})
    fill(writer, [HEADER, ROW], "A").hide()
    chart.add_series({"values": "=A!$B$2:$B$2"})
    writer.add_chartsheet("Chart").set_chart(chart)
    writer.worksheets()[1].activate()
    writer.close()
    with pytest.raises(StudyError, match="no sheet with anything in it"):
        read_source(path)
    assert "panicked" not in capfd.readouterr().err


def test_a_workbook_that_unpacks_without_an_end_stops_the_run(tmp_path, read_source):
    path = tmp_path / "l.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as stream,
    ):
        for _ in range(110):
            stream.write(b" " * (1 << 20))
    with pytest.raises(StudyError, match="as no ledger does"):
        read_source(path)


def test_a_damaged_workbook_stops_the_run(book, read_source):
    writer, path = book
    fill(writer, [HEADER, ROW])
    writer.close()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(StudyError, match=r"l\.xlsx cannot be read as a workbook"):
        read_source(path)


def with_dimension(path, span: str):
    """Return a copy of a workbook whose sheet says that it spans other cells than it has."""
    lying = path.with_name("lying.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(lying, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:C41"/>' in content
                content = content.replace(b"A1:C41", span.encode())
            target.writestr(part, content)
    return lying


@pytest.mark.parametrize("span", ["A1", "A1:B2", "B5:C9", "A1:D60"])
def test_what_a_sheet_says_of_its_size_is_not_believed(book, read_source, span):
    writer, path = book
    fill(writer, [HEADER, *[["a", n, 1.5] for n in range(40)]])
    writer.close()
    read = read_source(with_dimension(path, span))
    assert [row["quantity"] for row in read.raw] == list(range(40))


def test_a_sheet_that_says_it_spans_all_cells_is_refused_in_a_sentence(book, read_source):
    writer, path = book
    fill(writer, [HEADER, *[["a", n, 1.5] for n in range(40)]])
    writer.close()
    with pytest.raises(StudyError, match="nearly all of them empty"):
        read_source(with_dimension(path, "A1:XFD1048576"))
