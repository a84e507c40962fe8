"""The same study gives the same findings, to the last digit, however many chapters run at a time."""

import pytest

from tests.studies.conftest import build


def test_the_sample_built_again_one_chapter_at_a_time_finds_the_same(built, tmp_path, request):
    if not request.config.getoption("--all-studies"):
        pytest.skip("a second build of the sample takes minutes: `make test-all` has it")
    before = built("sample")
    assert build("sample", tmp_path, "-j", "1") == before
    tables = sorted((built.reports / "sample" / "downloads").rglob("*.csv"))
    assert tables
    for table in tables:
        again = tmp_path / "sample" / table.relative_to(built.reports / "sample")
        assert again.read_bytes() == table.read_bytes(), table.name
