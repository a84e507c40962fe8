"""What all tests share: where the real data is, and a small study to break."""

import os
from pathlib import Path

import pytest

from helpers.base.paths import ROOT, data_folders

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


ALONE = (
    "test_any_table.py", "test_faults.py", "test_failures.py", "test_lists_agree.py", "test_remote_sources.py",
)  # fmt: skip
"""Files that build projects of their own: they need not wait for the rest of their tier."""


def pytest_addoption(parser):
    """Add the options: how much of the real studies is built, and where."""
    parser.addoption("--all-studies", action="store_true", help="build every study in full, the long ones too")
    parser.addoption("--reports", help="a folder to build them in, where what is fresh is not built again")


def pytest_configure(config):
    """Know the mark of cases that say again what a quicker one says."""
    config.addinivalue_line("markers", "slow: another case of a test that takes long; `make test-all` has it")


def pytest_collection_modifyitems(config, items):
    """Leave the slow cases to `make test-all`."""
    if not config.getoption("--all-studies"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="a slow case: `make test-all` has it"))


def slow(*values):
    """Return a case that only `make test-all` runs."""
    return pytest.param(*values, marks=pytest.mark.slow)


def pytest_xdist_make_scheduler(config, log):
    """Keep a tier together, because its tests share what takes minutes to build; units go file by file.

    xdist's own groups (`--dist loadgroup`) do nothing with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByTier(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", maxsplit=1)[0]
            tier = file.rsplit("/", 1)[0]
            return file if tier.startswith("tests/unit") or Path(file).name in ALONE else tier

    return ByTier(config, log)


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
