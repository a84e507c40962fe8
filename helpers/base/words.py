"""What a failure means for the person who runs the series: one sentence, whatever it came from."""

import re

LONGEST = 600
"""Letters of a message at most; libraries may print a whole table into one."""
AGAIN = "then run the same command again."
MEANING = {
    # an executor's end is told in Java's words, or by its exit code: 52 is Spark's for memory, 137 the system's
    r"OutOfMemoryError|exited with (exit )?code (52|137)|Python worker[\s\S]*Out of Memory": (
        "An executor of Spark ran out of memory: give it more in engine.settings (spark.executor.memory), or "
        f"fewer cores (spark.executor.cores; master: local[1] on one machine), {AGAIN}"
    ),
    r"Python worker[\s\S]*No module named": (
        f"Spark's executors need the Python packages duckdb and pyarrow: install them there, {AGAIN}"
    ),
    r"PySparkRuntimeError|Py4JNetworkError|SparkConnectGrpcException": (
        "Spark did not start or went away: see that its master answers, and give it more in engine.settings "
        f"(spark.driver.memory of a local master), {AGAIN}"
    ),
    r"No space left|File too large|Disk quota": f"The disk is full: free some space, {AGAIN}",
    r"Too many open files": f"More files are open than this machine allows: raise it by `ulimit -n 1024`, {AGAIN}",
    r"MemoryError|Cannot allocate memory|Out of Memory|failed to map segment|bad_alloc|Unable to allocate"
    r"|allocation still fail|can't start new thread|Failed to launch worker thread": (
        f"There is not enough memory: close some programs, {AGAIN}"
    ),
    # papermill's, of a kernel that reported an error and had no room left to tell which
    r"^CellExecutionError$": f"It failed with no memory left to say why: close some programs, {AGAIN}",
}
"""What libraries say of a full machine in many words."""


def os_error_in_words(text: str) -> str | None:
    """Return what a full or closed disk, or too little memory, means for the reader; None for another error."""
    for pattern, meaning in MEANING.items():
        if re.search(pattern, text):
            return meaning
    text = re.sub(r"^\w+Error: ", "", text)
    if "Read-only file system" in text:
        return f"The reports folder cannot be written to: {text}."
    if "Permission denied" in text:
        return f"A file or folder is closed to this user: {text}."
    return None


def cause(error: Exception) -> str | None:
    """Return what a full or closed machine means for the reader; None where an error has another cause."""
    return os_error_in_words(f"{type(error).__name__}: {error}")


def machine_is_full(error: Exception) -> bool:
    """Return whether an error is the machine's, whatever file was read when it came."""
    return cause(error) in MEANING.values()


def unwritable(error: Exception) -> str:
    """Return why a report cannot be written."""
    return cause(error) or f"The report cannot be written: {error}."


def in_words(name: str, message: str) -> str:
    """Return an exception, by its class and message, as one sentence: the study's own, or what it means."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", message).split())
    if name == "StudyError":
        return text
    text = f"{name}: {text}" if text else name
    return os_error_in_words(text) or (text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
