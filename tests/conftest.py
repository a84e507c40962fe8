"""What all tests share: where the real data is, and a small study to break."""

import os
from pathlib import Path

import pytest

from helpers.paths import ROOT, data_folders

RETAIL_COLUMNS = {
    "InvoiceNo": "order_id",
    "StockCode": "product_id",
    "Description": "product_name",
    "Quantity": "quantity",
    "InvoiceDate": "ordered_at",
    "UnitPrice": "unit_price",
    "CustomerID": "customer_id",
    "Country": "country",
}


def pytest_addoption(parser):
    """Add the options: how much of the real studies is built, and where."""
    parser.addoption("--all-studies", action="store_true", help="build every study in full, the long ones too")
    parser.addoption("--reports", help="a folder to build them in, where what is fresh is not built again")


SHARED = ("built", "series", "small", "prepare")
"""Fixtures that take minutes: the tests of one of them stay together, in the process that has built it."""


def pytest_collection_modifyitems(items):
    """Say which tests belong to one process; of the others, those of a file."""
    for item in items:
        shared = next((name for name in SHARED if name in item.fixturenames), None)
        item.add_marker(pytest.mark.xdist_group(shared or item.path.name))


def real_data(name: str) -> Path:
    """Return a file of the real data, or skip the test with the reason."""
    for folder in data_folders():
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} is not here: put it in ../shared/data, or set DATA_DIR")


@pytest.fixture(scope="session", autouse=True)
def project_root():
    """Run every test from the project's root, as the commands of the README do."""
    before = Path.cwd()
    os.chdir(ROOT)
    yield ROOT
    os.chdir(before)
