"""What a feature says, by itself and in a model: for amounts and classes alike.

One at a time: `association` with the outcome, and scikit-learn's mutual information on `codes`. In a model:
scikit-learn's `permutation_importance` on rows that it did not see, as a table. None says what causes what.
"""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.utils import Bunch


def codes(x: pd.DataFrame) -> pd.DataFrame:
    """Return features as numbers without gaps: filled with medians; texts are numbered by the alphabet."""
    return pd.DataFrame({name: _codes(x[name]) for name in x.columns}, x.index)


def _codes(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(values):
        return values.fillna(values.median()).fillna(0).to_numpy(float)
    return pd.factorize(values, sort=True)[0].astype(float)


def is_text(x: pd.DataFrame) -> np.ndarray:
    """Return which features are texts: the discrete ones, for scikit-learn's mutual information."""
    return np.array([not pd.api.types.is_numeric_dtype(x[name]) for name in x.columns])


def association(values: pd.Series, y: np.ndarray) -> float:
    """Return Spearman's rank correlation of a number, or the correlation ratio (from 0 to 1) of a category."""
    if pd.api.types.is_numeric_dtype(values):
        known = values.notna().to_numpy()
        return rank_correlation(y[known], values[known].to_numpy(float))
    means = pd.Series(y).groupby(values.to_numpy()).transform("mean")
    spread = float(np.var(y))
    return float(np.sqrt(np.nanvar(means) / spread)) if spread else np.nan


def rank_correlation(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return Spearman's rank correlation; nan where all values of one side are the same."""
    if len(y) < 2 or np.ptp(y) == 0 or np.ptp(predicted) == 0:
        return np.nan
    return float(spearmanr(y, predicted).statistic)


def importance_table(result: Bunch, names: list[str]) -> pd.DataFrame:
    """Return `feature`, `permutation`, `permutation_std` of a `permutation_importance`, the highest first."""
    table = pd.DataFrame(
        {"feature": names, "permutation": result.importances_mean, "permutation_std": result.importances_std}
    )
    return table.sort_values(["permutation", "feature"], ascending=[False, True], ignore_index=True)
