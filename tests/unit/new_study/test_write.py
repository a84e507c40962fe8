"""`make new`: studies for files in other languages, marks and orders, and what it refuses in one sentence."""

import csv
import random

import pyarrow.parquet as pq
import pytest

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.ledger.ingest import ingest
from helpers.new_study import located
from helpers.new_study import write as scaffold
from helpers.new_study.guess import LIKELY
from helpers.new_study.located import locate_data, path_for_study
from helpers.new_study.look import date_reading, look_at
from helpers.new_study.write import check_name, draft, main, study_text, write_study
from helpers.study.file import load_study
from tests.foreign import FOREIGN, core
from tests.hostile_sources import ledger_of


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Folders of data and studies apart from the project's."""
    for name in ("data", "elsewhere", "params"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(scaffold, "PARAMS", tmp_path / "params")
    return tmp_path


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_shop_is_understood(shelf, name):
    foreign = FOREIGN[name]
    foreign.write(shelf / "data")
    new = draft(name, foreign.file)
    assert {guess.header: guess.name for guess in new.guesses} == foreign.expected
    assert new.source.date_format == foreign.expected_dates
    if foreign.file.endswith(".csv"):
        assert new.source.decimal == foreign.decimal
        assert (new.source.delimiter or ",") == foreign.delimiter
    assert [choice.name for choice in new.chapters if choice.fits] == foreign.chapters.split()
    assert new.unreadable == 0
    target = shelf / "params" / f"{name}.yml"
    write_study(new, target)
    study = load_study(target)
    assert study.source.model_dump(exclude={"path"}) == new.source.model_dump(exclude={"path"})
    assert [chapter.name for chapter in study.chapters] == foreign.chapters.split()
    assert study.source.path == foreign.file


@pytest.mark.parametrize(
    ("quantity", "price"), [("-2", "3.50"), ("0", "3.50"), ("2", "0"), ("2", "-1"), ("-2", "0")]
)
def test_rules_that_would_take_every_line_away_are_only_offered(shelf, quantity, price):
    lines = "".join(f"{n},2023-0{1 + n % 8}-05,c{n % 60},p{n % 5},{quantity},{price}\n" for n in range(180))
    write(shelf, "order no,date,customer,product code,quantity,unit price\n" + lines)
    new = draft("gone", "lines.csv")
    assert not [rule.text for rule in new.rules if rule.on and rule.text.startswith(("above", "split", "drop_m"))]
    assert {choice.name for choice in new.chapters if choice.fits} >= {"eda", "cleaning", "rfm"}
    assert "no line of a customer has an amount above zero" in study_text(new)


def test_rules_follow_from_the_lines(shelf):
    FOREIGN["german"].write(shelf / "data")
    rules = [rule.text for rule in draft("german", "verkäufe.csv").rules if rule.on]
    assert rules == [
        "drop_missing: [customer_id]", "drop_exact_duplicates", "split_returns",
        "above: {unit_price: 0, quantity: 0}",
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "on"), [("p1", True), ("M", False)])
def test_prices_far_beyond_the_product_s_own_are_set_aside_and_only_offered_for_codes_of_fees(shelf, code, on):
    lines = [f"{n},2023-0{1 + n % 8}-05,c{n % 60},p{n % 5},2,3.50" for n in range(180)]
    lines += [f"{n},2023-09-05,c1,{code},1,{'3.50' if n < 196 else '350.00'}" for n in range(180, 198)]
    write(shelf, "order no,date,customer,product code,quantity,unit price\n" + "\n".join(lines) + "\n")
    rule = next(rule for rule in draft("typos", "lines.csv").rules if rule.text.startswith("set_aside"))
    assert rule.on is on
    assert rule.why.startswith("2 of 198 lines")


@pytest.mark.parametrize(
    ("states", "rule"),
    [
        (("shipped", "Cancelled", "cancelled by shop"), ("status: ['Cancelled', 'cancelled by shop']", True)),
        (("Cancelled", "void"), ("status: ['Cancelled', 'void']", False)),
    ],
)
def test_orders_that_a_status_calls_cancelled_are_no_sales(shelf, states, rule):
    lines = "".join(f"{n},2023-01-{1 + n % 28},c{n % 9},{n + 1}.50,{states[n % len(states)]}\n" for n in range(90))
    write(shelf, "order no,date,customer,amount,status\n" + lines)
    found = {choice.text: choice.on for choice in draft("states", "lines.csv").rules}
    assert found[f"exclude: {{{rule[0]}}}"] is rule[1]


def write(shelf, text: str, name: str = "lines.csv", encoding: str = "utf-8"):
    path = shelf / "data" / name
    path.write_text(text, encoding=encoding)
    return path


def ledger(dates: list[str]) -> str:
    return "order no,date,customer,amount\n" + "".join(f"{n},{d},c{n % 3},1.50\n" for n, d in enumerate(dates))


def reading(shelf, dates: list[str], hint: str = "day"):
    path = write(shelf, ledger(dates))
    look_at(path, shelf / "elsewhere")
    return date_reading(shelf / "elsewhere", 1, hint)


def test_a_day_above_twelve_settles_the_order_of_day_and_month(shelf):
    assert reading(shelf, ["03/04/2024", "25/04/2024"])[:2] == ("%d/%m/%Y", "sure")
    assert reading(shelf, ["03/04/2024", "04/25/2024"])[:2] == ("%m/%d/%Y", "sure")


def test_the_order_of_the_lines_settles_it_where_no_day_does(shelf):
    day_first = ["01/02/2024", "05/02/2024", "02/03/2024", "09/03/2024", "04/04/2024"]
    month_first = [f"{month}/{day}/{year}" for day, month, year in (date.split("/") for date in day_first)]
    for dates in (day_first, day_first[::-1]):
        found = reading(shelf, dates, "month")
        assert found[:2] == ("%d/%m/%Y", "likely")
        assert "order of time" in found.why
    assert reading(shelf, month_first, "day")[:2] == ("%m/%d/%Y", "likely")


def test_habit_settles_it_where_nothing_does_and_says_so(shelf):
    for hint, format_ in (("day", "%d/%m/%Y"), ("month", "%m/%d/%Y")):
        found = reading(shelf, ["03/03/2024", "04/04/2024"], hint)
        assert found.format == format_
        assert "check" in found.certainty and "both ways" in found.why


def test_a_file_beside_the_data_folders_is_named_by_its_whole_path(shelf):
    path = FOREIGN["receipts"].write(shelf / "elsewhere")
    new = draft("acme", str(path))
    assert new.source.path == str(path)
    assert "this machine only" in study_text(new)
    inside = FOREIGN["receipts"].write(shelf / "data" / "deep")
    assert path_for_study(inside) == "deep/receipts.csv"


def test_a_file_hidden_by_another_of_its_name_is_named_by_its_whole_path(shelf, monkeypatch):
    monkeypatch.setattr(located, "data_folders", lambda: [shelf / "data", shelf / "elsewhere"])
    monkeypatch.setattr("helpers.ledger.sources.data_folders", located.data_folders)
    hidden = FOREIGN["receipts"].write(shelf / "elsewhere")
    assert path_for_study(hidden) == "receipts.csv"
    FOREIGN["receipts"].write(shelf / "data")
    assert path_for_study(hidden) == str(hidden)


@pytest.mark.parametrize("name", ["", "Acme", "a b", "../acme", "acme.yml", "1st", "ümlaut", "a" * 60])
def test_a_bad_name_is_refused_in_a_sentence(shelf, name, capsys):
    assert main(name, "x.csv") == 1
    said = capsys.readouterr().err
    assert "NAME" in said and said.count("\n") == 1


def test_a_study_that_is_there_stays(shelf, capsys):
    FOREIGN["receipts"].write(shelf / "data")
    there = shelf / "params" / "acme.yml"
    there.write_text("mine")
    assert main("acme", "receipts.csv") == 1
    assert there.read_text() == "mine" and "stays as it is" in capsys.readouterr().err
    with pytest.raises(StudyError, match="stays as it is"):
        write_study(draft("other", "receipts.csv"), there)
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    ("data", "said"), [("", "DATA is missing"), ("nowhere.csv", "neither here nor in the data")]
)
def test_missing_data_is_refused_in_a_sentence(shelf, data, said, capsys):
    assert main("acme", data) == 1
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1
    assert not list((shelf / "params").iterdir())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("order no,date\n", "no lines"),
        ("1001;2024-01-05;12,50\n1002;2024-01-06;3,20\n", "no header"),
        ("a,a\n1,2\n", "two columns called"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_in_a_sentence(shelf, text, said, capsys):
    write(shelf, text)
    assert main("acme", "lines.csv") == 1
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [(PermissionError(13, "Permission denied", "x.csv"), "closed"), (MemoryError(), "memory")],
)
def test_a_closed_file_or_a_full_machine_is_a_sentence_and_a_bug_is_not(shelf, error, said, monkeypatch, capsys):
    def fails(*_):
        raise error

    monkeypatch.setattr("helpers.new_study.write.draft", fails)
    assert main("acme", "x.csv") == 1
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1
    error = KeyError("ours")
    with pytest.raises(KeyError):
        main("acme", "x.csv")


def test_a_file_of_another_kind_is_refused(shelf):
    (shelf / "data" / "notes.pdf").write_bytes(b"%PDF")
    with pytest.raises(StudyError, match=r"notes\.pdf is a \.pdf"):
        locate_data("notes.pdf")


@pytest.mark.parametrize("address", ["{}/lines.csv", "{}"])
def test_an_object_in_a_store_is_fetched_and_named_by_its_address(shelf, monkeypatch, address):
    monkeypatch.setattr("helpers.ledger.remote.FETCHED", shelf / "fetched")
    monkeypatch.setattr("helpers.ledger.sources.SCHEMES", ("file",))
    (shelf / "orders").mkdir()
    (shelf / "orders" / "lines.csv").write_text(ledger(["2024-01-05"] * 9))
    address = address.format((shelf / "orders").as_uri())
    new = draft("acme", address)
    assert new.file.is_relative_to(shelf / "fetched") and new.file.name == address.split("/")[-1]
    write_study(new, shelf / "params" / "acme.yml")
    assert load_study(shelf / "params" / "acme.yml").source.path == address
    (shelf / "orders" / "lines.csv").unlink()
    with pytest.raises(StudyError, match=r"nothing is|cannot be read"):
        draft("acme", f"{address}x")


@pytest.mark.parametrize(
    "data", ["SELECT * FROM orders", "postgresql://me:secret@host/shop", "https://shop.org/a.csv"]
)
def test_a_query_as_data_is_refused_with_how_to_give_it(shelf, data, capsys):
    assert main("acme", data) == 1
    heard = capsys.readouterr().err
    assert "DATA=orders.sql CONNECTION=ORDERS_DB" in heard and heard.count("\n") == 1 and "secret" not in heard


def test_a_query_in_a_file_becomes_a_study_that_asks_it(shelf, monkeypatch):
    FOREIGN["receipts"].write(shelf / "elsewhere")
    asked = []
    answer = lambda *question, again: asked.append(question) or shelf / "elsewhere" / "receipts.csv"  # noqa: E731
    monkeypatch.setattr("helpers.ledger.remote.answered", answer)
    (shelf / "data" / "orders.sql").write_text('SELECT *\nFROM "order lines" -- all: of them\nWHERE x > 1;\n')
    assert main("acme", "orders.sql", "ORDERS_DB") == 0
    source = load_study(shelf / "params" / "acme.yml").source
    assert (source.query, source.connection, source.path) == (*asked[0], "")
    assert source.query == 'SELECT *\nFROM "order lines" -- all: of them\nWHERE x > 1'
    assert set(source.columns.values()) >= set(FOREIGN["receipts"].expected.values())


@pytest.mark.parametrize(
    ("data", "connection", "said"),
    [
        ("orders.sql", "", "DATA=orders.sql CONNECTION=ORDERS_DB"),
        ("lines.csv", "ORDERS_DB", "DATA=orders.sql CONNECTION=ORDERS_DB"),
        ("orders.sql", "NOT_SET", "there is no such environment variable"),
        ("nowhere.sql", "ORDERS_DB", "in none of the data folders"),
        ("bytes.sql", "ORDERS_DB", "cannot be read as SQL"),
        ("orders.sql", "postgresql://me:secret@host", "no name of an environment variable"),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused_in_a_sentence(shelf, data, connection, said, capsys):
    (shelf / "data" / "orders.sql").write_text("SELECT 1")
    (shelf / "data" / "bytes.sql").write_bytes(b"\xff\xfe\x00S")
    assert main("acme", data, connection) == 1
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1 and "secret" not in heard


def test_amounts_with_a_currency_and_spaced_thousands_are_read(shelf):
    lines = "".join(f"{n};{n % 28 + 1:02d}/01/2024;c{n % 5};{n} {n:03d},50 €\n" for n in range(1, 40))
    write(shelf, "commande;date;client;montant\n" + lines)
    new = draft("acme", "lines.csv")
    assert new.unreadable == 0 and new.source.decimal == ","
    assert new.currency == ("EUR", "€ stands with the amounts of montant")
    assert [guess.name for guess in new.guesses] == ["order_id", "ordered_at", "customer_id", "revenue"]


def test_hostile_headers_stay_within_their_comment(shelf):
    path = shelf / "data" / "odd.csv"
    path.write_text('order no,date,"cust\nomer: [x","a\\"": \'b\' #c",amount\n1,2024-01-05,7,"x\ny",2.5\n')
    new = draft("acme", "odd.csv")
    write_study(new, shelf / "params" / "acme.yml")
    study = load_study(shelf / "params" / "acme.yml")
    assert "cust\nomer: [x" in study.source.columns


def test_nothing_of_a_file_moves_the_cursor(shelf, capsys):
    path = shelf / "data" / "odd\x1b[31m\u202e.csv"
    path.write_text('order no,date,"cust\nomer\x1b[2J",amount\u202e\n1,2024-01-05,7,2.5\n2,2024-02-13,8,3.5\n')
    assert main("acme", path.name) == 0
    assert main("other", "no\x1b[31m\u202e.csv") == 1
    out, err = capsys.readouterr()
    assert r"odd\x1b[31m\u202e.csv" in out and r"no\x1b[31m\u202e.csv" in err
    assert not {"\x1b", "\u202e"} & set(out + err)
    assert load_study(shelf / "params" / "acme.yml").source.path == path.name


def test_values_that_cannot_be_read_are_allowed_for_and_pointed_out(shelf):
    dates = [f"2024-01-{day:02d}" for day in range(1, 31)]
    text = ledger(dates) + "99,not yet,c1,2.00\n"
    write(shelf, text)
    new = draft("acme", "lines.csv")
    assert new.unreadable == pytest.approx(1 / 31)
    assert "unreadable_at_most: 0.05 # please check" in study_text(new)


def test_the_same_file_gives_the_same_study(shelf):
    FOREIGN["french"].write(shelf / "data")
    assert study_text(draft("acme", "ventes.csv")) == study_text(draft("acme", "ventes.csv"))


def test_a_folder_of_files_is_one_source(shelf):
    from dataclasses import replace

    rows = core()
    for n, part in enumerate((rows[:300], rows[300:])):
        replace(FOREIGN["german"], file=f"part{n}.csv", rows=lambda part=part: part).write(
            shelf / "data" / "months"
        )
    new = draft("acme", "months")
    assert new.facts.lines == len(rows) and new.source.path == "months"
    assert {guess.header: guess.name for guess in new.guesses} == FOREIGN["german"].expected


def test_the_name_is_checked_before_the_file_is_read(shelf):
    with pytest.raises(StudyError, match="NAME"):
        check_name("A!")


def test_an_encoding_that_is_not_certain_is_a_guess_to_be_checked(shelf):
    write(shelf, "order no,date,customer,product,amount\n" + "".join(
        f"{n},2024-01-{n:02d},c{n % 3},{'Işık' if n % 2 else 'Şişe'},1.50\n" for n in range(1, 20)
    ), encoding="cp1254")  # fmt: skip
    assert "encoding: cp1254 # a guess, please check" in study_text(draft("acme", "lines.csv"))


@pytest.mark.parametrize(("delimiter", "mark", "said"), [(";", ",", "three decimals"), ("|", ".", "thousands")])
def test_a_decimal_mark_that_nothing_tells_is_a_guess_to_be_checked(shelf, delimiter, mark, said):
    rows = [[str(n), f"2024-01-{n:02d}", f"c{n % 3}", str(n), f"{n},{n + 100}"] for n in range(1, 20)]
    text = "\n".join(
        delimiter.join(row) for row in [["order no", "date", "customer", "product no", "amount"], *rows]
    )
    write(shelf, text + "\n")
    new = draft("acme", "lines.csv")
    write_study(new, shelf / "params" / "acme.yml")
    assert load_study(shelf / "params" / "acme.yml").source.decimal == mark
    assert (
        f'decimal: "{mark}" # a guess, please check: amount has values such as 1,101, read as {said}'
        in (shelf / "params" / "acme.yml").read_text()
    )


def test_a_doubt_about_the_source_stands_in_the_study_and_on_the_terminal(shelf, capsys):
    write(shelf, "# from the till\n" + ledger([f"2024-01-{day:02d}" for day in range(1, 20)]))
    assert main("acme", "lines.csv") == 0
    assert "please check: lines.csv has 1 line above its header" in capsys.readouterr().out
    assert "# please check: lines.csv has 1 line above" in (shelf / "params" / "acme.yml").read_text()


@pytest.mark.parametrize("data", ["x" * 5000, "~nobody_here/x.csv", "a\0b.csv"])
def test_data_that_can_be_no_path_is_refused_in_a_sentence(shelf, data, capsys):
    assert main("acme", data) == 1
    heard = capsys.readouterr().err
    assert "neither here nor in the data" in heard and heard.count("\n") == 1 and len(heard) < 600


def test_signs_that_move_the_cursor_never_reach_the_terminal(shelf, capsys):
    write(shelf, ledger(["2024-01-05"] * 9).replace("customer", "customer\x1b[31m\u202e"), "l\x1b[2J.csv")
    assert main("acme", "l\x1b[2J.csv") == 0
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().out)


OTHER_NUMBERS = {
    "digits first": ("1st", "2nd value", "3_total", "2023", "2024 sales", "4amount", "100%"),
    "features": ("recency", "frequency", "monetary", "tenure", "revenue_total", "average_order_value", "spend"),
    "scratch names": ("line", "file", "row", "text_0", "value", "column", "_day", "moments", "unparsed", "total"),
}
"""Headers of FAULTS.md that were taken for the amount, or for columns that the series computes."""


@pytest.mark.parametrize("kind", OTHER_NUMBERS)
def test_numbers_called_like_amounts_are_not_paid_where_quantity_times_price_is_another(shelf, tmp_path, kind):
    rng = random.Random(3)
    ledger = ledger_of(rng, lines=80)
    with (shelf / "data" / "odd.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*ledger.header, *OTHER_NUMBERS[kind]])
        writer.writerows([*row, *(rng.randint(1, 60) for _ in OTHER_NUMBERS[kind])] for row in ledger.fields())
    new = draft("odd", "odd.csv")
    with open_engine() as engine:
        ingest(new.file, new.source, engine, tmp_path)
    raw = pq.read_table(tmp_path / "raw.parquet").to_pandas()
    assert raw["revenue"].sum() == sum(row["quantity"] * row["unit_price"] for row in ledger.rows)
    assert list(raw["quantity"]) == [row["quantity"] for row in ledger.rows]
    assert "please check: by its header" in study_text(new)


def test_a_tax_on_top_leaves_an_amount_what_was_paid(shelf):
    ledger = ledger_of(random.Random(4), lines=80)
    with (shelf / "data" / "taxed.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*ledger.header, "Total Amount"])
        for fields, row in zip(ledger.fields(), ledger.rows, strict=True):
            writer.writerow([*fields, f"{float(row['quantity'] * row['unit_price']) * 1.19:.2f}"])
    guess = {guess.name: guess for guess in draft("taxed", "taxed.csv").guesses}["revenue"]
    assert (guess.header, guess.certainty) == ("Total Amount", LIKELY)
