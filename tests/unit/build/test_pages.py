"""Pages as a parser sees them: nothing is fetched, values are text, everything has a name."""

import base64
import json
import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from helpers.base.errors import StudyError
from helpers.build import pages
from helpers.build.front import (
    STATUSES,
    VERDICTS,
    shelf_page,
    study_page,
)
from helpers.build.key_figures import Picture, Tile
from helpers.build.packing import packed, unpacked
from helpers.build.pages import Link, _answer_first, chapter_page
from helpers.build.summary import Card
from helpers.show import theme
from tests.packed_pages import unpack_page

HOSTILE = "<script>alert(1)</script>"
CHAPTERS = [
    Link("Exploration", "01_eda.html"),
    Link("Cleaning", "02_cleaning.html", True),
    Link("RFM", "03_rfm.html"),
]
PLOTLY_BANNER = "plotly.js v"  # the licence comment at the head of plotly.js
# one white pixel
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="


class Page(HTMLParser):
    """A parsed page: its tags with attributes, the text outside scripts and styles, and the scripts."""

    def __init__(self, html):
        super().__init__()
        self.html, self.tags, self.words, self.scripts, self.inside = html, [], [], [], []
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.words.append(data)
        elif self.inside[-1] == "script":
            self.scripts.append(data)

    def all(self, tag, **wanted):
        return [
            attrs
            for name, attrs in self.tags
            if name == tag and all(value in (attrs.get(key) or "").split() for key, value in wanted.items())
        ]

    def ids(self):
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


def plot(alt="Bars: Tea sells most", title="Sales", names=("Tea", "Jam"), **meta):
    layout = {"title": {"text": title}, "meta": {"alt": alt, **meta}}
    data = [{"type": "bar", "x": list(names), "y": [3, 2]}]
    return new_output("display_data", data={pages.PLOTLY: {"data": data, "layout": layout}})


def markup(html, role=None):
    return new_output(
        "display_data", data={"text/html": html}, metadata={"series": {"role": role}} if role else {}
    )


def picture(**metadata):
    return new_output("display_data", data={"image/png": PNG}, metadata={"image/png": metadata})


def code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def chapter(*cells, failed=None, chapters=CHAPTERS, title="# Cleaning the ledger"):
    notebook = new_notebook(cells=[new_markdown_cell(title), *cells])
    return Page(chapter_page(notebook, study_title="A shop", chapters=chapters, failed=failed))


def on_front(title, status, **about):
    blank = dict.fromkeys(("href", "error", "failed_href", "headline", "said"))
    return blank | {"number": "03", "title": title, "question": "Why?", "status": status} | about


def claimed(verdict, text="a claim"):
    return dict.fromkeys(("claim", "source", "expected", "found", "said"), text) | {"verdict": verdict}


def full_study(**changes):
    chapters = [
        on_front(f"Chapter {i}", status, href=f"{i}.html", headline=Markup("<strong>9</strong> lines"))
        for i, status in enumerate(STATUSES, start=1)
    ]
    claims = [claimed(verdict) for verdict in VERDICTS]
    blank = {"shelf": "../index.html", "problem": None, "since": None, "provenance": [], "check": ""}
    blank |= {"dates": "", "compared": ""}
    blank |= {"tiles": [], "pictures": [], "do": [], "doubt": []}
    blank["finding"] = {"title": "Sales fell", "about": "", "href": None}
    values = {
        "title": "A shop",
        "description": "Its ledger.",
        "base": "Based on 12 lines.",
        "facts": [("Rows", "12")],
        "chapters": chapters,
        "claims": claims,
        "dashboard": "dashboard.html",
        "downloads": [
            {"title": "Customers", "href": "customers.csv", "bytes": 1_234_567, "description": "One line each."}
        ],
    }
    return Page(study_page(blank | values | changes))


def full_shelf(**changes):
    values = {
        "title": "A shop",
        "description": "Its ledger.",
        "href": "a/index.html",
        "state": "built",
        "note": "",
        "finding": "Sales fell",
        "tiles": [Tile("Orders", "12", None)._asdict()],
        "claims": {"holds": 2, "does not hold": 1},
        "checked": [],
    }
    return Page(shelf_page([values | changes]))


EVERY_KIND = [
    code("seed = 1", tags=["parameters"]),
    code("draw()", plot(), picture(alt="A histogram"), markup("<table><tr><td>1</td></tr></table>")),
    code("print(1)", new_output("stream", name="stdout", text="1\n")),
    code("warn()", new_output("stream", name="stderr", text="\x1b[31mcareful\x1b[0m\n")),
]


@pytest.mark.parametrize("make", [lambda: chapter(*EVERY_KIND), full_study, full_shelf])
def test_nothing_is_fetched(make):
    page = make()
    for tag, attrs in page.tags:
        assert not {"srcset", "background", "action"} & set(attrs)
        if "src" in attrs:
            assert attrs["src"].startswith("data:"), (tag, attrs["src"])
        if tag in ("link", "object", "embed", "iframe", "base"):
            assert tag == "link"
            assert attrs["href"] == "data:,"
    styles = "".join(re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL))
    assert styles
    assert "url(" not in styles
    assert "@import" not in styles
    (policy,) = [attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_plotly_js_is_there_once_packed_and_only_where_a_chart_needs_it():
    page = chapter(code("a", plot(), plot()), code("b", plot()))
    assert PLOTLY_BANNER not in page.html
    assert unpack_page(page.html).count(PLOTLY_BANNER) == 1
    assert len(page.html.encode()) < 2_200_000  # 4.8 MB as it is
    for other in (chapter(code("a", picture(alt="A histogram"))), full_study(), full_shelf()):
        assert 'id="plotly-js"' not in other.html


@pytest.mark.parametrize("text", ["", "Tea & jam", "</script><b>£ “é” 茶", "0123456789" * 1000])
def test_what_is_packed_is_unpacked_as_it_was(text):
    assert unpacked(packed(text)) == text
    assert re.fullmatch("[A-Za-z0-9+/=]*", packed(text)), "it may not end the script element"


def test_rows_beyond_the_first_are_packed_and_code_keeps_only_what_has_a_colour():
    rows = '<script type="application/json" class="rows">[["Tea","\\u003c/script>"]]</script>'
    page = chapter(code("tea = sold(1)  # why", markup(f'<table class="data"><tr><td>1</td></tr>{rows}</table>')))
    assert "u003c" not in page.html
    assert '[["Tea","\\u003c/script>"]]' in unpack_page(page.html)
    (listing,) = re.findall(r'<div class=".*?highlight.*?">(.*?)</div>', page.html, re.DOTALL)
    assert 'class="c1"' in listing and 'class="mi"' in listing
    assert 'class="n"' not in listing and 'class="p"' not in listing
    assert "tea = sold(" in page.text


def test_a_chart_has_its_alternative_text_caption_title_and_data():
    page = chapter(code("a", plot(alt='Bars of "tea" & jam', title="Sales<br>of <b>tea</b>", caption="In GBP")))
    (figure,) = page.all("figure", **{"class": "plotly"})
    assert figure["role"] == "img"
    assert figure["aria-label"] == 'Bars of "tea" & jam'
    assert "Sales of tea" in page.text
    assert "In GBP" in page.text
    drawing = json.loads(unpacked(page.scripts[1]))
    assert drawing["data"][0]["x"] == ["Tea", "Jam"]
    assert "title" not in drawing["layout"]  # it is text of the page, where it can wrap


def test_a_picture_has_its_alternative_text_and_caption():
    page = chapter(code("a", picture(alt='Ages, "peak" at 40', caption="800 customers")))
    (image,) = page.all("img")
    assert image["alt"] == 'Ages, "peak" at 40'
    assert "800 customers" in page.text


def test_a_picture_is_shown_in_the_size_it_was_drawn_in():
    drawn = BytesIO()
    Image.new("RGB", (320, 10)).save(drawn, "png", dpi=(160, 160))  # two inches
    output = picture(alt="A histogram")
    output.data["image/png"] = base64.b64encode(drawn.getvalue()).decode()
    assert chapter(code("a", output)).all("img")[0]["width"] == "192"
    assert "width" not in chapter(code("a", picture(alt="A histogram"))).all("img")[0]


@pytest.mark.parametrize(
    "output",
    [
        plot(alt=""),
        plot(alt=" "),
        picture(),
        markup('<img src="data:,">'),
        markup('<img alt="" src="data:,">'),
    ],
    ids=["chart", "blank", "picture", "html", "html with empty alt"],
)
def test_a_figure_without_alternative_text_stops_the_export_and_names_the_cell(output):
    with pytest.raises(StudyError, match=r"cell 2 of 'Cleaning' \(draw\(tea\)\).*alternative text"):
        chapter(code("draw(tea)\nmore()", output))
    # what a failed chapter left must be readable in any case
    assert "did not finish" in chapter(code("draw(tea)", output), failed="It stopped.").text


@pytest.mark.parametrize("source", ["![](attachment:a.png)", "![A map](map.png)"])
def test_a_picture_in_markdown_must_be_in_the_page_and_have_alternative_text(source):
    cell = new_markdown_cell(source, attachments={"a.png": {"image/png": PNG}})
    with pytest.raises(StudyError, match="alternative text"):
        chapter(cell)
    cell.source = "![A map](attachment:a.png)"
    assert chapter(cell).all("img")[0]["alt"] == "A map"


def test_hostile_values_in_a_chapter_are_text():
    output = plot(alt=HOSTILE, title=HOSTILE, names=[HOSTILE, "</script>"], caption=HOSTILE)
    error = new_output("error", ename=HOSTILE, evalue=HOSTILE, traceback=[f"\x1b[31m{HOSTILE}\x1b[0m"])
    page = chapter(
        new_markdown_cell(f"## Why {HOSTILE}\n\n{HOSTILE}\n\n<img src=x onerror=alert(1)> [x](javascript:alert)"),
        code(HOSTILE, output, picture(alt=HOSTILE, caption=HOSTILE)),
        code("a", new_output("stream", name="stdout", text=HOSTILE)),
        code("a", new_output("stream", name="stderr", text=HOSTILE)),
        code("a", new_output("display_data", data={"text/plain": HOSTILE})),
        code("a", new_output("display_data", data={"text/markdown": f"*{HOSTILE}*"})),
        code("a", error),
        title=f"# Cleaning {HOSTILE}",
        failed=HOSTILE,
        chapters=[Link(HOSTILE, "1.html"), Link("b", "2.html", True), Link(HOSTILE, "3.html")],
    )
    assert not [script for script in page.scripts if script.strip() == "alert(1)"]
    # head, chart, themes, plotly.js, page.js
    assert len(page.all("script")) == 5
    assert not [attrs for _, attrs in page.tags if "onerror" in attrs]
    assert "javascript:" not in "".join(attrs.get("href") or "" for attrs in page.all("a"))
    assert json.loads(unpacked(page.scripts[1]))["data"][0]["x"] == [HOSTILE, "</script>"]
    assert page.all("figure", **{"class": "plotly"})[0]["aria-label"] == HOSTILE
    assert page.text.count(HOSTILE) >= 14


def test_hostile_values_on_the_front_pages_are_text():
    chapters = [on_front(HOSTILE, "failed", number=HOSTILE, question=HOSTILE, error=HOSTILE)]
    claims = [claimed("holds", HOSTILE)]
    downloads = [{"title": HOSTILE, "href": "a.csv", "bytes": 3, "description": HOSTILE}]
    plain = {"title": HOSTILE, "description": HOSTILE}
    tile = Tile(HOSTILE, HOSTILE, None, HOSTILE, "", HOSTILE)
    finding = {"title": HOSTILE, "about": HOSTILE, "href": None}
    study = full_study(
        **plain, chapters=chapters, claims=claims, downloads=downloads, problem=HOSTILE, tiles=[tile],
        facts=[(HOSTILE, HOSTILE)], finding=finding, base=HOSTILE, check=HOSTILE, dates=HOSTILE,
        do=[Card(HOSTILE, None, (HOSTILE, "a.csv"))],
        pictures=[Picture(HOSTILE, None, bars=(dict.fromkeys(("name", "action", "about", "drawing"), HOSTILE),))],
    )  # fmt: skip
    shelf = full_shelf(**plain, note=HOSTILE, finding=HOSTILE, tiles=[tile], checked=claims)
    for page, times in ((study, 28), (shelf, 9)):
        assert len(page.all("script")) == 2
        assert page.text.count(HOSTILE) >= times


def test_markdown_keeps_the_few_tags_that_fold_a_solution():
    page = chapter(
        new_markdown_cell("<details>\n<summary>Solution</summary>\n\nCount *twice*&mdash;R&D.\n\n</details>")
    )
    assert page.all("summary")
    assert "<em>twice</em>" in page.html
    assert "twice —R&D." in page.text


def test_the_first_heading_is_the_title_and_contents_lead_to_the_others():
    page = chapter(
        new_markdown_cell("## 1. Rules & order\n\n### *Rejected* lines\n\n#### Detail\n\n## Limits"),
        code("a", new_output("display_data", data={"text/markdown": "## Limits\n\n# Another"})),
        new_markdown_cell("## Error\n\n## !?"),
        title="# The *ledger* & its rules\n\nWhy it matters.",
    )
    assert len(page.all("h1")) == 1
    assert "<title>The ledger &amp; its rules · A shop</title>" in page.html
    assert "The ledger & its rules" in re.sub(r"\s+", " ", page.text)
    listed = re.search(r'<nav class="contents".*?</nav>', page.html, re.DOTALL)[0]
    names = [" ".join(name.split()) for name in re.findall(r'<a href="#[^"]+">(.*?)</a>', listed)]
    assert names == ["1. Rules &amp; order", "Limits", "Limits", "Another", "Error", "!?"]
    targets = re.findall(r'<a href="#([^"]+)">', listed)
    assert set(targets) <= set(page.ids())
    assert len(set(targets)) == len(targets)
    copied = [a["href"][1:] for a in page.all("a", **{"class": "anchor"})]
    assert set(copied) - set(targets) == {"section-detail", "section-rejected-lines"}
    assert len(page.ids()) == len(set(page.ids()))


def test_a_chapter_without_sections_has_no_contents():
    assert not chapter().all("nav", **{"class": "contents"})


def test_previous_and_next_follow_from_the_current_chapter():
    def neighbours(at):
        links = [Link(link.title, link.href, i == at) for i, link in enumerate(CHAPTERS)]
        page = chapter(chapters=links)
        return [[a["href"] for a in page.all("a", rel=rel)] for rel in ("prev", "next")]

    assert neighbours(0) == [[], ["02_cleaning.html"]]
    assert neighbours(1) == [["01_eda.html"], ["03_rfm.html"]]
    assert neighbours(2) == [["02_cleaning.html"], []]
    assert neighbours(None) == [[], []]


def test_headlines_are_hoisted_exactly_once():
    headlines = markup('<ul class="headlines"><li>Nine of <strong>ten</strong> are kept</li></ul>', "headlines")
    source = markup("<p>sha256 abc</p>", "provenance")
    page = chapter(new_markdown_cell("## Rules"), code("a", headlines), code("b", source), code("c"))
    assert page.html.count("Nine of <strong>ten</strong> are kept") == 1
    order = [page.html.index(part) for part in ("<h1>", "Nine of", ">Rules</h2>", "sha256 abc")]
    assert order == sorted(order)
    assert page.all("div", **{"class": "provenance"})
    assert "Headline findings" not in chapter(code("c")).text


def said(place, *more):
    return [
        new_output(
            "display_data", data={"text/html": ""}, metadata={"series": {"role": "headline", "place": place}}
        )
    ]


def test_the_name_of_a_segment_leads_to_where_it_is_defined():
    chapters = [Link("RFM", "03_rfm.html"), Link("Groups", "04_clustering.html", True)]
    told = markup("<p><em>Loyal</em> and Loyal</p><table><tr><td>At risk</td><td>At risk of it</td></tr></table>")
    page = chapter(code("a", told), chapters=chapters)
    assert page.html.count('href="03_rfm.html#segments"') == 2
    assert '<em><a href="03_rfm.html#segments">Loyal</a></em> and Loyal' in page.html
    assert '<td><a href="03_rfm.html#segments">At risk</a></td><td>At risk of it</td>' in page.html
    defined = new_markdown_cell("## 9. Segments and actions", metadata={"anchor": "segments"})
    of_rfm = [Link("RFM", "03_rfm.html", True), Link("Groups", "04_clustering.html")]
    assert "segments" in chapter(defined, code("a", told), chapters=of_rfm).ids()


def test_a_finding_that_is_the_title_of_a_chart_is_said_there():
    page = chapter(
        new_markdown_cell("## 1. Rules"), code("a", plot(title="Nine & ten are kept")), code("b", *said(0)),
        code("d", markup('<ul class="headlines"><li>Nine &amp; <em>ten</em> are kept.</li></ul>', "headlines")),
    )  # fmt: skip
    assert page.html.count("are kept") == 2  # in the head, and above the chart
    assert 'href="#section-1-rules">Section 1</a>' in page.html


def test_charts_beside_each_other_and_what_a_picture_shows_are_marked():
    page = chapter(code("a", plot(half=True), picture(alt="A tree.", title="It grows", subtitle="A tree")))
    assert page.all("figure", **{"class": "half"})
    assert '<p class="figure-title">It grows</p><p class="figure-subtitle">A tree</p><img' in page.html


def test_cells_of_method_are_folded_under_what_they_show():
    page = chapter(
        new_markdown_cell("## 1. Rules"), code("a", plot(title="Tea leads"), tags=["method"]), code("b", plot()),
    )  # fmt: skip
    assert '<details class="fold"><summary><h3>Tea leads</h3></summary>' in page.html
    assert page.html.count("<details") == page.html.count("</details>")


def test_a_headline_leads_to_the_section_that_says_it():
    listed = markup('<ul class="headlines"><li>None</li><li>Nine</li><li>Ten</li><li>Gone</li></ul>', "headlines")
    left_out = new_markdown_cell("## 2. Left out", metadata={"left_out": "no dates"})
    page = chapter(
        code("a", *said(0)),
        new_markdown_cell("## 1. Rules\n\nWhich are kept?"), code("b", *said(1)), code("c", *said(2)),
        left_out, code("d", *said(3)),
        new_markdown_cell("## 3. Findings"), code("e", listed),
    )  # fmt: skip
    assert page.html.count('<a class="to" href="#section-1-rules">Section 1</a></li>') == 2
    assert "<li>Gone</li>" in page.html
    assert page.html.index("1. Rules</h2>") < page.html.index("<p>Nine</p>")  # nothing else says it there
    heading = re.search(r'<h2 id="section-1-rules">.*?</h2>', page.html)[0]
    assert re.findall(r'id="(said-\d)"', heading) == ["said-1", "said-2"]
    # the front page may link to those without a section, too
    assert sorted(name for name in page.ids() if name.startswith("said-")) == [f"said-{n}" for n in range(4)]


def test_a_headline_that_a_section_said_before_leads_there():
    page = chapter(
        new_markdown_cell("## 1. Rules"), code("a", markup("<p>Nine are kept. All is well.</p>")),
        new_markdown_cell("## 2. Findings"), code("b", *said(0)), code("c", *said(1)),
        code("d", markup('<ul class="headlines"><li>Nine are kept.</li><li>Ten go.</li></ul>', "headlines")),
    )  # fmt: skip
    assert '<li>Nine are kept. <a class="to" href="#section-1-rules">Section 1</a></li>' in page.html
    assert '<li>Ten go. <a class="to" href="#section-2-findings">Section 2</a></li>' in page.html
    assert page.html.count("Nine are kept.") == 2 and page.html.count("<p>Ten go.</p>") == 1


def test_what_a_text_names_is_a_link_to_it():
    told = markup("<p>Download <code>kept.csv</code>.</p>", "download")
    told.metadata["series"]["name"] = "kept.csv"
    page = chapter(
        new_markdown_cell("See `03_rfm`, `02_cleaning`, `kept.csv` and `other.csv`."), code("a", told),
        chapters=[Link("Cleaning", "02_cleaning.html", True), Link("RFM", "03_rfm.html")],
    )  # fmt: skip
    assert page.html.count('<a href="downloads/02_cleaning/kept.csv"><code>kept.csv</code></a>') == 2
    assert '<a href="03_rfm.html"><code>03_rfm</code></a>' in page.html
    assert "<code>02_cleaning</code>," in page.html and "<code>other.csv</code>." in page.html


def test_code_is_folded_with_one_switch_and_hidden_cells_are_gone():
    page = chapter(
        code("seed = 1", tags=["parameters"]),
        code("seed = 2", tags=["injected-parameters"]),
        code("secret = 3", new_output("stream", name="stdout", text="HIDDEN"), tags=["hide"]),
    )
    folded = page.all("details", **{"class": "code"})
    assert len(folded) == 2
    assert not [attrs for attrs in folded if "open" in attrs]
    assert len(page.all("button", id="code-switch")) == 1
    assert "Parameters of this study" in page.text
    assert "secret" not in page.html
    assert "HIDDEN" not in page.html


def test_output_on_stderr_is_folded_and_without_colour_codes():
    page = chapter(code("warn()", new_output("stream", name="stderr", text="\x1b[31mcareful\x1b[0m")))
    (messages,) = page.all("details", **{"class": "messages"})
    assert "open" not in messages
    assert "careful" in page.text
    assert "\x1b" not in page.html


def test_a_failed_chapter_says_so_first_and_shows_where_it_stopped():
    error = new_output("error", ename="KeyError", evalue="'age'", traceback=["\x1b[31mKeyError\x1b[0m: 'age'"])
    added = new_markdown_cell("An Exception was encountered", metadata={"tags": [pages.PAPERMILL_ERROR]})
    page = chapter(new_markdown_cell("## Ages"), added, code("a", error, tags=["hide"]), failed="No column age.")
    assert page.html.index("No column age.") < page.html.index(">Ages</h2>")
    assert page.all("a", href="#error")
    assert "error" in page.ids()
    assert "KeyError: 'age'" in page.text
    assert "\x1b" not in page.html
    assert "An Exception was encountered" not in page.text


def test_a_table_scrolls_by_itself():
    page = chapter(
        new_markdown_cell("| a | b |\n|---|---:|\n| 1 | 2 |"), code("a", markup("<table><td>1</td></table>"))
    )
    assert page.html.count('<div class="scroll" tabindex="0"><table') == page.html.count("</table></div>") == 2


def section(title, *said, left_out=None):
    heading = new_markdown_cell(f"## {title}\n\nHow the curve should be read.")
    if left_out:
        heading.metadata["left_out"] = left_out
    return [heading, code("compute()", *(markup(f"<p>{text}</p>") for text in said))]


def contents(page):
    listed = re.search(r'<nav class="contents".*?</nav>', page.html, re.DOTALL)[0]
    return [" ".join(name.split()) for name in re.findall(r'<a href="#[^"]+">(.*?)</a>', listed)]


def test_sections_that_are_left_out_are_told_in_one_line_at_the_end():
    page = chapter(
        *section("1. Source", "Nine lines."),
        *section("2. Models & more", left_out="no dates"),
        *section("3. Test", left_out="no dates"),
        new_markdown_cell("What a reader of the test should mind."),
        *section("4. Ages", "half of it", left_out="nobody has an &lt;age&gt;."),
        *section("5. Limits", "Few lines."),
    )
    assert contents(page) == ["1. Source", "2. Limits"]
    told = "<em>Models &amp; more</em>, <em>Test</em> (no dates); <em>Ages</em> (nobody has an &lt;age&gt;)"
    assert f"<p>What this data cannot answer: {told}.</p>" in page.html
    assert page.html.index("Few lines.") < page.html.index("What this data cannot answer")
    assert page.text.count("How the curve should be read.") == 2
    assert "should mind" not in page.text
    assert "half of it" not in page.text


def test_a_page_with_everything_on_it_has_no_such_line():
    assert "cannot answer" not in chapter(*section("1. Ages", "All are known.")).text


def test_a_section_for_data_that_lacks_something_is_not_missed():
    page = chapter(*section("1. One row each", left_out="it has order numbers"), *section("2. Limits", "Few."))
    assert contents(page) == ["1. Limits"] and "cannot answer" not in page.text


def test_a_failed_chapter_drops_nothing():
    page = chapter(*section("1. Ages", "so far", left_out="no ages"), failed="It stopped.")
    assert "so far" in page.text


def test_a_page_that_is_too_large_names_its_largest_figure(monkeypatch):
    monkeypatch.setattr(pages, "MAX_BYTES", 10_000)
    large = plot(names=["x" * 6_000])
    with pytest.raises(StudyError, match=r"'Cleaning' would be .* MB.*draw_many\(\)"):
        chapter(code("draw_few()", plot()), code("draw_many()", large))
    assert chapter(code("draw_many()", large), failed="It stopped.").text


def test_the_notebook_is_left_as_it_was():
    notebook = new_notebook(cells=[code("a", plot(), markup("<ul></ul>", "headlines"))])
    before = json.dumps(notebook)
    chapter_page(notebook, study_title="A shop", chapters=CHAPTERS)
    assert json.dumps(notebook) == before


def test_the_front_page_says_what_happened_to_each_chapter_and_claim():
    failed = on_front("RFM", "failed", href="3.html", error="No column age.", failed_href="3.failed.html")
    page = full_study(chapters=[failed], problem="Chapter 03 failed.")
    for words in ("Chapter 03 failed.", "No column age.", "✕ failed", "last good one"):
        assert words in page.text
    assert {"3.html", "3.failed.html", "../index.html", "customers.csv"} <= {a["href"] for a in page.all("a")}
    page = full_study()
    for name, mark in (STATUSES | VERDICTS).items():  # never colour alone, and all is well without a word
        assert (f"{mark.icon} {mark.word}" in page.text) == (name not in ("fresh", "executed"))
    assert "1.2 MB" in page.text
    assert page.html.count("<strong>9</strong> lines") == len(STATUSES)


def test_the_shelf_shows_a_study_that_is_not_built_without_a_link():
    page = full_shelf(href=None, state="not built", note="Put it into data/.", claims={})
    assert not [a for a in page.all("a") if "index.html" in (a.get("href") or "")]
    assert "1 more study, not built yet" in page.text and not page.all("ul", **{"class": "tiles"})
    assert full_shelf().all("ul", **{"class": "tiles"}) and "not built" not in full_shelf().text
    assert "Put it into data/." in page.text
    assert "holds: 2" in full_shelf().text
    assert "No study has been built yet" in Page(shelf_page([])).text


def luminance(colour):
    """Return the relative luminance of a colour (WCAG 2.2), from 0 to 1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_colours_can_be_read_on_both_papers(colours):
    for colour in (*theme.CATEGORICAL, theme.NEUTRAL):
        assert contrast(colour, colours["paper"]) >= 3, colour
    for name in ("ink", "muted", "accent", "good", "bad", "unsure"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    for name in ("good", "bad", "unsure"):
        assert contrast(colours[name], colours[f"{name}-soft"]) >= 4.5, name
    for name in ("ink", "muted", *[n for n in colours if n.startswith("code-")]):
        assert contrast(colours[name], colours["sunken"]) >= 4.5, name


def test_themes_define_the_same_names_and_the_style_uses_no_other():
    assert theme.LIGHT.keys() == theme.DARK.keys()
    used = set(re.findall(r"var\(--([\w-]+)\)", (pages.TEMPLATES / "page.css").read_text(encoding="utf-8")))
    assert used <= theme.LIGHT.keys() | {"font", "mono", "part"}  # the part that a cell's bar takes is the cell's


def test_the_house_style_becomes_the_default_of_plotly():
    pio = pytest.importorskip("plotly.io")
    before = pio.templates.default
    try:
        theme.use_theme()
        assert pio.templates.default == theme.TEMPLATE
        assert list(pio.templates[theme.TEMPLATE].layout.colorway) == list(theme.CATEGORICAL)
    finally:
        pio.templates.default = before


def test_a_progress_bar_leaves_nothing_on_a_page():
    steps = ["\r  0%|", "\r 50%|█", "\r100%|██", "\r      \r"]
    outputs = [new_output("stream", name="stderr", text=text) for text in steps]
    assert not chapter(code("search()", *outputs)).all("details", **{"class": "messages"})
    assert "half" not in chapter(code("search()", new_output("stream", name="stdout", text="half\rdone\n"))).text


def test_a_chapter_opens_with_three_headlines_and_folds_the_rest():
    def of(count: int) -> str:
        return "<ul>" + "".join(f"<li>{number}</li>" for number in range(count)) + "</ul>"

    assert _answer_first(of(4)) == of(4)  # one more is not worth a fold
    head, _, rest = _answer_first(of(7)).partition("<details")
    assert head.count("<li>") == 3
    assert rest.count("<li>") == 4
    assert "4 more findings" in rest and rest.endswith("</ul></details>")


def test_a_section_written_for_each_kind_of_data_is_not_missed_either():
    page = chapter(*section("1. Limits", "Rows.", left_out="no dates"), *section("2. Limits", "No segments here."))
    assert contents(page) == ["1. Limits"] and "cannot answer" not in page.text
    page = chapter(*section("1. Ages", left_out="no dates"), *section("2. Limits", "No segments here."))
    assert "cannot answer" in page.text
