"""The sample ledger is what its truth files say it is."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError
from helpers.ledger import sample

FILES = [
    "sample.csv",
    "sample_truth_complements.csv",
    "sample_truth_customers.csv",
    "sample_truth_lines.csv",
]
ID_HEADERS = ["invoice_no", "stock_code", "customer_id"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample")
    assert sample.write_sample(path) == path / "sample.csv"
    return path


@pytest.fixture(scope="module")
def ledger(folder):
    """Every cell as the text that was written, by line number."""
    table = pd.read_csv(folder / "sample.csv", dtype=str, keep_default_na=False)
    table.index += 1
    return table


@pytest.fixture(scope="module")
def customers(folder):
    return pd.read_csv(folder / "sample_truth_customers.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def flaws(folder):
    return pd.read_csv(folder / "sample_truth_lines.csv", dtype={"kind": str, "column": str})


@pytest.fixture(scope="module")
def of_kind(ledger, flaws):
    """Return the ledger's lines of a planted kind."""
    return lambda kind: ledger.loc[flaws.loc[flaws["kind"] == kind, "line"]]


@pytest.fixture(scope="module")
def lines(ledger):
    """The ledger with text respelled and values read; what cannot be read is missing."""
    table = ledger.assign(
        stock_code=ledger["stock_code"].str.strip().str.upper(),
        country=ledger["country"].str.strip().str.casefold(),
        quantity=pd.to_numeric(ledger["quantity"], errors="coerce"),
        unit_price=pd.to_numeric(ledger["unit_price"], errors="coerce"),
        at=pd.to_datetime(ledger["invoice_date"], format="%Y-%m-%d %H:%M", errors="coerce"),
    )
    return table.assign(revenue=table["quantity"] * table["unit_price"])


@pytest.fixture(scope="module")
def sales(lines):
    """What is left of the lines after ordinary cleaning."""
    sold = lines[lines["stock_code"].str.fullmatch(r"\d{5}[A-Z]?") & (lines["quantity"] > 0)]
    return sold[(sold["unit_price"] > 0) & sold["at"].notna() & (sold["customer_id"] != "")].drop_duplicates()


def checksums(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_same_seed_writes_the_same_bytes_and_another_seed_does_not(folder, tmp_path):
    sample.write_sample(tmp_path / "again")
    assert checksums(tmp_path / "again") == checksums(folder)
    sample.write_sample(tmp_path / "other", seed=7)
    other = checksums(tmp_path / "other")
    assert other["sample.csv"] != checksums(folder)["sample.csv"]


def test_leaves_the_four_files_and_nothing_else(folder):
    assert [path.name for path in sorted(folder.iterdir())] == FILES


def test_ledger_comes_last_and_a_failed_write_keeps_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "sample.csv").write_text("the last good one")
    write = Path.write_text
    written = []

    def disk_full_at_last(path, text, **options):
        written.append(path.name)
        if "truth" in path.name:
            return write(path, text, **options)
        write(path, "half a led")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", disk_full_at_last)
    with pytest.raises(StudyError, match="No space left on device"):
        sample.write_sample(tmp_path)
    assert len(written) == 4
    assert "truth" not in written[-1]
    assert (tmp_path / "sample.csv").read_text() == "the last good one"
    assert [path.name for path in sorted(tmp_path.iterdir())] == FILES


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="cannot be written"):
        sample.write_sample(tmp_path / "file" / "data")


def test_sizes(ledger, customers, lines):
    assert list(ledger.columns) == sample.HEADERS
    assert 38_000 <= len(ledger) <= 42_000
    assert 1_450 <= len(customers) <= 1_550
    assert set(customers["customer_id"]) == set(ledger["customer_id"]) - {""}
    merchandise = lines.loc[lines["stock_code"].str.fullmatch(r"\d{5}[A-Z]?"), "stock_code"]
    assert 200 <= merchandise.nunique() <= 300
    months = lines["at"].dropna().dt.to_period("M")
    assert (months.min(), months.max(), months.nunique()) == (pd.Period("2024-01"), pd.Period("2026-01"), 25)
    assert lines["at"].max() < pd.Timestamp("2026-01-31")
    assert lines["country"].nunique() == 10
    assert lines["country"].value_counts(normalize=True)["united kingdom"] > 0.7


def test_invoices_stand_in_time_order_and_in_one_piece(ledger, lines):
    read = lines["at"].dropna()
    assert read.is_monotonic_increasing
    starts = ledger["invoice_no"] != ledger["invoice_no"].shift()
    assert starts.sum() == ledger["invoice_no"].nunique()
    assert (lines.dropna(subset="at").groupby("invoice_no")["at"].nunique() == 1).all()


def test_the_shop_is_closed_on_sundays_and_holidays_only(lines):
    days = lines["at"].dropna()
    assert set(days.dt.dayofweek) == set(range(6))
    assert not set(days.dt.strftime("%m-%d")) & set(sample.HOLIDAYS)


def test_a_line_has_one_planted_kind(flaws, ledger):
    assert flaws["line"].is_unique
    assert flaws["line"].between(1, len(ledger)).all()
    counts = flaws["kind"].value_counts()
    assert {kind: counts[kind] for kind in sample.FLAWS} == sample.FLAWS
    others = {"bulk_fraud", "return", "cancellation", "missing_customer", "fee_code"}
    assert set(counts.index) == others | set(sample.FLAWS)


def test_duplicates_are_the_exact_ones(ledger, of_kind):
    assert list(ledger.index[ledger.duplicated()]) == list(of_kind("duplicate").index)
    assert (ledger.loc[of_kind("duplicate").index - 1].to_numpy() == of_kind("duplicate").to_numpy()).all()


def test_typo_prices_are_a_hundredfold_and_no_other_price_is(lines, of_kind):
    usual = lines.groupby("stock_code")["unit_price"].transform("median")
    ratio = lines["unit_price"] / usual
    goods = lines["stock_code"].str.fullmatch(r"\d{5}[A-Z]?")
    assert set(lines.index[(ratio > 50) & goods]) == set(of_kind("typo_price").index)
    assert ratio[of_kind("typo_price").index].between(95, 105).all()


def test_zero_prices_missing_descriptions_and_missing_customers(lines, ledger, of_kind):
    assert set(lines.index[lines["unit_price"] == 0]) == set(of_kind("zero_price").index)
    assert set(ledger.index[ledger["description"] == ""]) == set(of_kind("missing_description").index)
    assert set(ledger.index[ledger["customer_id"] == ""]) == set(of_kind("missing_customer").index)


def test_fees_are_the_codes_without_five_digits(lines, of_kind):
    goods = lines["stock_code"].str.fullmatch(r"\d{5}[A-Z]?")
    assert set(lines.index[~goods]) == set(of_kind("fee_code").index)
    assert set(of_kind("fee_code")["stock_code"]) == set(sample.FEES)


def test_unreadable_values(lines, of_kind):
    unread = lines[["quantity", "unit_price", "at"]].isna().any(axis=1)
    assert set(lines.index[unread]) == set(of_kind("unreadable").index)
    planted = of_kind("unreadable")
    assert all((planted[column] == text).sum() == 1 for column, text in sample.UNREADABLE.items())


def test_respelled_cells_are_known_values_in_another_spelling(ledger, flaws):
    sound = ledger.drop(flaws["line"])
    known = {column: set(sound[column]) for column in ("description", "country", "stock_code")}
    for kind, plain in (("padded", str.strip), ("mixed_case", str.swapcase)):
        planted = flaws[flaws["kind"] == kind]
        assert set(planted["column"]) == set(known)
        for line, column in zip(planted["line"], planted["column"], strict=True):
            cell = ledger.at[line, column]
            assert plain(cell) != cell
            assert plain(cell) in known[column]


def test_credit_invoices_are_the_returns_and_cancellations(ledger, of_kind):
    credit = ledger.index[ledger["invoice_no"].str.startswith("C")]
    planted = [*of_kind("return").index, *of_kind("cancellation").index]
    assert sorted(credit) == sorted(planted)
    assert (ledger.loc[credit, "quantity"].astype(int) < 0).all()


def test_returned_goods_were_bought_before(lines, of_kind):
    bought = lines[lines["quantity"] > 0]
    back = lines.loc[of_kind("return").index].assign(line=of_kind("return").index)
    pairs = back.merge(bought, on=["customer_id", "stock_code", "unit_price"], suffixes=("", "_bought"))
    earlier = pairs[(pairs["at_bought"] < pairs["at"]) & (pairs["quantity_bought"] >= -pairs["quantity"])]
    assert len(back) > 300
    assert set(earlier["line"]) == set(back["line"])


def test_cancellations_mirror_a_whole_earlier_order(lines, of_kind):
    goods = lines[(lines["quantity"] > 0) & lines["stock_code"].str.fullmatch(r"\d{5}[A-Z]?")]
    cells = ["stock_code", "quantity", "unit_price"]

    def basket(order):
        return tuple(sorted(map(tuple, order[cells].to_numpy().tolist())))

    cancelled = lines.loc[of_kind("cancellation").index]
    cancelled = cancelled.assign(quantity=-cancelled["quantity"])
    earlier = goods[goods["customer_id"].isin(cancelled["customer_id"])]
    placed = {}
    for _, order in earlier.groupby("invoice_no", sort=False):  # the first, where a basket is bought again
        placed.setdefault((order["customer_id"].iloc[0], basket(order)), order["at"].min())
    mirrors = cancelled.groupby("invoice_no")
    assert mirrors.ngroups >= 80
    for _, mirror in mirrors:
        key = (mirror["customer_id"].iloc[0], basket(mirror))
        assert placed[key] < mirror["at"].min()


def test_fraudsters_buy_in_bulk_within_days_and_bring_back(lines, customers, flaws):
    planted = customers[customers["anomaly"] == "bulk_fraud"]
    assert len(planted) == 5
    theirs = lines[lines["customer_id"].isin(planted["customer_id"])]
    bought = theirs[theirs["quantity"] > 0]
    honest = lines[(lines["quantity"] > 0) & ~lines["customer_id"].isin(planted["customer_id"])]
    assert set(bought.index) == set(flaws.loc[flaws["kind"] == "bulk_fraud", "line"])
    assert bought["quantity"].median() > honest["quantity"].quantile(0.999)
    span = bought.groupby("customer_id")["at"].agg(np.ptp)
    assert (span < np.timedelta64(6, "D")).all()
    assert set(theirs.loc[theirs["quantity"] < 0, "customer_id"]) == set(planted["customer_id"])


def test_complements_are_bought_together(sales, folder):
    pairs = pd.read_csv(folder / "sample_truth_complements.csv", dtype=str)
    assert len(pairs) >= 8
    baskets = sales.groupby("stock_code")["invoice_no"].agg(set)
    orders = sales["invoice_no"].nunique()
    for one, two in pairs.itertuples(index=False):
        together = len(baskets[one] & baskets[two])
        assert together * orders / (len(baskets[one]) * len(baskets[two])) > 3
        assert together > 30


def test_one_country_grows_and_one_shrinks(sales):
    orders = sales.groupby([sales["country"], sales["at"].dt.year])["invoice_no"].nunique().unstack()
    growth = orders[2025] / orders[2024]
    assert growth[sample.GROWING.casefold()] > 1.5
    assert growth[sample.SHRINKING.casefold()] < 0.5
    others = growth.drop([sample.GROWING.casefold(), sample.SHRINKING.casefold()])
    assert others[orders.sum(axis=1) > 300].between(0.7, 1.4).all()


def test_november_and_december_sell_most(sales, customers):
    steady = customers.loc[customers["persona"].isin(["champion", "regular"]), "customer_id"]
    of_year = sales[(sales["at"].dt.year == 2025) & sales["customer_id"].isin(steady)]
    orders = of_year.groupby(of_year["at"].dt.month)["invoice_no"].nunique()
    assert orders[[11, 12]].min() > 1.2 * orders.drop([11, 12]).mean()


def test_customers_buy_again_what_they_bought(sales):
    per = sales.groupby(["customer_id", "stock_code"])["invoice_no"].nunique()
    again = (per - 1).sum() / per.sum()
    assert again > 0.43  # taste and price level alone, without habits, give .34


def test_who_lapsed_buys_nothing_at_the_end_and_everyone_else_buys(sales, customers):
    persona = customers.set_index("customer_id")["persona"]
    for days in (60, 90):
        cut = sales["at"].max() - np.timedelta64(days, "D")
        known = sales.loc[sales["at"] < cut, "customer_id"].unique()
        back = pd.Series(np.isin(known, sales.loc[sales["at"] >= cut, "customer_id"]), index=known)
        share = back.groupby(persona).mean().drop("fraudster")
        assert share["lapsing"] == 0
        assert share.drop("lapsing").min() > 0.5


def test_personas_can_be_found_again(sales, customers):
    snapshot = sales["at"].max() + np.timedelta64(1, "D")
    festive = sales["revenue"].where(sales["at"].dt.month >= 11, 0)
    by_customer = sales.assign(festive=festive).groupby("customer_id")
    total = by_customer["revenue"].sum()
    orders = by_customer["invoice_no"].nunique()
    skewed = {
        "recency": (snapshot - by_customer["at"].max()).dt.days,
        "frequency": orders,
        "monetary": total,
        "average_order": total / orders,
        "unit_price": by_customer["unit_price"].mean(),
        "tenure": (snapshot - by_customer["at"].min()).dt.days,
    }
    features = np.log1p(pd.DataFrame(skewed)).assign(festive=by_customer["festive"].sum() / total)
    truth = customers[customers["anomaly"] == "none"].set_index("customer_id")["persona"]
    scaled = StandardScaler().fit_transform(features.loc[truth.index])
    found = KMeans(truth.nunique(), n_init=10, random_state=0).fit_predict(scaled)
    assert adjusted_rand_score(truth, found) >= 0.8
