"""The app as a process on the loopback address, and a client that behaves as a browser does."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/enter\?token=(\S+)")


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    body: bytes


class App:
    """A running app."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.links: list[str] = []
        self.port = 0
        self.next_link()

    def next_link(self) -> str:
        """Return the link that it prints next."""
        while line := self.process.stdout.readline():
            if found := LINK.search(line):
                self.port = int(found[1])
                self.links.append(found[0])
                return found[0]
        raise AssertionError(self.process.stderr.read())

    def client(self) -> "Client":
        """Return a client that has been let in."""
        client = Client(self.port)
        assert client.get(self.links[-1].partition(str(self.port))[2]).status == 200
        self.next_link()
        assert client.get("/").status == 200  # which brings the token of its forms
        return client


class Client:
    """A browser without a screen: it keeps cookies and says where its requests come from."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.own = f"http://127.0.0.1:{port}"
        self.cookies: dict[str, str] = {}
        self.token = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Send a request; headers are given with _ for -."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        sent |= {"Origin": self.own} if method == "POST" else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = content.decode("utf-8", "replace")
        if found := re.search(r'name="_xsrf" value="([^"]+)"', text):
            self.token = found[1]
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text, content)

    def get(self, path: str, **headers: str) -> Reply:
        """Open a page."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, **fields: str) -> Reply:
        """Send a form."""
        body = urlencode({"_xsrf": self.token} | fields).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def send(self, content: bytes, name: str, path: str = "/upload") -> Reply:
        """Upload a file."""
        return self.ask("POST", path, content, X_File_Name=quote(name), X_XSRFToken=self.token)


def told(reply: Reply) -> str:
    """Return the sentence of a page that says no."""
    found = re.search(r'<p class="narrow">(.*?)</p>', reply.text)
    return found[1] if found else reply.text


@contextmanager
def running(root: Path, **environment: str) -> Iterator[App]:
    """Run the app in a project's folder, and end it with all that it started."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PORT")}
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.app.server"], cwd=root, env=kept | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield App(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()
        process.stderr.close()


def path_of(link: str) -> str:
    """Return a link's path and query."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"
