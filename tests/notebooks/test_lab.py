"""A student in JupyterLab: a parameter is edited, all cells are run, and everything below follows."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from helpers.base.paths import ROOT
from tests.notebooks.browser import chromium
from tests.notebooks.tiny import Project

STARTS_WITHIN, RUNS_WITHIN = 90, 300  # seconds, on a machine that has other work, too
TOKEN = "lab"
SETTINGS = {
    "@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},  # all is drawn
}


@contextmanager
def lab(project: Project):
    """Start JupyterLab on the loopback address for the notebooks of a project; end it with the test."""
    runtime = project.root / ".jupyter"
    settings = runtime / "settings"
    for plugin, wanted in SETTINGS.items():
        (settings / plugin).parent.mkdir(parents=True, exist_ok=True)
        (settings / plugin).write_text(json.dumps(wanted))
    environment = project.environment() | {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(runtime / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(runtime / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "PYTHONPATH": str(project.root),
    }
    asked = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    asked += ["--LabApp.news_url=None", "--notebook-dir=notebooks"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked += re.findall(r"--FileContentsManager\S+", makefile)  # as `make lab` starts it
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *asked],
        cwd=project.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield address_of(runtime)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def address_of(runtime) -> str:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        for said in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(said.read_text())["url"]
                urlopen(f"{url}api?token={TOKEN}", timeout=5).close()
            except (OSError, ValueError):
                continue
            return url
        time.sleep(0.3)
    pytest.fail("JupyterLab did not start")


def written(notebook: str) -> list[tuple]:
    """Return what somebody wrote in a notebook; what a comment behind an edited value says is no matter."""
    cells = json.loads(notebook)["cells"]
    sources = (re.sub(r"  # .*", "", "".join(cell["source"])) for cell in cells)
    about = (
        (cell["cell_type"], cell["metadata"], cell.get("outputs"), cell.get("execution_count")) for cell in cells
    )
    return list(zip(sources, about, strict=True))


def edit(tab, was: str, is_now: str) -> None:
    """Write a line of a cell anew, as a person does."""
    tab.locator(".cm-line", has_text=was).first.click()
    tab.keyboard.press("Home")
    tab.keyboard.press("Shift+End")
    tab.keyboard.type(is_now)


def test_an_edited_parameter_counts_at_once_in_jupyterlab(series: Project, tmp_path):
    found = series.study / ".lab" / "findings.json"
    found.unlink(missing_ok=True)
    saved = series.notebook("04_clustering").read_text(encoding="utf-8")
    with chromium() as browser, lab(series) as address:
        tab = browser.new_page(viewport={"width": 1400, "height": 2400})
        tab.goto(f"{address}lab/tree/04_clustering.ipynb?token={TOKEN}")
        tab.locator(".cm-line", has_text="k_max: int = 8").first.wait_for(timeout=STARTS_WITHIN * 1000)
        edit(tab, "study: str =", 'study: str = "params/tiny.yml"')
        edit(tab, "k_max: int = 8", "k_max: int = 3")
        tab.get_by_role("menuitem", name="Run", exact=True).click()
        tab.get_by_role("menuitem", name=re.compile("Run All Cells$")).click()
        deadline = time.monotonic() + RUNS_WITHIN
        while not found.exists() and time.monotonic() < deadline:
            tab.wait_for_timeout(500)
        assert found.exists(), tab.locator("[data-mime-type*='error'], .jp-mod-error").all_inner_texts()
        tab.locator(".jp-OutputArea-output table caption", has_text="Every number of groups").first.wait_for()
        assert tab.locator(".js-plotly-plot svg.main-svg").count() >= 1
        assert not tab.locator("[data-mime-type='application/vnd.jupyter.stderr']").count()
        if shots := os.environ.get("SHOTS_DIR"):
            tab.screenshot(path=f"{shots}/lab.png")
        # saved, it differs from what it was in the two lines that were edited, and has no outputs
        assert series.notebook("04_clustering").read_text(encoding="utf-8") == saved  # nobody pressed save
        tab.keyboard.press("Escape")
        tab.keyboard.press("Control+s")
        tab.wait_for_timeout(5_000)
    by_k = json.loads(found.read_text())["findings"]["by_k"]
    assert [row["k"] for row in by_k] == [2, 3]
    after = series.notebook("04_clustering").read_text(encoding="utf-8")
    series.notebook("04_clustering").write_text(saved, encoding="utf-8")
    edited = saved.replace("k_max: int = 8", "k_max: int = 3").replace("params/sample.yml", "params/tiny.yml")
    assert written(after) == written(edited) != written(saved)
