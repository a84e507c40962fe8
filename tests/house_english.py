"""House English: words and formats that no page has, and charts that say nothing; each rule can fail."""

import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

BANNED = {
    "spend; account for": r"\b(brings?|brought) (in )?([\d£€$]|most|more|less|half|nothing)",
    "significantly": r"\bsurely\b|\bfor certain\b",
    "forecast; actual": r"\b(promised|promises)\b|\bwhat came\b|\bcame of\b",
    "decile": r"\b(first|top|last|largest) tenth\b",
    "days since last order": r"\bsilen(ce|t)\b",
    "interval": r"\b(average|longest|median|usual) gap\b",
    "sales data; order line": r"(?<!/)\bledgers?\b(?!/)",
    "appear": r"\bstands? (there|on|twice|out)\b",
    "new customers": r"\bstrangers?\b",
    "usual products": r"\btheir (own )?habits\b|\balways buy\b",
    "at random; chance": r"\bby lot\b|\bby luck\b",
    "permutation importance": r"cost of shuffling|shuffling (it )?costs",
    "mutual information": r"uncertainty (about the outcome it )?remove[sd]",
    "stability": r"agreement of resamples",
    "random data of the same shape": r"data without groups",
    "the forest predicts": r"forest puts",
    "drives the forecast": r"\bmodel goes by\b",
    "class imbalance": r"few buyers, many others",
    "calibration": r"probabilities true",
    "frequently bought together": r"(?<!frequently )\bbought together\b",
    "injected": r"\bplanted\b",
    "similarity": r"\blikeness\b",
    "per customer": r"\b(spend|revenue|orders?|items|days) a customer\b",
    "needs review": r"worth a look",
    "correct": r"\bmend(s|ed|ing)?\b",
    "(not rendered)": r"left out here",
}
"""What to say instead, and what is not said."""
FORMATS = {
    "dates as 20 Jan 2026": r"(?<![\w/.-])\d{4}-\d\d-\d\d(?![\w/-]|\.\w)",
    "the currency's sign before the amount": r"\d[\d,.]*[km]? (GBP|EUR|USD)\b",
    "a space before the per cent sign": r"\d%",
    "whole per cent from ten up": r"(?<![\d.,])(?!99\.)\d\d\.\d[ \N{NO-BREAK SPACE}]?%",
}
RULES = {**BANNED, **FORMATS}
CARTESIAN = {"scatter", "scattergl", "bar", "histogram", "box", "violin", "heatmap"}
PLOTLY = "application/vnd.plotly.v1+json"


def broken(text: str) -> list[str]:
    """Return what a text should say instead, with the words around, for each rule that it breaks."""
    found = []
    for rule, pattern in RULES.items():
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            found.append(f"{rule}: ...{text[max(0, hit.start() - 40) : hit.end() + 30]}...")
    return found


def plain(markup: str) -> str:
    """Return the text of HTML, without code, scripts and styles."""
    shown = re.sub(r"<(script|style|code|pre)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", shown))).strip()


def figures(notebook: Path) -> Iterator[dict[str, Any]]:
    """Yield the Plotly figures of an executed notebook, as JSON has them."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        yield from (o["data"][PLOTLY] for o in cell.get("outputs", []) if PLOTLY in o.get("data", {}))


def texts(notebook: Path) -> Iterator[str]:
    """Yield what a reader reads of an executed notebook: prose, sentences, tables, and the words of figures."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield re.sub(r"`[^`]*`", " ", "".join(cell["source"]))
        for output in cell.get("outputs", []):
            if markup := "".join(output.get("data", {}).get("text/html", "")):
                yield plain(markup)
    for figure in figures(notebook):
        yield " | ".join(words_of(figure))
    for about in pictures(notebook):
        yield " | ".join(str(word) for word in about.values() if word)


def pictures(notebook: Path) -> Iterator[dict[str, Any]]:
    """Yield what each picture of an executed notebook says beside itself (`alt`, `title`, `subtitle`)."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                yield output.get("metadata", {}).get("image/png") or {}


def words_of(figure: dict[str, Any]) -> list[str]:
    """Return all that is read in a Plotly figure: titles, axes, bars, notes, alternative text."""
    layout = figure["layout"]
    meta = layout.get("meta") or {}
    titled = [layout, *(layout[name] for name in layout if name.startswith(("xaxis", "yaxis")))]
    titled += [layout[name].get("colorbar") or {} for name in layout if name.startswith("coloraxis")]
    found = [_title(one) for one in titled] + [meta.get("alt"), meta.get("caption"), _subtitle(layout)]
    found += [note.get("text") for note in layout.get("annotations", [])] + ticks_of(figure)
    for one in [*titled[1:], *figure["data"]]:
        values = [one.get(name) for name in ("name", "text", "ticktext", "x", "y", "labels")]
        found += [text for text in _flat(values) if isinstance(text, str)]
    return [plain(word) for word in found if word]


def ticks_of(figure: dict[str, Any]) -> list[str]:
    """Return how plotly writes a few shares at each axis and colour bar of shares (`40%` where not told how)."""
    layout = figure["layout"]
    of_all = (layout.get("template") or {}).get("layout") or {}
    found = []
    for name, kind in ((name, re.match("xaxis|yaxis|coloraxis", name)) for name in layout):
        if kind:
            own, house = layout[name], of_all.get(kind[0]) or {}
            if kind[0] == "coloraxis":
                own, house = own.get("colorbar") or {}, house.get("colorbar") or {}
            if "%" in str(own.get("tickformat", "")) and own.get("showticklabels", True):
                instead = own.get("labelalias") or house.get("labelalias") or {}
                found += [instead.get(tick, tick) for tick in ("0%", "40%", "100%")]
    return found


def _flat(values: Any) -> list[Any]:
    """Return what is in lists of lists; packed arrays hold numbers only."""
    return [one for value in values for one in _flat(value)] if isinstance(values, list) else [values]


def naked(about: dict[str, Any]) -> list[str]:
    """Return what a picture does not say of `title` (its finding), `subtitle` (what is drawn) and `alt`."""
    return [name for name in ("title", "subtitle", "alt") if not str(about.get(name) or "").strip()]


def naked_axes(figure: dict[str, Any]) -> list[str]:
    """Return what a chart does not say.

    That is its `title` (the finding), `subtitle` (what is drawn) and `alt`; axes of numbers that say neither what
    they show nor its unit; and `text` where plotly would write shares its own way (55.3%), in bars or hovered.
    """
    layout = figure["layout"]
    says = {"title": _title(layout), "subtitle": _subtitle(layout), "alt": (layout.get("meta") or {}).get("alt")}
    found = set(naked(says))
    templates = ("texttemplate", "hovertemplate")
    if any("%}" in str(trace.get(name, "")) for trace in figure["data"] for name in templates):
        found.add("text")
    for trace in figure["data"]:
        if trace.get("type", "scatter") in CARTESIAN:
            for letter in "xy":
                name = trace.get(f"{letter}axis", letter)
                axis = layout.get(f"{letter}axis{name[1:]}", {})
                says = _title(axis) or axis.get("ticktext")
                shown = axis.get("visible", True) and axis.get("showticklabels", True)
                if shown and not says and _numbers(trace.get(letter)):
                    found.add(name)
    return sorted(found)


def _title(of: dict[str, Any]) -> str:
    title = of.get("title") or {}
    return title.get("text") or "" if isinstance(title, dict) else title


def _subtitle(layout: dict[str, Any]) -> str:
    title = layout.get("title")
    return _title({"title": title.get("subtitle")}) if isinstance(title, dict) else ""


def _numbers(values: Any) -> bool:
    """Return whether values are numbers, as lists or as plotly packs arrays."""
    if isinstance(values, dict):
        return bool(len(base64.b64decode(values["bdata"])) and np.dtype(values["dtype"]).kind in "iuf")
    known = [value for value in values or [] if value is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
