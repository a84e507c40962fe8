"""The charts of chapter 06: flagged rows among the others, what detectors find, and what parameters change."""

from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib import pyplot as plt

from helpers.base.sampling import sample_rows
from helpers.base.text import number, percent
from helpers.chapters.anomaly.detectors import FOREST, NAMES, space_of
from helpers.chapters.anomaly.injection import KIND_NAMES
from helpers.chapters.anomaly.published import Repeated
from helpers.chapters.anomaly.reasons import axis_of, is_log, own_unit
from helpers.chapters.anomaly.review import Level, Measured
from helpers.show import theme
from helpers.show.charts import Picture, bars
from helpers.show.display import as_text, describe

POINTS = 1500
"""Rows that are not flagged and drawn: more would hide each other and make the page heavy."""
FEW = 3
"""Features up to which each pair gets a chart of its own."""


def pair_figures(level: Level, seed: int, features: tuple[str, ...] | None = None) -> list[go.Figure | Picture]:
    """Return every pair of a level's features with the flagged rows: a chart each, or one grid of many."""
    names = features or level.space.features
    if len(names) < 2:
        return []
    if len(names) > FEW:
        return [_grid(level, names, seed)]
    return [_scatter(level, x, y, seed) for x, y in combinations(names, 2)]


def _column(level: Level, name: str) -> np.ndarray:
    return own_unit(name, level.space.values[:, level.space.features.index(name)])


def _drawn(level: Level, seed: int) -> np.ndarray:
    """Return the rows that are drawn and not flagged."""
    others = np.flatnonzero(~level.flagged)
    return others[sample_rows(len(others), POINTS, seed)]


def _note(level: Level) -> str:
    others = int((~level.flagged).sum())
    if others <= POINTS:
        return ""
    return f"All flagged rows, and a random {number(POINTS)} of the {number(others)} others, are drawn."


def _scatter(level: Level, x: str, y: str, seed: int) -> go.Figure:
    """Return one pair of features as points, the flagged ones in colour."""
    figure = go.Figure()
    ids = np.array(as_text(level.frame.iloc[:, 0].astype(str)))
    looks = (
        ("Not flagged", _drawn(level, seed), theme.NEUTRAL, 5, 0.35),
        ("Flagged", level.order, theme.ORANGE, 7, 0.8),
    )
    for name, rows, colour, size, opacity in looks:
        figure.add_scatter(
            x=_column(level, x)[rows].round(3).tolist(),
            y=_column(level, y)[rows].round(3).tolist(),
            mode="markers",
            name=name,
            text=ids[rows].tolist(),
            marker={"color": colour, "size": size, "opacity": opacity},
            hovertemplate="%{text}<br>%{x:,.2f}, %{y:,.2f}<extra></extra>",
        )
    title = f"{axis_of(x)} and {axis_of(y)[0].lower()}{axis_of(y)[1:]}"
    figure.update_layout(title_text=title, height=430)
    figure.update_xaxes(title_text=axis_of(x), **_scale(x))
    figure.update_yaxes(title_text=axis_of(y), **_scale(y))
    return describe(figure, f"Scatter of {level.name}s: {title}. {_medians(level, (x, y))}.", _note(level))


def _scale(name: str) -> dict[str, str]:
    """Return the settings of an axis; of a logarithm ticks at 1, 2 and 5 are enough."""
    return {"type": "log", "dtick": "D2"} if is_log(name) else {"type": "linear"}


def _medians(level: Level, names: tuple[str, ...]) -> str:
    """Say where the flagged and the other rows lie."""
    parts = []
    for name in names:
        values = _column(level, name)
        flagged, others = (
            number(float(np.median(values[rows]).round(2))) for rows in (level.flagged, ~level.flagged)
        )
        parts.append(f"{axis_of(name)}: median {flagged} of the flagged, {others} of the others")
    return "; ".join(parts)


def _grid(level: Level, names: tuple[str, ...], seed: int) -> Picture:
    """Return all pairs of more than three features as one picture, the lower half of a grid."""
    last = len(names) - 1
    figure, axes = plt.subplots(last, last, figsize=(10.5, 2.3 * last), squeeze=False)
    drawn = _drawn(level, seed)
    for row in range(last):
        for column in range(last):
            panel = axes[row][column]
            if column > row:
                panel.set_axis_off()
                continue
            x, y = names[column], names[row + 1]
            for rows, colour, size in ((drawn, theme.NEUTRAL, 5), (level.order, theme.ORANGE, 11)):
                panel.scatter(
                    _column(level, x)[rows], _column(level, y)[rows], s=size, c=colour, alpha=0.6, linewidths=0
                )
            panel.set_xscale("log" if is_log(x) else "linear")
            panel.set_yscale("log" if is_log(y) else "linear")
            panel.set_xlabel(axis_of(x) if row == last - 1 else "")
            panel.set_ylabel(axis_of(y).replace(", ", ",\n") if column == 0 else "")
    figure.suptitle(
        "Every pair of features: flagged in orange, others in grey", x=0.01, ha="left", fontweight="bold"
    )
    figure.tight_layout()
    plt.close(figure)
    note = _note(level)
    return figure, f"Grid of scatters of {level.name}s. {_medians(level, names)}. {note}".strip()


def detector_chart(measured: Measured, what: str) -> go.Figure:
    """Return precision at the planted rate and average precision of each detector, on the second copy."""
    names = measured.reported["name"].tolist()
    figure = go.Figure()
    said = []
    measures = (
        ("precision", "Precision at the planted rate", theme.BLUE),
        ("average_precision", "Average precision", theme.ORANGE),
    )
    for column, name, colour in measures:
        values = measured.reported[column].round(4).tolist()
        figure.add_bar(
            x=values,
            y=names,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[f"{value:.2f}" for value in values],
            textposition="auto",
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
        said.append(f"{name.lower()}: " + ", ".join(f"{n} {v:.3f}" for n, v in zip(names, values, strict=True)))
    figure.update_layout(
        title_text=f"What each detector finds among {what}", barmode="group", height=150 + 62 * len(names)
    )
    figure.update_xaxes(title_text="Share (1 is perfect)", range=[0, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False, tickvals=names, ticktext=_broken(names))
    return describe(figure, f"Bar chart of detectors on planted {what}; {'; '.join(said)}.")


def _broken(names: list[str]) -> list[str]:
    """Return our own names of detectors in two lines, for narrow screens."""
    return [
        name.replace(", ", ",<br>").replace(" and ", "<br>and ").replace("lier ", "lier<br>") for name in names
    ]


def recall_chart(recalls: dict[str, float], what: str) -> go.Figure:
    """Return the share found of each planted kind."""
    names = [KIND_NAMES[kind] for kind in recalls]
    figure = bars(
        names,
        list(recalls.values()),
        f"Found of each kind, {what}",
        "Share found at the planted rate",
        write=percent,
    )
    return figure.update_yaxes(tickformat=".0%")


def set_chart(sets: pd.DataFrame) -> go.Figure:
    """Return the average precision of growing sets of features."""
    values = sets["average_precision"].tolist()
    title, axis = "What context adds: average precision of the z-score", "Average precision"
    quiet = [value < max(values) for value in values]
    return bars(sets["set"].tolist(), values, title, axis, write="{:.3f}".format, horizontal=True, quiet=quiet)


def score_chart(level: Level) -> go.Figure:
    """Return the scores by place in the list, and where the assumed share cuts it."""
    scores = np.sort(level.scores[level.detector][np.isfinite(level.scores[level.detector])])[::-1]
    places = np.unique(np.geomspace(1, len(scores), 300).astype(int))
    cut = int(level.flagged.sum())
    figure = go.Figure()
    figure.add_scatter(
        x=places.tolist(),
        y=scores[places - 1].round(4).tolist(),
        mode="lines",
        line={"color": theme.BLUE, "width": 3},
        hovertemplate="place %{x:,}: %{y:.3g}<extra></extra>",
    )
    figure.add_vline(x=cut, line={"color": theme.ORANGE, "width": 2, "dash": "dash"})
    figure.update_layout(title_text=f"Scores of the {level.name}s by place", height=330, showlegend=False)
    figure.update_xaxes(title_text="Place in the list (dashed: where it is cut)", type="log")
    figure.update_yaxes(title_text=NAMES[level.detector])
    at = ", ".join(
        f"place {place:,} {scores[place - 1]:.3g}" for place in (1, 10, 100, cut) if place <= len(scores)
    )
    return describe(figure, f"Line: score by place in the list, falling. {at}. The list is cut at place {cut:,}.")


def parameter_charts(shares: pd.DataFrame, trees: pd.DataFrame, contamination: float) -> list[go.Figure]:
    """Return what the assumed share and the number of trees change."""
    chosen = [share != contamination for share in shares["contamination"]]
    title = "Flagged by both forest and z-score, by the share that is assumed"
    one = bars(
        [percent(s) for s in shares["contamination"]],
        shares["shared"],
        title,
        "Share of the flagged",
        write=percent,
        quiet=chosen,
    )
    title = "Flagged again by a forest with another seed, by number of trees"
    other = bars(
        [number(n) for n in trees["trees"]], trees["shared"], title, "Share of the flagged", write=percent
    )
    return [figure.update_yaxes(tickformat=".0%") for figure in (one, other)]


def published_figures(customers: pd.DataFrame, repeated: Repeated, seed: int) -> list[go.Figure | Picture]:
    """Return every pair of the published features with what the published settings flag."""
    space = space_of(customers, repeated.features, "published.anomaly.customer_features")
    share = float(repeated.flags.mean())
    as_level = Level("customer", customers, space, {FOREST: repeated.flags.astype(float)}, FOREST, share)
    return pair_figures(as_level, seed)
