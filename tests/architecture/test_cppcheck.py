"""cppcheck finds nothing in core and kernels."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from architecture.objects import tool
from architecture.project import CORE, INCLUDE, KERNELS, SUPPORT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _cppcheck(files: Sequence[Path], build: Path) -> str:
    build.mkdir()
    command = [
        tool("cppcheck"),
        "--enable=warning,portability,performance,style",
        "--suppress=constParameter",  # a handle is one type, for those who read and those who write
        "--std=c89",
        "--quiet",
        "--template={file}:{line}: {id}: {message}",
        f"--cppcheck-build-dir={build}",
        f"-I{INCLUDE}",
        f"-I{SUPPORT}",
    ]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    return done.stderr


def test_cppcheck_is_silent(tmp_path: Path) -> None:
    assert _cppcheck([*CORE, *KERNELS], tmp_path / "build") == ""


def test_cppcheck_speaks(tmp_path: Path) -> None:
    source = tmp_path / "breach.c"
    source.write_text("int f(void);\nint f(void)\n{\n    int a[2] = {0, 0};\n    return a[2];\n}\n")
    assert "arrayIndexOutOfBounds" in _cppcheck([source], tmp_path / "build")
