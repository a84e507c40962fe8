"""A look at an uploaded file: the form's questions, a study that is written or nothing, and limits."""

import asyncio

import pytest

from helpers.app.looking import answer, ask
from helpers.base.errors import StudyError
from helpers.new_study import write
from helpers.study.file import load_study
from tests.notebooks.tiny import ledger

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
WRITE = {"write": True, "title": "Our shop: <b>", "currency": "EUR", "pseudonyms": "1"}


@pytest.fixture
def file(tmp_path, monkeypatch):
    """An uploaded file, in folders apart from the project's."""
    for name in ("data/uploads/.waiting", "params"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(write, "PARAMS", tmp_path / "params")
    path = tmp_path / "data" / "uploads" / ".waiting" / "0123456789abcdef.csv"
    lines = [",".join(str(row[name]) for name in HEADER.split(",")) for row in ledger()]
    path.write_text("\n".join([HEADER, *lines]))
    return path


def test_the_form_asks_what_make_new_guessed(file):
    told = answer({"file": str(file), "columns": None})
    assert {column["header"]: column["name"] for column in told["columns"]} == {
        "InvoiceNo": "order_id", "StockCode": "product_id", "Description": "product_name", "Quantity": "quantity",
        "InvoiceDate": "ordered_at", "UnitPrice": "unit_price", "CustomerID": "customer_id", "Country": "country",
    }  # fmt: skip
    assert (told["rows"], told["kind"], told["people"]) == (168, "a line of an order", True)
    assert all(column["why"] and len(column["examples"]) <= 3 for column in told["columns"])
    assert not any(chapter["why"] for chapter in told["chapters"] if chapter["name"] in ("eda", "rfm"))


def test_what_is_corrected_is_looked_at_again(file):
    names = dict.fromkeys(HEADER.split(","), "") | {"InvoiceDate": "ordered_at", "InvoiceNo": "order_id"}
    told = answer({"file": str(file), "columns": names})
    assert [column["name"] for column in told["columns"] if column["name"]] == ["order_id", "ordered_at"]
    assert told["people"] is False
    assert "no column says who bought" in {chapter["why"] for chapter in told["chapters"]}


def test_a_study_is_written_and_its_file_has_its_name(file, tmp_path):
    names = {
        "InvoiceNo": "order_id",
        "InvoiceDate": "ordered_at",
        "CustomerID": "customer_id",
        "Country": "region",
    }
    content = file.read_bytes()
    assert answer(WRITE | {"file": str(file), "name": "acme", "columns": names}) == {"study": "acme"}
    study = load_study(tmp_path / "params" / "acme.yml")
    assert (study.values.title, study.values.currency, study.values.pseudonyms) == ("Our shop: <b>", "EUR", True)
    assert study.source.path == "uploads/acme.csv"
    own = {"Quantity": "quantity_given", "UnitPrice": "unit_price_given"}  # taken back: their names say nothing
    assert study.source.columns == names | own
    assert (tmp_path / "data" / "uploads" / "acme.csv").read_bytes() == content
    assert not file.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "../evil"}, "should be a plain name"), ({"name": "taken"}, "is there already"),
        ({"columns": {"InvoiceNo": "quantity", "Quantity": "quantity"}}, "cannot both be quantity"),
        ({"columns": {"InvoiceNo": "order"}}, "cannot be 'order'; did you mean order_id"),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_written_leaves_all_as_it_was(file, tmp_path, changes, said):
    (tmp_path / "data" / "uploads" / "taken.csv").write_text("somebody's")
    asked = WRITE | {"file": str(file), "name": "acme", "columns": {"InvoiceNo": "order_id"}}
    with pytest.raises(StudyError, match=said):
        answer(asked | changes)
    assert file.exists()
    assert list((tmp_path / "params").iterdir()) == []
    assert (tmp_path / "data" / "uploads" / "taken.csv").read_text() == "somebody's"


def test_a_file_that_takes_too_much_memory_takes_only_its_reader(file, monkeypatch):
    monkeypatch.setenv("APP_MEMORY_MB", "200")
    with pytest.raises(StudyError, match="cannot be read with 8 GB of memory; save a part of it"):
        asyncio.run(ask({"file": str(file), "columns": None}))
