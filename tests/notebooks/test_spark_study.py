"""A study on Spark, built as a user builds it: its findings are those of DuckDB, and what fails is said."""

import json
import math
import shutil
from importlib.util import find_spec

import pytest

from tests.notebooks.tiny import Project, new_project, study
from tests.unit.base.spark.test_engine import QUICK_JAVA

CHAPTERS = ["cleaning", "rfm"]
RULES = [
    {"drop_missing": ["customer_id"]},
    {"tidy_text": ["product_name"]},
    "one_name_per_product",
    "split_returns",
    {"set_aside": {"times": 50, "sales": 5}},
    {"above": {"unit_price": 0}},
]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A copy of the project; without pyspark or Java the tests are skipped."""
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: uv sync --group spark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: install Java 17 or 21")
    return new_project(tmp_path_factory.mktemp("spark") / "project")


@pytest.fixture(autouse=True)
def quick_java(monkeypatch):
    """Let Java compile no more than a build of a minute needs."""
    monkeypatch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)


def built(project: Project, engine) -> dict:
    """Build the tiny study on an engine and return its findings."""
    project.write_study(study(engine=engine, chapters=CHAPTERS, claims=[], cleaning={"rules": RULES}))
    outcome = project.build(within=600)
    assert outcome.code == 0, outcome.out + outcome.err
    return json.loads((project.study / "findings.json").read_text(encoding="utf-8"))


def figures(value, path: str = ""):
    """Yield each figure of findings with its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from figures(inner, f"{path}.{key}")
    else:
        yield path, value


def assert_alike(one: dict, other: dict) -> None:
    """Hold the findings of two engines against each other: floats to 1e-9, all else exactly."""
    assert len(one) > 100
    assert set(one) == set(other)
    for path, figure in one.items():
        if isinstance(figure, float):
            assert math.isclose(figure, other[path], rel_tol=1e-9, abs_tol=1e-9), path
        else:
            assert figure == other[path], path


def test_findings_are_the_same_on_both_engines(project):
    on_duckdb = dict(figures(built(project, {"name": "duckdb", "threads": 2, "memory": "500MB"})))
    on_spark = dict(figures(built(project, {"name": "spark", "master": "local[2]"})))
    assert_alike(on_duckdb, on_spark)
    assert not project.processes()
    assert not project.leftovers()


def test_a_cluster_that_is_not_named_is_a_sentence_and_the_last_pages_stand(project):
    before = project.good()
    project.write_study(study(engine={"name": "spark", "master": "NO_SUCH_CLUSTER"}, chapters=CHAPTERS, claims=[]))
    outcome = project.build(within=300)
    assert outcome.code != 0
    said = "engine.master is NO_SUCH_CLUSTER, but the environment has no variable of that name"
    assert said in outcome.out + outcome.err
    after = project.good()
    assert {name: after[name] for name in before if name.endswith(".html")} == {
        name: digest for name, digest in before.items() if name.endswith(".html")
    }
