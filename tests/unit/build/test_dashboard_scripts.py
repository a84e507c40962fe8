"""The scripts of the dashboard: linted by what is here, and their pure parts held against Python's."""

import re

import numpy as np
import pytest

from helpers.build.dashboard import MODULES, pack_columns
from helpers.build.templating import TEMPLATES
from tests.unit.build.test_dashboard_numbers import WRITERS


def test_numbers_are_written_as_everywhere(browser):
    """`format.js` says what `helpers/base/text.py` does, also where Python rounds a tie to the even digit."""
    rng = np.random.default_rng(5)
    amounts = [*rng.integers(-3_000_000, 3_000_000, 400) / 100, *(10 ** rng.uniform(-2, 10, 400)).round(2)]
    amounts += [
        0,
        0.5,
        12.25,
        12.35,
        19.995,
        20.5,
        21.5,
        999.5,
        9_999.5,
        10_050,
        10_150,
        999_500,
        1_005_000,
        999_999_999,
    ]
    shares = [
        *rng.uniform(-2, 2, 300),
        0,
        1,
        0.125,
        0.0005,
        0.0004,
        0.0995,
        0.09951,
        0.9949,
        0.995,
        0.9999,
        0.1225,
        0.0225,
    ]
    values = {
        "money": amounts,
        "column": amounts,
        "share": shares,
        "ratio": [abs(a) for a in shares],
        "day": [0, 59, 19_000],
    }
    values["count"] = [0, 7, 999, 1000, 1_234_567, 0.5, 1.5, 2.5]
    module = (TEMPLATES / "dashboard" / "format.js").read_text(encoding="utf-8")
    tab = browser.new_page()
    written = tab.evaluate(
        """async ([module, values]) => {
          const { written, useCurrency } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
          useCurrency({ sign: "£", code: "GBP" });
          return Object.entries(values).map(([kind, all]) => all.map((value) => written(value, kind)));
        }""",
        [module, {kind: [float(value) for value in all_of] for kind, all_of in values.items()}],
    )
    assert dict(zip(values, written, strict=True)) == {k: [WRITERS[k](v) for v in of] for k, of in values.items()}
    tab.close()


def test_packed_columns_come_back(browser):
    rng = np.random.default_rng(4)
    columns = {
        "rising": np.sort(rng.integers(0, 10**6, 500)).astype(float),
        "mixed": np.where(rng.random(500) < 0.2, np.nan, rng.integers(-(10**12), 10**12, 500)),
        "money": np.where(rng.random(500) < 0.2, np.nan, rng.integers(0, 10**6, 500) / 100),
        "none": np.full(5, np.nan),
        "empty": np.array([]),
    }
    binary, places = pack_columns(columns)
    module = (TEMPLATES / "dashboard" / "data.js").read_text(encoding="utf-8")
    tab = browser.new_page()
    found = tab.evaluate(
        """async ([module, binary, places]) => {
          const { column } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
          const bytes = new Uint8Array(binary);
          const plain = (value) => (Number.isNaN(value) ? null : value);
          return Object.values(places).map((place) => [...column(bytes, place)].map(plain));
        }""",
        [module, list(binary), places],
    )
    assert dict(zip(columns, found, strict=True)) == {
        name: [None if np.isnan(value) else value for value in values] for name, values in columns.items()
    }
    tab.close()


# ── the scripts ──


def sources() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (TEMPLATES / "dashboard").glob("*.js")}


def test_every_module_is_in_the_page_and_imports_only_what_stands_before_it():
    texts = sources()
    assert set(MODULES) == set(texts)
    exported = {
        name: set(re.findall(r"^export (?:async )?(?:function|const) (\w+)", text, re.M))
        for name, text in texts.items()
    }
    for place, name in enumerate(MODULES):
        body = re.sub(r"^import .*$", "", texts[name], flags=re.M)
        for names, module in re.findall(r'^import { ([^}]+) } from "\./(\w+)\.js";$', texts[name], re.M):
            assert module in MODULES[:place], f"{name} imports {module}"
            for one in names.split(", "):
                assert one in exported[module], f"{name} imports {one}, which {module} does not export"
                assert re.search(rf"\b{one}\b", body), f"{name} imports {one} for nothing"
        assert len(re.findall(r"^import ", texts[name], re.M)) == len(re.findall(r"^import { ", texts[name], re.M))
    for name, names in exported.items():
        for one in names:
            times = len(re.findall(rf"\b{one}\b", "\n".join(texts.values())))
            assert times > 1, f"{name} exports {one} for nothing"


def test_no_module_makes_markup_of_words_or_asks_for_anything():
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    forbidden += r"|fetch\(|XMLHttp|WebSocket|importScripts"
    sloppy = r"\bvar |[^=!]==[^=]|!=[^=]|console\.|debugger"
    for name, text in sources().items():
        code = re.sub(r"//.*", "", text)
        assert not re.findall(forbidden, code), name
        assert not re.findall(sloppy, code), name


@pytest.mark.parametrize("name", MODULES)
def test_a_module_names_nothing_that_is_not_there(browser, name):
    """Each free name of a module is one of its own, an import, or the browser's."""
    text = sources()[name]
    code = re.sub(r'//.*|"(?:[^"\\\n]|\\.)*"', "''", text)
    code = re.sub(r"`(?:[^`\\]|\\.)*`", lambda found: " ".join(re.findall(r"\$\{([^}]*)\}", found[0])), code)
    code = re.sub(r"(?<![*=(,:&|!?] )/(?:[^/\\\n]|\\.)+/[gimsu]*", "''", code)
    called = set(re.findall(r"(?<![.\w$])([A-Za-z_]\w*)(?=\()", code))
    declared = set(re.findall(r"\b(?:function|const|let)\s+(\w+)", code)) | set(
        re.findall(r"[{\[(,]\s*(\w+)", code)
    )
    tab = browser.new_page()
    tab.goto("about:blank")
    known = tab.evaluate("(names) => names.filter((name) => name in globalThis)", sorted(called))
    tab.close()
    assert (
        called - declared - set(known) - {"if", "for", "while", "switch", "catch", "function", "return"} == set()
    )
