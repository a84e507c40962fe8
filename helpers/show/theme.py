"""The one definition of colour and type: charts, pictures and pages all take theirs from here.

The eight categorical colours and the grey were chosen by search: each has a contrast of at least 3 to 1 on the
light paper and on the dark one, and the nearest pair of the nine is 0.08 apart in OKLab, also when seen with
protanopia or deuteranopia (simulated after Machado, Oliveira and Fernandes, 2009). A chart therefore keeps its
colours when the page changes its theme; only text, grid lines and colour scales change.
"""

from collections.abc import Iterable
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'
MONO = 'ui-monospace, "SFMono-Regular", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'

BLUE, ORANGE, GREEN, PINK = "#3191f6", "#a56200", "#3ca566", "#da61bf"
GOLD, VIOLET, PETROL, BROWN = "#c37d00", "#8156d1", "#356a8d", "#90564c"
CATEGORICAL = (BLUE, ORANGE, GREEN, PINK, GOLD, VIOLET, PETROL, BROWN)
"""Colours for categories, in the order in which charts use them."""

NEUTRAL = "#78818b"
"""For what is not the subject: "other", context, reference lines. Legible on both papers."""

SEGMENTS = {
    "Champions": "#197346",
    "Loyal": "#10a046",
    "Potential loyalists": "#10a0bb",
    "New": "#106ad6",
    "Promising": "#a07cf1",
    "Need attention": "#8561a9",
    "About to sleep": "#bb347c",
    "Not to lose": "#bb3410",
    "At risk": "#e86110",
    "Hibernating": "#bb7c8e",
}
"""The colour of each RFM segment, the same on every page. Chosen by search as those above: a contrast of at least
3 to 1 on both papers, the nearest pair 0.075 apart in OKLab for all three kinds of sight, none of CATEGORICAL."""

SEQUENTIAL = ("#e9f1fb", "#bcd6f5", "#86b6ec", "#4f92dc", "#2a6fbb", "#154f8f", "#0b3361")
"""From little (close to the paper) to much."""

DIVERGING = ("#8a4510", "#c47f45", "#e7c3a0", "#f4f2ee", "#a9cbef", "#4f8fd6", "#1c5596")
"""From below through the middle to above."""

# On dark paper "little" must be dark, or an empty heatmap would glare. page.js swaps the scales.
SEQUENTIAL_DARK = ("#1d2b3a", "#1f436b", "#25609d", "#3a82cc", "#69a5e6", "#9fc8f3", "#d6e8fb")
DIVERGING_DARK = ("#f0b27c", "#c57a3c", "#7b4a26", "#2a2e33", "#27507e", "#4287d0", "#9cc8f6")

LIGHT = {
    "paper": "#fcfbf9",
    "surface": "#ffffff",
    "sunken": "#f4f2ee",
    "ink": "#1f262d",
    "muted": "#5c6670",
    "rule": "#e2dfd9",
    "grid": "#e8e6e1",
    "accent": "#175c9e",
    "accent-soft": "#e8f0f9",
    "good": "#1d6b4c",
    "good-soft": "#e3f2ea",
    "bad": "#a63018",
    "bad-soft": "#fbe9e4",
    "unsure": "#7a5606",
    "unsure-soft": "#f8efd9",
    "code-keyword": "#8250a8",
    "code-string": "#2b6a3f",
    "code-number": "#9a4b12",
    "code-name": "#175c9e",
    "code-comment": "#616a73",
}
"""CSS variables of the light theme. Text colours reach 4.5 to 1 on the paper and on their own tint."""

DARK = {
    "paper": "#15191d",
    "surface": "#1b2026",
    "sunken": "#1f252b",
    "ink": "#dde2e7",
    "muted": "#98a3ae",
    "rule": "#313941",
    "grid": "#2d343b",
    "accent": "#84bbf3",
    "accent-soft": "#1d2c3d",
    "good": "#7fd0a9",
    "good-soft": "#173127",
    "bad": "#f5a08a",
    "bad-soft": "#3b201a",
    "unsure": "#e6bf6a",
    "unsure-soft": "#352a13",
    "code-keyword": "#c9a4ec",
    "code-string": "#93cfa2",
    "code-number": "#eab184",
    "code-name": "#84bbf3",
    "code-comment": "#8c97a1",
}
"""CSS variables of the dark theme, with the same names."""

PERCENT_TICKS = {f"{sign}{n}%": f"{sign}{n}\xa0%" for n in range(151) for sign in ("", "\N{MINUS SIGN}")}
"""Ticks of shares (`tickformat=".0%"`) as plotly writes them, without a space before the sign, and as we do."""
TEMPLATE = "report"
LAB_MARGIN = {"l": 12, "r": 12, "t": 96, "b": 12}
"""Of charts in JupyterLab, in px: room for a title, a subtitle and a row of the legend."""


def segment_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each segment: its own by its name, and one that is free for a study's own segments.

    Hand in all segments of the study: those that have no colour of their own share out what the others leave, in
    the order of their names.
    """
    names = set(names)
    others = sorted(names - set(SEGMENTS))
    free = [colour for name, colour in SEGMENTS.items() if name not in names] or list(SEGMENTS.values())
    return {name: SEGMENTS[name] for name in names & set(SEGMENTS)} | dict(zip(others, cycle(free), strict=False))


def ink_on(colour: str) -> str:
    """Return white or near black, whichever reads better on a colour (`#4992f2`); one of them reaches 4.5 to 1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # of WCAG 2.2, 0 to 1
    return "#ffffff" if 1.05 / (luminance + 0.05) >= 4.5 else "#000000"


def css_variables(colours: dict[str, str]) -> str:
    """Return colours as CSS declarations, `--ink: #1f262d; ...`."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def colour_scale(colours: tuple[str, ...]) -> list[list[Any]]:
    """Return colours as plotly writes a scale: pairs of a position from 0 to 1 and a colour."""
    last = len(colours) - 1
    return [[i / last, colour] for i, colour in enumerate(colours)]


def plotly_colours(colours: dict[str, str]) -> dict[str, Any]:
    """Return the part of a plotly template that depends on the theme of the page (`LIGHT` or `DARK`), as JSON.

    page.js lays it over a figure's own template.
    """
    rule = colours["rule"]
    axis = {"gridcolor": colours["grid"], "linecolor": rule, "zerolinecolor": rule, "tickcolor": rule}
    # gaps between the pieces of a whole have the colour of the paper
    gap = {"marker": {"line": {"color": colours["paper"], "width": 1.5}}}
    return {
        "layout": {
            "font": {"color": colours["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"bgcolor": "rgba(0,0,0,0)"},
            "hoverlabel": {
                "bgcolor": colours["surface"],
                "bordercolor": colours["rule"],
                "font": {"color": colours["ink"]},
            },
            # a name beside a line may lie on another one
            "annotationdefaults": {
                "arrowcolor": colours["muted"],
                "bgcolor": colours["paper"],
                "font": {"color": colours["ink"]},
            },
            "shapedefaults": {"line": {"color": colours["muted"]}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colours["muted"], "activecolor": colours["accent"]},
        },
        "data": {
            "pie": [gap],
            "sunburst": [gap],
            "waterfall": [{"connector": {"line": {"color": colours["muted"]}}}],
        },
    }


def page_themes() -> dict[str, Any]:
    """Return what page.js needs to colour a chart by the theme of the page, for `light` and `dark`.

    `scales` lists the colour scales in one order for both, so that one can be exchanged for the other.
    """
    themes = {"light": (LIGHT, SEQUENTIAL, DIVERGING), "dark": (DARK, SEQUENTIAL_DARK, DIVERGING_DARK)}
    return {
        name: {"template": plotly_colours(colours), "scales": [colour_scale(scale) for scale in scales]}
        for name, (colours, *scales) in themes.items()
    }


def plotly_template() -> "go.layout.Template":
    """Return the house style for plotly, in its light form (notebooks are read on light paper)."""
    # imported here: the build draws nothing, and plotly costs it a second
    import plotly.graph_objects as go

    colour_bar = {"outlinewidth": 0, "thickness": 12, "labelalias": PERCENT_TICKS}
    axis = {"automargin": True, "zerolinewidth": 1, "title": {"standoff": 12, "font": {"size": 13}}}
    axis |= {"labelalias": PERCENT_TICKS}
    layout = go.Layout(
        font={"family": FONT, "size": 13},
        colorway=list(CATEGORICAL),
        colorscale={
            "sequential": colour_scale(SEQUENTIAL),
            "sequentialminus": colour_scale(SEQUENTIAL[::-1]),
            "diverging": colour_scale(DIVERGING),
        },
        coloraxis={"colorbar": colour_bar},
        xaxis=axis,
        yaxis=axis | {"ticklabelstandoff": 6},
        margin={"l": 8, "r": 8, "t": 20, "b": 8},
        # above the plot a legend takes no width, which a phone does not have
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        title={"x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 15}},
        hoverlabel={"align": "left"},
        bargap=0.25,
        uniformtext={"minsize": 10, "mode": "hide"},
    )
    template = go.layout.Template(layout=layout)
    template.update(plotly_colours(LIGHT))
    template.data.heatmap = [go.Heatmap(colorscale=colour_scale(SEQUENTIAL), colorbar=colour_bar, xgap=1, ygap=1)]
    template.data.bar = [go.Bar(marker={"line": {"width": 0}})]
    template.data.waterfall = [
        go.Waterfall(
            increasing={"marker": {"color": BLUE}},
            decreasing={"marker": {"color": ORANGE}},
            totals={"marker": {"color": NEUTRAL}},
            connector={"line": {"width": 1}},
        )
    ]
    return template


def use_theme(*, lab: bool = False) -> None:
    """Make the house style the default of plotly, matplotlib and seaborn, for the current process.

    In JupyterLab (`lab`) a chart has light paper of its own, for the notebook's may be dark, and room for its
    title, which a page shows as text above the chart.
    """
    import plotly.io as pio
    import seaborn as sns

    template = plotly_template()
    if lab:
        template.layout.update(paper_bgcolor=LIGHT["paper"], margin=LAB_MARGIN)
        template.layout.title.update(y=0.97, yref="container", yanchor="top")
    pio.templates[TEMPLATE] = template
    pio.templates.default = TEMPLATE
    sns.set_theme(
        style="whitegrid",
        font_scale=0.85,
        palette=list(CATEGORICAL),
        rc={
            "font.family": "sans-serif",
            "figure.figsize": (9.0, 4.6),
            "figure.dpi": 160,  # sharp on dense screens; the page shows an inch as 96 px
            "figure.facecolor": LIGHT["surface"],
            "axes.facecolor": LIGHT["surface"],
            "axes.edgecolor": LIGHT["rule"],
            "axes.labelcolor": LIGHT["ink"],
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "grid.color": LIGHT["grid"],
            "text.color": LIGHT["ink"],
            "xtick.color": LIGHT["muted"],
            "ytick.color": LIGHT["muted"],
            "legend.frameon": False,
        },
    )
