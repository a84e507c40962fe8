"""`make course`: the notebooks as a student's and a teacher's copy, slides, the paths through them, and a site.

    python -m helpers.course.write params/sample.yml

Everything is made anew from the notebooks and from one built study, and moved into place when all of it is there.
"""

import copy
import sys
import tempfile
from pathlib import Path

import nbformat

from helpers.base.errors import StudyError
from helpers.base.files import remove
from helpers.base.paths import ROOT, from_root, reports
from helpers.course.elsewhere import badges, origin, setup_cell
from helpers.course.exercises import exercises_of, is_tagged
from helpers.course.paths import paths_page, times_of
from helpers.course.site import build_site
from helpers.course.slides import slides_of, write_reveal
from helpers.study.file import load_study
from helpers.study.series import Chapter

COURSE = ROOT / "course"
SCRATCH = ROOT
"""Where the course is made before it is moved: on the same disk."""
Notebook = nbformat.NotebookNode


def student_copy(notebook: Notebook, repository: str) -> Notebook:
    """Return a notebook without the solutions, and with a cell that sets the series up elsewhere."""
    copied = copy.deepcopy(notebook)
    opening, *others = [cell for cell in copied.cells if not is_tagged(cell, "solution")]
    copied.cells = [opening, setup_cell(repository), *others]
    return copied


def teacher_copy(notebook: Notebook, chapter: Chapter) -> Notebook:
    """Return a notebook with its solutions open, and before each what the teacher should know."""
    copied = copy.deepcopy(notebook)
    exercises, told, cells = exercises_of(chapter.name), set(), []
    for cell in copied.cells:
        if is_tagged(cell, "solution"):
            number = cell.metadata["exercise"]
            cell.metadata.pop("jupyter", None)
            if number not in told:
                told.add(number)
                exercise = exercises[number - 1]
                note = f"> **For the teacher.** Hint: {exercise.hint} What usually goes wrong: {exercise.slip}"
                cells.append(nbformat.v4.new_markdown_cell(note, id=f"teacher{number}"))
        cells.append(cell)
    copied.cells = cells
    return copied


def write_course(study_file: Path) -> Path:
    """Write the course on a built study, and return its folder.

    Raises:
        StudyError: the study is not built.
    """
    study = load_study(study_file)
    folder = reports() / study.name
    chapters = [chapter for chapter in study.chapters if not chapter.reproduces]
    if missing := [c.stem for c in chapters if not (folder / f"{c.stem}.ipynb").exists()]:
        raise StudyError(
            f"{missing[0]} of {study.name} is not built: run `make report PARAMS={from_root(study.path)}` first."
        )
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix=".course.") as scratch:
        made = Path(scratch) / "course"
        for name in ("student", "teacher", "slides"):
            (made / name).mkdir(parents=True)
        write_reveal(made / "slides")
        repository, times = origin(), []
        for chapter in chapters:
            notebook = nbformat.read(chapter.notebook, as_version=4)
            executed = nbformat.read(folder / f"{chapter.stem}.ipynb", as_version=4)
            times.append(times_of(chapter, notebook.cells, executed.cells))
            nbformat.write(student_copy(notebook, repository), made / "student" / f"{chapter.stem}.ipynb")
            nbformat.write(teacher_copy(notebook, chapter), made / "teacher" / f"{chapter.stem}.ipynb")
            slides_of(executed, made / "slides" / f"{chapter.stem}.html", chapter.title)
        (made / "README.md").write_text(paths_page(times, badges(repository)), encoding="utf-8")
        build_site(made, folder, chapters)
        remove(COURSE)
        made.rename(COURSE)
    return COURSE


def main(arguments: list[str] | None = None) -> int:
    """Write the course; 0 when all of it is there."""
    (study_file,) = arguments or sys.argv[1:] or ["params/sample.yml"]
    try:
        print(f"  course                 {from_root(write_course(Path(study_file)))}/site/index.html")
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
