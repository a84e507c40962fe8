"""Choices on a sample of the customers are those on all of them, within the error that the page states.

The cells of chapter 04 run on a grown shop twice: once with a sample of a quarter of it, once with everybody.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.grouping.structure import has_structure
from helpers.study.parameters import parameters_cell
from helpers.study.series import BY_NAME
from tests.operating_characteristics import structure as trials
from tests.unit.chapters.cells import source_of

CELLS = (
    "asked = sample_rows",
    "algorithms = {",
    "silhouette = Silhouette",
    "parts = parts_of",
    "nulls = null_by_k",
    "drawn = resample",
    "stability = bootstrap_ari",
    "land = landscape",
    "if len(X) < len(everybody)",
)
CUSTOMERS, ASKED = 2800, 700
CHEAPER = {"k_max": 5, "n_init": 3, "bootstraps": 3, "null_draws": 2}


class Noted(dict):
    """A report that keeps what is recorded, and nothing else."""

    record = dict.__setitem__


def shop(groups: bool) -> pd.DataFrame:
    """Return customers of four kinds, or of one even cloud, those who spend most last."""
    rng = np.random.default_rng(8)
    centres = 3.0 * np.array([[0, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1]])
    kinds = rng.choice(4, CUSTOMERS, p=[0.4, 0.3, 0.2, 0.1])
    values = (centres[kinds] if groups else 0) + rng.normal(0, 0.7, (CUSTOMERS, 3))
    return pd.DataFrame(values, columns=["recency", "frequency", "monetary"]).sort_values("monetary")


def chapter(customers: pd.DataFrame, seed: int, **changed) -> dict:
    """Run what chapter 04 chooses by, on customers who are scaled already; return its variables."""
    world: dict = {}
    exec(parameters_cell(BY_NAME["clustering"].notebook), world)
    exec(source_of("clustering", "import numpy"), world)
    quiet = dict.fromkeys(("table", "show", "say"), lambda *_, **__: None)
    own = {"original": customers, "everybody": customers.to_numpy(), "report": Noted(), "seed": seed}
    world.update(quiet | own | CHEAPER | changed)
    for beginning in CELLS:
        exec(source_of("clustering", beginning), world)
    return world


def differences(some: dict, everybody: dict) -> list[str]:
    """Return in what the choices on a sample are not those on everybody, beyond the error that is stated.

    The silhouette of all is looked up at the number of groups that the sample chose: where there are none, any
    number is as good as another.
    """
    stated, k, by_k = some["report"]["chosen_on"], some["chosen"], everybody["by_k"].set_index("k")
    same = {
        "verdict": has_structure(some["by_k"], k) == has_structure(everybody["by_k"], everybody["chosen"]),
        "silhouette": stated["silhouette_low"] <= by_k.loc[k, "silhouette"] <= stated["silhouette_high"],
    }
    if has_structure(everybody["by_k"], everybody["chosen"]):
        agreed = adjusted_rand_score(some["labels"], everybody["labels"])
        same |= {"number": k == everybody["chosen"], "groups": agreed >= some["stability"][k].min()}
    return [what for what, is_same in same.items() if not is_same]


PAIRS = [[0, 0], [12, 0], [30, 0], [42, 0], [21, 30]]
AS_MANY_AS_TRIED = partial(trials.blobs, PAIRS, [1 / 5] * 5)
"""Three groups are real, and five, which are two pairs and one, more so. As five are the most that is tried, there
might be more, and the verdict is no."""


@pytest.mark.parametrize(
    "draw", [trials.UNEQUAL, trials.GRID, trials.cloud, trials.thin_horseshoe, AS_MANY_AS_TRIED]
)
def test_a_trial_of_the_verdict_says_what_the_chapter_says(draw, monkeypatch):
    """`make verdicts` computes only what the verdict depends on; the chapter measures every number of groups."""
    monkeypatch.setattr(trials, "PARAMETERS", trials.PARAMETERS.model_copy(update=CHEAPER))
    monkeypatch.setattr(trials, "KS", range(2, CHEAPER["k_max"] + 1))
    said = trials.says_structure(draw, 300, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    data = draw(rng, 300)
    names = [f"feature_{n}" for n in range(data.shape[1])]
    scaled = pd.DataFrame((data - data.mean(axis=0)) / data.std(axis=0), columns=names)
    world = chapter(scaled, int(rng.integers(2**31)))
    assert has_structure(world["by_k"], world["chosen"]) == said == (draw in trials.SOMETHING.values())


@pytest.fixture(scope="module")
def two():
    """Return customers, and what is chosen on all of them, where there are groups and where there are none."""
    return {groups: (shop(groups), chapter(shop(groups), 1, choose_on=CUSTOMERS)) for groups in (True, False)}


@pytest.mark.parametrize("groups", [True, False], ids=["groups", "none"])
def test_choices_on_a_sample_are_those_on_everybody(two, groups):
    customers, everybody = two[groups]
    some = chapter(customers, 1, choose_on=ASKED)
    assert len(some["X"]) == some["report"]["chosen_on"]["customers"] == ASKED
    assert len(some["labels"]) == CUSTOMERS and "chosen_on" not in everybody["report"]
    assert has_structure(everybody["by_k"], everybody["chosen"]) == groups
    assert not differences(some, everybody)


def test_choices_on_a_biased_sample_are_not(two):
    """The customers who spend most are no random sample: what is found among them does not hold for all."""
    customers, everybody = two[True]
    last = {"sample_rows": lambda rows, most, seed: np.arange(rows - most, rows)}
    biased = chapter(customers, 1, choose_on=ASKED, **last)
    assert {"number", "silhouette", "groups"} <= set(differences(biased, everybody))
