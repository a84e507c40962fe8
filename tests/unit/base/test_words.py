"""Failures in one line: what a library says of a full machine is said so that somebody can do something."""

import pyarrow as pa
import pytest

from helpers.base.words import LONGEST, cause, in_words, machine_is_full, os_error_in_words

DISK, MEMORY, FILES = "The disk is full", "There is not enough memory", "More files are open"
EXECUTOR = "An executor of Spark ran out of memory: give it more in engine.settings (spark.executor.memory"


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        ("StudyError", "rfm.goods is\n  wrong.", "rfm.goods is wrong."),
        ("OSError", "[Errno 28] No space left on device", DISK),
        ("OSError", "[Errno 27] File too large", DISK),
        ("IOException", "IO Error: Could not write: No space left on device", DISK),
        ("MemoryError", "", MEMORY),
        ("OSError", "[Errno 12] Cannot allocate memory", MEMORY),
        ("OutOfMemoryException", "Out of Memory Error: could not allocate block", MEMORY),
        ("ImportError", "(libarrow.so: failed to map segment from shared object)", MEMORY),
        ("RuntimeError", "can't start new thread", MEMORY),
        (
            "ArrowException",
            "Unknown error: Failed to launch worker thread: Resource",
            MEMORY,
        ),
        ("CellExecutionError", "", "It failed with no memory left to say why"),
        ("Py4JJavaError", "Job aborted: ... java.lang.OutOfMemoryError: Java heap space", EXECUTOR),
        ("Py4JJavaError", "ExecutorLostFailure (executor 1 exited) Reason: Command exited with code 52", EXECUTOR),
        ("Py4JJavaError", "The executor with id 1 exited with exit code 137(SIGKILL)", EXECUTOR),
        (
            "PythonException",
            "from the Python worker:\n...\nOutOfMemoryException: Out of Memory Error: x",
            EXECUTOR,
        ),
        (
            "PythonException",
            "from the Python worker:\nNo module named 'duckdb'",
            "Spark's executors need the Python",
        ),
        ("Py4JNetworkError", "Answer from Java side is empty", "Spark did not start or went away"),
        ("OSError", "[Errno 24] Too many open files: 'x'", FILES),
        ("ValueError", "\x1b[31mred\x1b[0m\nand more", "ValueError: red and more"),
        ("KeyError", "", "KeyError"),
    ],
)
def test_a_failure_is_one_line(name, message, said):
    assert in_words(name, message).startswith(said)
    assert "\n" not in in_words(name, message)


def test_a_message_of_a_thousand_lines_is_cut():
    assert len(in_words("ValueError", "x\n" * 5000)) == LONGEST + 1


def test_the_cause_of_an_error_may_be_its_kind():
    assert cause(pa.ArrowMemoryError("malloc of size 4194304 failed")).startswith(MEMORY)
    assert cause(MemoryError()).startswith(MEMORY)
    assert cause(ValueError("malloc of size 4194304 failed")) is None


def test_another_error_has_no_words():
    assert os_error_in_words("division by zero") is None


def test_a_file_that_is_closed_is_the_files_fault_and_a_full_disk_the_machines():
    closed = PermissionError(13, "Permission denied", "ledger.csv")
    assert cause(closed) == "A file or folder is closed to this user: [Errno 13] Permission denied: 'ledger.csv'."
    assert not machine_is_full(closed) and not machine_is_full(ValueError("x"))
    assert machine_is_full(OSError(28, "No space left on device")) and machine_is_full(MemoryError())
