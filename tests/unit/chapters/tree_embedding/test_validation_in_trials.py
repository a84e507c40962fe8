"""A trial of chapter 05's verdict computes only what it depends on, and says what the chapter says."""

import numpy as np
import pandas as pd
import pytest

from helpers.grouping.structure import has_structure
from helpers.study.parameters import parameters_cell
from helpers.study.series import BY_NAME
from tests.operating_characteristics import embedding as trials
from tests.unit.chapters.cells import source_of

CELLS = (
    "forest = RandomForestRegressor",
    "leaves = forest.apply",
    "ks = numbers_to_try",
    "random_data = {",
    "space = make_pipeline",
    "back = validation.stability",
    "again = [",
    "seen, unseen",
    "tamed = ",
)
CHEAPER = {"trees": 40, "k_max": 5, "null_draws": 1, "bootstraps": 2}


@pytest.mark.parametrize("draw", [trials.UNEQUAL, trials.by_counts, trials.in_degree])
def test_a_trial_of_the_verdict_says_what_the_chapter_says(draw, monkeypatch):
    monkeypatch.setattr(trials, "PARAMETERS", trials.PARAMETERS.model_copy(update=CHEAPER))
    said = trials.says_structure(draw, 300, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    x, y = draw(rng, 300)
    world: dict = {}
    exec(parameters_cell(BY_NAME["tree_embedding"].notebook), world)
    exec(source_of("tree_embedding", "import numpy"), world)
    report = type("Report", (), {"record": lambda *_: None})()
    world |= dict.fromkeys(("table", "show", "say"), lambda *_, **__: None) | CHEAPER
    original = pd.DataFrame(x, columns=[f"feature_{n}" for n in range(x.shape[1])])
    world |= {"original": original, "X": x, "y": y, "asked": np.arange(len(x)), "report": report}
    world["seed"] = int(rng.integers(2**31))
    for beginning in CELLS:
        exec(source_of("tree_embedding", beginning), world)
    assert has_structure(world["by_k"], world["k"]) == said == (draw is trials.UNEQUAL)
