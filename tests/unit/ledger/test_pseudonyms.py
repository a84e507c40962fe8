"""Pseudonyms: stable with a key, useless without it, and nothing of an id left in what ingest writes."""

import hashlib
import stat
import subprocess

import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.base.paths import ROOT
from helpers.ledger import pseudonyms as module
from helpers.ledger.ingest import ingest
from helpers.ledger.pseudonyms import WITHHELD, Pseudonyms, pseudonyms_of, translated
from helpers.ledger.source import Source

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NAMES = Pseudonyms(("customer_id",), KEY)


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEYS", tmp_path / "keys")
    return tmp_path / "keys"


def read(tmp_path, engine, text: str, pseudonyms: Pseudonyms | None = NAMES, **settings):
    (tmp_path / "ledger.csv").write_text(text)
    folder = tmp_path / "tables"
    folder.mkdir(exist_ok=True)
    source = Source(path="ledger.csv", unreadable_at_most=1.0, **settings)
    ingest(tmp_path / "ledger.csv", source, engine, folder, pseudonyms)
    tables = [engine.connection.read_parquet(str(folder / f"{name}.parquet")).df() for name in ("raw", "unparsed")]
    return [table.to_dict("records") for table in tables]


def test_a_pseudonym_is_the_same_with_the_same_key_and_another_with_another():
    assert NAMES.of("17850") == Pseudonyms(("customer_id",), KEY).of("17850")
    assert NAMES.of("17850") != NAMES.of("17851")
    assert NAMES.of("17850") != Pseudonyms(("customer_id",), OTHER).of("17850")
    many = [NAMES.of(str(number)) for number in range(20_000)]
    assert len(set(many)) == len(many)
    assert all(
        name.startswith("c") and len(name) == 14 and name.isalnum() and name.islower() for name in many[:500]
    )


def test_a_pseudonym_is_no_plain_hash():
    plain = [hashlib.new(kind, b"17850").hexdigest() for kind in ("md5", "sha1", "sha256", "blake2b")]
    digest = hashlib.blake2b(b"17850", digest_size=8).digest()
    assert NAMES.of("17850") != "c" + module.b32encode(digest).decode().rstrip("=").lower()
    assert not any(NAMES.of("17850")[1:] in text for text in plain)


def test_the_key_is_drawn_once_and_only_its_owner_reads_it(keys):
    first = pseudonyms_of("acme", True)
    file = keys / "acme.key"
    assert len(bytes.fromhex(file.read_text())) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert pseudonyms_of("acme", True) == first
    assert pseudonyms_of("other", True).key != first.key
    assert pseudonyms_of("acme", ["customer_id", "email"]).columns == ("customer_id", "email")
    assert pseudonyms_of("acme", False) is None


def test_a_fingerprint_tells_keys_and_columns_apart_and_tells_no_key():
    prints = {
        Pseudonyms(columns, key).fingerprint
        for columns in (("customer_id",), ("customer_id", "email"))
        for key in (KEY, OTHER)
    }
    assert len(prints) == 4
    assert not any(KEY.hex()[:16] in text for text in prints)


@pytest.mark.parametrize("content", ["", "zz", "abcd", "ü"])
def test_a_broken_key_is_not_replaced_behind_ones_back(keys, content):
    keys.mkdir()
    (keys / "acme.key").write_text(content)
    with pytest.raises(StudyError, match="key of"):
        pseudonyms_of("acme", True)
    assert (keys / "acme.key").read_text() == content


def test_git_never_sees_a_key():
    asked = subprocess.run(
        ["git", "check-ignore", "data/.pseudonyms/acme.key"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode == 128:
        pytest.skip("this is no git clone")
    assert asked.stdout.strip() == "data/.pseudonyms/acme.key"


LEDGER = (
    "customer_id,order_id,quantity,note\n"
    "QX-1,1,2,a\nQX-2,2,3,b\n QX-1 ,3,4,a\n,4,5,b\nNULL,5,6,a\nQX-1,6,QX-2,b\nQX-2,7\n"
)


def test_ingest_leaves_no_id(tmp_path, engine):
    raw, unparsed = read(tmp_path, engine, LEDGER)
    assert [row["customer_id"] for row in raw[:3]] == [NAMES.of("QX-1"), NAMES.of("QX-2"), NAMES.of("QX-1")]
    assert [row["line"] for row in raw] == [1, 2, 3, 4, 5]
    assert all(row["customer_id"] is None or row["customer_id"] != row["customer_id"] for row in raw[3:])
    assert [row["value"] for row in unparsed] == [WITHHELD, WITHHELD]
    assert [(row["line"], row["column"]) for row in unparsed] == [(6, "quantity"), (7, "(whole line)")]
    assert "QX-" not in str(raw) + str(unparsed)
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"raw.parquet", "unparsed.parquet"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_folders_and_files_called_after_a_customer_are_not_named(kind, tmp_path, engine):
    for customer in ("QX-1", "QX-2"):
        (folder := tmp_path / "ledger" / f"customer_id={customer}").mkdir(parents=True)
        lines = pd.DataFrame({"order_id": [customer[-1], "3"], "quantity": ["two" + customer[-1], "4"]})
        file = folder / f"{customer}.{kind}"
        lines.to_csv(file, index=False) if kind == "csv" else lines.to_parquet(file)
    (tables := tmp_path / "tables").mkdir()
    source = Source(path="ledger", unreadable_at_most=1.0)
    ingest(tmp_path / "ledger", source, engine, tables, NAMES)
    raw, unparsed = (
        engine.connection.read_parquet(str(tables / f"{name}.parquet")) for name in ("raw", "unparsed")
    )
    assert set(raw.df()["customer_id"]) == {NAMES.of("QX-1"), NAMES.of("QX-2")}
    assert [row[0] for row in unparsed.order("line").select("file").fetchall()] == ["file 1", "file 2"]
    assert "QX-" not in str(raw.fetchall()) + str(unparsed.fetchall())


def test_everything_else_is_as_without_pseudonyms(tmp_path, engine):
    with_names, _ = read(tmp_path, engine, LEDGER)
    without, unparsed = read(tmp_path, engine, LEDGER, None)
    assert unparsed[0]["value"] == "QX-2"
    for one, other in zip(with_names, without, strict=True):
        assert {k: v for k, v in one.items() if k != "customer_id"} == {
            k: v for k, v in other.items() if k != "customer_id"
        }


def test_an_id_that_went_through_a_spreadsheet_is_the_same_customer(tmp_path, engine):
    raw, _ = read(tmp_path, engine, "customer_id,n\n17850.0,1\n17850,2\n")
    assert [row["customer_id"] for row in raw] == [NAMES.of("17850")] * 2


def test_other_columns_can_be_replaced_too(tmp_path, engine):
    both = Pseudonyms(("customer_id", "e_mail"), KEY)
    raw, _ = read(tmp_path, engine, "customer_id,e_mail,phone\n1,a@b.example,5\n2,c@d.example,6\n", both)
    assert [row["e_mail"] for row in raw] == [both.of("a@b.example"), both.of("c@d.example")]
    phones = Pseudonyms(("phone",), KEY)
    raw, _ = read(tmp_path, engine, "customer_id,e_mail,phone\n1,x,5\n2,y,6\n", phones)
    assert [row["phone"] for row in raw] == [phones.of("5"), phones.of("6")]


def test_an_order_number_made_of_a_customer_and_a_day_names_the_pseudonym(tmp_path, engine):
    text = "customer_id,ordered_at,revenue\n7,2024-01-05,1\n7,2024-01-05,2\n7,2024-01-06,3\n"
    raw, _ = read(tmp_path, engine, text, one_order="customer and day")
    name = NAMES.of("7")
    assert [row["order_id"] for row in raw] == [f"{name} 2024-01-05"] * 2 + [f"{name} 2024-01-06"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [(("custommer_id",), "did you mean customer_id"), (("quantity",), "only ids and texts")],
)
def test_a_column_that_cannot_be_replaced_is_named(tmp_path, engine, columns, said):
    with pytest.raises(StudyError, match=said):
        read(tmp_path, engine, LEDGER, Pseudonyms(columns, KEY))


def test_rules_find_the_customers_they_name():
    rules = [
        "split_returns",
        {"exclude": {"customer_id": [12346, "16446"], "country": ["Spain"]}},
        {"keep": {"country": ["France"]}},
        {"absolute": {"quantity": {"customer_id": [7]}}},
        {"drop_missing": ["customer_id"]},
    ]
    found = translated(rules, NAMES)
    assert found == [
        "split_returns",
        {"exclude": {"customer_id": [NAMES.of("12346"), NAMES.of("16446")], "country": ["Spain"]}},
        {"keep": {"country": ["France"]}},
        {"absolute": {"quantity": {"customer_id": [NAMES.of("7")]}}},
        {"drop_missing": ["customer_id"]},
    ]


def test_a_study_hands_translated_rules_to_its_chapter_and_no_ids(keys, study):
    loaded = study("pseudonyms: true\ncleaning: {rules: [exclude: {customer_id: [12346]}]}\n")
    view = loaded.view("cleaning")
    assert view["section"]["rules"] == [{"exclude": {"customer_id": [loaded.pseudonyms().of("12346")]}}]
    assert "12346" not in str(view)
    plain = study("cleaning: {rules: [exclude: {customer_id: [12346]}]}\n")
    assert plain.view("cleaning")["section"]["rules"] == [{"exclude": {"customer_id": [12346]}}]
    assert plain.pseudonyms() is None


@pytest.mark.parametrize(
    "rule",
    [
        "keep_matching: {customer_id: '^1'}",
        "join: {file: f.csv, on: customer_id}",
        "change_case: {upper: [customer_id]}",
        "tidy_text: [product_name, customer_id]",
    ],
)
def test_a_rule_that_reads_into_an_id_is_refused(study, rule):
    with pytest.raises(StudyError, match="reads the text of customer_id"):
        study(f"pseudonyms: true\ncleaning: {{rules: [{rule}]}}\n")
    study(f"cleaning: {{rules: [{rule}]}}\n")


@pytest.fixture
def joining(tmp_path, monkeypatch, keys, study):
    """Return a function that writes a lookup, and loads a study that joins it under pseudonyms."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def load(text: str, on: str = "country"):
        (tmp_path / "private.csv").write_text(text)
        return study(f"pseudonyms: true\ncleaning: {{rules: [join: {{file: private.csv, on: {on}}}]}}\n")

    return load


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("country,who\nFrance,QX-1\nSpain,QX-2\n", "who"),
        ("country,rank,who\nFrance,1,QX-1 \nSpain,2,\n", "who"),
        ("country,Kundenname\nFrance,Pat\nSpain,Kim\n", "Kundenname"),
        ("country,E-Mail\nFrance,pat@example.org\n", "E-Mail"),
        ("country,full_name\nFrance,Pat Sample\n", "full_name"),
    ],
)
def test_a_lookup_that_tells_who_the_customers_are_is_refused(tmp_path, engine, joining, text, column):
    loaded = joining(text)
    read(tmp_path, engine, LEDGER, loaded.pseudonyms())
    with pytest.raises(StudyError, match=f"private.csv has a column {column!r} that tells who the customers are"):
        loaded.check_lookups(tmp_path / "tables")


@pytest.mark.parametrize(
    "text", ["country,region\nFrance,West\nSpain,South\n", "product_name,country\nCup,France\n", ""]
)
def test_a_lookup_of_places_and_products_is_none_of_the_customers(tmp_path, engine, joining, text):
    loaded = joining(text)
    read(tmp_path, engine, LEDGER, loaded.pseudonyms())
    loaded.check_lookups(tmp_path / "tables")


@pytest.mark.parametrize("on", ["order_id", "ordered_at", "phone"])
def test_a_lookup_by_what_belongs_to_one_customer_is_refused(joining, on):
    with pytest.raises(StudyError, match=f"join looks up by {on}, which may tell one customer from others"):
        joining("a,b\n", on)


def test_a_rounded_id_is_set_aside_and_not_hidden_behind_a_pseudonym(tmp_path, engine):
    raw, unparsed = read(tmp_path, engine, "customer_id,n\n1.23E+05,1\n17850,2\n1.23E+05,3\n")
    assert [row["customer_id"] for row in raw] == [NAMES.of("17850")]
    assert [(row["row"], row["value"]) for row in unparsed] == [(1, WITHHELD), (3, WITHHELD)]
