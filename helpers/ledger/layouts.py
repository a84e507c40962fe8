"""How a text file is laid out: what separates its fields, what quotes them, and what stands above its header."""

import csv
import io
import re
from typing import NamedTuple

from helpers.base.errors import StudyError

USUAL = ",;\t|"
RARE = ":^~\x01\x1f§ "
"""Tried where none of the usual ones splits the lines; the space at last, because most texts have one."""
SPLIT_ALIKE = 0.9
"""Share of lines split alike that is enough: a broken line here or there is the file's fault."""
ABOVE = 20
"""Lines that may stand above a header."""
OTHER_KINDS = {
    "PK\x03\x04": "a workbook or a zip archive",
    "\x1f\x8b": "a compressed file",
    "PAR1": "a Parquet file",
    "%PDF": "a PDF",
    "SQLite": "a database",
    "\xd0\xcf\x11": "an old workbook",
}


class Layout(NamedTuple):
    """How the lines of a text file are split."""

    delimiter: str
    quote: str = '"'
    above: int = 0
    """Lines above the header that say something else."""


def layout_of(sample: str, file: str, given: str | None = None) -> Layout:
    """Return how a text is laid out: by what splits its first lines into as many fields as its header.

    Of several delimiters that do, the one that gives most fields: a decimal comma splits every line alike, too. A
    file of one column has none; a comma then does no harm.

    Args:
        sample: the first lines, whole.
        file: for the sentence.
        given: the delimiter, where a study states it.

    Raises:
        StudyError: the text is of another kind, or its columns are set apart by their places only.
    """
    _stop_at_other_kinds(sample, file)
    usual = given or USUAL
    best = max(usual, key=lambda delimiter: _splits(sample, delimiter))
    if _splits(sample, best)[0] < SPLIT_ALIKE:
        if odd := _odd_layout(sample, usual, "" if given else RARE):
            return odd
        if not given and _is_fixed_width(sample):
            raise StudyError(
                f"{file} sets its columns apart by spaces (fixed width); save it with a delimiter such as a comma."
            )
    return Layout(best, "'" if _all_wrapped(sample, best) else '"')


def _stop_at_other_kinds(sample: str, file: str) -> None:
    """Raise a StudyError where a text is a web page or JSON under a wrong name."""
    start = sample[:2000].lstrip().lower()
    if re.match(r"<(!doctype|html|\?xml|table|head|body|div|meta)\b", start):
        raise StudyError(f"{file} is a web page or XML, not lines of fields; export it as csv, xlsx or parquet.")
    if re.match(r'(\{\s*["}]|\[\s*[{\[])', start):
        raise StudyError(f"{file} is JSON, not lines of fields; export it as csv, xlsx or parquet.")
    if kind := next((kind for mark, kind in OTHER_KINDS.items() if sample.startswith(mark)), None):
        raise StudyError(f"{file} is {kind} under the name of a text file; give it its own ending.")


def _rows(sample: str, delimiter: str, quote: str = '"') -> list[list[str]]:
    try:
        return [
            row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote) if row
        ]
    except csv.Error:
        return []


def _splits(sample: str, delimiter: str, quote: str = '"') -> tuple[float, int]:
    """Return how well a delimiter splits lines: the share with as many fields as the header, and how many."""
    counts = [len(row) for row in _rows(sample, delimiter, quote)]
    if not counts or counts[0] == 1:
        return 0, 0
    alike = counts.count(counts[0]) / len(counts)
    return (1.0 if alike >= SPLIT_ALIKE else alike), counts[0]


def _odd_layout(sample: str, usual: str, rare: str) -> Layout | None:
    """Return a layout that few files have and that splits the lines alike; None where there is none."""
    physical = sample.splitlines(keepends=True)
    for above in range(min(ABOVE, len(physical) - 1)):
        if above and not _is_remark(physical[above - 1], usual):
            return None
        if above and _is_remark(physical[above], ""):
            continue
        below = "".join(physical[above:])
        for quote in ('"', "'") if "'" in below else '"':
            for delimiter in usual + rare:
                alike, fields = _splits(below, delimiter, quote)
                least = 3 if above or delimiter == " " else 2
                if alike >= SPLIT_ALIKE and fields >= least and _has_header(_rows(below, delimiter, quote)):
                    return Layout(delimiter, quote, above)
    return None


def _is_remark(line: str, delimiters: str) -> bool:
    """Return whether a line is no header: it is empty, a comment, or one field by some delimiters, if any."""
    bare = line.strip()
    if not bare or bare.startswith(("#", "//", "--", "%", "sep=", '"sep=')):
        return True
    filled = [sum(bool(field.strip()) for row in _rows(line, d) for field in row) for d in delimiters]
    return filled.count(1) == len(filled) > 0


def _has_header(rows: list[list[str]]) -> bool:
    """Return whether rows begin with names, and have values such as numbers below one of them."""
    names, values = [name.strip() for name in rows[0]], [row for row in rows[1:] if len(row) == len(rows[0])]
    if not all(names) or len(set(names)) < len(names) or not values:
        return False
    digits = [all(re.search(r"\d", row[n]) for row in values) for n in range(len(names))]
    return any(below and not re.search(r"\d", name) for below, name in zip(digits, names, strict=True))


def _all_wrapped(sample: str, delimiter: str) -> bool:
    """Return whether a whole column, its header perhaps apart, is in single quotes."""
    rows = [row for row in _rows(sample, delimiter) if row]
    values = [row for row in rows[1:] if len(row) == len(rows[0])]
    return len(values) > 1 and any(
        all(len(row[n]) > 1 and row[n][0] == row[n][-1] == "'" for row in values) for n in range(len(rows[0]))
    )


def _is_fixed_width(sample: str) -> bool:
    """Return whether most lines have wide gaps, as columns have that are filled up with spaces."""
    lines = [line for line in sample.splitlines() if line.strip()]
    wide = [len(re.findall(r"\S {2,}(?=\S)", line)) for line in lines]
    return len(lines) > 1 and wide[0] > 0 and sum(gaps > 0 for gaps in wide) >= SPLIT_ALIKE * len(lines)


def has_swallowed(text: str, layout: Layout, fields: int, first: str | None = None) -> bool:
    """Return whether a field holds whole lines, because a quote in front of them is closed late or never.

    Args:
        text: a field with line ends in it, or a whole line that has not the header's number of fields.
        layout: of the file.
        fields: how many a line has.
        first: what the field's line begins with; None for a whole line.
    """
    pieces = re.split(r"\r\n|\r|\n", text)
    ends, found = len(pieces) - 1, text.count(layout.delimiter)
    expected = ends * (fields - 1)
    if fields < 2 or ends < (3 if fields == 2 else 1):
        return False
    if first is None:
        return found >= 0.9 * expected
    exact = abs(found - expected) <= (0 if ends < 4 else 0.1 * expected)
    spaced = text.count(layout.delimiter + " ") * 2 > found  # as in prose
    return exact and not spaced and _shape(first, layout) == _shape(pieces[1], layout)


def _shape(line: str, layout: Layout) -> str:
    """Return how the first field of a line looks, whatever its letters and digits: R20001 and R7 are alike."""
    field = re.split(r"[\r\n]", line)[0].split(layout.delimiter)[0].strip(layout.quote)
    return re.sub("a+", "a", re.sub(r"[^\W\d_]", "a", re.sub(r"\d+", "0", field)))
