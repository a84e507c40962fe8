"""Predicting a column: what is used, what is refused, and a published recipe repeated."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.regression.column import (
    as_features,
    as_published,
    audit_column,
    candidates,
    column_task,
    in_order,
    usable_features,
)
from helpers.chapters.regression.task import prepare

ROWS = 60
SECTION = {
    "target": "amount",
    "features": None,
    "known_after": [],
    "folds": 3,
    "inner_folds": 2,
}


def people(**changes):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "customer_id": [str(n) for n in range(1, ROWS + 1)],
            "age": rng.integers(18, 80, ROWS).astype(float),
            "city": rng.choice(["York", "Bath"], ROWS),
            "rating": rng.uniform(1, 5, ROWS).round(1),
            "amount": rng.gamma(2.0, 50.0, ROWS).round(2),
        }
    )
    return frame.assign(**changes)


def prepared(engine, frame, customers=None, **section):
    lines = engine.table(pa.Table.from_pandas(frame, preserve_index=False))
    customers = frame if customers is None else customers
    return prepare(lines, lines, customers, SECTION | section, seed=1, engine=engine)


def test_customers_stand_in_the_order_of_their_ids_and_need_a_target():
    frame = people().sort_values("customer_id")
    frame.loc[frame["customer_id"] == "7", "amount"] = np.nan
    assert in_order(frame, "amount")["customer_id"].tolist() == [str(n) for n in range(1, ROWS + 1) if n != 7]
    with pytest.raises(StudyError, match="is 'city', which is no number"):
        in_order(frame, "city")
    with pytest.raises(StudyError, match="no column 'amuont'; did you mean amount"):
        in_order(frame, "amuont")


def test_features_are_the_sources_own_less_leaks_and_what_comes_after():
    frame = people()
    frame = frame.assign(per_year=frame["amount"] / frame["age"], empty=np.nan, when=pd.Timestamp("2024-01-01"))
    sources = ["customer_id", "age", "city", "rating", "amount", "empty"]
    audited = audit_column(frame, "amount", sources, ["rating"])
    used, reasons = usable_features(audited, frame, "amount", None, sources)
    assert "when" not in candidates(frame, "amount")
    assert used == ["age", "city"]
    assert reasons == {
        "rating": "is known only after the event",
        "per_year": "gives the target away",
        "empty": "has no value at all",
    }
    assert usable_features(audited, frame, "amount", ["age", "per_year"], sources)[0] == ["age"]
    with pytest.raises(StudyError, match="no column 'agee'; did you mean age"):
        usable_features(audited, frame, "amount", ["agee"], sources)


def test_features_become_numbers_and_texts_and_gaps_stay_gaps():
    x = as_features(people(member=True, city=["York", None] * (ROWS // 2)), ["age", "city", "member"])
    assert x["age"].dtype == float
    assert x["member"].tolist()[0] == 1.0
    assert x["city"].isna().sum() == ROWS // 2


def test_copies_stay_in_one_fold(engine):
    once = people()
    frame = pd.concat([once, once, once], ignore_index=True).assign(customer_id=[str(n) for n in range(3 * ROWS)])
    ready = prepared(engine, frame)
    assert ready.audited.duplicates == 2 * ROWS
    for learn, test in ready.task.outer:
        assert not set(ready.task.groups[learn]) & set(ready.task.groups[test])


@pytest.mark.parametrize(
    ("frame", "section", "words"),
    [
        (people(amount=5.0), {}, "5 for everybody: there is nothing to predict"),
        (people().head(2), {}, "2 different rows, fewer than the 3 folds"),
        (people(age=np.nan, city="York", rating=np.nan), {}, "No feature is left"),
        (people(), {"known_after": ["age", "city", "rating"]}, "No feature is left"),
    ],
    ids=["constant", "few", "empty", "after"],
)
def test_what_cannot_be_predicted_is_refused_in_a_sentence(engine, frame, section, words):
    ready = prepared(engine, frame, **section)
    assert ready.task is None
    assert words in ready.refusal


def test_a_column_task_needs_a_target_that_varies_and_rows_for_its_folds():
    frame = people()
    audited = audit_column(frame, "amount", list(frame.columns), [])
    task = column_task(frame, ["age", "city"], audited, target="amount", seed=1, folds=4, inner=2)
    assert len(task.outer) == 4
    assert task.last is None
    with pytest.raises(StudyError, match="fewer than the 99 folds"):
        column_task(frame, ["age"], audited, target="amount", seed=1, folds=99, inner=2)


def test_a_published_recipe_is_repeated_and_its_twins_are_counted():
    once = people(amount=np.random.default_rng(8).gamma(2.0, 50.0, ROWS))
    frame = pd.concat([once] * 4, ignore_index=True)
    groups = np.tile(np.arange(ROWS), 4)
    recipe = {
        "features": ["age", "city"], "trees": 20, "test_share": 0.2, "decimals": None, "drop_first": True,
        "fold_features": ["age", "city"], "fold_trees": 20, "folds": 3,
    }  # fmt: skip
    found = as_published(frame, "amount", groups, recipe, 42)
    assert found["test_rows"] == 48
    assert found["twins"] == 48
    assert found["r2"] > 0.3  # memory
    assert found["shuffled_r2"] > found["grouped_r2"] + 0.3
    assert found["grouped_r2"] < 0.1
    alone = as_published(frame, "amount", groups, recipe | {"fold_features": []}, 42)
    assert set(alone) == {"r2", "rmse", "mean_rmse", "twins", "test_rows"}
    assert alone["r2"] == found["r2"]
