"""A study built again on other data: its front page sets both runs side by side, and a failure changes nothing."""

from tests.notebooks.tiny import Project, ledger


def rebuild(project: Project, lines: int) -> str:
    project.write_ledger(ledger()[:lines])
    outcome = project.build()
    assert outcome.code == 0, outcome.err
    return project.front_page()


def kept(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.study / "history").iterdir()}


def test_the_front_page_shows_the_run_before(project):
    assert "Since the last run" not in project.front_page()
    read = len(ledger())
    page = rebuild(project, read - 30)
    assert "Since the last run" in page and "on tiny.csv" in page
    row = next(line for line in page.splitlines() if "Lines read" in line)
    assert f">{read}<" in row and f">{read - 30}<" in row
    runs = kept(project)
    assert project.build().code == 0
    assert kept(project) == runs
    assert project.front_page().split("Since the last run")[1] == page.split("Since the last run")[1]


def test_a_failed_build_is_no_run(project):
    rebuild(project, 130)
    runs = kept(project)
    broken = project.add_cell("03_reader", "raise ValueError('on purpose')")
    project.write_ledger(ledger()[:100])
    assert project.build().code != 0
    assert kept(project) == runs
    assert "Since the last run" not in project.front_page()
    project.notebook("03_reader").write_bytes(broken)
    assert project.build().code == 0
    row = next(line for line in project.front_page().splitlines() if "Lines read" in line)
    assert ">130<" in row and ">100<" in row
