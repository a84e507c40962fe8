"""`make app`: the local page. It binds to the loopback address and prints a link that works once.

python -m helpers.app.server
"""

import asyncio
import logging
import os
import signal
import sys
from tempfile import TemporaryDirectory

from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import Application

from helpers.app.guard import Enter, Gate, NotFound
from helpers.app.handlers import ROUTES
from helpers.app.jobs import Jobs
from helpers.app.uploads import MEGABYTE, forget_unfinished
from helpers.base.console import say

ADDRESS = "127.0.0.1"
FORM = 2 * MEGABYTE
"""Bytes of a request that is no upload."""
TURN = 500
"""Milliseconds between two looks at the builds."""


def application(port: int, gate: Gate, jobs: Jobs) -> Application:
    """Return the app for a port that it is bound to."""

    def announce() -> None:
        say(f"Open http://{ADDRESS}:{port}/enter?token={gate.token} (it works once; the next is printed then)")

    announce()
    return Application(
        [(r"/enter", Enter), *ROUTES, (r".*", NotFound)],
        gate=gate,
        jobs=jobs,
        announce=announce,
        hosts=[f"{ADDRESS}:{port}", f"localhost:{port}"],
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict"},
        looks={},
        scratch=TemporaryDirectory(prefix="series-app-"),
        answers={},
    )


async def serve(port: int) -> None:
    """Serve until somebody ends it, then end every build."""
    stopped, jobs = asyncio.Event(), Jobs()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    sockets = bind_sockets(port, ADDRESS)
    forget_unfinished()
    server = HTTPServer(application(sockets[0].getsockname()[1], Gate(), jobs), max_body_size=FORM)
    server.add_sockets(sockets)
    turns = PeriodicCallback(jobs.turn, TURN)
    turns.start()
    try:
        await stopped.wait()
    finally:
        turns.stop()
        server.stop()
        jobs.stop_all()


def main() -> int:
    """Run the app; 0 when it was ended."""
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # a link in a log could still be used
    port = os.environ.get("PORT", "0")
    if not port.isdigit() or int(port) > 65535:
        say(f"error: PORT is {port!r}, but should be a number up to 65535, or left out.", sys.stderr)
        return 1
    try:
        asyncio.run(serve(int(port)))
    except OSError as error:
        say(f"error: port {port} cannot be used: {error.strerror}; leave PORT out.", sys.stderr)
        return 1
    say("The app has ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
