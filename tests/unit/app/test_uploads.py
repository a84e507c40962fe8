"""Uploads: whole on disk under a name of ours or not at all, within a limit, and said in a sentence."""

import io
import json
import socket
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.app.uploads import shown_name
from tests.unit.test_security import holds

LINES = b"customer;amount\n1;2.5\n"


def kept(folders):
    """Return the uploaded files that are on disk."""
    folder = folders / "data" / "uploads"
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.fixture
def nothing_more(folders):
    """Check that a test leaves no file of its own."""
    before = kept(folders)
    yield
    assert kept(folders) == before


def test_a_file_is_kept_as_it_was_sent(client, folders):
    content = bytes(range(256)) * 4000
    reply = client.send(content, "Sales of März.csv")
    place = json.loads(reply.text)["next"]
    id_ = place.removeprefix("/new/")
    files = {path.name: path for path in kept(folders)}
    assert files[f"{id_}.csv"].read_bytes() == content
    assert json.loads(files[f"{id_}.json"].read_text())["shown"] == "Sales of März.csv"
    assert "Sales of März.csv" in client.get("/").text
    assert client.post(f"/new/{id_}/discard").status == 303
    assert not any(id_ in path.name for path in kept(folders))


@holds("The name of an uploaded file is a text, never a path")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../params/evil.csv", "evil.csv"), ("..\\..\\evil.csv", "evil.csv"), ("/etc/passwd.csv", "passwd.csv"),
        ("<script>alert(1)<b>.csv", "<script>alert(1)<b>.csv"), ("a\0b\nc.csv", "abc.csv"), ("x" * 500, "x" * 100),
    ],
)  # fmt: skip
def test_a_path_as_a_name_is_a_text(client, folders, sent, shown):
    assert shown_name(sent) == shown
    if not sent.endswith(".csv"):
        return
    id_ = json.loads(client.send(LINES, sent).text)["next"].removeprefix("/new/")
    folder = folders / "data" / "uploads" / ".waiting"
    assert {path.parent for path in kept(folders)} == {folder}
    assert (folder / f"{id_}.csv").exists()
    page = client.get("/").text
    assert "<script>alert" not in page
    client.post(f"/new/{id_}/discard")


@holds("A file is refused above a limit")
def test_a_file_above_the_limit_is_refused_by_its_length_and_while_it_comes(app, client, nothing_more):
    for length in (3_000_000_000, 2_000_001):  # the answer comes before the file: nobody has to send 3 GB first
        refused = raw(client, f"Content-Length: {length}", b"")
        assert " 413 " in refused
        assert "is larger than the 2 MB that are allowed; APP_LARGEST_MB sets another limit" in refused
    chunks = b"".join(b"80000\r\n" + b"x" * 0x80000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    assert " 200 " not in raw(client, "Transfer-Encoding: chunked", chunks)
    assert client.get("/").status == 200


def raw(client, header, body):
    """Send an upload with a head of our own; return what comes back."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = (
        f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nOrigin: {client.own}\r\nCookie: {cookies}\r\n"
        f"X-File-Name: a.csv\r\nX-XSRFToken: {client.token}\r\n{header}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(head.encode())
        answer = b""
        try:
            connection.sendall(body)
            while piece := connection.recv(65536):
                answer += piece
                if b"}" in answer:
                    break
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer.decode()


@holds("A zip bomb is refused before it is unpacked")
def test_a_zip_bomb_is_refused(client, nothing_more):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 17_000_000)
    assert len(packed.getvalue()) < 100_000
    refused = client.send(packed.getvalue(), "bomb.xlsx")
    assert refused.status == 422
    assert json.loads(refused.text)["error"] == (
        "bomb.xlsx unpacks to 17 MB, and 16 MB are allowed; save it as csv or Parquet."
    )


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("a.exe", LINES, 415, "a.exe is none of .csv, .txt"), ("", LINES, 415, "The file is none of"),
        ("a.csv", b"", 422, "a.csv is empty; upload a file with lines."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("nothing_more")
def test_what_is_no_table_is_refused(client, name, content, status, said):
    refused = client.send(content, name)
    assert (refused.status, json.loads(refused.text)["error"].startswith(said)) == (status, True)


def test_ten_uploads_at_once_are_all_kept(client, folders):
    contents = [bytes([65 + n]) * 1_500_000 for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda n: client.send(contents[n], f"{n}.csv"), range(10)))
    ids = [json.loads(reply.text)["next"].removeprefix("/new/") for reply in replies]
    assert len(set(ids)) == 10
    folder = folders / "data" / "uploads" / ".waiting"
    assert [(folder / f"{id_}.csv").read_bytes() for id_ in ids] == contents
    for id_ in ids:
        client.post(f"/new/{id_}/discard")


def test_half_a_file_leaves_nothing(client, folders, nothing_more):
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = (
        f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nOrigin: {client.own}\r\nCookie: {cookies}\r\n"
        f"X-File-Name: a.csv\r\nX-XSRFToken: {client.token}\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        connection.sendall(head.encode() + b"x" * 1000)
        until = time.monotonic() + 20
        while not any(path.suffix == ".part" for path in kept(folders)):
            assert time.monotonic() < until
            time.sleep(0.05)
    until = time.monotonic() + 20
    while any(path.suffix == ".part" for path in kept(folders)):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_file_that_is_no_table_says_so_on_its_page(client):
    id_ = json.loads(client.send(b"\x00\x01\x02\x03", "strange.parquet").text)["next"].removeprefix("/new/")
    page = client.get(f"/new/{id_}")
    assert page.status == 422
    assert "strange.parquet: " in page.text
    assert "Traceback" not in page.text
    client.post(f"/new/{id_}/discard")
    assert client.get(f"/new/{id_}").status == 404
