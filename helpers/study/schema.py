"""Study files: the typed schema of `params/*.yml`.

The study level (source, claims, ...) is declared here, each chapter's own parameters by its notebook.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from helpers.base.engine_settings import EngineSettings
from helpers.base.errors import nearest
from helpers.base.paths import reports
from helpers.base.strict import Strict
from helpers.ledger.source import PlainName, Source
from helpers.study.parameters import SEED, chapter_parameters
from helpers.study.series import BY_NAME, CHAPTERS, PUBLISHED, Chapter, prerequisites, reproduction

if TYPE_CHECKING:
    from helpers.ledger.pseudonyms import Pseudonyms

MOST_CLAIMS, MOST_FEATURES = 1000, 200
"""More of them nobody reads, and each costs time."""


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
    engine: EngineSettings = EngineSettings()
    seed: Annotated[int, Field(ge=SEED[0], le=SEED[1])] = 42
    source: Source
    pseudonyms: bool | list[PlainName] = False
    """Whether customers appear under other names, so that a page can be mailed; or the columns to replace."""
    features: Annotated[dict[PlainName, str], Field(max_length=MOST_FEATURES)] = {}
    """Of customers: name -> DuckDB SQL expression over the table so far, in this order."""
    claims: Annotated[list[Claim], Field(max_length=MOST_CLAIMS)] = []
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
    def _rules_exist(self) -> "StudyLevel":
        from helpers.ledger.rules import check_rules  # narwhals is not needed to read the other sections

        rules = self.cleaning.rules if "rules" in self.cleaning.model_fields_set else []
        check_rules(rules, "cleaning.rules")
        if self.pseudonyms and rules:
            from helpers.ledger.pseudonyms import check_names, replaced_columns

            check_names(rules, replaced_columns(self.pseudonyms))
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
        """The chapters of this study, in the order of the series; last, what reproduces its published results."""
        named, columns = self.values.chapters, self._columns_read()
        own = tuple(chapter for chapter in CHAPTERS if named is None or chapter.name in named)
        if columns:
            own = tuple(chapter.opened(columns) for chapter in own)
        published = reproduction(self.name, own)
        return (*own, published) if published else own

    def _columns_read(self) -> list[str]:
        """Return the columns of its lines as they were read last; none before that.

        What the study maps says less: a header that is a column's own name need not be mapped.
        """
        raw = reports() / self.name / "tables" / "raw.parquet"
        if not raw.exists():
            return []
        from helpers.base.parquet import schema_of  # many a command needs no tables

        return schema_of(raw).names

    def chapter(self, name: str) -> Chapter:
        """Return one of its chapters by name."""
        return next(chapter for chapter in self.chapters if chapter.name == name)

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

    def check_lookups(self, tables: Path) -> None:
        """Check that no lookup brings back the customers whom the study's pseudonyms hide.

        Raises:
            StudyError: one does, or is not there; the sentence names the file and the column.
        """
        raw, pseudonyms = tables / "raw.parquet", self.pseudonyms()
        if pseudonyms and raw.exists():  # whoever reads it is told where it is not
            from helpers.ledger.lookups import find_lookup
            from helpers.ledger.pseudonyms import check_lookup

            for name in sorted(self.lookups()):
                check_lookup(find_lookup(name), raw, pseudonyms)

    def parameters(self, chapter: str) -> dict[str, Any]:
        """Return the values of a chapter's parameters: the study's, or the notebook's defaults.

        A chapter's `seed` is the study's unless its section has one of its own; customers that cleaning rules name
        go by their pseudonyms.
        """
        if chapter == PUBLISHED:  # the authors' own settings are not for a study file to set
            return {}
        section = getattr(self.values, chapter)
        values = section.model_dump()
        if "seed" in values and (values["seed"] is None or "seed" not in section.model_fields_set):
            values["seed"] = self.values.seed
        if chapter == "cleaning":
            if "rules" not in section.model_fields_set:  # the notebook's own are for the sample, opened by hand
                values["rules"] = []
            if pseudonyms := self.pseudonyms():
                from helpers.ledger.pseudonyms import translated

                values["rules"] = translated(values["rules"], pseudonyms)
        return values

    def view(self, chapter: str) -> dict[str, Any]:
        """Return all that a chapter may know of its study, as plain values.

        The chapter is fresh as long as this view is unchanged: what another chapter is asked, or what
        is claimed, does not run it again.
        """
        features = {"features": self.values.features} if chapter in ("rfm", "anomaly") else {}
        return features | {
            "title": self.values.title,
            "currency": self.values.currency,
            "engine": self.values.engine.name,  # how much of a machine it takes changes no result
            "seed": self.values.seed,
            "section": self.parameters(chapter),
        }


@cache
def study_schema() -> type[StudyLevel]:
    """Return the schema of a whole study file: the study level and a section for each chapter."""
    sections = {chapter.name: chapter_parameters(chapter.notebook) for chapter in CHAPTERS}
    fields: dict[str, Any] = {name: (own, Field(default_factory=own)) for name, own in sections.items()}
    return create_model("StudyFile", __base__=StudyLevel, **fields)
