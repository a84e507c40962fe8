"""Who may in: this machine's own browser, by a link that works once; and nothing that another page asks for."""

import hmac
import secrets
from http import HTTPStatus
from typing import Any

from tornado.web import RequestHandler

from helpers.app.pages import page

SESSION = "session"
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of the app's own pages; pages of a report bring their own, and are served under REPORT_POLICY as well."""
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval' blob:; "
    "worker-src blob:; img-src data: blob:; font-src data:; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Gate:
    """The link that works once, and the sessions that it opened."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._sessions: set[str] = set()

    def enter(self, token: str) -> str | None:
        """Return a new session for the right token, which then is another one; None for a wrong one."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        self.token = secrets.token_urlsafe(32)
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        return session

    def knows(self, session: str | None) -> bool:
        """Return whether a session was opened here."""
        return any(hmac.compare_digest(session.encode(), known.encode()) for known in self._sessions if session)


class Guarded(RequestHandler):
    """A page of the app: refused to whoever has no session, whatever else is asked."""

    open_to_all = False

    def set_default_headers(self) -> None:
        """Say on every answer what a browser may do with it."""
        self.nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", POLICY.format(nonce=self.nonce))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    def check_xsrf_cookie(self) -> None:
        """Leave it to `prepare`, which looks at the host and the origin first."""

    def prepare(self) -> None:
        """Refuse what comes under another name, from another page, or from nobody known."""
        hosts = self.settings["hosts"]
        if self.request.host not in hosts:
            return self.refuse(403, f"This page answers to {hosts[0]} only; use the link that make app printed.")
        changes = self.request.method not in SAFE
        if changes and self.request.headers.get("Origin") != f"http://{self.request.host}":
            return self.refuse(403, "The request came from another page; nothing was done.")
        if not self.open_to_all and not self.settings["gate"].knows(self.get_cookie(SESSION)):
            return self.refuse(
                403, "This browser has not been let in: use the link that make app printed last, which works once."
            )
        if changes:
            try:
                super().check_xsrf_cookie()
            except Exception:
                return self.refuse(403, "The form is from another session; load its page again. Nothing was done.")
        return None

    def refuse(self, status: int, why: str) -> None:
        """Answer with one sentence, as JSON where a script asked."""
        self.set_status(status)
        if "X-File-Name" in self.request.headers:
            self.finish({"error": why})
        else:
            self.show("message.html.j2", title=HTTPStatus(status).phrase, told=why)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what went wrong without its inside."""
        words = {404: "There is no such page.", 405: "This page cannot be asked that way."}
        self.refuse(
            status_code, words.get(status_code, "Something went wrong; the terminal of make app has more.")
        )

    def show(self, template: str, **values: Any) -> None:
        """Finish with one of the app's pages."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page(template, nonce=self.nonce, xsrf=self.xsrf_token.decode(), **values))


class Enter(Guarded):
    """The printed link: a right token opens a session, once."""

    open_to_all = True

    def get(self) -> None:
        """Let a browser in."""
        session = self.settings["gate"].enter(self.get_query_argument("token", ""))
        if session is None:
            return self.refuse(403, "This link has been used, or is not the one that make app printed last.")
        self.set_cookie(SESSION, session, httponly=True, samesite="Strict", path="/", expires_days=None)
        self.settings["announce"]()
        # no redirect: a cookie that is Strict would stay behind where the link was clicked on another page
        return self.show("message.html.j2", title="Welcome", told="", go_on="/")


class NotFound(Guarded):
    """Whatever has no page."""

    def get(self, *_: str) -> None:
        """Say so."""
        self.write_error(404)

    post = get
