"""Sources beyond this machine: addresses, secrets, and a query without a database."""

import pytest
from pyarrow import fs

from helpers.base.errors import StudyError
from helpers.ledger.remote import answered, fetched
from helpers.ledger.sources import is_remote


@pytest.mark.parametrize("path", ["s3://shop/orders.csv", "gs://shop/2024", "abfs://box@account/x.parquet"])
def test_an_address_in_a_store_is_told_from_a_file(path):
    assert is_remote(path)


@pytest.mark.parametrize("path", ["orders.csv", "c:/orders.csv", "http://example.org/x.csv", "s3", "folder/s3:x"])
def test_anything_else_is_a_file(path):
    assert not is_remote(path)


@pytest.mark.parametrize("address", ["s3://key:secret@shop/a.csv", "s3://shop/a.csv?secret_key=x"])
def test_a_secret_in_an_address_is_refused_and_not_repeated(address):
    with pytest.raises(StudyError, match="holds a user or a key") as error:
        fetched(address)
    assert "secret@" not in str(error.value) and "=x" not in str(error.value)


@pytest.mark.parametrize("name", ["../../helpers/x.csv", "2024/../../../x.csv"])
def test_the_name_of_an_object_leads_nowhere_else(monkeypatch, tmp_path, name):
    """A store may name its objects as it likes; a study of a stranger could write over our own files by it."""

    class Store:
        @staticmethod
        def from_uri(address):
            return Store, "shop/orders"

        @staticmethod
        def get_file_info(asked):
            folder = fs.FileInfo("shop/orders", fs.FileType.Directory)
            return folder if asked == "shop/orders" else [fs.FileInfo(f"shop/orders/{name}", fs.FileType.File)]

    monkeypatch.setattr("helpers.ledger.remote.FETCHED", tmp_path / "data" / ".fetched")
    monkeypatch.setattr(fs, "FileSystem", Store)
    with pytest.raises(StudyError, match="leads out of its folder"):
        fetched("s3://shop/orders")
    assert not list(tmp_path.rglob("*.csv"))


def test_a_connection_is_the_name_of_a_variable_that_is_there(monkeypatch):
    monkeypatch.delenv("ORDERS_DB", raising=False)
    with pytest.raises(StudyError, match="no such environment variable"):
        answered("SELECT 1", "ORDERS_DB")


def test_a_database_that_is_not_there_is_one_sentence_without_its_address(monkeypatch):
    pytest.importorskip("adbc_driver_postgresql", reason="the driver is an optional group")
    monkeypatch.setenv("ORDERS_DB", "postgresql://someone:secret@127.0.0.1:1/nothing")
    with pytest.raises(StudyError, match=r"source\.query failed on ORDERS_DB") as error:
        answered("SELECT 1", "ORDERS_DB")
    assert "secret" not in str(error.value)
