"""Country names, as ledgers spell them, become codes and points, and shapes on a map.

Points, names and shapes are data in ``helpers/base/shapes/``; its README says where they come from.
"""

import csv
import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

SHAPES = Path(__file__).parent / "shapes"
MAP_UNITS = 100
"""Projected units per radian."""


class Country(NamedTuple):
    """One row of ``countries.csv``: point in degrees, and whether ``countries.geojson`` has its shape."""

    code: str
    name: str
    latitude: float
    longitude: float
    has_shape: bool
    aliases: tuple[str, ...]


def _key(name: str) -> str:
    """Fold what people spell differently: case, accents, spaces, full stops, ampersand, apostrophes."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = plain.casefold().replace("’", "'").replace(".", "").replace("&", " and ")
    return " ".join(plain.split())


@cache
def countries() -> dict[str, Country]:
    """Read ``countries.csv``: code -> country, in order of code."""
    with (SHAPES / "countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["code"]: Country(
            row["code"],
            row["name"],
            float(row["latitude"]),
            float(row["longitude"]),
            row["has_shape"] == "true",
            tuple(alias for alias in row["aliases"].split("|") if alias),
        )
        for row in rows
    }


@cache
def _by_key() -> dict[str, Country]:
    """Return folded name, code or alias -> country."""
    return {
        _key(word): country
        for country in countries().values()
        for word in (country.code, country.name, *country.aliases)
    }


def find_country(name: object) -> Country | None:
    """Return the country of a name; None for an unknown or missing one."""
    return _by_key().get(_key(name)) if isinstance(name, str) else None


def locate(names: Iterable[str]) -> pd.DataFrame:
    """Find the code and the point of each country name.

    Names match whatever their case, accents, padding and full stops; ISO 3166 codes of two and three
    letters match too.

    Args:
        names: country names as the data gives them, repeats allowed.

    Returns:
        One row per given name, in the given order and indexed by it: ``code`` (ISO 3166 alpha-3, or our own;
        None where the name cannot be placed), ``latitude`` and ``longitude`` (degrees; NaN where it cannot be
        placed), ``has_shape`` (False where it cannot be placed).
    """
    names = list(names)
    found = [find_country(name) for name in names]
    return pd.DataFrame(
        {
            "code": pd.Series([c.code if c else None for c in found], dtype=object),
            "latitude": pd.Series([c.latitude if c else np.nan for c in found], dtype=float),
            "longitude": pd.Series([c.longitude if c else np.nan for c in found], dtype=float),
            "has_shape": pd.Series([c is not None and c.has_shape for c in found], dtype=bool),
        }
    ).set_index(pd.Index(names, dtype=object))


def equal_earth(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project degrees to a plane on which equal areas stay equal, as a coloured map needs.

    Source: Savric, Patterson and Jenny (2018), "The Equal Earth map projection", equations 3 to 5.
    The result is in units of a sphere's radius: x within 2.707 of zero, y within 1.317.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(math.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * math.sqrt(3) / 3 * np.radians(longitude) * np.cos(theta) / slope
    y = a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta
    return x, y


@cache
def projected_shapes() -> dict[str, tuple[list[float | None], list[float | None]]]:
    """Return code -> x and y of all its rings in map units, a None after each ring."""
    with (SHAPES / "countries.geojson").open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    shapes = {}
    for feature in features:
        geometry = feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        xs, ys = [], []
        for ring in (ring for polygon in polygons for ring in polygon):
            x, y = project(*np.array(ring).T)
            xs += [*x, None]
            ys += [*y, None]
        shapes[feature["id"]] = (xs, ys)
    return shapes


def project(longitude: Sequence[float], latitude: Sequence[float]) -> tuple[list[float], list[float]]:
    """Project to map units; lists of short numbers make a smaller page than plotly's bytes."""
    x, y = equal_earth(np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float))
    return np.round(x * MAP_UNITS, 2).tolist(), np.round(y * MAP_UNITS, 2).tolist()
