"""The app as a person uses it, in Chromium: upload, correct, build, read, ask, compare, delete."""

import csv
import re
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from helpers.base.paths import ROOT
from tests.app_client import App, Client, running
from tests.conftest import real_data
from tests.notebooks import browser
from tests.notebooks.tiny import COPIED, Project, new_small_project

LONG = 90_000
"""Milliseconds that a small build may take on a machine that has other work, too."""


RUNNING = '<span class="pill plain">running</span>\n<span>Cleaning'
"""On the page of a build while chapter 02 runs."""
ASKED = """
CHAPTERS = tuple(c for c in CHAPTERS if c.name in ("cleaning", "rfm", "regression", "purchase_prediction"))
"""
"""The chapters that the real file is built with: those that a model needs."""

QUICK = {
    "07_regression": {"trials: int = 8": "trials: int = 1", "cut_offs: int = 7": "cut_offs: int = 3"},
    "09_purchase_prediction": {
        "resamples: int = 1000": "resamples: int = 50", "cut_offs_at_most: int = 6": "cut_offs_at_most: int = 3",
    },
}  # fmt: skip
"""Defaults of theirs that are lowered, so that this takes minutes."""


def places(project: Project, **more: str) -> dict[str, str]:
    project.data.mkdir(exist_ok=True)
    return {"REPORTS_DIR": str(project.reports), "DATA_DIR": str(project.data)} | more


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Project:
    """A project of two small chapters, with no study but what a person makes."""
    project = new_small_project(tmp_path_factory.mktemp("app") / "project")
    (project.root / "params" / "tiny.yml").unlink()
    with (project.root / "helpers" / "study" / "series.py").open("a", encoding="utf-8") as series:
        series.write("CHAPTERS = CHAPTERS[:2]\nBY_NAME = {chapter.name: chapter for chapter in CHAPTERS}\n")
    project.notebook("03_reader").unlink()
    shutil.move(project.data / "tiny.csv", project.root / "sales.csv")
    return project


@pytest.fixture(scope="module")
def app(shop):
    with running(shop.root, **places(shop)) as started:
        yield started


def enter(program, app: App, **options):
    """Open the app in a browser of its own, by its link; problems of its pages are collected."""
    tab = program.new_context(**options).new_page()
    tab.problems = []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda said: tab.problems.append(said.text) if said.type == "error" else None)
    tab.goto(app.links[-1])
    tab.wait_for_url(f"http://127.0.0.1:{app.port}/")
    app.next_link()
    return tab


def upload(tab, file: Path, within: int = LONG) -> None:
    tab.goto(tab.url.partition("/new")[0])
    tab.set_input_files("form[data-send] input[type=file]", str(file))
    tab.locator("form[data-send] button").click()
    tab.wait_for_selector("text=Which column is which?", timeout=within)


def test_a_file_becomes_a_report_that_can_be_read_and_deleted(shop, app):
    with browser.chromium() as program:
        tab = enter(program, app)
        upload(tab, shop.root / "sales.csv")
        assert tab.locator("#name").input_value() == "sales"
        country = tab.get_by_label("Country", exact=True)
        assert country.input_value() == "country"
        country.select_option("region")
        tab.get_by_label("UnitPrice", exact=True).select_option("quantity")
        tab.locator("button[value=build]").click()
        tab.wait_for_selector("[role=alert]", timeout=LONG)
        assert "Columns 'Quantity' and 'UnitPrice' cannot both be quantity" in tab.inner_text("[role=alert]")
        assert country.input_value() == "region"  # what was corrected is not asked again
        tab.get_by_label("UnitPrice", exact=True).select_option("unit_price")
        tab.locator("button[value=build]").click()
        tab.wait_for_url("**/studies/sales/progress", timeout=LONG)
        tab.close()  # closed mid-build: it goes on
        tab = enter(program, app)
        tab.goto(f"http://127.0.0.1:{app.port}/studies/sales/progress")
        tab.wait_for_selector("text=It is built.", timeout=LONG)
        assert tab.locator(".steps .pill.good").count() == 3
        tab.click("text=Open the report")
        tab.wait_for_selector("text=What is in the ledger")
        tab.click("text=All studies")
        tab.wait_for_selector("text=Upload a file")
        assert tab.problems == []
        study = (shop.root / "params" / "sales.yml").read_text()
        assert "Country: region # sure: you said so" in study
        assert 'path: "uploads/sales.csv"' in study
        assert (shop.data / "uploads" / "sales.csv").read_bytes() == (shop.root / "sales.csv").read_bytes()
        tab.click("text=Delete…")
        tab.click("a:text-is('Keep it')")
        assert (shop.reports / "sales" / "index.html").exists()
        tab.click("text=Delete…")
        tab.click("button:text-is('Delete')")
        tab.wait_for_selector("text=Upload a file")
        assert not (shop.reports / "sales").exists()
        assert not (shop.root / "params" / "sales.yml").exists()
        assert not (shop.data / "uploads" / "sales.csv").exists()
        assert [path.name for path in (shop.data / "uploads" / ".waiting").iterdir()] == []


def test_its_pages_fit_a_phone_and_are_dark_where_that_is_asked(shop, app):
    with browser.chromium() as program:
        tab = enter(program, app, viewport={"width": 390, "height": 844}, color_scheme="dark")
        upload(tab, shop.root / "sales.csv")
        for page in ("/", tab.url.partition(str(app.port))[2]):
            tab.goto(f"http://127.0.0.1:{app.port}{page}")
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390
            paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
            assert all(int(part) < 60 for part in re.findall(r"\d+", paper)[:3]), paper
        assert tab.problems == []
        tab.goto(f"http://127.0.0.1:{app.port}/")
        tab.click("text=Discard")
        tab.wait_for_selector("text=Upload a file")


def test_a_build_can_be_stopped_and_an_ended_app_leaves_no_process(tmp_path):
    project = new_small_project(tmp_path / "project")
    project.add_cell("02_cleaning", "import time; time.sleep(600)")
    with running(project.root, **places(project)) as started:
        client = started.client()
        assert client.post("/studies/tiny/build").headers["location"] == "/studies/tiny/progress"
        wait_for(client, "tiny", RUNNING)
        assert "is being built: stop the build first" in client.post("/studies/tiny/delete").text
        client.post("/studies/tiny/stop")
        wait_for(client, "tiny", "The build was stopped; the last good pages stay.")
        page = client.get("/studies/tiny/progress").text
        assert '<span class="pill unsure">stopped</span>' in page
        assert "What went wrong" not in page
        assert project.leftovers() == []
        client.post("/studies/tiny/build")
        wait_for(client, "tiny", RUNNING)
    until = time.monotonic() + 30
    while project.processes() and time.monotonic() < until:
        time.sleep(0.2)
    assert project.processes() == []


def wait_for(client: Client, study: str, words: str) -> None:
    until = time.monotonic() + 90
    while words not in (page := client.get(f"/studies/{study}/progress").text):
        assert time.monotonic() < until, page
        time.sleep(0.3)


@pytest.mark.slow
def test_a_real_workbook_from_upload_to_a_list_of_a_thousand(tmp_path):
    """The whole way over the real file: 25 MB are uploaded, one column corrected, and its customers predicted."""
    source = real_data("online_retail.xlsx")
    root = tmp_path / "project"
    for name in COPIED:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            )
        else:
            shutil.copy2(ROOT / name, target)
    (root / "params").mkdir()
    with (root / "helpers" / "study" / "series.py").open("a", encoding="utf-8") as series:
        series.write(ASKED)
    project = Project(root.resolve())
    for stem, changes in QUICK.items():
        text = project.notebook(stem).read_text(encoding="utf-8")
        for usual, quick in changes.items():
            assert usual in text
            text = text.replace(usual, quick)
        project.notebook(stem).write_text(text, encoding="utf-8")
    with running(root, **places(project)) as started, browser.chromium() as program:
        tab = enter(program, started)
        upload(tab, source, within=6 * LONG)
        tab.get_by_label("Country", exact=True).select_option("region")
        tab.fill("#name", "online")
        tab.select_option("#currency", "GBP")
        tab.locator("button[value=build]").click(timeout=6 * LONG)  # it reads the file once more
        tab.wait_for_url("**/studies/online/progress", timeout=6 * LONG)
        tab.wait_for_selector("text=It is built.", timeout=20 * 60_000)
        tab.click("text=Open the report")
        tab.click("text=Dashboard")
        tab.wait_for_selector("text=Average order value")  # drawn by its own script from the data in the page
        for model, column in (("07_regression", "predicted"), ("09_purchase_prediction", "probability")):
            page = f"http://127.0.0.1:{started.port}/predict/online/{model}"
            tab.goto(page)
            tab.locator("form[action='#answer'] button").click()
            tab.wait_for_selector(".answer", timeout=LONG)
            own = pd.read_parquet(project.reports / "online" / "models" / f"{model}.parquet")
            own.head(1000).drop(columns=column).to_csv(tmp_path / "list.csv", index=False)
            tab.goto(page)
            tab.set_input_files("form[data-send] input[type=file]", str(tmp_path / "list.csv"))
            tab.locator("form[data-send] button").click()
            tab.wait_for_selector("text=1,000 of 1,000 rows have an answer", timeout=LONG)
            with tab.expect_download() as download:
                tab.click("text=with its answers")
            answers = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
            assert [float(row[column]) for row in answers] == own[column].head(1000).tolist()
        assert tab.problems == []
