"""Reading a study file: YAML without its traps, and errors that name the key and the nearest right one."""

import re
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import BaseModel, ValidationError

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import PARAMS, from_root
from helpers.study.schema import Study, study_schema


def load_study(path: Path | str) -> Study:
    """Read and validate a study file; a StudyError says what does not fit, and the nearest right key."""
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
        return f"{where} {message}." if problem["loc"][:1] == ("claims",) else message
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
        if part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation)
    return set(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """Return the schema inside an annotation such as `list[Claim]` or `Parameters | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inside if found is not None), None)
