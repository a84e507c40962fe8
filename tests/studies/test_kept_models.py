"""Kept models of built studies: asked again, they answer as their chapter did, digit for digit."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from helpers.app.asking import many
from helpers.study.models import load
from tests.conftest import slow

STUDIES = ["sample", "shopping_trends", "purchasing_behaviors", slow("online_retail")]


@pytest.fixture
def models(built):
    """Return a function that gives the folder of a study's models."""

    def folder(study: str) -> Path:
        built(study)
        return built.reports / study / "models"

    return folder


@pytest.mark.parametrize("study", STUDIES)
def test_every_model_answers_a_list_as_its_chapter_did(models, tmp_path, study):
    """Through csv and back: what the chapter said of each customer is what the app says."""
    cards = sorted(models(study).glob("*.json"))
    assert cards
    for path in cards:
        kept, own = load(path.parent, path.stem), pd.read_parquet(path.with_suffix(".parquet"))
        own.drop(columns=kept.card.column).to_csv(tmp_path / "list.csv", index=False)
        answers = many(kept, tmp_path / "list.csv", "list.csv", tmp_path / "out.csv")
        assert (answers.rows, answers.good) == (len(own), len(own)), answers.problems
        with (tmp_path / "out.csv").open(encoding="utf-8") as stream:
            said = [row[kept.card.column] for row in csv.DictReader(stream)]
        assert said == [str(answer) for answer in own[kept.card.column].tolist()]
        assert own[kept.card.column].nunique() > 1


@pytest.mark.parametrize("study", ["sample", slow("online_retail")])
def test_the_model_of_spend_is_that_of_the_list_of_next_spend(models, study):
    folder = models(study)
    said = pd.read_parquet(folder / "07_regression.parquet").set_index("customer_id")["predicted"]
    listed = folder.parent / "downloads" / "07_regression" / "next_spend.csv"
    chapter = pd.read_csv(listed, dtype={"customer_id": str}, float_precision="round_trip")
    chapter = chapter.set_index("customer_id")["predicted"]
    assert len(chapter) == len(said) > 100
    assert (chapter.astype(said.dtype) == said.reindex(chapter.index)).all()  # a model may count in fewer digits


@pytest.mark.parametrize("study", STUDIES)
def test_every_card_says_what_its_model_is_worth_and_not_for(models, study):
    folder = models(study)
    for path in folder.glob("*.json"):
        card = load(folder, path.stem).card
        page = (folder / f"{path.stem}.html").read_text(encoding="utf-8")
        assert all([card.trained_on, card.measured_on, card.leaks, card.not_for, card.measured, card.features])
        assert "What it is not for" in page
        assert f'href="models/{path.stem}.html"' in (folder.parent / f"{path.stem}.html").read_text(
            encoding="utf-8"
        )
