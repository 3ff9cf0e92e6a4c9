"""What can be imported from a framework, for users to read."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Supported:
    """An operator or layer of a framework: its settings there, and how it is taken here."""

    name: str
    attributes: tuple[str, ...]
    summary: str


def summary_of(convert: object) -> str:
    """Return the first line of what converts it."""
    return inspect.cleandoc(getattr(convert, "__doc__", "") or "").partition("\n")[0]


def snake(name: str) -> str:
    """Return a name of words run together as words with _ between."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
