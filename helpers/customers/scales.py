"""Features made comparable: tails tamed, units taken off."""

import numpy as np
from sklearn.preprocessing import MinMaxScaler, StandardScaler


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Return values on the scale they are compared on; log1p keeps the sign of what is below zero."""
    return np.sign(values) * np.log1p(np.abs(values)) if transform == "log1p" else values


def scaled(values: np.ndarray, scale: str) -> np.ndarray:
    """Return columns in comparable units: standard deviations, or the range from 0 to 1."""
    if scale == "none":
        return values
    return (StandardScaler() if scale == "standard" else MinMaxScaler()).fit_transform(values)
