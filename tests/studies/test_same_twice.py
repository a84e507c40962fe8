"""The same study gives the same findings, to the last digit, however many chapters run at a time."""

import json
import os
import subprocess
import sys

import pytest

from helpers.paths import ROOT


def test_the_sample_built_again_one_chapter_at_a_time_finds_the_same(built, tmp_path, request):
    if not request.config.getoption("--all-studies"):
        pytest.skip("a second build of the sample takes minutes: `make test-all` has it")
    before = built("sample")
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.build", "params/sample.yml", "-j", "1"],
        env=os.environ | {"REPORTS_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads((tmp_path / "sample" / "findings.json").read_text()) == before
    for table in sorted((built.reports / "sample" / "downloads").rglob("*.csv")):
        again = tmp_path / "sample" / table.relative_to(built.reports / "sample")
        assert again.read_bytes() == table.read_bytes(), table.name
