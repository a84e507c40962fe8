"""The line that a page has on a verdict quotes the table: means, trials, and the worst kind of data by name."""

import json
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from helpers.show import error_rates
from helpers.show.error_rates import SAID, TABLE, UNITS, covers, errs, fewest, in_words, least, rates_of
from tests.operating_characteristics import page, run
from tests.operating_characteristics.run import settings
from tests.operating_characteristics.trial import Setting

COLUMNS = ["verdict", "data", "truth", "datasets", "rate", "low", "high", "nominal", "main", *UNITS]


def trials(verdict, kind, truth, rates, *, main=False):
    """Return rows of a kind of data; `rates` by amount, which is rows, or months and orders."""
    for amount, (datasets, rate) in rates.items():
        months, orders = amount if isinstance(amount, tuple) else (None, None)
        said = f"{months} months of {orders:,} orders" if months else f"{amount:,} rows"
        rows = None if months else amount
        yield [verdict, f"{kind}, {said}", truth, datasets, rate, 0.0, 1.0, None, main, None, rows, months, orders]


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A small table in the place of the measured one."""
    rows = [
        *trials("leaks", "noise", "nothing", {30: (200, 0.01), 300: (200, 0.0)}),
        *trials("leaks", "strong features", "nothing", {30: (100, 0.13), 300: (100, 0.05)}),
        *trials("leaks", "a product", "something", {30: (50, 1.0), 300: (50, 1.0)}, main=True),
        *trials("leaks", "a noisy copy", "something", {30: (50, 0.2), 300: (50, 0.8)}, main=True),
        *trials("rules", "independent products", "nothing", {500: (10, 0.0)}),
        *trials("rules", "a pair", "something", {500: (20, 0.75)}, main=True),
        *trials("months", "steady", "nothing", {(m, o): (10, 0.0) for m in (12, 24) for o in (100, 1000)}),
        *trials("months", "up", "something", {(12, 100): (10, 0.0), (24, 100): (10, 0.3), (12, 1000): (10, 0.5)}),
        *trials("months", "down", "something", {(12, 100): (10, 0.5), (24, 100): (10, 0.85)}, main=True),
        *trials("months", "down", "something", {(12, 1000): (10, 0.9), (24, 1000): (10, 1.0)}, main=True),
        ["ranges", "steady spend", "covered", 90, 0.91, 0.9, 0.92, 0.9, False, *[None] * 4],
        ["ranges", "steady spend, worst decile", "covered", 90, 0.93, 0.9, 0.95, 0.9, False, *[None] * 4],
        ["ranges", "steady spend, withheld", "covered", 100, 0.1, 0.05, 0.17, None, False, *[None] * 4],
        ["ranges", "spend with a season", "covered", 30, 0.87, 0.86, 0.88, 0.9, False, *[None] * 4],
        ["ranges", "spend with a season, worst decile", "covered", 30, 0.84, 0.82, 0.86, 0.9, False, *[None] * 4],
        ["ranges", "spend with a season, withheld", "covered", 100, 0.7, 0.6, 0.8, None, False, *[None] * 4],
    ]
    path = tmp_path / "rates.csv"
    pd.DataFrame(rows, columns=COLUMNS).to_csv(path, index=False)
    monkeypatch.setattr(error_rates, "TABLE", path)
    error_rates._table.cache_clear()
    yield
    error_rates._table.cache_clear()


def plain(markup):
    return str(markup).replace("\xa0", " ").replace("\u202f", " ")


def test_rows_are_those_of_the_verdict(measured):
    assert rates_of("leaks")["rate"].tolist() == [0.01, 0.0, 0.13, 0.05, 1.0, 1.0, 0.2, 0.8]
    assert rates_of("leaks").columns.tolist() == COLUMNS[1:8]


def test_both_errors_are_means_of_trials_with_as_much_data_and_the_worst_kind_of_each_is_named(measured):
    assert plain(errs("leaks", rows=299)) == (
        "Tried with 30 rows, this test has called an honest feature a leak in 7.0 % of 300 trials (at most 13 %, "
        "for strong features) and missed a feature made of the target in 40 % of 100 (at most 80 %, for a noisy "
        "copy). From 300 rows on it finds 80 % or more (tried on a noisy copy)."
    )


def test_nothing_more_is_asked_for_where_there_is_enough(measured):
    assert plain(errs("leaks", rows=5000)).endswith("in 10 % of 100 (at most 20 %, for a noisy copy).")
    assert plain(errs("months", months=13, orders=1000)).endswith("(at most 50 %, for up).")


def test_less_data_than_was_ever_tried_is_said(measured):
    assert plain(errs("leaks", rows=5)).startswith("Tried with 30 rows, more than here, this test has")
    assert least("leaks", "rows") == 30


def test_no_kind_is_the_worst_where_nothing_went_wrong(measured):
    assert "independent in 0" in plain(errs("rules", rows=500))
    assert "of 10 trials and missed a true rule in 25 % of 20 (a pair)." in plain(errs("rules", rows=500))


def test_no_amount_is_named_where_none_was_enough(measured):
    assert fewest("rules", rows=500) is None
    assert plain(errs("rules", rows=900)).endswith("Even with 500 rows it does not find 80 % (tried on a pair).")


def test_a_verdict_that_finds_all_and_says_yes_for_nothing_is_not_to_be_relied_on(measured):
    eager = pd.read_csv(error_rates.TABLE).assign(low=0.2)
    eager.assign(rate=eager["rate"].where(~eager["main"], 1.0)).to_csv(error_rates.TABLE, index=False)
    assert plain(errs("rules", rows=900)).endswith("where there is nothing: do not rely on it alone.")
    with pytest.raises(KeyError):  # a page that does not say how much data it has
        errs("rules")


def test_more_of_one_unit_makes_up_for_less_of_another(measured):
    assert fewest("months", months=12, orders=100) == {"months": 24, "orders": 100}
    assert fewest("months", months=12, orders=1000) == {"months": 12, "orders": 1000}
    assert fewest("months", months=12) == {"months": 24, "orders": 100}


def test_false_alarms_at_a_larger_amount_make_a_smaller_one_too_little(measured):
    table = error_rates._table()
    table.loc[table["data"] == "noise, 300 rows", "low"] = 0.06
    assert fewest("leaks", rows=300) is None


def test_ranges_are_told_by_how_often_they_held_and_where_furthest_off(measured):
    assert plain(covers("ranges")) == (
        "Such ranges were withheld in 40 % of 200 trials. Shown, they held 89 %, 90 % meant (furthest off: 87 %, "
        "for spend with a season; of the deciles of a forecast 84 %, for spend with a season)."
    )


def test_each_verdict_that_is_quoted_is_tried_on_both_kinds():
    tried = {setting.verdict for setting in settings().values() if setting.truth != "covered"}
    # a list is no verdict: its chapter quotes the share found of each kind
    assert tried - set(SAID) == {"anomalies"}
    for verdict in tried:
        kinds = {setting.truth for setting in settings().values() if setting.verdict == verdict}
        assert kinds >= {"nothing", "something"}


def test_settings_of_one_trial_take_each_their_part_and_of_a_list_what_is_furthest(monkeypatch):
    parts = {"": 0.9, ", worst": 0.9, ", withheld": None}
    made = [Setting("ranges", f"spend{part}", "covered", None, level, part=part) for part, level in parts.items()]
    shown = {"": 0.9, ", worst": [0.9, 0.8, 0.95], ", withheld": 0.0}
    asked = []

    def trials(key):
        asked.append(key)
        return {0: (shown, 1.0), 1: (dict.fromkeys(parts) | {", withheld": 1.0}, 1.0), 2: (shown, 1.0)}

    monkeypatch.setattr(run, "settings", lambda: {f"ranges: {one.name}": one for one in made})
    monkeypatch.setattr(run, "trials", trials)
    found = run.rates([f"ranges: {one.name}" for one in made], 3)
    assert set(asked) == {"ranges: spend"}
    assert found["rate"].tolist() == pytest.approx([0.9, 0.8, 1 / 3])
    assert found["datasets"].tolist() == [2, 2, 3]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Three small settings, two of which share their trials, in a folder of their own; returns their keys."""
    parts = {" with a": 1.0, " with b": None}
    made = [Setting("small", f"data{part}", "nothing", lambda rng: parts, part=part) for part in parts]
    made.append(Setting("small", "other data", "nothing", lambda rng: bool(rng.random() < 0.5)))
    found = {f"small: {one.name}": one for one in made}
    monkeypatch.setattr(run, "settings", lambda: found)
    monkeypatch.setattr(run, "KEPT", tmp_path)
    return [*found]


def test_what_was_interrupted_goes_on_and_nothing_is_run_twice(small, monkeypatch):
    run.run(small, 3)
    cut_off = run.kept("small: data")
    cut_off.write_text(cut_off.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    assert len(run.trials("small: data")) == 2
    began = []
    monkeypatch.setattr(run, "run_one", lambda key, number: began.append((key, number)) or (0.0, 1.5))
    monkeypatch.setattr(run, "ProcessPoolExecutor", ThreadPoolExecutor)
    run.run(small, 4)
    assert [number for key, number in began if key == "small: other data"] == [3]
    for key in ("small: data", "small: other data"):
        assert sorted(run.trials(key)) == [0, 1, 2, 3]
        assert run.trials(key)[3] == (0.0, 1.5)


def test_the_whole_prints_its_seconds_those_of_earlier_runs_too(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "TABLE", tmp_path / "rates.csv")
    monkeypatch.setattr(run, "with_known", lambda found, asked: found)
    monkeypatch.setattr(run, "write_page", lambda: None)
    for key, outcome in (("small: data", {" with a": 1.0, " with b": None}), ("small: other data", 0.0)):
        lines = [json.dumps([number, outcome, 250.0 + number]) for number in range(3)]
        run.kept(key).write_text("\n".join(lines), encoding="utf-8")
    run.main(["--datasets", "2"])
    assert "3 settings, 1,002 CPU s in all" in capsys.readouterr().out


def test_names_end_with_the_amount_of_data_and_each_quoted_verdict_tells_how_much_it_needs():
    for setting in settings().values():
        if setting.amounts:
            assert setting.name.endswith(f", {in_words(setting.amounts)}"), setting.name
    for verdict in SAID:
        assert {s.truth for s in settings().values() if s.verdict == verdict and s.main} == {"something"}


def test_the_committed_table_has_each_setting_with_its_amount_of_data():
    rows = pd.read_csv(TABLE)
    amounts = rows[[*UNITS]].astype("Int64").apply(lambda row: row.dropna().to_dict(), axis=1)
    found = dict(zip(rows["verdict"] + ": " + rows["data"], zip(amounts, rows["main"], strict=True), strict=True))
    told = {key: s for key, s in settings().items() if key in set(rows["verdict"] + ": " + rows["data"])}
    assert found == {key: (dict(setting.amounts), setting.main) for key, setting in told.items()}
    assert len(found) == len(rows)
    silent = {key for key in settings() if key not in told}  # ranges that were never shown held nothing
    assert all(settings()[key].truth == "covered" for key in silent)


def test_the_tables_of_the_page_of_verdicts_are_told_from_the_committed_table():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.with_tables(text) == text  # make verdicts writes them


def test_the_page_names_what_each_verdict_needs_and_what_it_finds_with_less(measured, monkeypatch):
    monkeypatch.setattr(page, "NAMES", {"leaks": "Leaks", "rules": "Rules", "months": "Months"})
    rows = page.needed(pd.read_csv(error_rates.TABLE)).splitlines()[2:]
    assert rows == [
        "| Leaks | 300 rows | 80 % (a noisy copy) | 30 rows: 20 % |",
        "| Rules | no amount tried | 75 % (a pair) | not tried |",
        "| Months | 24 months of 100 orders | 85 % (down) | 12 months of 100 orders: 50 % |",
    ]
