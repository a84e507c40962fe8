"""Numbers as people write them: a decimal point or comma, thousands marked or spaced, a currency before or behind.

Ingest reads them by SQL on whole columns, `make new` looks at a sample in pandas; both by the patterns here.
"""

import duckdb
import pandas as pd

from helpers.base.errors import StudyError

CODES = "EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|BRL|CAD|AUD|JPY|INR"
CURRENCIES = tuple(CODES.split("|"))
SIGN = rf"R\$|[€£$¥]|zł|kr|{CODES}"
"""A currency: its sign, or its ISO code. Any three letters would make numbers of codes such as LOT 5."""
SPACES = r"[\s\x{a0}\x{202f}]*"
BEFORE = rf"^([-+]?){SPACES}(?:{SIGN}){SPACES}([-+]?\d)"
BEHIND = rf"(\d){SPACES}(?:{SIGN})$"
SPACED = r"^[-+]?\d{1,3}(?:[ \x{a0}\x{202f}'’]\d{3})+(?:[.,]\d+)?$"
"""Thousands apart by a space, as in French and Swedish, or an apostrophe, as in Swiss."""
GAPS = r"[ \x{a0}\x{202f}'’]"
EITHER = r"^[-+]?\d{1,3},\d{3}$"
"""A thousand and more, or three decimals: 1,234."""
WORTH_A_LOOK = rf"{GAPS}|{SIGN}"


def number_sql(text: str, type_: str, decimal: str) -> str:
    """Return SQL that reads a number: thousands may be marked, anything else makes it unreadable."""
    thousands = "," if decimal == "." else "."
    marked = rf"^[-+]?\d{{1,3}}([{thousands}]\d{{3}})+([{decimal}]\d+)?$"
    plain = (
        f"CASE WHEN regexp_matches({text}, '{marked}') THEN replace({text}, '{thousands}', '') "
        f"WHEN NOT contains({text}, '{thousands}') THEN {text} END"
    )
    if decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    finite = f"CASE WHEN isfinite(try_cast({plain} AS DOUBLE)) THEN {plain} END"
    return f"try_cast({finite} AS {type_})"


def bare_sql(connection: duckdb.DuckDBPyConnection, text: str, table: str) -> str:
    """Return SQL for the texts of a column without currency and gaps; the text itself where it has neither.

    Most columns have neither, and are spared the work. A column with two currencies keeps both: its amounts do not
    add up, and have to be reported as unreadable.
    """
    sign = f"regexp_extract({text}, '{SIGN}')"
    found = connection.sql(
        f"SELECT count(*), count(DISTINCT nullif({sign}, '')) FROM {table} "
        f"WHERE regexp_matches({text}, {quoted(WORTH_A_LOOK)})"
    ).fetchall()[0]
    if not found[0]:
        return text
    if found[1] == 1:
        text = f"regexp_replace(regexp_replace({text}, '{BEFORE}', '\\1\\2'), '{BEHIND}', '\\1')"
    spaced = f"regexp_matches({text}, {quoted(SPACED)})"
    return f"CASE WHEN {spaced} THEN regexp_replace({text}, {quoted(GAPS)}, '', 'g') ELSE {text} END"


def stop_at_ambiguous(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, tuple[str, str]], file: str
) -> None:
    """Raise a StudyError where nothing says whether 1,234 is a thousand or one: no number has a decimal point.

    Args:
        connection: with the lines as `text`.
        columns: of numbers, for each header its column of `text`, and SQL for what is given there.
        file: for the sentence.
    """
    commas = {}
    for header, (text, given) in columns.items():
        seen = f"bool_or(contains({text}, '.')), bool_or(contains({text}, ','))"
        point, comma = connection.sql(f"SELECT {seen} FROM text").fetchall()[0]
        if point:
            return
        if comma:
            commas[header] = given
    for header, given in commas.items():
        alike, different, example = connection.sql(
            f"SELECT bool_and(regexp_matches({given}, '{EITHER}')), count(DISTINCT {given}), "
            f"min({given}) FROM text"
        ).fetchall()[0]
        if alike and different > 1:
            raise StudyError(
                f"{file}: every number in {header!r} can be read with thousands and with three decimals "
                f"({example!r}, for one); say in source.decimal whether the comma or the point marks the fraction."
            )


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _python(pattern: str) -> str:
    """Return a pattern as Python writes it."""
    return pattern.replace(r"\x{a0}", "\u00a0").replace(r"\x{202f}", "\u202f")


def bare(texts: pd.Series) -> pd.Series:
    """Return texts without currency and gaps, as `bare_sql` does."""
    worth = texts.str.contains(_python(WORTH_A_LOOK), na=False)
    if not worth.any():
        return texts
    if texts[worth].str.extract(f"({SIGN})")[0].nunique() == 1:
        texts = texts.str.replace(_python(BEFORE), r"\1\2", regex=True)
        texts = texts.str.replace(_python(BEHIND), r"\1", regex=True)
    spaced = texts.str.fullmatch(_python(SPACED).strip("^$"), na=False)
    return texts.where(~spaced, texts.str.replace(_python(GAPS), "", regex=True))


def as_number(texts: pd.Series, decimal: str) -> pd.Series:
    """Return texts as numbers, as ingest reads them; NaN where a text is none."""
    thousands = "," if decimal == "." else "."
    marked = rf"[-+]?\d{{1,3}}(?:[{thousands}]\d{{3}})+(?:[{decimal}]\d+)?"
    plain = rf"[-+]?(?:\d+[{decimal}]?\d*|[{decimal}]\d+)"
    texts = bare(texts)
    fits = texts.str.fullmatch(f"(?:{marked}|{plain})", na=False)
    written = texts.where(fits).str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(written, errors="coerce")


def decimal_of(sample: pd.DataFrame) -> str:
    """Return what separates whole and fraction: the mark that only a fraction can stand behind.

    `1,5` and `1.234,56` speak for a comma, `1.5` and `1,234.56` for a point; `1,234` says nothing.
    """
    votes = {".": 0, ",": 0}
    for header in sample:
        counts = sample[header].value_counts()
        values = bare(pd.Series(counts.index, dtype="str"))
        for mark, other in ((".", ","), (",", ".")):
            grouped = rf"[-+]?\d{{1,3}}(?:[{other}]\d{{3}})+[{mark}]\d+"
            fraction = rf"[-+]?\d*[{mark}](?:\d{{1,2}}|\d{{4,}})"
            votes[mark] += int(counts[values.str.fullmatch(f"{grouped}|{fraction}").to_numpy(bool)].sum())
    return "," if votes[","] > votes["."] else "."
