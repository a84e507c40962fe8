"""Writing files so that a reader never sees half of one, and nothing good is lost to a failure."""

import json
import os
import shutil
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Write a text file in one move: whoever reads it sees the old one or the new one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # two builds may write the shelf at a time
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one move."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing where it is missing or was written by something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def move_into(source: Path, target: Path, only: str = "*") -> list[str]:
    """Move the files of one folder into another, each in one move, and tables in parts; return their names."""
    if not source.is_dir():
        return []
    target.mkdir(parents=True, exist_ok=True)
    names = sorted(path.name for path in source.glob(only) if path.is_file() or path.suffix == ".parquet")
    for name in names:
        if (source / name).is_dir() or (target / name).is_dir():  # no move replaces a folder in use
            remove(target / name)
        (source / name).replace(target / name)
    return names


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
