"""What the compiler must know of a board, and how boards are found."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property

from lpdnn.ir import LpdnnError
from lpdnn.targets.core import ANY, Core


@cache
def predefined(compilers: tuple[str, ...], flags: tuple[str, ...]) -> frozenset[str]:
    """Return the macros that the first installed compiler predefines as 1, stripped, in lower case.

    That is how compilers tell what instructions they may use: __AVX2__ is avx2, __ARM_NEON is arm_neon.
    """
    path = next(filter(None, map(shutil.which, compilers)), None)
    if path is None:
        return frozenset()
    command = [path, *flags, "-dM", "-E", "-x", "c", os.devnull]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(m.lower() for m in re.findall(r"^#define __(\w+?)(?:__)? 1$", done.stdout, re.MULTILINE))


@dataclass(frozen=True)
class Target:
    """A board: its C compilers (the first that is installed is used), flags, and memory regions in bytes.

    `declared` are its features, where they must be known without a compiler; `denied` are those of the CPU that
    its system does not let programs use; `core` is what estimates are for.
    """

    name: str
    summary: str
    compilers: tuple[str, ...]
    flags: tuple[str, ...] = ()
    runs_here: bool = False
    declared: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    memory: tuple[tuple[str, int], ...] = ()
    core: Core = ANY

    @property
    def threads(self) -> bool:
        """Whether a program may start POSIX threads there: there is an operating system."""
        return "-ffreestanding" not in self.flags

    @cached_property
    def features(self) -> frozenset[str]:
        """Instructions that code for it may use, as compilers call them: avx2, fma, avx512f."""
        return (self.declared or predefined(self.compilers, self.flags)) - self.denied


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
