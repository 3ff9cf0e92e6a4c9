"""Libraries that kernels are written over: how each is found on this computer, and how to get it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives.primitive import Primitive
    from lpdnn.targets import Target

INCLUDES = ("/usr/include", "/usr/local/include", "/opt/homebrew/include")


@dataclass(frozen=True)
class Found:
    """A library that is here: its shared object, its version for cost tables, folders of its headers."""

    path: str
    version: str
    includes: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Library:
    """What a plugin may build primitives on. Its name is part of their identity, and a word in C.

    - `install`: the words that say how to get it, such as "pip install this, or apt install that".
    - `sources`: files of the plugin's `support/` that bring it, compiled with LPDNN_LIBRARY=name.
    - `objects`: file names (globs) of the shared object. Without any, the library is its sources, and always
      there.
    - `wheels`: distributions on PyPI that have the shared object inside; they come before the system's own.
    - `header`: the one that its sources include.
    - `allowed`: a function of its sources, `int f(void)`, that tells whether the computer that the program
      runs on lets it use the library: bundles for several instruction sets ask it.

    A shared object is opened when a kernel first needs it, with its names to itself (dlopen, RTLD_LOCAL), so
    that libraries that define the same names live in one program. $LPDNN_<NAME> names another file for it,
    when compiling and when running.
    """

    name: str
    install: str = ""
    sources: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    header: str = ""
    allowed: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that names its shared object."""
        return f"LPDNN_{self.name.upper()}"

    @property
    def links(self) -> tuple[str, ...]:
        """What a program that uses it is linked with."""
        return ("-ldl",) if self.objects else ()

    def found(self) -> Found | None:
        """Return where it is, None where it is missing."""
        return _find(self, os.environ.get(self.variable, ""))

    def missing(self, target: Target) -> str:
        """Return "" where it can be used for a target, else why not and what to do."""
        if not self.objects:
            return ""
        if not target.runs_here:
            return f"{self.name} is looked for on this computer, and {target.name} is another"
        if self.found() is None:
            return f"{self.name} was not found: {self.install}, or set {self.variable} to its shared object"
        return ""

    def paths(self) -> tuple[str, ...]:
        """Return what to open, the first that can be: as it was found here, then as systems name it."""
        here = self.found()
        names = (name for name in self.objects if not set(name) & set("*?["))
        return tuple(dict.fromkeys(((here.path,) if here else ()) + tuple(names)))


def over(libraries: Iterable[Library], *primitives: Primitive) -> tuple[Primitive, ...]:
    """Return each primitive once for each library; where the library is missing, it refuses every node."""

    def on(library: Library, primitive: Primitive) -> Primitive:
        def accepts(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
            return library.missing(target) or primitive.accepts(op, inputs, outputs, target)

        return replace(primitive, library=library, accepts=accepts)

    return tuple(on(library, primitive) for primitive in primitives for library in libraries)


@cache
def _find(library: Library, wished: str) -> Found | None:
    if wished:
        path = Path(wished)
        return _with_header(library, str(path), path.name, (path.parent, path.parent.parent / "include"))
    for name in library.wheels:
        try:
            wheel = distribution(name)
        except PackageNotFoundError:
            continue
        for file in wheel.files or ():
            here = Path(str(wheel.locate_file(file))).resolve()
            if any(fnmatchcase(here.name, pattern) for pattern in library.objects) and here.exists():
                folders = (here.parent.parent / "include",)
                return _with_header(library, str(here), f"{wheel.version} ({name})", folders)
    for pattern in library.objects:
        for name, known in _loadable().items():
            if fnmatchcase(name, pattern):
                # the file behind the links has the version in its name
                return _with_header(library, known, Path(known).resolve().name, map(Path, INCLUDES))
    return None


def _with_header(library: Library, path: str, version: str, folders: Iterable[Path]) -> Found | None:
    if not Path(path).exists():
        return None
    if not library.header:
        return Found(path, version)
    having = [folder for folder in folders if (folder / library.header).exists()]
    # the system's own folders need no -I, and would come before the compiler's
    return Found(path, version, tuple(f for f in having if str(f) != "/usr/include")) if having else None


@cache
def _loadable() -> dict[str, str]:
    """Return the files that the system's loader knows, by name."""
    try:
        text = subprocess.run(
            ["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    known: dict[str, str] = {}
    for name, path in re.findall(r"^\s*(\S+) \(.*\) => (.+)$", text, re.MULTILINE):
        known.setdefault(name, path)
    return known
