"""Builds as processes of their own: one at a time, the others wait; a closed browser stops none of them."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.base.files import remove
from helpers.base.paths import PARAMS, ROOT, reports
from helpers.build.front import duration
from helpers.build.state import read_state
from helpers.study.file import load_study
from helpers.study.schema import Study

AT_A_TIME = 1
"""Builds that run side by side: each runs two chapters at a time already."""
PATIENCE = 30
"""Seconds that a build has to end its steps when it is stopped."""
WORDS = {"done": "done", "unchanged": "up to date", "failed": "failed", "running": "running", "said": "skipped"}


@dataclass
class Job:
    """A build that was asked for."""

    name: str
    log: Path
    process: subprocess.Popen | None = None
    stopped: bool = False
    asked: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.ended is None


class Jobs:
    """All builds of this app."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def start(self, name: str) -> None:
        """Ask for a build of a study; nothing where one waits or runs already."""
        if self.is_active(name):
            return
        folder = reports() / ".app"
        folder.mkdir(parents=True, exist_ok=True)
        self._jobs[name] = Job(name, folder / f"{name}.log")
        remove(self._jobs[name].log)
        self.turn()

    def is_active(self, name: str) -> bool:
        """Return whether a build of a study waits or runs."""
        return name in self._jobs and self._jobs[name].active

    def turn(self) -> None:
        """Notice which builds have ended, and start those whose turn it is."""
        running = [job for job in self._jobs.values() if job.active and job.process]
        for job in running:
            if job.process.poll() is not None:
                job.ended = time.monotonic()
        free = AT_A_TIME - sum(job.active for job in running)
        waiting = sorted(
            (job for job in self._jobs.values() if job.active and not job.process), key=lambda j: j.asked
        )
        for job in waiting[: max(free, 0)]:
            with job.log.open("w", encoding="utf-8") as log:
                job.process = subprocess.Popen(
                    [sys.executable, "-m", "helpers.build.run", "--json", str(PARAMS / f"{job.name}.yml")],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C ends the app, which then ends its builds in order
                )

    def stop(self, name: str) -> None:
        """Ask a build to end; its last good pages stay."""
        job = self._jobs.get(name)
        if job is None or not job.active:
            return
        job.stopped = True
        if job.process:
            job.process.send_signal(signal.SIGTERM)
        else:
            job.ended = time.monotonic()

    def stop_all(self) -> None:
        """End every build, with everything it started."""
        for name in self._jobs:
            self.stop(name)
        for job in self._jobs.values():
            if job.process:
                try:
                    job.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    job.process.kill()

    def progress(self, name: str) -> dict[str, Any]:
        """Return where a build is, as its page shows it.

        Raises:
            StudyError: the study cannot be read.
        """
        self.turn()
        study, job = load_study(PARAMS / f"{name}.yml"), self._jobs.get(name)
        steps, error = _steps(study, _messages(job.log) if job else [])
        if job is None:
            return {
                "state": "none",
                "steps": steps,
                "error": read_state(reports() / name).get("problem"),
                "seconds": "",
            }
        code = job.process.returncode if job.process else None
        state = "running" if job.process else "waiting"
        if not job.active:
            state = "stopped" if job.stopped and code != 0 else "built" if code == 0 else "failed"
        for step in steps:
            if not job.active and step["state"] == "running":
                step |= {"state": "stopped", "word": "stopped", "said": ""}
        error = "" if state == "stopped" else error
        ended = job.ended or time.monotonic()
        return {"state": state, "steps": steps, "error": error, "seconds": duration(ended - job.asked)}


def _messages(log: Path) -> list[dict[str, Any]]:
    """Return what a build has said so far; a line that is half written is left for the next time."""
    found = []
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict):
            found.append(message)
    return found


def _steps(study: Study, messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Return each step of a build with where it is, and the first thing that went wrong."""
    titles = {"ingest": "Reading the file"} | {chapter.stem: chapter.title for chapter in study.chapters}
    stems = {chapter.name: chapter.stem for chapter in study.chapters}
    steps = {stem: {"title": title, "state": "waiting", "said": "", "part": 0.0} for stem, title in titles.items()}
    error = ""
    for message in messages:
        state, step = message.get("state", ""), steps.get(stems.get(message.get("step"), message.get("step")))
        if state in ("failed", "error"):
            error = error or message["said"]
        if step is None:
            continue
        step["state"] = state
        if state == "running":
            if "of" in message:
                step["part"] = message["cell"] / message["of"]
                step["said"] = f"{message['section']} ({message['cell']} of {message['of']})"
        else:
            step["part"] = 1.0 if state in ("done", "unchanged") else step["part"]
            step["said"] = duration(message["seconds"]) if state == "done" else message["said"]
    if steps["ingest"]["state"] == "waiting" and any(step["state"] != "waiting" for step in steps.values()):
        steps["ingest"] |= {"state": "unchanged", "part": 1.0}
    for step in steps.values():
        step["word"] = WORDS.get(step["state"], step["state"])
    return list(steps.values()), error
