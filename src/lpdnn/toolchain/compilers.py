"""C compilers: found, called, and their objects kept by the hash of what went into them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lpdnn.targets import Target

INCLUDE = Path(__file__).parent.parent / "runtime" / "include"
CORE = Path(__file__).parent.parent / "runtime" / "core"
SUPPORT = Path(__file__).parent / "support"
KEPT = 1 << 30
"""Bytes of objects that the cache keeps, those used last; $LPDNN_CACHE_BYTES says otherwise."""
IN_USE = 3600.0
"""Seconds since its last use for which an object is kept in any case: another build may be linking it."""


def cache_folder() -> Path:
    """Return the folder of compiled objects: $LPDNN_CACHE, or lpdnn in the user's cache folder."""
    chosen = os.environ.get("LPDNN_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lpdnn"


@cache
def compiler(target: Target) -> str:
    """Return the path of the target's C compiler ($CC comes first where the program runs here)."""
    wished = os.environ.get("CC") if target.runs_here else None
    for name in (wished, *target.compilers) if wished else target.compilers:
        path = shutil.which(name)
        if path:
            return path
    message = (
        f"target {target.name} needs one of {', '.join(target.compilers)} on the PATH; none is installed"
    )
    raise LpdnnError(message)


@cache
def identity(cc: str) -> str:
    """Return what a compiler says of its version and, for -march=native, of the machine."""
    done = subprocess.run(
        [cc, "-march=native", "-Q", "--help=target", "--version"], capture_output=True, text=True, check=False
    )
    version = subprocess.run([cc, "--version"], capture_output=True, text=True, check=False)
    return version.stdout + done.stdout


def call(command: Sequence[str | Path]) -> None:
    """Run a compiler or linker; what it says becomes the error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        message = (
            f"{Path(command[0]).name} failed: {' '.join(str(p) for p in command)}\n{done.stderr.strip()}"
        )
        raise LpdnnError(message)


@dataclass(frozen=True)
class Unit:
    """One source file, the flags it is compiled with, and files besides headers that it includes."""

    source: Path
    flags: tuple[str, ...] = ()
    includes: tuple[Path, ...] = ()


def _key(cc: str, unit: Unit, headers: str) -> str:
    digest = hashlib.sha256()
    for part in (identity(cc), *unit.flags, headers, unit.source.suffix):
        digest.update(part.encode())
        digest.update(b"\0")
    for path in (unit.source, *unit.includes):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def forget(folder: Path) -> None:
    """Remove the objects that were not used for longest, until the rest fits into the cache."""
    wished = os.environ.get("LPDNN_CACHE_BYTES", str(KEPT))
    if not wished.isdecimal():
        message = f"LPDNN_CACHE_BYTES is {wished!r}; give a number of bytes"
        raise LpdnnError(message)
    left = int(wished)
    found = []
    for path in folder.glob("*.o"):
        with suppress(FileNotFoundError):
            found.append((path.stat(), path))
    for stat, path in sorted(found, key=lambda one: one[0].st_mtime, reverse=True):
        left -= stat.st_size
        if left < 0 and time.time() - stat.st_mtime > IN_USE:
            path.unlink(missing_ok=True)


def compile_units(cc: str, units: Iterable[Unit], includes: Sequence[Path]) -> list[Path]:
    """Return the object of each unit, compiled now or kept from before; both cores are used."""
    folder = cache_folder() / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    units = list(units)
    beside = {unit.source.parent for unit in units}
    headers = "".join(
        f"{header.name}\0{hashlib.sha256(header.read_bytes()).hexdigest()}"
        for include in (*includes, *sorted(beside.difference(includes)))
        for header in sorted(include.glob("*.h"))
    )

    def one(unit: Unit) -> Path:
        target = folder / f"{_key(cc, unit, headers)}.o"
        try:
            os.utime(target)
        except FileNotFoundError:
            partial = target.with_suffix(f".{os.getpid()}.{id(unit)}.o")
            try:
                call(
                    [
                        cc,
                        *unit.flags,
                        *(f"-I{include}" for include in includes),
                        "-c",
                        unit.source,
                        "-o",
                        partial,
                    ]
                )
                partial.rename(target)
            finally:
                partial.unlink(missing_ok=True)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(one, units))
    forget(folder)
    return objects
