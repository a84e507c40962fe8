"""A look at an uploaded file in a process of its own, with limits: what columns it has, and its study.

    python -m helpers.app.looking < question.json

The question has the file, and what somebody corrected; the answer is one line of JSON on standard output. A file
that needs more memory or time than LIMITS takes only this process with it.
"""

import asyncio
import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any

from helpers.base.errors import StudyError
from helpers.base.paths import ROOT, from_root
from helpers.base.words import in_words

MEMORY, SECONDS = 1_000_000 * int(os.environ.get("APP_MEMORY_MB", "8000")), 900
"""Limits of a look: bytes of memory (the environment variable APP_MEMORY_MB sets it), seconds of work."""
EXAMPLES = 3
"""Values of a column that the form shows."""


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Return what a file looks like; with `write`, its study is written and the file gets its name.

    Raises:
        StudyError: the file cannot be read, or the study cannot be written.
    """
    from helpers.new_study.write import check_name, draft, write_study

    file, columns, name = Path(question["file"]), question.get("columns"), question.get("name") or "waiting"
    if not question.get("write"):
        return told(draft(name, str(file), known=columns))
    target = check_name(name)
    kept = file.parent.parent / f"{name}{file.suffix}"
    if kept.exists():
        raise StudyError(f"{from_root(kept)} is there already and stays as it is; choose another name.")
    file.rename(kept)
    try:
        new = draft(name, str(kept), known=columns)._replace(
            title=question["title"],
            pseudonyms=bool(question["pseudonyms"]),
            currency=(question["currency"], "you said so"),
        )
        write_study(new, target)
    except BaseException:
        kept.rename(file)
        raise
    return {"study": name}


def told(new: Any) -> dict[str, Any]:
    """Return a draft of a study as the form shows it."""
    reasons = {guess.header: guess for guess in new.guesses}
    columns = []
    for header in new.look.header:
        guess = reasons.get(header)
        values = new.look.sample[header].dropna().drop_duplicates().head(EXAMPLES).astype(str)
        columns.append(
            {
                "header": header,
                "examples": [value[:60] for value in values],
                "name": guess.name if guess else "",
                "sure": guess.certainty if guess else "",
                "why": guess.why if guess else "kept under its own name",
            }
        )
    return {
        "rows": new.look.rows,
        "kind": new.kind.in_words,
        "why": new.kind.why,
        "columns": columns,
        "currency": new.currency[0],
        "dates": f"{new.dates.certainty}: {new.dates.why}" if new.dates else "",
        "doubts": [doubt for doubt in (*new.doubts, new.look.doubt, new.look.ambiguous) if doubt],
        "rules": [{"text": rule.text, "why": rule.why} for rule in new.rules if rule.on],
        "chapters": [{"name": chapter.name, "why": chapter.why} for chapter in new.chapters],
        "people": "customer_id" in new.facts.columns,
    }


async def ask(question: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of a look in a process of its own.

    Raises:
        StudyError: it cannot be read, or not within the limits.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "helpers.app.looking", cwd=ROOT, start_new_session=True,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            said, problems = await process.communicate(json.dumps(question).encode())
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        raise StudyError(f"Reading the file took more than {SECONDS // 60} minutes and was stopped.") from None
    try:
        found = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        sys.stderr.write(problems.decode(errors="replace"))
        raise StudyError(
            f"The file cannot be read with {MEMORY // 10**9} GB of memory; save a part of it, as csv or Parquet."
        ) from None
    if "error" in found:
        sys.stderr.write(problems.decode(errors="replace"))
        raise StudyError(found["error"])
    return found


def main() -> int:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        found = answer(json.load(sys.stdin))
    except StudyError as error:
        found = {"error": str(error)}
    except MemoryError:
        return 1
    except Exception as error:  # a bug of ours, or a file that nobody thought of: said in a line, and where above
        traceback.print_exc()
        found = {"error": in_words(type(error).__name__, str(error))}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
