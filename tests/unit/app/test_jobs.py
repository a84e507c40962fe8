"""What a build says becomes where its steps are; a half written line waits."""

import json

from helpers.app import jobs
from helpers.build.processes import Step
from helpers.build.terminal import Messages


def said(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_build_says_where_it_is_only_when_that_changes(capsys, tmp_path):
    terminal, step = Messages(), Step("eda", tmp_path, None)
    terminal.line("A study")
    for _ in range(3):
        terminal.progress([step])
    step.at = {"cell": 2, "of": 4, "section": "1. Lines"}
    terminal.progress([step])
    terminal.progress([step])
    terminal.done("01_eda", "", 2.31)
    terminal.step("02_cleaning", "unchanged")
    terminal.failed("03_rfm", "Why.", ", cell 3 (x)")
    terminal.error("Interrupted.")
    assert [(message.get("step"), message["state"]) for message in said(capsys)] == [
        (None, "line"), ("eda", "running"), ("eda", "running"), ("01_eda", "done"), ("02_cleaning", "unchanged"),
        ("03_rfm", "failed"), (None, "error"),
    ]  # fmt: skip


def test_steps_are_where_the_messages_say(study):
    told = [
        {"step": "ingest", "state": "done", "said": "5 lines", "seconds": 1.0},
        {"step": "eda", "state": "running", "cell": 2, "of": 4, "section": "1. Lines"},
        {"step": "02_cleaning", "state": "failed", "said": "Why.", "where": ""},
        {"step": "front page", "state": "said", "said": "reports/x/index.html"},
    ]
    steps, error = jobs._steps(study(), told)
    assert error == "Why."
    assert [(step["word"], step["part"]) for step in steps[:4]] == [
        ("done", 1.0), ("running", 0.5), ("failed", 0.0), ("waiting", 0.0),
    ]  # fmt: skip
    assert steps[1]["said"] == "1. Lines (2 of 4)"
    fresh, _ = jobs._steps(study(), [{"step": "01_eda", "state": "unchanged", "said": "unchanged"}])
    assert [step["word"] for step in fresh[:2]] == ["up to date", "up to date"]


def test_a_line_that_is_half_written_waits(tmp_path):
    log = tmp_path / "x.log"
    assert jobs._messages(log) == []
    log.write_text('{"state": "line", "said": "A"}\nTraceback\n[1]\n{"state": "li')
    assert jobs._messages(log) == [{"state": "line", "said": "A"}]
