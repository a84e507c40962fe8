"""The charts of chapter 06: flagged rows among the others, and what detectors find of injected errors."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from helpers.base.sampling import sample_rows
from helpers.base.text import number, score
from helpers.chapters.anomaly.context import RARE
from helpers.chapters.anomaly.detectors import NAMES, ROBUST, Level
from helpers.chapters.anomaly.reasons import axis_of, is_log, own_unit
from helpers.show import theme
from helpers.show.charts import bars, paired_bars
from helpers.show.display import Picture
from helpers.show.labels import titled

DECADES = 1000
"""Times the smallest value from which the powers of ten mark an axis."""
POINTS = 1500
"""Rows that are not flagged and drawn: more would hide each other."""


def pair_grid(level: Level, seed: int) -> Picture | None:
    """Return every pair of a level's features with the flagged rows in colour; None where there is one feature.

    Of features that are as usual in nearly all rows there is nothing to see.
    """
    names = [name for name in level.scored if name not in RARE]
    last = len(names) - 1
    if last < 1:
        return None
    values, others = level.X[names], np.flatnonzero(~level.flagged)
    drawn = others[sample_rows(len(others), POINTS, seed)]
    figure, axes = plt.subplots(last, last, figsize=(10.5, 2.3 * last + 1.2), squeeze=False)
    for row, column in np.ndindex(last, last):
        panel, x, y = axes[row][column], names[column], names[row + 1]
        if column > row:
            panel.set_axis_off()
            continue
        for rows, colour, size in ((drawn, theme.NEUTRAL, 5), (level.order, theme.ORANGE, 11)):
            at = (own_unit(values[name].iloc[rows]) for name in (x, y))
            panel.scatter(*at, s=size, c=colour, alpha=0.6, linewidths=0)
        panel.set_xscale("log" if is_log(x) else "linear")
        panel.set_yscale("log" if is_log(y) else "linear")
        for side in (panel.xaxis, panel.yaxis):
            side.set_major_formatter("{x:,.4g}")
            side.set_minor_formatter(NullFormatter())
            low, high = side.get_view_interval()
            decades = side.get_scale() == "log" and high > DECADES * low
            side.set_major_locator(LogLocator(numticks=4) if decades else MaxNLocator(4))
        panel.set_xlabel(axis_of(x) if row == last - 1 else "")
        panel.set_ylabel(axis_of(y).replace(", ", ",\n") if column == 0 else "")
    figure.tight_layout()
    plt.close(figure)
    medians = values.groupby(level.flagged).median().rename({True: "flagged", False: "others"}).apply(own_unit)
    told = "; ".join(
        f"{axis_of(name)}: median {number(float(round(medians.loc['flagged', name], 2)))} of the flagged, "
        f"{number(float(round(medians.loc['others', name], 2)))} of the others"
        for name in names
    )
    times = (medians.loc["flagged"] / medians.loc["others"].replace(0, np.nan)).dropna()
    far = times.idxmax() if len(times) else names[0]
    title = f"Flagged {level.name}s differ most in {axis_of(far)[0].lower()}{axis_of(far)[1:]}"
    if len(times):
        title += f" (median {number(float(times[far]))} times that of the others)"
    what = "Pairs of features: flagged in orange, others in grey"
    note = f"All flagged rows, and a random {number(POINTS)} of the {number(len(others))} others, are drawn."
    note = note if len(others) > POINTS else ""
    return Picture(figure, f"Grid of scatters of {level.name}s. {told}.", note, title, what)


def detector_chart(evaluation: pd.DataFrame, what: str) -> go.Figure:
    """Return precision at the injected rate and average precision of each detector, on the second copy."""
    measures = {"precision_at_rate": "precision at the injected rate", "average_precision": "average precision"}
    values = evaluation[list(measures)].rename(columns=measures, index=NAMES)
    best = values["average precision"].idxmax()
    finding = f"{best} finds most of the errors injected into {what} ({score(values['average precision'].max())})"
    return paired_bars(values, finding, "How good each detector is", "Share (1 is perfect)", write=score)


def set_chart(sets: dict[str, float]) -> go.Figure:
    """Return the average precision of growing sets of features."""
    title, best = "What context adds: average precision of the z-score", max(sets.values())
    quiet = [value < best for value in sets.values()]
    axis = "Average precision"
    adds = f"{max(sets, key=sets.__getitem__).removeprefix('... and ').capitalize()} does best ({score(best)})"
    look = {"write": score, "horizontal": True, "quiet": quiet, "finding": adds}
    return bars(list(sets), list(sets.values()), title, axis, **look)


def score_chart(level: Level) -> go.Figure:
    """Return the scores by place in the list, and where the assumed share cuts it."""
    scores = np.sort(level.scores[level.detector].dropna().to_numpy())[::-1]
    places, cut = np.unique(np.geomspace(1, len(scores), 300).astype(int)), len(level.order)
    labels = {"x": "Place in the list (dashed: where it is cut)", "y": NAMES[level.detector]}
    in_spreads = level.detector == ROBUST  # of what nearly no row has a spread is tiny, and a row far off
    figure = px.line(x=places, y=scores[places - 1].round(4), log_x=True, log_y=in_spreads, labels=labels)
    figure.add_vline(x=cut, line={"color": theme.ORANGE, "width": 2, "dash": "dash"})
    ends = (f"{scores[at]:,.4g}" for at in (0, cut - 1))
    finding = "The score is {} at the first place and {} at place {:,}, where the list ends".format(*ends, cut)
    return titled(figure, finding, f"Scores of the {level.name}s by place").update_layout(height=280)
