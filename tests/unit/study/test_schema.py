"""Study files: what is accepted, and that every mistake is one sentence that names the key and the nearest."""

import pytest

from helpers.base.errors import StudyError
from helpers.base.paths import PARAMS
from helpers.study.file import load_study
from helpers.study.series import CHAPTERS

CLAIM = "claims: [{{claim: c, finding: cleaning.customers, {}}}]\n"


def refusal(study, extra: str = "", **base: str) -> str:
    """Return the sentence with which a study is refused, without the file's name."""
    with pytest.raises(StudyError) as caught:
        study(extra, **base)
    assert "small.yml" in str(caught.value)
    return str(caught.value).split("small.yml", 1)[1]


@pytest.mark.parametrize("path", sorted(PARAMS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_study_of_the_repository_loads(path):
    study = load_study(path)
    assert study.name == path.stem
    assert {chapter.name for chapter in CHAPTERS if study.view(chapter.name)} == {c.name for c in CHAPTERS}


def test_there_are_studies_to_load():
    assert len(list(PARAMS.glob("*.yml"))) >= 6


@pytest.mark.parametrize(
    ("extra", "key", "hint"),
    [
        ("curency: GBP\n", "curency", "currency"),
        ("cleaning: {ruels: []}\n", "cleaning.ruels", "rules"),
        ("cleaning: {examples_per_rul: 3}\n", "cleaning.examples_per_rul", "examples_per_rule"),
        ("cleaning: {rules: [drop_cancelations]}\n", "cleaning.rules[0]", "drop_cancellations"),
        ("claims: [{claim: c, findings: a.b, at_least: 1}]\n", "claims[0].findings", "finding"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(study, extra, key, hint):
    sentence = refusal(study, extra)
    assert key in sentence
    assert f"did you mean {hint}?" in sentence


def test_an_unknown_key_of_the_source_names_the_nearest(study):
    sentence = refusal(study, base="title: t\nsource: {path: x.csv, delimeter: ';'}\n")
    assert "source.delimeter is not a parameter; did you mean delimiter?" in sentence


def test_a_key_unlike_any_other_is_refused_without_a_hint(study):
    sentence = refusal(study, "zzzzqqqq: 1\n")
    assert "zzzzqqqq is not a parameter" in sentence
    assert "did you mean" not in sentence


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("seed: many\n", "seed is 'many' (str), but should be a valid integer."),
        ("seed: true\n", "seed is True (bool)"),
        ("seed: 1e3\n", "seed is 1000.0 (float)"),
        ("currency: 3\n", "currency is 3 (int)"),
        ("cleaning: {top: '10'}\n", "cleaning.top is '10' (str)"),
        ("cleaning: {rules: drop_cancellations}\n", "cleaning.rules is 'drop_cancellations' (str)"),
        ("cleaning: {rules: [5]}\n", "cleaning.rules[0] is 5 (int)"),
        ("claims: [{claim: c, finding: a.b, at_least: 'no'}]\n", "claims[0].at_least is 'no' (str)"),
        ("claims: [{claim: c, finding: a.b, equals: 2011-12-09}]\n", "claims[0].equals is "),
        ("engine: pandas\n", "engine.name is 'pandas' (str), but should be 'duckdb' or 'spark'."),
        ("engine: {threads: 0}\n", "engine.threads is 0 (int), but should be greater than or equal to 1."),
        ("engine: {memory: lots}\n", "engine.memory is 'lots', but should be a size such as 4GB."),
        ("engine: {master: local}\n", "engine.master is nothing that duckdb knows: take it out."),
        ("engine: {name: spark, threads: 2}\n", "engine.threads is nothing that spark knows: take it out."),
        (
            "engine: {name: spark, master: 'spark://host:7077'}\n",
            "engine.master is 'spark://host:7077', but should",
        ),
        ("engine: {name: spark, storage: /mnt}\n", "engine.storage is '/mnt', but should be the name of an env"),
        (
            "engine: {name: spark, settings: {spark.driver.extraJavaOptions: -javaagent:x}}\n",
            "engine.settings names 'spark.driver.extraJavaOptions', which a study may not give",
        ),
        (
            "engine: {name: spark, settings: {spark.executor.memory: 4g -x}}\n",
            "engine.settings.spark.executor.memory is '4g -x', but should be a number or a size such as 4g.",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_key_and_value(study, extra, said):
    sentence = refusal(study, extra)
    assert said in sentence
    assert ".str" not in sentence
    assert ".float" not in sentence


def test_a_missing_title_is_named(study):
    assert "title is missing" in refusal(study, base="source: {path: x.csv}\n")


@pytest.mark.parametrize("share", ["-0.1", "1.5"])
def test_the_unreadable_share_lies_between_0_and_1(study, share):
    base = f"title: t\nsource: {{path: x.csv, unreadable_at_most: {share}}}\n"
    assert "source.unreadable_at_most is" in refusal(study, base=base)


@pytest.mark.parametrize("target", ["_hidden", "Customer Id", "in-play", ""])
def test_a_mapped_name_must_be_a_plain_one(study, target):
    sentence = refusal(study, base=f"title: t\nsource: {{path: x.csv, columns: {{A: {target!r}}}}}\n")
    assert "source.columns" in sentence
    assert repr(target) in sentence


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("drop_missing: customer_id", "drop_missing is 'customer_id', but should be a valid list"),
        ("drop_missing: [1]", "drop_missing[0] is 1"),
        ("drop_missing", "drop_missing is None"),
        ("drop_cancellations: [a]", "drop_cancellations takes no option"),
        ("at_most: {quantity: many}", "at_most['quantity'] is 'many'"),
        ("keep: {country: France}", "keep['country'] is 'France'"),
        ("absolute: {quantity: [CRUK]}", "absolute['quantity'] is ['CRUK']"),
        ("absolute: {quantity: {product_id: CRUK}}", "absolute['quantity']['product_id'] is 'CRUK'"),
        ("change_case: {loud: [country]}", "change_case['loud']"),
        ("join: {file: a.csv}", "join['on']"),
        ("join: {file: a.csv, on: country, how: left}", "join['how']"),
        ("drop_customers_returning_over: '0.9'", "drop_customers_returning_over is '0.9'"),
        ("{keep: {a: [b]}, exclude: {a: [b]}}", "needs one rule, but has 2: keep, exclude"),
        ("{}", "needs one rule, but has 0"),
    ],
)
def test_a_rule_with_a_wrong_option_says_what_it_takes(study, rule, said):
    sentence = refusal(study, f"cleaning:\n  rules:\n    - drop_cancellations\n    - {rule}\n")
    assert "cleaning.rules[1]" in sentence
    assert said in sentence


def test_a_rule_unlike_any_other_is_refused_with_the_list_of_rules(study):
    sentence = refusal(study, "cleaning: {rules: [zzzz]}\n")
    assert "zzzz is not a rule; the rules are drop_missing, " in sentence


@pytest.mark.parametrize("extra", ["seed: 1\nseed: 2\n", "cleaning: {top: 3, top: 4}\n", "title: again\n"])
def test_a_key_that_stands_there_twice_is_refused(study, extra):
    assert "stands there twice" in refusal(study, extra)


@pytest.mark.parametrize(
    ("written", "value"),
    [("1e-3", 0.001), ("1E2", 100.0), (".5", 0.5), ("+1.5", 1.5), ("2", 2.0), ("-1.", -1.0)],
)
def test_a_number_is_a_number_however_it_is_written(study, written, value):
    assert study(CLAIM.format(f"at_least: {written}")).values.claims[0].at_least == value


@pytest.mark.parametrize("text", ["NO", "no", "on", "off", "yes", "Y", "007", "0123", "1:30", "1_000", "0x1A"])
def test_a_word_or_code_stays_a_text(study, text):
    base = f"title: t\nsource: {{path: x.csv, missing: [{text}]}}\n"
    assert study(base=base).source.missing == [text]
    rules = study(f"cleaning: {{rules: [keep: {{country: [{text}]}}]}}\n").values.cleaning.rules
    assert rules == [{"keep": {"country": [text]}}]


def test_the_key_on_of_a_claim_is_a_key(study):
    claim = study("claims: [{claim: c, measure: count(*), on: transactions, at_least: 1}]\n").values.claims[0]
    assert claim.on == "transactions"


def test_a_date_is_refused_with_the_advice_to_quote_it(study):
    assert "put it in quotes" in refusal(study, "description: 2011-12-09\n")
    assert study("description: '2011-12-09'\n").values.description == "2011-12-09"


@pytest.mark.parametrize("text", ["a: [1\n", "\tx: 1\n", "? [a]\n: 1\n"])
def test_what_is_not_yaml_is_refused(study, text):
    assert "is not valid YAML" in refusal(study, text)


@pytest.mark.parametrize("text", ["", "- a\n", "just text\n"])
def test_a_file_without_keys_holds_no_study(study, text):
    assert "holds no study" in refusal(study, base=text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "small.yml"
    path.write_bytes(b"title: \xff\xfe")
    with pytest.raises(StudyError, match="cannot be read as text"):
        load_study(path)


def test_a_study_file_that_is_not_there_names_the_nearest():
    with pytest.raises(StudyError, match=r"params/sampel.yml is not there; did you mean params/sample.yml\?"):
        load_study("params/sampel.yml")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("at_least: 1", "needs either `finding` or `measure`"),
        ("finding: a.b, measure: count(*), on: raw, at_least: 1", "needs either `finding` or `measure`"),
        ("measure: count(*), at_least: 1", "`measure` and `on` (the table) go together"),
        ("finding: a.b", "needs exactly one of"),
        ("finding: a.b, at_least: 1, at_most: 2", "needs exactly one of"),
        ("finding: a.b, equals: 1", "needs a `tolerance`"),
        ("finding: a.b, between: [2, 1]", "the lower one first"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(study, claim, said):
    sentence = refusal(study, f"claims: [{{claim: c, {claim}}}]\n")
    assert "claims[0]" in sentence
    assert said in sentence


@pytest.mark.parametrize("table", ["../raw", "raw.parquet", 'raw" UNION', "/etc/x"])
def test_a_claim_is_made_on_a_table_and_not_on_a_file(study, table):
    sentence = refusal(study, f"claims: [{{claim: c, measure: count(*), on: '{table}', at_least: 1}}]\n")
    assert "claims[0].on" in sentence


def test_a_chapters_parameters_come_with_their_defaults(study):
    assert study("cleaning: {top: 3}\n").parameters("cleaning") == {
        "setting_aside": True,
        "examples_per_rule": 3,
        "rules": [],
        "top": 3,
    }


def test_a_chapters_seed_is_the_studys_unless_it_has_its_own(study):
    assert study("seed: 7\n").parameters("clustering")["seed"] == 7
    assert study("seed: 7\nclustering: {seed: 3}\n").parameters("clustering")["seed"] == 3


def test_lookups_are_the_files_that_rules_join(study):
    rules = "cleaning: {rules: [drop_cancellations, join: {file: places.csv, on: country}]}\n"
    assert study(rules).lookups() == {"places.csv"}
    assert study().lookups() == set()


@pytest.mark.parametrize(
    "extra",
    [
        "seed: 7\n",
        "currency: GBP\n",
        "cleaning: {top: 3}\n",
        "cleaning: {rules: [drop_cancellations]}\n",
    ],
)
def test_a_chapters_view_changes_with_what_concerns_it(study, extra):
    assert study(extra).view("cleaning") != study().view("cleaning")


@pytest.mark.parametrize(
    "extra",
    [
        "description: other words\n",
        CLAIM.format("at_least: 1"),
        "eda: {top: 3}\n",
    ],
)
def test_a_chapters_view_stays_with_what_does_not_concern_it(study, extra):
    assert study(extra).view("cleaning") == study().view("cleaning")


@pytest.mark.parametrize(
    ("chapters", "words"),
    [
        ("[eda, clening]", "did you mean cleaning?"),
        ("[eda, rfm]", "names rfm, but not cleaning, whose tables it reads"),
        ("[]", "chapters is empty"),
    ],
)
def test_chapters_that_cannot_be_built_are_refused(study, chapters, words):
    assert words in refusal(study, f"chapters: {chapters}\n")


def test_a_study_has_its_chapters_in_the_order_of_the_series(study):
    assert [c.name for c in study("chapters: [cleaning, eda]\n").chapters] == ["eda", "cleaning"]
    assert study("").chapters == CHAPTERS
