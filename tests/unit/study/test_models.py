"""Kept models: asked again they answer digit for digit, and a file that is not the kept one is never loaded."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from xgboost import XGBRegressor

from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction.features import tamed
from helpers.chapters.regression.preparation import columns_of
from helpers.predicting.deciles import decile_of
from helpers.study import models
from helpers.study.models import by_cuts, cuts_of, keep, load, measures_of

ABOUT = {
    "predicts": "spend", "answer": "amount", "column": "predicted", "currency": "GBP", "model": "a model",
    "trained_on": "200 rows", "measured_on": "other rows", "leaks": ["None."], "not_for": ["Everything."],
}  # fmt: skip


@pytest.fixture(scope="module")
def x():
    """200 customers: two numbers, one of them with a gap, and a text."""
    draw = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "recency": draw.gamma(2, 20, 200),
            "monetary": draw.gamma(1, 300, 200),
            "season": draw.choice(["quarter 1", "quarter 2"], 200),
        }
    )
    table.loc[7, "monetary"] = np.nan
    return table


def kept(tmp_path, fitted, x, **about):
    keep(tmp_path, "07_x", fitted, x, x.assign(customer_id="1"), **(ABOUT | {"measured": []} | about))
    return load(tmp_path, "07_x")


AMOUNTS = {
    "linear": (
        TweedieRegressor(power=1.5, alpha=0.1, max_iter=1000),
        {"dummies": True, "scaled": True, "logs": True},
    ),
    "random forest": (RandomForestRegressor(5, random_state=1), {}),
    "histogram boosting": (HistGradientBoostingRegressor(loss="poisson", max_iter=5, random_state=1), {}),
    "XGBoost": (XGBRegressor(objective="reg:tweedie", n_estimators=5, random_state=1), {}),
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_every_model_of_chapter_07_answers_again_digit_for_digit(tmp_path, x, name):
    model, options = AMOUNTS[name]
    fitted = Pipeline([("columns", columns_of(x, **options)), ("model", model)]).fit(x, x["recency"] * 3 + 1)
    answer = kept(tmp_path, fitted, x).predict(x)
    assert len(np.unique(answer)) > 2
    assert (answer == fitted.predict(x)).all()


CLASSES = {
    "logistic": LogisticRegression(),
    "boosting": HistGradientBoostingClassifier(max_iter=5, max_features=0.5, random_state=1),
    "network": VotingClassifier(
        [(f"start {n}", MLPClassifier((4,), early_stopping=True, max_iter=20, random_state=n)) for n in range(2)],
        voting="soft",
    ),
}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_model_of_chapter_09_answers_again_digit_for_digit(tmp_path, x, name):
    numbers = x[["recency", "monetary"]].fillna(1.0)
    fitted = make_pipeline(FunctionTransformer(tamed), StandardScaler(), CLASSES[name])
    fitted.fit(numbers, numbers["recency"] > 40)
    asked = kept(tmp_path, fitted, numbers, answer="probability", column="probability", currency="")
    answer = asked.predict(numbers)
    assert len(np.unique(answer)) > 2
    assert (answer == fitted.predict_proba(numbers)[:, 1]).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_probability_is_told_at_its_level_or_as_a_decile(tmp_path, x):
    numbers = x[["recency", "monetary"]].fillna(1.0)
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(numbers, numbers["recency"] > 40)
    own = fitted.predict_proba(numbers)[:, 1]
    about = {"answer": "probability", "column": "probability", "currency": "", "level": [0.5, 2.0]}
    told = kept(tmp_path, fitted, numbers, **about).predict(numbers)
    assert told == pytest.approx(1 / (1 + np.exp(-0.5) * ((1 - own) / own) ** 2))
    about |= {"answer": "decile", "column": "decile", "cuts": cuts_of(told)}
    model = kept(tmp_path, fitted, numbers, **about)
    assert (model.predict(numbers) == by_cuts(told, cuts_of(told))).all()
    assert model.strength(numbers, 1) == pytest.approx(told)
    places = np.random.default_rng(1).permutation(205) / 205
    assert (by_cuts(places, cuts_of(places)) == decile_of(places)).all()


def test_the_card_says_what_was_seen_of_each_feature(tmp_path, x):
    fitted = Pipeline([("columns", columns_of(x)), ("model", RandomForestRegressor(2))]).fit(x, x["recency"])
    measured = measures_of({"mae": (105.0, 90.0, np.nan), "auc": 0.7})
    card = kept(tmp_path, fitted, x, measured=measured).card
    recency, monetary, season = card.features
    assert (recency.low, recency.high) == (x["recency"].min(), x["recency"].max())
    assert recency.usual == pytest.approx(x["recency"].median(), rel=1e-5)
    assert (recency.kind, recency.gaps, monetary.gaps) == ("days", False, True)
    assert (season.is_number, set(season.levels)) == (False, {"quarter 1", "quarter 2"})
    assert season.usual == x["season"].value_counts().index[0]
    assert [(m.label, m.kind, m.value, m.low, m.high) for m in card.measured] == [
        ("MAE", "money", 105.0, 90.0, None),
        ("ROC AUC", "score", 0.7, None, None),
    ]
    assert card.rows == 200


@pytest.fixture
def folder(tmp_path, x):
    fitted = Pipeline([("columns", columns_of(x)), ("model", RandomForestRegressor(2))]).fit(x, x["recency"])
    kept(tmp_path, fitted, x)
    return tmp_path


def test_a_file_that_was_changed_is_not_loaded(folder, monkeypatch):
    file = folder / "07_x.skops"
    file.write_bytes(file.read_bytes() + b"\0")
    monkeypatch.setattr("skops.io.load", lambda *a, **k: pytest.fail("it was loaded"))
    with pytest.raises(
        StudyError, match=r"07_x\.skops is not the model that its card describes \(sha256\): remove"
    ):
        load(folder, "07_x")


def test_a_type_that_nobody_trusts_is_not_loaded_even_with_its_own_digest(folder):
    file, card = folder / "07_x.skops", folder / "07_x.json"
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    evil = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1}
    evil["content"] = {"module_path": "os", "function": "system"}
    parts["schema.json"] = json.dumps(evil | {"protocol": 2, "_skops_version": "0.16"}).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    file.write_bytes(packed.getvalue())
    card.write_text(json.dumps(json.loads(card.read_text()) | {"sha256": models.digest(file)}))
    with pytest.raises(StudyError, match=r"07_x\.skops has types that are not trusted \((os|posix)\.system\)"):
        load(folder, "07_x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "07_x.skops").unlink(), "07_x.skops is not there: build the study again"),
        (lambda f: (f / "07_x.json").write_text("{}"), "07_x.json is no card of a model"),
        (lambda f: (f / "07_x.json").unlink(), "07_x.json is no card of a model"),
        (
            lambda f: (f / "07_x.json").write_text(
                (f / "07_x.json").read_text().replace('"skops": "', '"skops": "9')
            ),
            "07_x.skops was kept by skops 9",
        ),
    ],
)
def test_what_is_missing_or_of_another_version_is_said(folder, change, said):
    change(folder)
    with pytest.raises(StudyError, match=said):
        load(folder, "07_x")


def test_a_model_of_a_type_that_is_not_named_is_not_kept(tmp_path, x):
    numbers = x[["recency"]]
    fitted = LGBMRegressor(n_estimators=2, verbose=-1).fit(numbers, numbers["recency"])
    with pytest.raises(ValueError, match="is not kept: TRUSTED does not name it"):
        kept(tmp_path, fitted, numbers)
    assert not (tmp_path / "07_x.skops").exists()


def test_a_model_that_is_too_large_is_not_kept(tmp_path, x, monkeypatch):
    monkeypatch.setattr(models, "LARGEST", 1000)
    fitted = Pipeline([("columns", columns_of(x)), ("model", RandomForestRegressor(2))]).fit(x, x["recency"])
    assert keep(tmp_path, "07_x", fitted, x, x, **ABOUT, measured=[]) is None
    assert list(tmp_path.iterdir()) == []
