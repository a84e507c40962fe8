"""From a study file to a shelf of pages: what has to run, in what order, and what stays if it fails.

    python -m helpers.build.run params/sample.yml
    python -m helpers.build.run --all

A step (ingest, a chapter) makes everything in a staging folder and is moved into place only when it has
succeeded, so a failure leaves the last good pages as they were. Chapters run side by side as soon as the
tables they read are there; a chapter whose inputs have not changed in content does not run at all.
"""

import argparse
import fcntl
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from helpers.base.errors import StudyError
from helpers.base.files import move_into, read_json, remove, write_json
from helpers.base.paths import PARAMS, from_root, reports
from helpers.base.words import cause, unwritable
from helpers.build import processes as runner
from helpers.build.cleanup import drop_left_out, forget_names
from helpers.build.dashboard import try_dashboard
from helpers.build.freshness import chapter_key, ingest_key, page_key
from helpers.build.front import write_front_page, write_shelf
from helpers.build.history import keep_run
from helpers.build.provenance import provenance
from helpers.build.state import keep_findings, read_findings, read_state, recorded
from helpers.build.terminal import Messages, Terminal
from helpers.build.tracking import track
from helpers.ledger.sources import digest, find_file, find_source, is_remote
from helpers.study.file import load_study
from helpers.study.schema import Study
from helpers.study.series import INGESTED, MODELS, Chapter, downloads_folder, prerequisites

SIDE_BY_SIDE = 2
"""Chapters that run at a time: this series is for machines with two cores."""
TURN = 0.1
"""Seconds between two looks at the running steps."""


class Build:
    """One build of one study: its folder, and what is known of the last run (run.json)."""

    def __init__(self, study: Study, folder: Path, terminal: Terminal, jobs: int) -> None:
        self.study = study
        self.folder = folder
        self.terminal = terminal
        self.jobs = jobs
        self.tables = folder / "tables"
        self.staging = folder / ".staging"
        self.state = read_state(folder)
        self.chapters: dict[str, dict[str, Any]] = self.state.setdefault("chapters", {})
        self.keys: dict[str, str] = {}
        """Of the running chapters, from before they ran: what is edited meanwhile is noticed by the next build."""
        self.problem: str | None = None
        self.executed: list[Chapter] = []
        self.ran = False
        """Whether any step was executed."""

    def run(self) -> bool:
        """Bring the study up to date; return whether all of it is."""
        remove(self.staging)
        interrupted = False
        running: list[runner.Step] = []
        try:
            if self._ingest(running):
                self._run_chapters(running)
        except KeyboardInterrupt:
            runner.stop(running)
            for step in running:
                if step.name != "ingest":
                    self._note(self.study.chapter(step.name), status="interrupted", error="It was interrupted.")
            self.problem = "The build was interrupted."
            interrupted = True
        except OSError as error:
            if (words := unwritable(error)) not in (self.problem or ""):
                self._fail("build", words)
        finally:
            runner.stop(running)
            remove(self.staging)
        try:
            self._finish()
        except OSError:
            if self.problem is None:  # otherwise the cause has been said
                raise
        if interrupted:
            raise KeyboardInterrupt
        if said := track(self.study, self.folder, self.state, self.executed):
            self.terminal.step("tracking", said)
        return self.problem is None

    # ── ingest ──

    def _ingest(self, running: list[runner.Step]) -> bool:
        """Bring `raw` and `unparsed` up to date; return whether they are."""
        try:
            forget_names(self.study, self.folder, self.state)
            source = find_source(self.study.source)
            key = self._ingest_key(source)
            last = self.state.get("ingest", {})
            if last.get("key") == key and last.get("tables") == self._digests(INGESTED):
                return True
        except StudyError as error:
            self._fail("ingest", str(error))
            return False
        step = self._start("ingest", "ingest", running)
        self._wait_for_some(running)
        result = runner.outcome(step)
        if result["outcome"] != "done":
            self._fail("ingest", result["error"])
            return False
        if not self._is_still(source, key):
            words = "changed while it was read: wait until it is complete, then run the same command again."
            self._fail("ingest", f"{source.name} {words}")
            return False
        move_into(step.staging / "tables", self.tables)
        self.state["source"] = result["ingested"] | {"sha256": digest(source, self.study.source.partitions)}
        self.state["ingest"] = {
            "key": key,
            "tables": self._digests(INGESTED),
            "seconds": round(step.seconds, 1),
        }
        self._save()
        rows = result["ingested"]["rows_read"]
        self.terminal.done("ingest", f"{rows:,} lines of {source.name}", step.seconds)
        return True

    def _ingest_key(self, source: Path) -> str:
        try:
            return ingest_key(self.study, source)
        except OSError as error:
            raise StudyError(f"{source.name} cannot be read: {error.strerror}.") from error

    def _is_still(self, source: Path, key: str) -> bool:
        """Return whether a source is what it was before it was read; one that has gone is not."""
        try:
            return self._ingest_key(source) == key
        except StudyError:
            return False

    # ── chapters ──

    def _run_chapters(self, running: list[runner.Step]) -> None:
        """Run what is not fresh, each chapter as soon as those it reads from are done."""
        if drop_left_out(self.study, self.folder, self.state):
            self.ran = True
            self._save()
        chapters = self.study.chapters
        order = TopologicalSorter({c.name: prerequisites(c, of=chapters) for c in chapters})
        order.prepare()
        waiting = list(order.get_ready())
        broken: set[str] = set()
        while order.is_active():
            while waiting and len(running) < self.jobs:
                chapter = self.study.chapter(waiting.pop(0))
                if self._begin(chapter, broken, running):
                    continue
                order.done(chapter.name)
                waiting += order.get_ready()
            for step in self._wait_for_some(running):
                if not self._take(step):
                    broken.add(step.name)
                order.done(step.name)
                waiting += order.get_ready()

    def _begin(self, chapter: Chapter, broken: set[str], running: list[runner.Step]) -> bool:
        """Start a chapter if it has to and can run; return whether it now does."""
        if missing := sorted(prerequisites(chapter) & broken):
            reason = f"It needs {self.study.chapter(missing[0]).stem}, which did not succeed."
            self._note(chapter, status="skipped", error=reason)
            self.terminal.step(chapter.stem, f"skipped: {reason}")
            broken.add(chapter.name)
            return False
        try:
            task = self._task(chapter)
        except StudyError as error:
            self._fail(chapter.stem, str(error))
            self._note(chapter, status="failed", error=str(error))
            broken.add(chapter.name)
            return False
        if task is None:
            self._forget_failure(chapter)
            self._note(chapter, status="fresh", error=None)
            self.terminal.step(chapter.stem, "unchanged")
            return False
        self._start(chapter.name, task, running)
        return True

    def _task(self, chapter: Chapter) -> str | None:
        """Return what a chapter needs: to run, only its page (`page:<name>`), or nothing."""
        last = self.chapters.get(chapter.name, {})
        made = [self.folder / f"{chapter.stem}.{ending}" for ending in ("ipynb", "html")]
        key = self.keys[chapter.name] = chapter_key(self.study, chapter, self.tables)
        if (
            last.get("key") != key
            or last.get("findings") != recorded(read_findings(self.folder), chapter)
            or last.get("tables") != self._digests(chapter.writes)
            or not made[0].exists()
            or not all((self.folder / name).exists() for name in last.get("files", []))
        ):
            return chapter.name
        if last.get("page_key") != self._page_key(key) or not made[1].exists():
            return f"page:{chapter.name}"
        return None

    def _take(self, step: runner.Step) -> bool:
        """Move what a finished step made into place, or note why there is nothing; return whether it did."""
        chapter = self.study.chapter(step.name)
        result = runner.outcome(step)
        self._forget_failure(chapter)
        if result["outcome"] != "done":
            self._fail(chapter.stem, result["error"], result.get("cell"))
            kept = move_into(step.staging, self.folder, only=f"{chapter.stem}.failed.*")
            page = next((name for name in kept if name.endswith(".html")), None)
            self._note(chapter, status="failed", error=result["error"], cell=result.get("cell"), failed_page=page)
            return False
        found = read_json(step.staging / "findings.json")
        downloads = found.get("downloads", [])
        key = self.keys[chapter.name]
        only_page = not (step.staging / f"{chapter.stem}.ipynb").exists()
        move_into(step.staging / "tables", self.tables)
        own = downloads_folder(chapter)
        files = [f"{own}/{name}" for name in move_into(step.staging / "downloads", self.folder / own)]
        files += [f"{MODELS}/{name}" for name in move_into(step.staging / MODELS, self.folder / MODELS)]
        files += move_into(step.staging / "pages", self.folder)
        move_into(step.staging, self.folder, only=f"{chapter.stem}.*")
        if only_page:
            self._note(chapter, status="executed", error=None, page_key=self._page_key(key))
        else:
            for name in set(self.chapters.get(chapter.name, {}).get("files", [])) - set(files):
                remove(self.folder / name)  # it made this once, and would stand beside what it makes now
            self.executed.append(chapter)
            digest_of_findings = keep_findings(self.study, self.folder, chapter, found["findings"])
            self._note(
                chapter,
                status="executed",
                error=None,
                key=key,
                page_key=self._page_key(key),
                findings=digest_of_findings,
                tables=self._digests(chapter.writes),
                files=files,
                headlines=found["headlines"],
                story=found["story"],
                downloads=downloads,
                seconds=round(step.seconds, 1),
                built_at=_now(),
            )
        self.terminal.done(chapter.stem, "page drawn again" if only_page else "", step.seconds)
        return True

    # ── steps ──

    def _start(self, name: str, task: str, running: list[runner.Step]) -> runner.Step:
        """Start a step in a staging folder of its own."""
        staging = self.staging / name
        staging.mkdir(parents=True)
        beside = 1 if task == "ingest" else self.jobs  # nothing runs while the source is read
        step = runner.start(name, task, self.study.path, staging, beside)
        running.append(step)
        self.ran = True
        return step

    def _wait_for_some(self, running: list[runner.Step]) -> list[runner.Step]:
        """Wait until a step ends, showing where all of them are; return those that ended."""
        while running:
            if ended := [step for step in running if runner.has_ended(step)]:
                running[:] = [step for step in running if step not in ended]
                return ended
            self.terminal.progress(running)
            select.select([], [], [], TURN)  # unlike sleep, this needs no clock, which may be any
        return []

    # ── notes ──

    def _note(self, chapter: Chapter, **values: Any) -> None:
        """Keep what is known of a chapter, and save it: an interrupted build loses nothing that was done."""
        known = self.chapters.setdefault(chapter.name, {})
        for about_failure in ("cell", "failed_page"):
            known.pop(about_failure, None)
        known |= values
        self._save()

    def _forget_failure(self, chapter: Chapter) -> None:
        """Remove what an earlier run that failed had kept."""
        for ending in ("ipynb", "html"):
            remove(self.folder / f"{chapter.stem}.failed.{ending}")

    def _fail(self, name: str, error: str, cell: dict[str, Any] | None = None) -> None:
        where = f", cell {cell['cell']} ({cell['section']})" if cell else ""
        self.terminal.failed(name, error, where)
        self.problem = self.problem or f"{name}{where}: {error}"

    def _digests(self, tables: tuple[str, ...]) -> dict[str, str | None]:
        paths = {name: self.tables / f"{name}.parquet" for name in tables}
        return {name: digest(path) if path.exists() else None for name, path in paths.items()}

    def _page_key(self, key: str) -> str:
        return page_key(key, [self.study.values.title, *(c.title for c in self.study.chapters)])

    def _save(self) -> None:
        write_json(self.folder / "run.json", self.state)

    def _finish(self) -> None:
        """Write run.json and the front page, whatever happened; nothing where nothing changed."""
        if problem := try_dashboard(self.study, self.folder, self.state):
            self._fail("dashboard", problem)
        self.state["status"] = "failed" if self.problem else "built"
        self.state["problem"] = self.problem
        if self.ran or self.problem:
            self.state |= provenance(self.study) | {"built_at": _now()}
        if not self.problem:
            keep_run(self.folder, self.state)
        self._save()
        write_front_page(self.study, self.folder, self.state)


def build_study(path: Path, terminal: Terminal, jobs: int = SIDE_BY_SIDE) -> bool:
    """Bring one study's report up to date; return whether all of it succeeded.

    Raises:
        StudyError: the study file does not fit, another build of it is running, or the reports folder
            cannot be written to. Nothing was touched.
    """
    study = load_study(path)
    folder = reports() / study.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            terminal.line(f"{study.values.title} ({from_root(path)})")
            done = Build(study, folder, terminal, jobs).run()
            terminal.step("front page", from_root(folder / "index.html"))
            return done
    except (FileExistsError, NotADirectoryError):
        raise StudyError(
            f"{from_root(folder)} cannot be written to: a file is where a folder should be; "
            "move it away, or set REPORTS_DIR."
        ) from None
    except OSError as error:
        raise StudyError(unwritable(error)) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the study's lock, which the system frees however the build ends."""
    with (folder / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StudyError(
                f"Another build of {folder.name} is running; wait for it to end, then run this again."
            ) from None
        yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main(arguments: list[str] | None = None) -> int:
    """Build what the command line names; 0 when all of it succeeded."""
    parser = argparse.ArgumentParser(prog="make report", description="Build the report of a study.")
    parser.add_argument("study", nargs="?", type=Path, help="a study file, such as params/sample.yml")
    parser.add_argument("--all", action="store_true", help="every study whose source is here")
    parser.add_argument("-j", "--jobs", type=int, default=SIDE_BY_SIDE, help="chapters that run at a time")
    parser.add_argument("--json", action="store_true", help="say it to a program, an object a line")
    options = parser.parse_args(arguments)
    terminal = Messages() if options.json else Terminal()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the steps too, as Ctrl-C does
    paths = sorted(PARAMS.glob("*.yml")) if options.all else [options.study or PARAMS / "sample.yml"]
    done = []
    try:
        for path in paths:
            if options.all and (absent := _absent_source(path)):
                why = f"its source {absent} is not here (`make data` says where it comes from)"
                terminal.line(f"{path.stem}: not built, {why}")
                continue
            try:
                done.append(build_study(path, terminal, options.jobs))
            except StudyError as error:
                terminal.error(str(error))
                done.append(False)
        write_shelf()
    except KeyboardInterrupt:
        terminal.error("Interrupted.")
        return 130
    except Exception as error:
        if not isinstance(error, OSError) and cause(error) is None:
            raise
        if all(done):  # otherwise the cause has been said
            terminal.error(unwritable(error))
        return 1
    return 0 if all(done) else 1


def _absent_source(path: Path) -> str | None:
    """Return the name of a study's source if it is not here; a broken study file is the build's to report."""
    try:
        source = load_study(path).source
        if source.connection and source.connection not in os.environ:
            return f"the database {source.connection}"
        if source.generator is None and source.path and not is_remote(source.path):
            find_file(source.path)
    except StudyError as error:
        return source.path if "data folders" in str(error) else None
    return None


if __name__ == "__main__":
    sys.exit(main())
