"""Rules for the text of C files: each takes files and returns its breaches in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

STANDARD_HEADERS = frozenset({"limits.h", "stddef.h", "float.h"})
LINES = 400
STRING = 509
"""Characters in the longest string that a C89 compiler must take."""


def foreign_includes(files: Iterable[Path], own: Iterable[Path]) -> Iterator[str]:
    """Only headers of our own, in quotes, and three of the standard's, which ask for no library."""
    names = {path.name for path in own}
    for path in files:
        for line in path.read_text().splitlines():
            match = re.match(r"\s*#\s*include\s*(.*?)\s*(/\*.*)?$", line)
            if match is None:
                continue
            wanted = match.group(1)
            known = wanted[1:-1] in (STANDARD_HEADERS if wanted[:1] == "<" else names)
            if not known or (wanted[:1], wanted[-1:]) not in {("<", ">"), ('"', '"')}:
                yield f"{path.name} includes {wanted}"


def long_files(files: Iterable[Path], limit: int = LINES) -> Iterator[str]:
    """A file that needs more than 400 lines holds more than one thing."""
    for path in files:
        count = path.read_text(errors="replace").count("\n")
        if count > limit:
            yield f"{path.name} has {count} lines"


def unexplained_files(files: Iterable[Path]) -> Iterator[str]:
    """The first line of a file says what it is."""
    for path in files:
        if not re.match(r"/\* \w", path.read_text()):
            yield f"{path.name} does not begin with what it is"


def long_strings(files: Iterable[Path], limit: int = STRING) -> Iterator[str]:
    """Adjacent literals are one string; escapes are counted as they are written, which is never too few."""
    literal = r'"(?:[^"\\\n]|\\.)*"'
    for path in files:
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.DOTALL)
        for match in re.finditer(rf"{literal}(?:\s*{literal})*", text):
            length = sum(len(part) - 2 for part in re.findall(literal, match.group()))
            if length > limit:
                yield f"{path.name} has a string of {length} characters"
