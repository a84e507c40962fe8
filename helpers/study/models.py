"""A chapter's model kept as data, to be asked again: skops, never pickle, with a card that says what it is.

A file of skops names the types that it is made of. Only those of TRUSTED are ever loaded, and only from a file
whose sha256 is the one on its card.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile

import numpy as np
import pandas as pd
from pydantic import ValidationError
from scipy.special import expit

from helpers.base.errors import StudyError
from helpers.base.files import read_json, write_json
from helpers.base.paths import from_root
from helpers.base.sampling import log_odds
from helpers.base.strict import Strict
from helpers.base.vocabulary import COLUMNS, FEATURES, MEASURES, kind, label
from helpers.ledger.sources import digest

TRUSTED = (
    "helpers.chapters.purchase_prediction.features.tamed",
    "helpers.customers.scales.transformed",
    "numpy.dtype",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBRegressor",
)
"""Types that a kept model may be made of, beside those that skops itself trusts."""
MADE_WITH = ("scikit-learn", "skops")
"""A model is loaded by the version of these that kept it."""
LARGEST = 200_000_000
"""Bytes of a model's file: a forest of every row of a long table may have thousands of millions."""
DECILES = 10
LEVELS = 50
"""Values of a text that a card names, the most frequent first."""


class Feature(Strict):
    """What a model is told of a customer, and what it has seen of it."""

    name: str
    label: str
    meaning: str
    kind: str
    """Of the vocabulary: money, days, share, ..."""
    is_number: bool
    gaps: bool
    """Whether some customers that it learned from had no value."""
    low: float | None = None
    high: float | None = None
    usual: float | str | None
    """The median of the training rows, or the most frequent text."""
    levels: list[str] = []
    """Of a text, the most frequent first."""


class Measured(Strict):
    """A measure on rows that the model did not see, with its interval where one was worked out."""

    label: str
    kind: str
    """Of the vocabulary: score, share or money."""
    value: float | None
    low: float | None = None
    high: float | None = None


class Card(Strict):
    """What is known of a kept model: the JSON beside it."""

    name: str
    """Its files' stem, which is its chapter's."""
    predicts: str
    answer: Literal["amount", "probability", "decile", "class"]
    """A probability whose level is not known is told as a decile among the customers of today, 1 the highest."""
    column: str
    """What the answer is called in tables."""
    currency: str
    """Of an amount; empty where it is no money."""
    model: str
    trained_at: str
    """When it was kept, ISO 8601, UTC."""
    trained_on: str
    rows: int
    measured_on: str
    measured: list[Measured]
    leaks: list[str]
    not_for: list[str]
    features: list[Feature]
    level: list[float] | None = None
    """Of a probability: what is added to the log odds of the model's own, after they were multiplied."""
    cuts: list[float] = []
    """Of a decile: the lowest probability of each but the last, from the highest."""
    sha256: str
    versions: dict[str, str]


def cuts_of(probabilities: np.ndarray) -> list[float]:
    """Return the lowest probability of each decile but the last, from the highest."""
    firsts = -(-np.arange(1, DECILES) * len(probabilities) // DECILES)  # of each but the top
    return np.sort(probabilities)[::-1][np.maximum(firsts - 1, 0)].tolist()


def by_cuts(probabilities: np.ndarray, cuts: Sequence[float]) -> np.ndarray:
    """Return the decile of each probability, 1 for the highest."""
    return DECILES - np.searchsorted(np.sort(cuts), probabilities, side="right")


class Kept(NamedTuple):
    """A model and its card."""

    card: Card
    model: Any

    def predict(self, x: pd.DataFrame) -> np.ndarray:
        """Return the answer for each row: an amount, a probability (0 to 1), a decile (1 the highest) or a class.

        Args:
            x: a column a feature of the card, numbers as floats, gaps as NaN.
        """
        asked = self._asked(x)
        if self.card.answer in ("probability", "decile"):
            probability = self._probability(asked)
            return by_cuts(probability, self.card.cuts) if self.card.answer == "decile" else probability
        return self.model.predict(asked)

    def strength(self, x: pd.DataFrame, answer: Any) -> np.ndarray:
        """Return the answer as a number that can be compared: of a class or decile, a probability."""
        if self.card.answer == "decile":
            return self._probability(self._asked(x))
        if self.card.answer != "class":
            return np.asarray(self.predict(x), dtype=float)
        place = list(self.model.classes_).index(answer)
        return self.model.predict_proba(self._asked(x))[:, place]

    def _probability(self, asked: pd.DataFrame) -> np.ndarray:
        own = self.model.predict_proba(asked)[:, 1]
        if self.card.level is None:
            return own
        more, slope = self.card.level
        return expit(more + slope * log_odds(own))

    def _asked(self, x: pd.DataFrame) -> pd.DataFrame:
        return x[[feature.name for feature in self.card.features]]


def keep(folder: Path, name: str, fitted: Any, x: pd.DataFrame, today: pd.DataFrame, **about: Any) -> Card | None:
    """Keep a fitted model, its card, and the customers it was last asked about; None above the LARGEST size.

    Args:
        folder: is made where it is missing.
        name: stem of the three files (skops, json, parquet).
        fitted: on `x`; its types are among TRUSTED.
        x: what it learned from, as it takes it.
        today: `customer_id`, the features and the answer of those it was asked about.
        about: the other fields of the card.

    Raises:
        ValueError: the model has a type that is not trusted.
    """
    from skops import io

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.skops"
    io.dump(fitted, file, compression=ZIP_DEFLATED, compresslevel=6)
    if strange := set(io.get_untrusted_types(file=file)) - set(TRUSTED):
        file.unlink()
        raise ValueError(f"A model of {', '.join(sorted(strange))} is not kept: TRUSTED does not name it.")
    if file.stat().st_size > LARGEST:
        file.unlink()
        return None
    card = Card(
        name=name,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rows=len(x),
        features=[feature_of(x[column]) for column in x],
        sha256=digest(file),
        versions={package: version(package) for package in MADE_WITH},
        **about,
    )
    today.to_parquet(folder / f"{name}.parquet", index=False)
    write_json(folder / f"{name}.json", card.model_dump())
    return card


def feature_of(values: pd.Series) -> Feature:
    """Return what a model has seen of a feature."""
    name, seen = str(values.name), values.dropna()
    known = {**MEASURES, **COLUMNS, **FEATURES}.get(name)
    named = {"name": name, "label": label(name), "meaning": known.meaning if known else "", "kind": kind(name)}
    named["gaps"] = bool(values.isna().any())
    if pd.api.types.is_numeric_dtype(values):
        low, usual, high = seen.quantile([0, 0.5, 1]) if len(seen) else (None, None, None)
        usual = (
            None if usual is None else float(f"{usual:.6g}")
        )  # a form shows it, and is believed digit for digit
        return Feature(**named, is_number=True, low=low, usual=usual, high=high)
    levels = seen.astype(str).value_counts().index.tolist()
    return Feature(**named, is_number=False, usual=levels[0] if levels else None, levels=levels[:LEVELS])


def measures_of(values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> list[Measured]:
    """Return measures by name as a card has them; a value may be an interval: `value`, `low`, `high`.

    `names` has labels where the vocabulary's do not say it.
    """
    found = []
    for name, value in values.items():
        parts = value if isinstance(value, tuple) else (value, None, None)
        middle, low, high = (None if part is None or not np.isfinite(part) else float(part) for part in parts)
        heading = (names or {}).get(name, label(name))
        found.append(Measured(label=heading, kind=kind(name), value=middle, low=low, high=high))
    return found


def read_card(folder: Path, name: str) -> Card:
    """Return a kept model's card.

    Raises:
        StudyError: there is none, or it is not as a build writes it.
    """
    file = folder / f"{name}.json"
    try:
        return Card.model_validate(read_json(file))
    except ValidationError:
        raise StudyError(f"{from_root(file)} is no card of a model: build the study again.") from None


def load(folder: Path, name: str) -> Kept:
    """Return a kept model, after a look at its file.

    Raises:
        StudyError: the file is not the one that was kept, has a type that is not trusted, or is of other versions.
    """
    from skops import io
    from skops.io.exceptions import UntrustedTypesFoundException

    card, file = read_card(folder, name), folder / f"{name}.skops"
    again = f"remove {from_root(file)} and build the study again."
    if not file.exists():
        raise StudyError(f"{from_root(file)} is not there: build the study again.")
    if digest(file) != card.sha256:
        raise StudyError(f"{file.name} is not the model that its card describes (sha256): {again}")
    for package in MADE_WITH:
        if (here := version(package)) != (then := card.versions.get(package)):
            raise StudyError(f"{file.name} was kept by {package} {then}, and here is {here}: {again}")
    try:
        strange = set(io.get_untrusted_types(file=file)) - set(TRUSTED)
        if strange:
            raise StudyError(f"{file.name} has types that are not trusted ({min(strange)}): {again}")
        return Kept(card, io.load(file, trusted=list(TRUSTED)))
    except (BadZipFile, KeyError, ValueError, TypeError, UntrustedTypesFoundException):
        raise StudyError(f"{file.name} cannot be read as a model: {again}") from None
