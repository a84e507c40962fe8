"""A ledger in a database and in an object store: the same findings as the file, with the memory of neither."""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
import yaml
from pyarrow import fs

from helpers.base.paths import PARAMS
from tests.conftest import real_data
from tests.notebooks.tiny import new_project

LINES = 541_909
CHAPTERS = ["eda", "cleaning"]
MEASURED = """
import json, resource, sys
from helpers.build.run import main
code = main(sys.argv[1:])
print(json.dumps(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
sys.exit(code)
"""
"""A build that says how many MB the largest of its processes took."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("remote") / "project")


def findings(project, name: str, source: dict, **environment: str) -> tuple[dict, float]:
    """Build two chapters of a source's ledger; return what they found, and the MB of the largest process."""
    study = yaml.safe_load((PARAMS / "online_retail.yml").read_text())
    kept = {key: study[key] for key in ("title", "currency", "cleaning")}
    columns = {"columns": study["source"]["columns"]} | source
    text = yaml.safe_dump(kept | {"chapters": CHAPTERS, "source": columns})
    (project.root / "params").mkdir(exist_ok=True)
    (project.root / "params" / f"{name}.yml").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, f"params/{name}.yml"],
        cwd=project.root,
        env=project.environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((project.reports / name / "findings.json").read_text())
    return found, float(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def of_the_file(project) -> dict:
    path = real_data("online_retail.csv")
    project.data.mkdir(exist_ok=True)
    shutil.copy(path, project.data / path.name)
    return findings(project, "from_file", {"path": path.name})[0]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Start PostgreSQL on the loopback address with the real ledger in it; give its address."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("PostgreSQL is not here: Debian's package postgresql has it")
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="the driver is an optional group")
    path, folder, port = real_data("online_retail.csv"), Path("/tmp") / f"series-pg-{os.getpid()}", free_port()
    folder.mkdir()
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []  # it refuses to run as root
    if as_user:
        shutil.chown(folder, "postgres")
    control = [*as_user, found[-1] / "pg_ctl", "-D", folder / "data", "-w"]
    initdb = [*as_user, found[-1] / "initdb", "-D", folder / "data", "-A", "trust", "-U", "tester"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL)
    options = f"-k {folder} -h 127.0.0.1 -p {port}"
    started = [*control, "-l", folder / "log", "-o", options, "start"]
    subprocess.run(started, check=True, stdout=subprocess.DEVNULL)
    address = f"postgresql://tester@127.0.0.1:{port}/postgres"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        columns = ", ".join(f'"{name}" text' for name in header)
        with dbapi.connect(address) as opened, opened.cursor() as cursor:
            cursor.execute(f"CREATE TABLE orders (row bigint, {columns})")
            texts = pacsv.ConvertOptions(column_types=dict.fromkeys(header, "string"))
            table = pacsv.read_csv(path, pacsv.ReadOptions(encoding="cp1252"), convert_options=texts)
            numbered = table.add_column(0, "row", pa.array(range(table.num_rows), pa.int64()))
            cursor.adbc_ingest("orders", numbered, mode="append")
            opened.commit()
        yield address, header
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_database_gives_what_the_file_gives_within_a_gigabyte(project, of_the_file, database):
    address, header = database
    named = ", ".join(f'"{name}"' for name in header)
    query = f"SELECT {named} FROM orders ORDER BY row"
    source = {"query": query, "connection": "ORDERS_DB"}
    found, megabytes = findings(project, "from_database", source, ORDERS_DB=address)
    assert found["eda"]["rows"] == LINES
    assert found == of_the_file
    assert megabytes < 1024
    said = (project.reports / "from_database" / "run.json").read_text()
    assert address not in said and "tester@" not in said


def test_make_new_drafts_a_study_of_a_query(project, database):
    address, header = database
    named = ", ".join(f'"{name}"' for name in header)
    (project.data / "orders.sql").write_text(f"SELECT {named}\nFROM orders\nWHERE row < 3000\nORDER BY row;\n")
    written = subprocess.run(
        [sys.executable, "-m", "helpers.new_study.write", "asked", "orders.sql", "ORDERS_DB"],
        cwd=project.root,
        env=project.environment() | {"ORDERS_DB": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert written.returncode == 0, written.stderr
    text = (project.root / "params" / "asked.yml").read_text()
    source = yaml.safe_load(text)["source"]
    assert source["connection"] == "ORDERS_DB" and source["query"].endswith("ORDER BY row")
    assert source["columns"] == yaml.safe_load((PARAMS / "online_retail.yml").read_text())["source"]["columns"]
    assert address not in text + written.stdout


def test_a_query_that_writes_is_refused(project, database):
    address, _ = database
    source = {"query": 'DELETE FROM orders RETURNING "InvoiceNo"', "connection": "ORDERS_DB"}
    with pytest.raises(AssertionError, match="read-only transaction"):
        findings(project, "writes", source | {"columns": {}}, ORDERS_DB=address)


@pytest.fixture(scope="module")
def store():
    """Start an object store on the loopback address; give the end of an address in it, and who may read."""
    pytest.importorskip("moto", reason="moto is not here: `pip install 'moto[server,s3]'` has it")
    port, me = (
        free_port(),
        {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "mine", "AWS_DEFAULT_REGION": "us-east-1"},
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], **quiet)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"endpoint_override=127.0.0.1:{port}&scheme=http", me
    finally:
        server.kill()
        server.wait()


def test_an_object_store_gives_what_the_file_gives(project, of_the_file, store, monkeypatch):
    where, me = store
    for name, value in me.items():
        monkeypatch.setenv(name, value)
    endpoint = dict(part.split("=") for part in where.split("&"))
    s3 = fs.S3FileSystem(allow_bucket_creation=True, **endpoint)
    s3.create_dir("shop")
    with s3.open_output_stream("shop/2011/ledger.csv") as stream:
        stream.write(real_data("online_retail.csv").read_bytes())
    found, _ = findings(project, "from_store", {"path": f"s3://shop/2011?{where}"}, **me)
    assert found == of_the_file
    drafted = [sys.executable, "-m", "helpers.new_study.write", "drafted", f"s3://shop/2011/ledger.csv?{where}"]
    ran = subprocess.run(
        drafted, cwd=project.root, env=project.environment() | me, check=False, capture_output=True
    )
    assert f"{LINES:,} lines of ledger.csv" in ran.stdout.decode()
