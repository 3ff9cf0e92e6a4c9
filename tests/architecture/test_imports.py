"""Arrows point down: the contracts of pyproject.toml hold, and each can break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.project import PACKAGE, ROOT


def _lint(folder: Path) -> tuple[int, str]:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(tool), "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_contracts_hold() -> None:
    code, said = _lint(ROOT)
    assert code == 0, said
    assert "0 broken" in said


BREACHES = {
    "passes/breach.py": ("from lpdnn.codegen import write_bundle", "Imports point down"),
    "data/breach.py": ("from lpdnn.passes import PASSES", "Imports point down"),
    "newcomer/__init__.py": ("", "Imports point down"),
    "plugins/cpu_vanilla/breach.py": ("from lpdnn.interpreter import interpret", "Plugins import ir"),
    "selection/breach.py": ("from lpdnn.plugins.cpu_vanilla import PRIMITIVES", "Nobody names a plugin"),
    "plugins/other/__init__.py": ("from lpdnn.plugins.cpu_vanilla import PRIMITIVES", "Plugins do not know"),
}


@pytest.mark.parametrize("file", BREACHES)
def test_a_breach_is_seen(file: str, tmp_path: Path) -> None:
    line, contract = BREACHES[file]
    no_code = shutil.ignore_patterns("*.c", "*.h", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "src" / "lpdnn", ignore=no_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    breach = tmp_path / "src" / "lpdnn" / file
    breach.parent.mkdir(exist_ok=True)
    breach.write_text(f'"""A breach."""\n{line}\n')
    code, said = _lint(tmp_path)
    assert code == 1
    broken = [row for row in said.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), said
