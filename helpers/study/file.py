"""Reading a study file: YAML without its traps, and errors that name the key and the nearest right one."""

import math
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import BaseModel, ValidationError

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import PARAMS, from_root
from helpers.study.schema import Study, study_schema

LARGEST = 1_000_000
"""Bytes of a study file at most; a long one has ten thousand."""
MOST_VALUES, DEEPEST = 10_000, 20
"""Values in a study file at most, and how many of them one within the other: reading more takes seconds."""
LARGEST_WHOLE = 2**53
"""Whole numbers beyond are not exact everywhere; codes of so many digits are texts."""
TEXT_TAG = "tag:yaml.org,2002:str"


def load_study(path: Path | str) -> Study:
    """Read and validate a study file; a StudyError says what does not fit, and the nearest right key."""
    path = Path(path)
    shown = from_root(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise StudyError(f"{shown} is no file: give the study file itself.")
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise StudyError(f"{shown} has more than {LARGEST:,} bytes, and is no study file; give another.")
        text = content.decode("utf-8")
    except FileNotFoundError:
        others = sorted(from_root(p) for p in PARAMS.glob("*.yml"))
        raise StudyError(f"{shown} is not there{nearest(shown, others)}; run `make help`.") from None
    except (OSError, ValueError) as error:
        raise StudyError(f"{shown} cannot be read as text: {error}.") from None
    try:
        values = yaml.load(text, Loader=_StudyLoader)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f", line {mark.line + 1}" if mark else ""
        said = _short(problem or " ".join(str(error).split()), 300)
        raise StudyError(f"{shown} is not valid YAML{line}: {said}.") from None
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

    A study file may come from a stranger, so nothing in it multiplies or makes an object: no aliases, no tags,
    no depth, no more values than anybody writes by hand.
    """

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":int", ":float"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    values = depth = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _problem("study files have no anchors and aliases (& and *): write it out, or in quotes", event)
        if event.tag not in (None, TEXT_TAG):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _problem(f"the tag {tag} is not for study files: write the value without it", event)
        self.values += 1
        self.depth += 1
        if self.values > MOST_VALUES:
            raise _problem(f"a study file has at most {MOST_VALUES:,} values: put long lists into a lookup", event)
        if self.depth > DEEPEST:
            raise _problem(f"values are more than {DEEPEST} levels deep", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.ScalarNode):
            try:  # half a character pair, as JSON writes it, is put together; a lone half is no text
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise _problem("half a character (a surrogate) is no text: write the character", node) from None
            if "\0" in node.value:
                raise _problem("a text has the character NUL: take it out", node)
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, OverflowError):  # a day that no month has, a number of thousands of digits
            raise _problem(
                f"{_short(node.value)} cannot be read: put it in quotes if it is a text", node
            ) from None
        too_large = isinstance(value, int) and abs(value) > LARGEST_WHOLE
        if too_large or (isinstance(value, float) and not math.isfinite(value)):
            raise _problem(f"{_short(node.value)} is too large a number: put it in quotes if it is a code", node)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, times in keys.items() if times > 1]:
            raise _problem(f"the key {_short(twice[0])} stands there twice", node)
        return super().construct_mapping(node, deep=deep)


def _problem(what: str, at: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, what, at.start_mark)


def _short(text: str, most: int = 80) -> str:
    """Return a text that has room in a sentence."""
    return text if len(text) <= most else f"{text[:most]}…"


_StudyLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|false|False)$"), list("tTfF"))
_StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)


def _sentence(error: ValidationError) -> str:
    """Return the first problem as one sentence that names the key, the value and what to do."""
    problem = error.errors(include_url=False)[0]
    where = _short(_place(problem["loc"]), 200)
    value = problem["input"]
    shown = _short(repr(value))
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"])
        return f"{where} is not a parameter{nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{where} is missing and has no default."
    if problem["type"] == "value_error":
        message = str(problem["ctx"]["error"])
        if not problem["loc"]:
            return message
        # a section's own check names the key in it
        return f"{where}.{message}." if len(problem["loc"]) == 1 else f"{where} {message}."
    if problem["type"] == "too_long":
        return f"{where} has {len(value):,} entries, but may have {problem['ctx']['max_length']:,} at most."
    if problem["type"] in ("model_type", "dict_type"):
        return f"{where} is {shown} ({type(value).__name__}), but should be a section with keys of its own."
    if problem["type"] == "string_pattern_mismatch":
        return f"{where} is {shown}, but should be a plain name in lower case, such as order_id."
    expected = problem["msg"].replace("Input should be ", "").replace("Input", "the value")
    return f"{where} is {shown} ({type(value).__name__}), but should be {expected}.{_yaml_trap(value, expected)}"


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
