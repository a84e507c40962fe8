"""A study on a real cluster of this machine: a worker is killed in the middle; executors run out of memory."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from tests.notebooks.test_spark_study import CHAPTERS, RULES, assert_alike, built, figures
from tests.notebooks.tiny import ledger, new_project, study
from tests.unit.base.spark.test_engine import QUICK_JAVA

pytestmark = pytest.mark.slow
VARIABLE = "TINY_CLUSTER"
LOOPBACK = "127.0.0.1"
SETTINGS = {"spark.executor.memory": "512m", "spark.executor.cores": 1}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        return listening.getsockname()[1]


class Cluster:
    """A master and workers, each a process group of its own, bound to the loopback address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.master = self._start("master.Master", "--port", str(self.port), "--webui-port", str(free_port()))
        self._wait(self.port)
        self.workers = [self.add_worker() for _ in range(2)]

    @property
    def address(self) -> str:
        return f"spark://{LOOPBACK}:{self.port}"

    def add_worker(self) -> subprocess.Popen:
        port = free_port()
        own = self.folder / f"worker-{port}"
        size = ("--cores", "1", "--memory", "1g", "--webui-port", str(free_port()), "--work-dir", str(own))
        worker = self._start("worker.Worker", "--port", str(port), *size, self.address)
        self._wait(port)
        return worker

    def _start(self, kind: str, *options: str) -> subprocess.Popen:
        package = Path(find_spec("pyspark").origin).parent
        command = [
            package / "bin" / "spark-class",
            f"org.apache.spark.deploy.{kind}",
            "--host",
            LOOPBACK,
            *options,
        ]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def _wait(self, port: int) -> None:
        for _ in range(600):
            with socket.socket() as asking:
                if asking.connect_ex((LOOPBACK, port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError((self.folder / "master.Master.log").read_text())

    def kill(self, process: subprocess.Popen) -> None:
        """End a process and all that it started: of a worker, its executors too."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in (*self.workers, self.master):
            if process.poll() is None:
                self.kill(process)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A cluster that a study can name."""
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: uv sync --group spark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: install Java 17 or 21")
    monkeypatch.setenv("SPARK_LOCAL_IP", LOOPBACK)
    monkeypatch.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
    running = Cluster(tmp_path)
    monkeypatch.setenv(VARIABLE, running.address)
    yield running
    running.stop()


def test_a_build_ends_right_where_a_worker_is_killed_in_the_middle(cluster, tmp_path):
    project = new_project(tmp_path / "project")
    on_duckdb = dict(figures(built(project, "duckdb")))
    shutil.rmtree(project.study)
    asked = {"name": "spark", "master": VARIABLE, "settings": SETTINGS}
    project.write_study(study(engine=asked, chapters=CHAPTERS, claims=[], cleaning={"rules": RULES}))
    process = project.start()
    try:
        while process.poll() is None and not list(tmp_path.glob("worker-*/app-*/*/stdout")):
            time.sleep(0.1)  # until an executor works
        assert process.poll() is None, "the build ended before a worker could be killed"
        cluster.kill(cluster.workers[0])
        out, err = process.communicate(timeout=900)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, out + err
    assert_alike(
        on_duckdb, dict(figures(json.loads((project.study / "findings.json").read_text(encoding="utf-8"))))
    )


def test_an_executor_out_of_memory_is_a_sentence_and_the_last_pages_stand(cluster, tmp_path):
    project = new_project(tmp_path / "project")
    built(project, "duckdb")
    before = project.good()
    # two executors of 512 MB, in each of which DuckDB may hold 256, and 300 MB of names
    lines = pd.concat([pd.DataFrame(ledger())] * 18).head(3000)
    lines = lines.assign(
        Description="A LONG NAME " * 8000,
        InvoiceDate=pd.to_datetime(lines["InvoiceDate"]).astype("datetime64[us]"),
        UnitPrice=lines["UnitPrice"].astype(float),
        CustomerID=lines["CustomerID"].astype(str),
    )
    lines.to_parquet(project.data / "wide.parquet", compression="zstd", use_dictionary=False, index=False)
    source = study()["source"] | {"path": "wide.parquet"}
    asked = {"name": "spark", "master": VARIABLE, "settings": SETTINGS}
    project.write_study(
        study(source=source, engine=asked, chapters=CHAPTERS, claims=[], cleaning={"rules": RULES})
    )
    said = project.build(within=900).sentence()
    assert "ran out of memory: give it more in engine.settings (spark.executor.memory" in said
    after = project.good()
    assert {name: after[name] for name in before if name.endswith(".html")} == {
        name: digest for name, digest in before.items() if name.endswith(".html")
    }
