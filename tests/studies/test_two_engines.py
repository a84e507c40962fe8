"""Studies on Spark and on DuckDB: the same findings, the same account, the same fifty features."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pandas as pd
import pytest
import yaml

from helpers.base.paths import PARAMS, ROOT
from helpers.customers.features import fifty
from helpers.ledger.tables import read_table
from helpers.study.file import load_study
from tests.conftest import real_data
from tests.notebooks.test_spark_study import assert_alike, figures
from tests.unit.base.spark.test_engine import QUICK_JAVA

pytestmark = pytest.mark.slow
CHAPTERS = ["cleaning", "rfm", "what_changed"]
"""Of the real studies; of the sample all are built."""
SECTIONS = ("title", "currency", "source", "cleaning", "rfm", "what_changed")
ACCOUNT = ("base", "cleaning_steps", "set_aside", "returns", "transactions")


def built(name: str, engine: str, folder):
    """Build chapters of a study on an engine; return its folder."""
    given = load_study(PARAMS / f"{name}.yml").values.model_dump(mode="json", exclude_unset=True)
    asked = given if name == "sample" else {key: given[key] for key in SECTIONS if key in given}
    asked |= {"engine": engine} | ({} if name == "sample" else {"chapters": CHAPTERS})
    folder = folder / engine
    folder.mkdir()
    (folder / "same.yml").write_text(  # under its own name Insiders has its published results made too
        yaml.safe_dump(asked, sort_keys=False, allow_unicode=True)
    )
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.build.run", str(folder / "same.yml")],
        env=os.environ | {"REPORTS_DIR": str(folder), "JDK_JAVA_OPTIONS": QUICK_JAVA},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "same"


@pytest.mark.parametrize("name", ["sample", "online_retail", "insiders"])
def test_spark_finds_in_a_real_study_what_duckdb_finds(name, tmp_path):
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: uv sync --group spark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: install Java 17 or 21")
    study = load_study(PARAMS / f"{name}.yml")
    if study.source.generator is None:
        real_data(study.source.path)
    one, other = (built(name, engine, tmp_path) for engine in ("duckdb", "spark"))
    found = [json.loads((folder / "findings.json").read_text(encoding="utf-8")) for folder in (one, other)]
    assert set(CHAPTERS) <= set(found[0])
    assert_alike(*(dict(figures(findings)) for findings in found))
    for table in ACCOUNT:  # counts, texts and money, to the last digit
        left, right = (read_table(folder / "tables" / f"{table}.parquet") for folder in (one, other))
        pd.testing.assert_frame_equal(left, right)
    left, right = (read_table(folder / "tables" / "customers.parquet") for folder in (one, other))
    assert len(fifty(left)) == len(fifty(right)) == 50
    pd.testing.assert_frame_equal(left, right, rtol=1e-9, atol=1e-12, check_dtype=False)
