"""Results in files: whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write that takes its place when it is complete; a pipe or a device is written as it is."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path | None, report: Any) -> None:
    """Write a report, where one is wanted."""
    if path is not None:
        with whole(path) as file:
            file.write((json.dumps(report, indent=1, allow_nan=False) + "\n").encode())
