"""Claims: each verdict is earned, and the SQL of a study file reaches its one table and nothing else."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.sql import Sandbox
from helpers.build import claims
from helpers.build.claims import FAILS, HOLDS, UNTESTED, expectation, look_up
from helpers.study.schema import Claim

FINDINGS = {
    "clustering": {"silhouette": 0.53, "by_k": [{"k": 2}, {"k": 3, "silhouette": 0.41}], "published": {"n": 3}},
    "eda": {"weekday": "Saturday", "nothing": None, "list": [[1, 2], [3, 4]]},
}


@pytest.fixture
def tables(tmp_path):
    """A folder with one table of four customers."""
    pq.write_table(
        pa.table({"line": [1, 2, 3, 4], "age": [20.0, 30.0, 40.0, 60.0]}), tmp_path / "customers.parquet"
    )
    return tmp_path


@pytest.fixture(scope="module")
def judge():
    """Return `claims.judge` with one process for all tests, as a study has one for all claims."""
    with Sandbox() as sandbox:
        yield lambda claim, findings, tables: claims.judge(claim, findings, tables, sandbox)


def claim(**fields) -> Claim:
    return Claim(claim="c", **fields)


@pytest.mark.parametrize(
    ("operator", "verdict", "expected"),
    [
        ({"equals": 0.5, "tolerance": 0.04}, HOLDS, "0.50 ± 0.04"),
        ({"equals": 0.5, "tolerance": 0.02}, FAILS, "0.50 ± 0.02"),
        ({"equals": 0.56, "tolerance": 0.02}, FAILS, "0.56 ± 0.02"),
        ({"at_least": 0.53}, HOLDS, "at least 0.53"),
        ({"at_least": 0.531}, FAILS, "at least 0.531"),
        ({"at_most": 0.53}, HOLDS, "at most 0.53"),
        ({"at_most": 0.529}, FAILS, "at most 0.529"),
        ({"between": [0.53, 0.6]}, HOLDS, "0.53 to 0.6"),
        ({"between": [0.4, 0.53]}, HOLDS, "0.4 to 0.53"),
        ({"between": [0.54, 0.6]}, FAILS, "0.54 to 0.6"),
        ({"between": [0.4, 0.5]}, FAILS, "0.4 to 0.5"),
    ],
)
def test_a_number_is_held_against_the_operator(judge, tables, operator, verdict, expected):
    result = judge(claim(finding="clustering.silhouette", **operator), FINDINGS, tables)
    assert (result["verdict"], result["found"], result["expected"]) == (verdict, "0.53", expected)


@pytest.mark.parametrize(
    ("found", "fields", "said"),
    [
        (0.4756, {"equals": 0.65, "tolerance": 0.02, "unit": "%"}, "They say 65 %; it is 48 %."),
        (0.6578, {"equals": 0.65, "tolerance": 0.002, "unit": "%"}, "They say 65 %; it is 66 %."),
        (0.6532, {"equals": 0.65, "tolerance": 0.002, "unit": "%"}, "They say 65 % ± 0.2 %; it is 65.32 %."),
        (0.00845, {"between": [0.4, 0.45], "unit": "%"}, "They say 40 % to 45 %; it is 0.8 %."),
        (8, {"equals": 6, "tolerance": 0.5}, "They say 6; it is 8."),
        (1.0263, {"at_least": 1.1}, "They say at least 1.1; it is 1.03."),
        (67_031.44, {"equals": 66_976.1, "tolerance": 0.1}, "They say 66,976; it is 67,031."),
        ("Friday", {"equals": "Saturday"}, "They say Saturday; we find Friday."),
        (None, {"at_least": 0.5, "unit": "%"}, "They say at least 50 %."),
    ],
)
def test_a_claim_is_told_beside_what_was_found(judge, tables, found, fields, said):
    assert judge(claim(finding="a.b", **fields), {"a": {"b": found}}, tables)["said"] == said


@pytest.mark.parametrize(("text", "verdict"), [("Saturday", HOLDS), ("Friday", FAILS)])
def test_a_text_is_equal_or_not(judge, tables, text, verdict):
    assert judge(claim(finding="eda.weekday", equals=text), FINDINGS, tables)["verdict"] == verdict
    assert expectation(claim(finding="eda.weekday", equals=text)) == text


def test_a_text_is_no_number(judge, tables):
    assert judge(claim(finding="eda.weekday", at_least=0), FINDINGS, tables)["verdict"] == FAILS


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("clustering.silhouette", 0.53),
        ("clustering.by_k[1].silhouette", 0.41),
        ("clustering.by_k[0].k", 2),
        ("clustering.published.n", 3),
        ("eda.list[1][0]", 3),
        ("clustering.by_k[2].k", None),
        ("clustering.by_k[-1].k", None),
        ("clustering.by_k.k", None),
        ("clustering.silhouette[0]", None),
        ("clustering.silhouette.deeper", None),
        ("nowhere.silhouette", None),
        ("eda.nothing", None),
        (f"clustering.by_k[{'9' * 5000}].k", None),
    ],
)
def test_a_path_leads_to_a_finding_or_to_none(path, value):
    assert look_up(FINDINGS, path) == value


@pytest.mark.parametrize("path", ["nowhere.at_all", "eda.nothing", "eda.list", "clustering.published"])
def test_what_was_not_found_or_is_no_one_value_cannot_be_tested(judge, tables, path):
    result = judge(claim(finding=path, at_least=0), FINDINGS, tables)
    assert (result["verdict"], result["found"]) == (UNTESTED, "–")


@pytest.mark.parametrize(
    ("measure", "found"),
    [
        ("avg((age between 25 and 49)::int)", 0.5),
        ("count(*)", 4),
        ("max(age) FILTER (line < 3) / 10", 3.0),
        ("count(*) -- of customers", 4),
    ],
)
def test_a_measure_is_worked_out_over_its_table(judge, tables, measure, found):
    result = judge(claim(measure=measure, on="customers", equals=float(found), tolerance=0.001), {}, tables)
    assert (result["verdict"], float(result["found"])) == (HOLDS, found)


def test_a_measure_on_a_table_that_is_not_there_cannot_be_tested(judge, tables):
    assert judge(claim(measure="count(*)", on="segments", at_least=1), {}, tables)["verdict"] == UNTESTED


def test_a_measure_without_a_value_cannot_be_tested(judge, tables):
    measure = "avg(age) FILTER (age > 100)"
    assert judge(claim(measure=measure, on="customers", at_least=1), {}, tables)["verdict"] == UNTESTED


@pytest.mark.parametrize(
    "measure",
    [
        "(SELECT count(*) FROM read_csv('{file}'))",
        "(SELECT count(*) FROM read_text('{file}'))",
        "(SELECT count(*) FROM '{file}')",
        "(SELECT count(*) FROM glob('{folder}/*'))",
        "(SELECT count(*) FROM read_parquet('https://example.org/x.parquet'))",
        "1; ATTACH '{folder}/new.db' AS other; SELECT 1",
        "1; COPY (SELECT 1) TO '{folder}/out.csv'; SELECT 1",
        "1; EXPORT DATABASE '{folder}/out'; SELECT 1",
        "1; INSTALL httpfs; SELECT 1",
        "1; LOAD httpfs; SELECT 1",
        "1; SET enable_external_access = true; SELECT 1",
        "1; SET lock_configuration = false; SELECT 1",
    ],
)
def test_sql_that_reaches_for_anything_else_is_refused(judge, tables, measure):
    (tables / "secret.csv").write_text("a\n1\n")
    before = sorted(tables.iterdir())
    measure = measure.format(file=tables / "secret.csv", folder=tables)
    result = judge(claim(measure=measure, on="customers", at_least=0), {}, tables)
    assert result["verdict"] == UNTESTED and "its measure does not run on customers" in result["found"]
    assert sorted(tables.iterdir()) == before


def test_a_measure_that_never_ends_cannot_be_tested_and_the_next_claim_can(tables, monkeypatch):
    monkeypatch.setattr("helpers.base.sql.SECONDS", 0.5)
    endless = "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r)"
    both = [claim(measure=sql, on="customers", at_least=1) for sql in (f"max({endless})", "count(*)")]
    stopped, counted = claims.judge_all(both, {}, tables)
    assert (stopped["verdict"], counted["verdict"]) == (UNTESTED, HOLDS)
    assert "The claim 'c': its measure was stopped: it took more than" in stopped["found"]


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("avg(agee)", "does not run on customers: Binder Error"),
        ("avg(", "does not run on customers: Parser Error"),
        ("age", "gives several rows; it needs one value"),
        ("[min(age), max(age)]", "gives several values; it needs one value"),
        ("min(age), max(age)", "does not run on customers: "),
        ("max(repeat('x', 2000))", "gives a text of 2,000 letters"),
        ("1; CREATE TABLE other (x INTEGER) --", "does not run on customers: Parser Error"),
        ("1) FROM customers; SELECT (2", "does not run on customers: Parser Error"),
    ],
)
def test_sql_that_gives_no_single_value_is_a_sentence(judge, tables, measure, said):
    result = judge(claim(measure=measure, on="customers", at_least=0), {}, tables)
    assert result["verdict"] == UNTESTED
    assert "The claim 'c'" in result["found"] and said in result["found"]
