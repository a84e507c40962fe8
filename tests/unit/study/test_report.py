"""A chapter's window: only the tables it declares, findings that JSON can hold, and no spoiled reports."""

import json
from datetime import date
from decimal import Decimal

import fastexcel
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.ledger.pseudonyms import Pseudonyms
from helpers.ledger.tables import write_table
from helpers.study.report import Report, plain


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """A folder of reports of our own, outside of any build."""
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.delenv("SERIES_STAGING", raising=False)
    return tmp_path / "reports"


@pytest.fixture
def report(reports, write_study):
    """The report of the cleaning chapter in a small study whose source was ingested."""
    path = write_study("currency: GBP\n")
    with open_engine() as engine:
        lines = engine.table(pa.table({"line": [2, 1], "country": ["B", "A"]}))
        write_table("raw", lines, reports / "small" / "tables" / "raw.parquet", engine)
    opened = Report("cleaning", str(path))
    yield opened
    opened._opened.__exit__(None, None, None)


def test_a_report_knows_what_its_study_says(report):
    assert report.currency == "GBP"


def test_a_table_that_is_declared_can_be_read(report):
    assert report.load("raw")["country"].tolist() == ["A", "B"]
    assert report.load("raw", ["line"]).columns.tolist() == ["line"]
    assert report.lazy("raw").collect_schema().names() == ["line", "country"]


def test_a_table_that_is_not_declared_cannot_be_read_or_written(report):
    for read in (report.load, report.lazy):
        with pytest.raises(ValueError, match=r"02_cleaning does not say .* that it reads customers"):
            read("customers")
    with pytest.raises(ValueError, match=r"02_cleaning does not say .* that it writes raw"):
        report.save("raw", report.load("raw"))


def test_a_table_that_is_not_there_says_who_makes_it(report, reports):
    (reports / "small" / "tables" / "raw.parquet").unlink()
    with pytest.raises(StudyError, match=r"raw\.parquet is not there; ingest, which `make report` runs first"):
        report.load("raw")
    with pytest.raises(StudyError, match="chapter 02_cleaning makes it"):
        report.load("transactions")


def test_in_the_lab_a_chapter_writes_beside_the_report_and_reads_its_own_back(report, reports):
    report.save("transactions", report.load("raw").head(1))
    assert [path.name for path in (reports / "small" / ".lab" / "tables").iterdir()] == ["transactions.parquet"]
    assert [path.name for path in (reports / "small" / "tables").iterdir()] == ["raw.parquet"]
    assert report.load("transactions")["line"].tolist() == [1]


def test_in_a_build_a_chapter_writes_where_the_build_says(reports, write_study, tmp_path, monkeypatch):
    monkeypatch.setenv("SERIES_STAGING", str(tmp_path / "staging"))
    report = Report("cleaning", str(write_study()))
    report.save("transactions", pd.DataFrame({"line": [1]}))
    report.download("a.csv", pd.DataFrame({"x": [1]}), "all of it")
    report.page("own.html", "<p>")
    report.record("rows", 1)
    report.close()
    made = {path.relative_to(tmp_path / "staging").as_posix() for path in (tmp_path / "staging").rglob("*.*")}
    assert made == {"tables/transactions.parquet", "downloads/a.csv", "pages/own.html", "findings.json"}
    assert not reports.exists()


def test_a_headline_can_answer_a_question_of_the_front_page(report, reports):
    report.headline("{n} customers stay.", answers="who", n=12)
    report.headline("Correct them.", answers="do", at_stake=np.float64(87749.0), download="a.csv")
    report.headline("{a}; and more.", answers="who", briefly=True, a="Mothers & sons")
    report.headline("The rest is not known.")
    with pytest.raises(ValueError, match="the questions are who"):
        report.headline("Why?", answers="why")
    report.close()
    found = json.loads((reports / "small" / ".lab" / "findings.json").read_text())
    assert [list(told.values()) for told in found["story"]] == [
        ["who", "12 customers stay.", 0, None, None],
        ["do", "Correct them.", 1, 87749.0, "a.csv"],
        ["who", "Mothers &amp; sons.", 2, None, None],
    ]
    assert found["headlines"][2:] == ["Mothers &amp; sons; and more.", "The rest is not known."]


def test_findings_headlines_and_downloads_are_handed_over(report, reports):
    report.record("rows_kept", np.int64(3))
    report.record("rows_kept", 4)
    report.record("by_k.best", 0.5)
    report.headline("{n} lines of {name}", n=1234, name="<b>")
    report.download("a.csv", pd.DataFrame({"x": [1]}), "all of it")
    report.close()
    found = json.loads((reports / "small" / ".lab" / "findings.json").read_text())
    assert found == {
        "findings": {"rows_kept": 4, "by_k": {"best": 0.5}},
        "headlines": ["1,234 lines of &lt;b&gt;"],
        "story": [],
        "downloads": [{"name": "a.csv", "description": "all of it"}],
    }


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1 / 3, 0.3333333333),
        (12345678.123456, 12345678.12),
        (0.1 + 0.2, 0.3),
        (Decimal("5699403.123456"), 5699403.123),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (float("inf"), None),
        (-np.inf, None),
        (Decimal("NaN"), None),
        (pd.NaT, None),
        (None, None),
        (np.int64(7), 7),
        (True, True),
        (np.bool_(False), False),
        ("text", "text"),
        (date(2011, 12, 9), "2011-12-09"),
        (pd.Timestamp(2011, 12, 9, 12, 50), "2011-12-09T12:50:00"),
        ((1, 2.5), [1, 2.5]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (pd.Series([0.5, None]), [0.5, None]),
        ({1: {"a": np.float64("nan")}}, {"1": {"a": None}}),
    ],
    ids=str,
)
def test_a_finding_is_what_json_can_hold(value, kept):
    assert plain(value) == kept
    assert type(plain(value)) is type(kept)
    json.dumps(plain(value), allow_nan=False)


def test_a_missing_value_of_pandas_is_null():
    assert plain(pd.NA) is None


def test_a_section_that_is_skipped_says_why_to_the_build(report, monkeypatch):
    shown = []
    monkeypatch.setattr("helpers.study.report.display", lambda output, metadata: shown.append((output, metadata)))
    report.skip("no <b> bought twice")
    assert shown[0][1] == {"series": {"skip": "no &lt;b&gt; bought twice"}}
    assert "no &lt;b&gt; bought twice" in shown[0][0].data
    report.skip("too short", every="dates")
    assert shown[1][1] == {"series": {"skip": "too short", "every": "dates"}}


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_frame_is_downloaded_as_csv_and_sheets_as_a_workbook(report, reports, name):
    frame = pd.DataFrame({"text": ["=1+1"], "n": [2]})
    report.download(name, frame if name.endswith("csv") else {"Sheet": frame}, "all of it")
    made = reports / "small" / ".lab" / "downloads" / name
    read = pd.read_csv(made) if name.endswith("csv") else fastexcel.read_excel(made).load_sheet(0).to_pandas()
    assert read.iloc[0].tolist() == ["'=1+1", 2]


def test_lines_are_written_in_the_order_asked_for(report, reports):
    report.download("a.csv", report.lazy("raw"), "all of it", order=["country"])
    made = reports / "small" / ".lab" / "downloads" / "a.csv"
    assert pd.read_csv(made)["country"].tolist() == ["A", "B"]


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """A csv of customers in a data folder."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    path = tmp_path / "sent.csv"
    path.write_text("customer_id, E-Mail,group\n0012,a@x.org,contacted\n,,held out\n", encoding="utf-8-sig")
    return path


def test_a_file_that_a_study_names_is_read_as_text(report, sent):
    found = report.read_file("sent.csv")
    assert found.columns.tolist() == ["customer_id", "E-Mail", "group"]
    assert found["customer_id"].tolist()[0] == "0012" and found["customer_id"].isna().tolist() == [False, True]
    sent.write_text("")
    with pytest.raises(StudyError, match=r"sent\.csv cannot be read as csv"):
        report.read_file("sent.csv")
    with pytest.raises(StudyError, match="none of the data folders"):
        report.read_file("never.csv")


def test_under_pseudonyms_a_file_names_nobody(report, sent):
    report._pseudonyms = Pseudonyms(("customer_id",), b"k" * 32)
    found = report.read_file("sent.csv")
    assert found.columns.tolist() == ["customer_id", "group"]
    assert found["customer_id"].tolist()[0] == report._pseudonyms.of("0012")
    assert "0012" not in found.to_string()
