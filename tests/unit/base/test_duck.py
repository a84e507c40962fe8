"""What the engine keeps, it lets go of when it is told to."""

import narwhals as nw
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine


@pytest.fixture
def own():
    with open_engine() as engine:
        yield engine


def kept(engine):
    return engine.connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]


def test_what_is_kept_for_now_goes_and_what_was_kept_before_stays(own):
    before = own.keep(own.table(pa.table({"n": [1, 2, 3]})))
    with own.for_now():
        doubled = own.keep(before.with_columns(n=nw.col("n") * 2))
        assert doubled.collect("pyarrow").to_native().column("n").to_pylist() == [2, 4, 6]
    assert kept(own) == 1
    assert before.collect("pyarrow").to_native().num_rows == 3


def test_what_is_kept_for_now_goes_where_something_fails_within(own):
    with pytest.raises(ZeroDivisionError), own.for_now():
        own.keep(own.table(pa.table({"n": [1]})))
        1 / 0  # noqa: B018
    assert kept(own) == 0


def test_a_frame_may_take_the_place_of_one_it_is_made_of(own):
    first = own.keep(own.table(pa.table({"n": [1, 2, 3]})))
    second = own.keep(first.filter(nw.col("n") > 1), instead_of=first)
    assert kept(own) == 1
    assert second.collect("pyarrow").to_native().column("n").to_pylist() == [2, 3]
