"""How much code and data a compiled program has."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ("code", "data", "zeroed")
"""What `size` calls text (with constants), data and bss."""


def sizes(program: Path, cc: str) -> dict[str, int]:
    """Return the bytes of each kind in a library or archive; {} without the binutils of its compiler."""
    folder, _, name = cc.rpartition("/")
    prefix = name[: -len("gcc")] if name.endswith("-gcc") else ""
    tool = shutil.which(f"{folder}/{prefix}size") or shutil.which(f"{prefix}size")
    if tool is None:
        return {}
    done = subprocess.run([tool, "-t", str(program)], capture_output=True, text=True, check=False)
    numbers = (done.stdout.strip().splitlines() or [""])[-1].split()[: len(SECTIONS)]
    if len(numbers) < len(SECTIONS) or not all(number.isdigit() for number in numbers):
        return {}
    return dict(zip(SECTIONS, map(int, numbers), strict=True))
