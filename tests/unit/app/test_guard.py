"""Who may in: each request that should not be answered is refused in a sentence, and changes nothing."""

import pytest

from helpers.app.guard import Gate
from tests.app_client import Client, path_of, told
from tests.unit.test_security import holds


def test_a_link_works_once_and_the_next_is_printed(app):
    first, second = Client(app.port), Client(app.port)
    link = path_of(app.links[-1])
    assert first.get(link).status == 200
    app.next_link()
    assert first.get("/").status == 200
    refused = second.get(link)
    assert (refused.status, "session" in second.cookies) == (403, False)
    assert "has been used" in told(refused)
    assert second.get("/").status == 403
    assert second.get(path_of(app.links[-1])).status == 200
    app.next_link()
    assert first.get("/").status == 200  # the one before stays in


@holds("It answers only to a browser that opened the link")
@pytest.mark.parametrize("path", ["/", "/reports/sample/index.html", "/studies/sample/zip", "/nothing"])
def test_nobody_is_answered_without_the_link(app, path):
    for client in (Client(app.port), Client(app.port)):
        client.cookies["session"] = "guessed"
        refused = client.get(path)
        assert (refused.status, told(refused)) == (
            403,
            "This browser has not been let in: use the link that make app printed last, which works once.",
        )
    assert Client(app.port).get("/enter?token=wrong").status == 403


def test_a_gate_gives_each_session_once():
    gate = Gate()
    token = gate.token
    session = gate.enter(token)
    assert gate.knows(session)
    assert gate.enter(token) is None
    assert gate.enter("") is None
    assert not gate.knows(None)
    assert not gate.knows("")
    assert gate.token != token


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(app):
    cookie = Client(app.port).get(path_of(app.links[-1])).headers["set-cookie"]
    app.next_link()
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


@holds("It listens on this machine alone")
def test_it_is_bound_to_the_loopback_address(app):
    from pathlib import Path

    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    places = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert [place for place in places if place.endswith(f":{app.port:04X}")] == [f"0100007F:{app.port:04X}"]


HOSTS = ("evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}")


@holds("It answers under its own address only")
@pytest.mark.parametrize("host", HOSTS)
def test_another_name_for_this_machine_is_refused(client, host):
    refused = client.get("/", Host=host.format(port=client.port))
    assert (refused.status, "answers to 127.0.0.1" in told(refused)) == (403, True)


@holds("It does nothing that another page asks for")
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"]
)
def test_a_request_from_another_page_is_refused(client, folders, origin):
    body = f"_xsrf={client.token}".encode()
    where = {"Origin": origin.format(port=client.port), "Content_Type": "application/x-www-form-urlencoded"}
    refused = client.ask("POST", "/studies/sample/delete", body, **where)
    assert (refused.status, "came from another page" in told(refused)) == (403, True)
    assert (folders / "reports" / "sample" / "index.html").exists()


def test_a_form_of_another_session_is_refused(client, folders):
    client.token = "0123456789abcdef"
    refused = client.post("/studies/sample/delete")
    assert (refused.status, "another session" in told(refused)) == (403, True)
    refused = client.send(b"a\n1\n", "a.csv")
    assert (refused.status, "another session" in refused.text) == (403, True)
    assert (folders / "reports" / "sample" / "index.html").exists()


@holds("Its pages ask nothing of the network")
def test_every_answer_says_what_a_browser_may_do(client):
    for path in ("/", "/nothing", "/reports/sample/index.html", "/studies/sample/delete"):
        said = client.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in said["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] in ("'self'", "'none'")
        assert policy["form-action"] in ("'self'", "'none'")
        assert "http" not in said["content-security-policy"]
        assert said["x-content-type-options"] == "nosniff"
    own = client.get("/").headers["content-security-policy"]
    script = own.partition("script-src ")[2].partition(";")[0]
    assert script.startswith("'nonce-")
    assert "unsafe" not in script


def test_scripts_bear_the_nonce_of_their_answer(client):
    page = client.get("/")
    nonce = page.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}">') == 3
    assert nonce not in client.get("/").text
