"""Asking a model: values are checked, reasons add up where nothing is shared, lists keep every row."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.app import asking
from helpers.app.asking import many, one
from helpers.base.errors import StudyError
from helpers.chapters.regression.preparation import columns_of
from helpers.study.models import keep, load
from tests.unit.study.test_models import ABOUT
from tests.unit.test_security import holds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A linear model of spend: two numbers, one of which may be missing, and a text; its customers of today."""
    from sklearn.linear_model import Ridge

    draw = np.random.default_rng(5)
    x = pd.DataFrame(
        {
            "recency": draw.integers(0, 300, 400).astype(float),
            "average_gap": draw.gamma(2, 20, 400),
            "season": draw.choice(["quarter 1", "quarter 2"], 400, p=[0.7, 0.3]),
        }
    )
    y = 500 - x["recency"] + 2 * x["average_gap"] + 100 * (x["season"] == "quarter 2")
    x.loc[:20, "average_gap"] = np.nan
    columns = columns_of(x, dummies=True)
    fitted = Pipeline([("columns", columns), ("model", Ridge(alpha=1e-9))]).fit(x, y)
    today = x.assign(customer_id=[f"c{n}" for n in range(400)], predicted=fitted.predict(x))
    made = tmp_path_factory.mktemp("models")
    keep(made, "07_x", fitted, x, today, **ABOUT, measured=[])
    return made


@pytest.fixture(scope="module")
def kept(folder):
    return load(folder, "07_x")


@pytest.fixture(scope="module")
def today(folder):
    return pd.read_parquet(folder / "07_x.parquet")


def test_reasons_are_what_the_usual_value_would_change(kept, today):
    usual = {feature.name: feature.usual for feature in kept.card.features}
    texts = {
        "recency": f"{usual['recency'] - 100}",
        "average_gap": f"{usual['average_gap']}",
        "season": "quarter 2",
    }
    answer, wrong = one(kept, texts, today)
    assert (wrong, answer.doubts) == ({}, [])
    told = {reason["label"]: reason["effect"] for reason in answer.reasons}
    slope = dict(zip(kept.model["columns"].get_feature_names_out(), kept.model["model"].coef_, strict=True))
    assert slope["recency"] == pytest.approx(-1, abs=0.1)
    assert told["Recency"] == f"+£{round(-100 * slope['recency'])}"
    assert told["Season"] == f"+£{round(slope['season_quarter 2'] - slope['season_quarter 1'])}"
    assert next(iter(told)) in ("Recency", "Season")
    assert "Average interval" not in told  # it is the usual one
    row = {name: texts[name] if name == "season" else float(texts[name]) for name in texts}
    predicted = kept.predict(pd.DataFrame([row]))[0]
    assert answer.said == f"£{round(predicted)}"
    share = (today["predicted"] < predicted).mean()
    assert f"More than for {share:.0%}".replace("%", " %") in answer.place.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "Recency is empty"), ("  ", "Recency is empty"), ("soon", "Recency is 'soon', which is no number"),
        ("nan", "Recency is 'nan', which is no number"), ("1e999", "Recency is '1e999', which is no number"),
        ("1,5", "Recency is '1,5', which is no number (write it with a point, as 1234.5)"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_named_and_nothing_answered(kept, today, value, said):
    answer, wrong = one(kept, {"recency": value, "average_gap": "10", "season": "quarter 1"}, today)
    assert answer is None
    assert list(wrong) == ["recency"]
    assert wrong["recency"].startswith(said)


def test_a_value_out_of_range_is_answered_with_a_doubt(kept, today):
    answer, wrong = one(kept, {"recency": "9999", "average_gap": "", "season": "autumn"}, today)
    assert wrong == {}
    assert [doubt.split(",")[0] for doubt in answer.doubts] == ["Recency is 9", "Season is 'autumn'"]
    assert "outside what the model has seen" in answer.doubts[0]


def test_a_list_of_todays_customers_gets_the_chapters_own_answers(kept, today, tmp_path):
    """Through csv and back, digit for digit."""
    names = ["customer_id", *(feature.name for feature in kept.card.features)]
    today[names].to_csv(tmp_path / "list.csv", index=False)
    answers = many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")
    assert (answers.rows, answers.good, answers.problems) == (400, 400, [])
    out = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [row["customer_id"] for row in out] == today["customer_id"].tolist()
    assert [float(row["predicted"]) for row in out] == today["predicted"].tolist()


def test_bad_rows_are_kept_in_place_and_named(kept, tmp_path):
    rows = [
        "who;Recency;average_gap;SEASON",
        "a;1;2;quarter 1",
        "b;x;2;quarter 1",
        "c;1;2",
        "d;;;",
        "e;3;;quarter 2",
    ]
    (tmp_path / "list.csv").write_bytes("\n".join(rows).replace("who", "wh\u00f6").encode("cp1252"))
    answers = many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")
    assert (answers.rows, answers.good) == (5, 2)
    assert answers.problems == [
        "Row 2: Recency is 'x', which is no number (write it with a point, as 1234.5).",
        "Row 3: it has 3 cells, and the header has 4.",
        "Row 4: Recency is empty; Season is empty.",
    ]
    out = list(csv.reader((tmp_path / "out.csv").open()))
    assert out[0] == ["wh\u00f6", "Recency", "average_gap", "SEASON", "predicted", "problem"]
    assert [row[0] for row in out[1:]] == list("abcde")
    assert [bool(row[4]) for row in out[1:]] == [True, False, False, False, True]
    assert [bool(row[5]) for row in out[1:]] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "list.csv has no header"), (b"a,b\n1,2\n", "list.csv has no column recency, average_gap and season"),
        (b"\x81\x8d\x8f", "list.csv is no text"), (b'recency,a\n"' + b"x" * 200_000, "list.csv is no csv"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_said(kept, tmp_path, content, said):
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(StudyError, match=said):
        many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")


def test_a_list_that_is_too_long_is_said(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "ROWS", 3)
    (tmp_path / "list.csv").write_text("recency\n" + "1\n" * 4)
    with pytest.raises(StudyError, match="more than 3 rows; cut it into parts"):
        many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")


@holds("A list of answers is no program")
def test_formulas_of_a_list_come_out_as_texts(kept, tmp_path):
    (tmp_path / "list.csv").write_text(
        '=1+1,recency,average_gap,season\n"=cmd()",1,-2,quarter 1\n-3.5,2,3,quarter 1\n'
    )
    many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")
    out = list(csv.reader((tmp_path / "out.csv").open()))
    assert [row[0] for row in out] == ["'=1+1", "'=cmd()", "-3.5"]
    assert out[1][2] == "-2"  # a number is no formula


def test_a_probability_and_a_class_are_written_as_such(tmp_path):
    x = pd.DataFrame({"recency": np.arange(100.0), "monetary": np.tile([1.0, 2.0], 50)})
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, x["recency"] > 50)
    about = ABOUT | {"answer": "probability", "column": "probability", "currency": ""}
    keep(tmp_path, "09_x", fitted, x, x.assign(customer_id="1", probability=0.5), **about, measured=[])
    answer, _ = one(load(tmp_path, "09_x"), {"recency": "99", "monetary": "1"}, pd.DataFrame())
    assert answer.said.endswith("%")
    assert answer.reasons[0]["effect"].endswith(" pts")
    about |= {"answer": "decile", "column": "decile", "cuts": [0.1 * part for part in range(9, 0, -1)]}
    keep(tmp_path, "09_z", fitted, x, x.assign(customer_id="1", decile=1), **about, measured=[])
    placed, _ = one(load(tmp_path, "09_z"), {"recency": "99", "monetary": "1"}, x.assign(decile=1))
    assert placed.said.startswith("decile 1 of 10") and not placed.place
    assert placed.reasons[0]["effect"] == "likelier"
    named = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        x, np.where(x["recency"] > 50, "late", "early")
    )
    about = ABOUT | {"answer": "class", "column": "kind", "currency": ""}
    keep(tmp_path, "09_y", named, x, x.assign(customer_id="1"), **about, measured=[])
    kinds = load(tmp_path, "09_y")
    assert [one(kinds, {"recency": r, "monetary": "1"}, pd.DataFrame())[0].said for r in ("99", "0")] == [
        "late",
        "early",
    ]


@holds("A model is loaded only by its digest")
def test_a_model_that_was_exchanged_is_refused_in_the_app(app, client, folders, folder):
    models = folders / "reports" / "sample" / "models"
    models.mkdir(exist_ok=True)
    for file in folder.iterdir():
        (models / file.name).write_bytes(file.read_bytes())
    try:
        asked = "/predict/sample/07_x?recency=10&average_gap=5&season=quarter+1"
        assert client.get(asked).text.count('class="answer"') == 1
        assert "c7" in client.get("/predict/sample/07_x/customers.csv").text
        assert "Fill in" in client.get("/predict/sample/07_x?customer=c7").text
        assert "has no customer" in client.get("/predict/sample/07_x?customer=nobody").text
        assert "What it is not for" in client.get("/predict/sample/07_x/about").text
        sent = client.send(
            b"recency,average_gap,season\n1,2,quarter 1\nx,2,quarter 1\n", "l.csv", "/predict/sample/07_x/list"
        )
        place = json.loads(sent.text)["next"]
        assert "1 of 2 rows have an answer" in client.get(place).text
        assert client.get(f"{place}/answers.csv").text.count("\n") == 3
        (models / "07_x.skops").write_bytes(b"another")
        refused = client.get("/predict/sample/07_x")
        assert (refused.status, "is not the model that its card describes (sha256)" in refused.text) == (404, True)
    finally:
        for file in models.iterdir():
            file.unlink()
        models.rmdir()
