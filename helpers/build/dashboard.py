"""Writes a study's dashboard: one page that asks for nothing, with its data in it, under one filter.

The scripts are plain modules in `templates/dashboard`, put one behind the other; the page's policy names them by
their digests, so nothing else that looks like a script can run.
"""

import base64
import hashlib
import json
import re
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from helpers.base.files import remove, write_text
from helpers.base.places import projected_shapes
from helpers.base.text import SIGNS
from helpers.base.words import in_words
from helpers.build.freshness import combined, wing_digest
from helpers.build.packing import packed
from helpers.build.state import believed
from helpers.build.templating import TEMPLATES, render
from helpers.study.schema import Study

PAGE = "dashboard.html"
MOST_BYTES = 4_000_000
"""Of a page; one that would be larger sums its customers by segment."""
MODULES = ("format", "data", "state", "sums", "parts", "overview", "customers", "card", "map", "main")
"""The scripts, each before those that import it."""
TELLING = ("clustering", "regression", "purchase_prediction", "what_changed")
"""Chapters whose findings and lists it shows; of the others it reads tables only."""
IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)


def try_dashboard(study: Study, folder: Path, state: dict[str, Any]) -> str | None:
    """Write a study's dashboard; if it cannot be, the last good one stays, and what went wrong is returned."""
    try:
        write_dashboard(study, folder, state)
    except OSError:  # a full disk is the build's to tell
        raise
    except Exception as error:
        return in_words(type(error).__name__, str(error))
    return None


def write_dashboard(study: Study, folder: Path, state: dict[str, Any]) -> None:
    """Write a study's dashboard.html, unless it is there already; remove it where there is nothing to show."""
    told = {name: known for name, known in state["chapters"].items() if name in TELLING}
    parts = [{name: known.get("tables") for name, known in state["chapters"].items()}]
    parts += [{name: [known.get("key"), known.get("findings")] for name, known in told.items()}]
    asked = study.values.model_dump(include={"title", "currency", "features", "rfm"})
    key = combined(parts, asked, wing_digest("base", "build", "ledger", "show"))
    page = folder / PAGE
    if state.get("dashboard") == key and page.exists():
        return
    written = dashboard_page(study, folder, state)
    if written is None:
        remove(page)
    else:
        write_text(page, written)
    state["dashboard"] = key


def dashboard_page(study: Study, folder: Path, state: dict[str, Any], most_bytes: int = MOST_BYTES) -> str | None:
    """Return a study's dashboard as HTML; None before chapter 02 has run."""
    from helpers.base.engine import open_engine  # brings the engine, which a build with nothing to do can spare
    from helpers.base.engine_settings import EngineSettings
    from helpers.build.dashboard_data import collect
    from helpers.build.dashboard_people import places
    from helpers.build.summary import Summary

    summary = Summary(study, folder, state, believed(folder, state), [])
    for by_segment in (False, True):
        # one thread, because rows that tie come in the order in which threads end
        with open_engine(EngineSettings(threads=1)) as engine:
            data = collect(engine, summary, by_segment=by_segment)
        if data is None:
            return None
        head, columns = data
        currency = study.values.currency
        head |= {"currency": {"sign": SIGNS.get(currency, ""), "code": currency}, "title": study.values.title}
        head["name"] = study.name
        head["colours"] = _colours(head["words"])
        head["places"] = places(head["countries"]) if head["has"]["country"] else {}
        head["shapes"] = _shapes() if head["places"] else {}
        binary, head["columns"] = pack_columns(columns)
        page = _page(study, head, binary)
        if len(page.encode()) <= most_bytes:
            break
    return page


def pack_columns(columns: dict[str, np.ndarray]) -> tuple[bytes, dict[str, list[Any]]]:
    """Return columns of numbers as bytes that pack well, and where each is: `[offset, rows, bytes, step, digits]`.

    A value is a whole number of 10 ** -digits, missing is 0; of a column with `step` the differences are kept. The
    first bytes of all rows come first, then the second ones: what is alike is near.
    """
    parts, places, offset = [], {}, 0
    for name, values in columns.items():
        known = ~np.isnan(values)
        digits = 0 if (values[known] % 1 == 0).all() else 2 if name != "probability" else 4
        whole = np.rint(np.where(known, values, 0) * 10**digits).astype(np.int64)
        step = bool(known.all() and len(whole) and (np.diff(whole) >= 0).all())
        whole = np.diff(whole, prepend=0) if step else whole
        signed = np.where(whole < 0, -2 * whole - 1, 2 * whole) + 1  # small ones stay small, whatever their sign
        coded = np.where(known, signed, 0).astype("<u8")
        width = max(1, (int(coded.max()).bit_length() + 7) // 8) if len(coded) else 1
        planes = coded.view(np.uint8).reshape(-1, 8)[:, :width].T
        parts.append(np.ascontiguousarray(planes).tobytes())
        places[name] = [offset, len(coded), width, int(step), digits]
        offset += len(parts[-1])
    return b"".join(parts), places


def _colours(words: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    from helpers.show import theme

    groups = dict(zip(words.get("group", []), theme.CATEGORICAL * 9, strict=False))
    return {"segment": theme.segment_colours(words.get("segment", [])), "group": groups}


@cache
def _shapes() -> dict[str, str]:
    """Return the outline of each country as a path of SVG, to a tenth of a map unit."""
    paths = {}
    for code, (xs, ys) in projected_shapes().items():
        steps, last = [], None
        for x, y in zip(xs, ys, strict=True):
            if x is None:
                last = None
                continue
            here = (round(10 * x), round(-10 * y))
            if here != last:
                steps.append(f"{'L' if last else 'M'}{here[0]} {here[1]}")
            last = here
        paths[code] = "".join(steps)
    return paths


@cache
def script() -> Markup:
    """Return all modules as one: a name is exported once only, so that what imports it needs no import."""
    texts = [(TEMPLATES / "dashboard" / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    return Markup("\n".join(re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.MULTILINE) for text in texts))


def _page(study: Study, head: dict[str, Any], binary: bytes) -> str:
    """Return the page; its policy lets only its own scripts run."""
    page = render(
        "dashboard.html.j2",
        title=study.values.title,
        words=packed(json.dumps(head, ensure_ascii=False, separators=(",", ":"))),
        numbers=Markup(base64.b64encode(zlib.compress(binary, 9)).decode("ascii")),
        script=script(),
        together=head.get("together", False),
        style=Markup((TEMPLATES / "dashboard" / "dashboard.css").read_text(encoding="utf-8")),
    )
    scripts = re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    return page.replace("SCRIPTS-OF-THIS-PAGE", " ".join(f"'sha256-{digest}'" for digest in digests), 1)
