"""Compiles C files under the design's flags and asks the objects what is in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FLAGS = (
    "-std=c89",
    "-pedantic-errors",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wdouble-promotion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Werror",
)
CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-ffreestanding")
HOST = ("gcc", "clang")
BARE = "arm-none-eabi-gcc"
SIGNIFICANT = 31


def tool(name: str) -> str:
    """Return a tool's path; without it, the test is skipped with a word."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: see make packages")
    return path


def compile_all(cc: str, files: Sequence[Path], includes: Sequence[Path], folder: Path, *flags: str) -> str:
    """Compile each file to an object in the folder; return what the compiler says, "" if all is well."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = CORTEX_M4 if cc == BARE else ()
    command = [tool(cc), *FLAGS, *machine, *flags, *(f"-I{path}" for path in includes), "-c"]
    command += map(str, files)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode or done.stderr else ""


def foreign_symbols(objects: Iterable[Path], nm: str = "nm") -> Iterator[str]:
    """Nothing but memcpy, memset and names of our own may be asked of the outside."""
    for path in objects:
        done = subprocess.run([tool(nm), "-u", str(path)], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            name = line.split()[-1]
            if name not in {"memcpy", "memset"} and not re.match("lpdnn_|Lpdnn", name):
                yield f"{path.name} needs {name}"


def defined_symbols(objects: Iterable[Path], nm: str = "nm") -> set[str]:
    """Return the names that objects offer to others."""
    command = [tool(nm), "-g", "--defined-only", *map(str, objects)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line.split()[2] for line in done.stdout.splitlines() if len(line.split()) == 3}


def look_alikes(names: Iterable[str], significant: int = SIGNIFICANT) -> Iterator[str]:
    """Compilers may look at the first 31 characters of a name only."""
    short: dict[str, set[str]] = defaultdict(set)
    for name in names:
        short[name[:significant]].add(name)
    yield from (" and ".join(sorted(group)) for group in short.values() if len(group) > 1)


def code_bytes(objects: Iterable[Path], size: str) -> int:
    """Return the bytes of code and constants."""
    done = subprocess.run([tool(size), *map(str, objects)], capture_output=True, text=True, check=True)
    return sum(int(line.split()[0]) for line in done.stdout.splitlines()[1:])
