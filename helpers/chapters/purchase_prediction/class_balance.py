"""Does it help to pretend that buyers and non-buyers are equally many? Weights and SMOTE beside doing nothing.

SMOTE invents rows between neighbours of the rarer outcome (Chawla and others, 2002). It belongs inside the
training part of each fold: invented before the split, rows would be near copies of those they are judged by.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplingPipeline

from helpers.chapters.purchase_prediction.models import Candidate, Training, build, measures

NEIGHBOURS = 5
METHODS = {"none": "As they are", "weights": "Weights", "smote": "SMOTE in training folds"}


def balanced(candidate: Candidate, method: str, labels: np.ndarray, seed: int) -> SamplingPipeline:
    """Return an untrained model that balances the outcomes when it is fitted, and never when it predicts.

    Args:
        candidate: the model.
        method: one of `METHODS`.
        labels: of the rows it will be fitted on; SMOTE needs some of each.
        seed: of the model and of SMOTE.
    """
    model = build(candidate, seed, weight="balanced" if method == "weights" else None)
    if method != "smote":
        return model
    rarer = int(min(np.count_nonzero(labels), np.count_nonzero(~labels)))
    sampler = SMOTE(k_neighbors=max(1, min(NEIGHBOURS, rarer - 1)), random_state=seed)
    return SamplingPipeline([model.steps[0], ("smote", sampler), model.steps[1]])


def compare_balance(
    training: Training, features: Sequence[str], models: Sequence[Candidate], seed: int
) -> pd.DataFrame:
    """Return what each way of balancing reaches on the training folds.

    Returns:
        A row a model and way: `family`, `method`, the measures of `measures` at a half, and `excess`: mean
        probability less the share that bought, 0 for a model that promises what happens.
    """
    inputs = training.inputs[list(features)]
    rows = []
    for candidate in models:
        for method in METHODS:
            found = np.full(training.rows, np.nan)
            for learn, judge in training.splits:
                labels = training.bought[learn]
                model = balanced(candidate, method, labels, seed).fit(inputs.iloc[learn], labels)
                found[judge] = model.predict_proba(inputs.iloc[judge])[:, 1]
            seen = ~np.isnan(found)
            reached = measures(training.bought[seen], found[seen], 0.5)
            excess = float(found[seen].mean() - training.bought[seen].mean())
            rows.append({"family": candidate.family, "method": method, **reached, "excess": excess})
    return pd.DataFrame(rows)
