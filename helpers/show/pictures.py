"""Pictures drawn with seaborn: distributions of columns, and how columns go together.

Each comes with its alternative text, as `show` wants it.
"""

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from helpers.base.text import listed, number
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.display import Picture

DISTRIBUTION_BINS = 30
TAILED = 1.5
"""A mean this many times the median has a few large values to thank."""
INNER = (0.01, 0.99)
"""Quantiles between which a distribution is drawn: beyond them a long tail would squeeze it to a line."""


def correlation_picture(matrix: pd.DataFrame) -> Picture:
    """Return a square of correlations as a heat map: the lower half, because the upper one repeats it."""
    names = ["\n".join(textwrap.wrap(label(str(name)), 14)) for name in matrix.columns]
    named = matrix.set_axis(names, axis=0).set_axis(names, axis=1)
    hidden = np.triu(np.ones(named.shape, dtype=bool))
    side = 1.1 * len(names) + 1.2
    figure, axes = plt.subplots(figsize=(side + 1.2, side * 0.72))
    sns.heatmap(
        named.iloc[1:, :-1],
        mask=hidden[1:, :-1],
        annot=True,
        fmt=".2f",
        vmin=-1,
        vmax=1,
        cmap=LinearSegmentedColormap.from_list("house", theme.DIVERGING),
        linewidths=1.5,
        linecolor=theme.LIGHT["surface"],
        cbar_kws={"label": "correlation (Pearson)"},
        ax=axes,
    )
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)
    plt.close(figure)
    pairs = matrix.where(~hidden.T).stack()
    one, other = pairs.abs().idxmax()
    title = f"{label(one)} and {label(other).lower()} go together most ({pairs.abs().max():.2f})"
    said = [f"{label(a)} with {label(b)} {value:.3f}" for (a, b), value in pairs.items()]
    alt = f"Heat map of the correlations of {len(names)} columns: {'; '.join(said)}."
    return Picture(figure, alt, title=title, what="Correlations of the columns of numbers (Pearson)")


def distribution_picture(frame: pd.DataFrame) -> Picture | None:
    """Return a small histogram of each column of numbers with its mean and median, two or three to a row."""
    if frame.empty:
        return None
    across = min(3, len(frame.columns))
    down = -(-len(frame.columns) // across)
    figure, axes = plt.subplots(down, across, figsize=(3.6 * across, 2.7 * down), squeeze=False)
    said = [
        _distribution(axis, name, column.dropna())
        for axis, (name, column) in zip(axes.flat, frame.items(), strict=False)
    ]
    for axis in axes.flat[len(frame.columns) :]:
        axis.set_visible(False)
    figure.tight_layout()
    plt.close(figure)
    told = "; ".join(said)
    tailed = [label(name) for name, column in frame.items() if column.mean() > TAILED * abs(column.median())]
    title = f"The mean is far above the median in {len(tailed)} of {len(said)}: {listed(tailed)}"
    return Picture(
        figure,
        f"Histograms of {len(said)} columns, their outermost 1 % on each side not drawn: {told}.",
        title=title if tailed else f"Mean and median lie close together in all {len(said)}",
        what="Distributions; the outermost 1 % on each side is not drawn",
    )


def _distribution(axis: Axes, name: str, values: pd.Series) -> str:
    """Draw one column's histogram with its median and mean, and return what it shows."""
    low, median, high = values.quantile([INNER[0], 0.5, INNER[1]])
    mean = values.mean()
    inner = values[values.between(low, high)].value_counts().sort_index()
    bins = even_edges(inner.index.to_numpy(), DISTRIBUTION_BINS) if high > low else 1
    sns.histplot(
        x=inner.index,
        weights=inner.to_numpy(),
        bins=bins,
        ax=axis,
        color=theme.BLUE,
        edgecolor=theme.LIGHT["surface"],
        linewidth=0.4,
    )
    axis.axvline(median, color=theme.LIGHT["ink"], linewidth=1.3, label=f"median {number(median)}")
    if low <= mean <= high:
        axis.axvline(mean, color=theme.ORANGE, linewidth=1.3, linestyle="--", label=f"mean {number(mean)}")
    axis.set(xlabel="", ylabel="")
    axis.yaxis.set_major_formatter("{x:,.0f}")
    axis.set_title(label(name), fontsize=10)
    axis.legend(fontsize=7, frameon=True, framealpha=0.8, edgecolor="none")
    return (
        f"{label(name)}: median {number(median)}, mean {number(mean)}, drawn from {number(low)} to {number(high)}"
    )


def even_edges(values: np.ndarray, most: int) -> list[float]:
    """Return edges of bars that hold equally many possible values, so that no bar is tall by its width alone.

    The values are different, in rising order, and at least two; `most` is the number of bars at most.
    """
    step = float(np.diff(values).min())
    width = step * np.ceil((values[-1] - values[0] + step) / (step * most) - 1e-9)
    start = values[0] - step / 2
    return (start + width * np.arange(np.ceil((values[-1] + step / 2 - start) / width - 1e-9) + 1)).tolist()
