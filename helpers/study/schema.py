"""Study files: the typed schema of `params/*.yml`, and errors a person can act on.

The study level (source, cleaning rules, claims, ...) is declared here; each chapter's own parameters are
declared by its notebook. One validator reads both, before any kernel starts.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model, model_validator

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import PARAMS, from_root
from helpers.study.parameters import Strict, chapter_parameters
from helpers.study.series import BY_NAME, CHAPTERS, Chapter, chosen, prerequisites

if TYPE_CHECKING:
    from helpers.ledger.pseudonyms import Pseudonyms

MISSING = ("", "NULL", "null", "NaN", "nan", "N/A", "#N/A")
"""Texts that mean "no value". Not `NA` and `None`: one is Namibia, the other a real answer."""


PlainName = Annotated[str, Field(pattern=r"^[^\W_A-Z][^\WA-Z]*$")]
"""A name of a column or table as the series writes it: lower case; an underscore in front marks its own notes."""


class Source(Strict):
    """Where the lines come from and how to read them."""

    path: str
    """A csv, xlsx or parquet file, or a folder of them, in one of the data folders."""
    columns: dict[str, PlainName] = {}
    """Header in the source: canonical name. Headers not listed keep their name, in snake_case."""
    generator: Literal["sample"] | None = None
    """The module that makes the file when it is not there."""
    encoding: str | None = None
    """Of a csv; detected when not given."""
    delimiter: str | None = None
    """Of a csv; detected when not given."""
    decimal: Literal[".", ","] = "."
    """What separates whole and fraction in numbers written as text."""
    date_format: str | None = None
    """As in strptime; detected from the whole column when not given."""
    sheets: list[str] | None = None
    """Of a workbook; all of them when not given."""
    one_order: Literal["customer and day"] | None = None
    """What makes lines one order where no column numbers the orders."""
    missing: list[str] = list(MISSING)
    """Texts that mean "no value"."""
    unreadable_at_most: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of lines with a date or number that cannot be read, above which the run stops."""


class Cleaning(Strict):
    """The rules, in the order they are applied."""

    rules: list[str | dict[str, Any]] = []

    @model_validator(mode="after")
    def _rules_exist(self) -> "Cleaning":
        from helpers.ledger.rules import check_rule  # narwhals is not needed to read the other sections

        for position, rule in enumerate(self.rules):
            check_rule(rule, f"cleaning.rules[{position}]")
        return self


class Claim(Strict):
    """A published statement, what to hold against it, and where it was made."""

    claim: str
    source: str | None = None
    finding: str | None = None
    """Path into findings.json, such as `clustering.by_k[3].silhouette`."""
    measure: str | None = None
    """A DuckDB SQL expression over one table, which sees no file and no network."""
    on: PlainName | None = None
    """The table that `measure` is computed on."""
    equals: float | str | None = None
    tolerance: Annotated[float, Field(gt=0)] | None = None
    at_least: float | None = None
    at_most: float | None = None
    between: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    unit: Literal["", "%"] = ""
    """`%` for a share: 0.65 is then shown as 65 %."""

    @model_validator(mode="after")
    def _complete(self) -> "Claim":
        if (self.finding is None) == (self.measure is None):
            raise ValueError("needs either `finding` or `measure`")
        if (self.measure is None) != (self.on is None):
            raise ValueError("`measure` and `on` (the table) go together")
        operators = [self.equals, self.at_least, self.at_most, self.between]
        if sum(o is not None for o in operators) != 1:
            raise ValueError("needs exactly one of `equals`, `at_least`, `at_most`, `between`")
        if isinstance(self.equals, float) and self.tolerance is None:
            raise ValueError("`equals` with a number needs a `tolerance`")
        if self.between is not None and self.between[0] > self.between[1]:
            raise ValueError("`between` needs two numbers, the lower one first")
        return self


class StudyLevel(Strict):
    """The part of a study file that belongs to no single chapter."""

    title: str
    description: str = ""
    currency: str = ""
    """ISO code such as GBP, or empty where amounts have no known currency."""
    engine: Literal["duckdb"] = "duckdb"
    seed: int = 42
    source: Source
    pseudonyms: bool | list[PlainName] = False
    """Whether customers appear under other names, so that a page can be mailed; or the columns to replace."""
    features: dict[PlainName, str] = {}
    """Of customers: name -> DuckDB SQL expression over the table so far, in this order."""
    claims: list[Claim] = []
    chapters: list[str] | None = None
    """Names of the chapters that fit this study; all of them when not given."""

    @model_validator(mode="after")
    def _chapters_exist(self) -> "StudyLevel":
        for name in self.chapters or []:
            if name not in BY_NAME:
                raise ValueError(f"chapters names {name!r}, which is no chapter{nearest(name, BY_NAME)}")
            if missing := sorted(prerequisites(BY_NAME[name]) - set(self.chapters)):
                raise ValueError(
                    f"chapters names {name}, but not {missing[0]}, whose tables it reads: add {missing[0]}."
                )
        if self.chapters == []:
            raise ValueError("chapters is empty: name at least one, or leave the key out for all of them.")
        return self

    @model_validator(mode="after")
    def _rules_can_do_without_ids(self) -> "StudyLevel":
        if self.pseudonyms:
            from helpers.ledger.pseudonyms import check_rules, replaced_columns

            check_rules(self.cleaning.rules, replaced_columns(self.pseudonyms))
        return self


class Study:
    """A validated study file."""

    def __init__(self, path: Path, values: StudyLevel) -> None:
        self.path = path
        self.name = path.stem
        self.values = values

    @property
    def source(self) -> Source:
        """Where the lines come from."""
        return self.values.source

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters of this study, in the order of the series."""
        return chosen(self.values.chapters)

    def pseudonyms(self) -> "Pseudonyms | None":
        """Return the pseudonyms of its customers; None where the study does not ask for any."""
        if not self.values.pseudonyms:
            return None
        from helpers.ledger.pseudonyms import pseudonyms_of

        return pseudonyms_of(self.name, self.values.pseudonyms)

    def lookups(self) -> set[str]:
        """Return the names of the small files that cleaning rules join."""
        options = [rule.get("join") for rule in self.values.cleaning.rules if isinstance(rule, dict)]
        return {option["file"] for option in options if option}

    def parameters(self, chapter: str) -> dict[str, Any]:
        """Return the values of a chapter's own parameters, defaults included."""
        section = getattr(self.values, chapter)
        own = chapter_parameters(BY_NAME[chapter].notebook).model_fields
        return {name: getattr(section, name) for name in own}

    def view(self, chapter: str) -> dict[str, Any]:
        """Return all that a chapter may know of its study, as plain values.

        The chapter is fresh as long as this view is unchanged: what another chapter is asked, or what
        is claimed, does not run it again.
        """
        published = getattr(self.values.published, chapter)
        features = {"features": self.values.features} if chapter == "rfm" else {}
        section = getattr(self.values, chapter).model_dump()
        if chapter == "cleaning" and (pseudonyms := self.pseudonyms()):
            from helpers.ledger.pseudonyms import translated

            section["rules"] = translated(section["rules"], pseudonyms)
        return features | {
            "title": self.values.title,
            "currency": self.values.currency,
            "engine": self.values.engine,
            "seed": self.values.seed,
            "section": section,
            "published": published.model_dump(exclude_unset=True) if published else {},
        }


@cache
def study_schema() -> type[StudyLevel]:
    """Return the schema of a whole study file: the study level and a section for each chapter."""
    shared = {"cleaning": Cleaning}
    sections: dict[str, Any] = {}
    reproduced: dict[str, Any] = {}
    for chapter in CHAPTERS:
        own = chapter_parameters(chapter.notebook)
        section = own
        if chapter.name in shared:
            fields = {name: (field.annotation, field.default) for name, field in own.model_fields.items()}
            section = create_model("Section", __base__=shared[chapter.name], **fields)
        sections[chapter.name] = (section, Field(default_factory=section))
        reproduced[chapter.name] = (own | None, None)
    published = create_model("Published", __base__=Strict, **reproduced)
    return create_model(
        "StudyFile", __base__=StudyLevel, published=(published, Field(default_factory=published)), **sections
    )


def load_study(path: Path | str) -> Study:
    """Read and validate a study file.

    Raises:
        StudyError: the file is not there, is not YAML, or a key or value does not fit; the sentence
            names the key and the nearest right one.
    """
    path = Path(path)
    shown = from_root(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        others = sorted(from_root(p) for p in PARAMS.glob("*.yml"))
        raise StudyError(f"{shown} is not there{nearest(shown, others)}; run `make help`.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{shown} cannot be read as text: {error}.") from None
    try:
        values = yaml.load(text, Loader=_StudyLoader)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise StudyError(f"{shown} is not valid YAML{line}: {problem or ' '.join(str(error).split())}.") from None
    if not isinstance(values, dict):
        raise StudyError(f"{shown} holds no study: it needs at least `title` and `source`.")
    try:
        return Study(path, study_schema().model_validate(values))
    except ValidationError as error:
        raise StudyError(f"{shown}: {_sentence(error)}") from None


class _StudyLoader(yaml.SafeLoader):
    """YAML as people mean it: version 1.2's scalars, and no key twice.

    Version 1.1, PyYAML's, reads the country NO and the key `on` as booleans, the id 0123 as 83 and 1:30 as
    90, 1e-3 as text, and keeps the last of two equal keys without a word. Beyond 1.2, a leading zero makes a
    whole number a text, as it does in the ledger: it is a code.
    """

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":int", ":float"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice[0]} stands there twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


_StudyLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|false|False)$"), list("tTfF"))
_StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"
        r"|^[-+]?\.(inf|Inf)$|^\.(nan|NaN)$"
    ),
    list("-+0123456789."),
)


def _sentence(error: ValidationError) -> str:
    """Return the first problem as one sentence that names the key, the value and what to do."""
    problem = error.errors(include_url=False)[0]
    where = _place(problem["loc"])
    value = problem["input"]
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"])
        return f"{where} is not a parameter{nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{where} is missing and has no default."
    if problem["type"] == "value_error":
        message = str(problem["ctx"]["error"])
        return f"{where} {message}." if problem["loc"] and problem["loc"][0] == "claims" else f"{message}"
    if problem["type"] in ("model_type", "dict_type"):
        return f"{where} is {value!r} ({type(value).__name__}), but should be a section with keys of its own."
    if problem["type"] == "string_pattern_mismatch":
        return f"{where} is {value!r}, but should be a plain name in lower case, such as order_id."
    expected = problem["msg"].replace("Input should be ", "").replace("Input", "the value")
    return f"{where} is {value!r} ({type(value).__name__}), but should be {expected}.{_yaml_trap(value, expected)}"


def _yaml_trap(value: Any, expected: str) -> str:
    """Return a hint where YAML read something else than what was written."""
    if isinstance(value, str) and "boolean" in expected:
        return " Write true or false."
    if isinstance(value, str) and "number" in expected:
        return " Write it without quotes, with a point: 0.001."
    if isinstance(value, date):
        return " YAML reads it as a date: put it in quotes."
    return ""


BRANCHES = ("str", "int", "float")
"""What pydantic adds to the place of a value that may be of several types; it means nothing to a person."""


def _place(location: tuple) -> str:
    """Return a path such as `claims[2].equals`."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part not in BRANCHES and "[" not in str(part):
            text += f".{part}" if text else str(part)
    return text or "the file"


def _known_keys(location: tuple) -> set[str]:
    """Return the keys that are allowed where an unknown one was found."""
    model: Any = study_schema()
    for part in location[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation)
    return set(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """Return the schema inside an annotation such as `list[Claim]` or `Parameters | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inside if found is not None), None)
