"""A section of a file: no unknown key, no value of another type."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A section of a study file: no unknown key, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
