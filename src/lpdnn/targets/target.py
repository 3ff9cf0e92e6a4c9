"""What the compiler must know of a board, and how boards are found."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

from lpdnn.ir import LpdnnError


@dataclass(frozen=True)
class Target:
    """A board: its C compilers (the first that is installed is used), flags, and memory regions in bytes."""

    name: str
    summary: str
    compilers: tuple[str, ...]
    flags: tuple[str, ...] = ()
    runs_here: bool = False
    features: frozenset[str] = frozenset()
    memory: tuple[tuple[str, int], ...] = ()


@cache
def discover() -> dict[str, Target]:
    """Return the targets by name."""
    home = importlib.import_module("lpdnn.targets")
    modules = (
        importlib.import_module(f"lpdnn.targets.{info.name}")
        for info in pkgutil.iter_modules(home.__path__)
        if info.ispkg
    )
    return {
        target.name: target for target in sorted((module.TARGET for module in modules), key=lambda t: t.name)
    }


def find(name: str) -> Target:
    """Return a target by name, or say which there are."""
    try:
        return discover()[name]
    except KeyError:
        message = f"there is no target {name!r}; there are {', '.join(discover())} (lpdnn targets)"
        raise LpdnnError(message) from None
