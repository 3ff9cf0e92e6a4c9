"""What holds for every file of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from architecture.c_rules import long_files
from architecture.project import ROOT, own_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TEXT = (".py", ".c", ".h", ".md", ".toml", ".txt", ".sh", ".cfg", ".json", ".in", ".ld", ".prototxt", "")
GENERATED = {"caffe_pb2.py", "lpdnn_ops.h"}
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home)/|(?:pypi|pythonhosted|debian|npmjs)\.(?:org|com)")


def _machine_names(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if MACHINE.search(line):
                yield f"{path.name}:{number}: {line.strip()}"


def test_files_hold_one_thing() -> None:
    files = [path for path in own_files(".py", ".c", ".h", ".sh") if path.name not in GENERATED]
    assert list(long_files(files)) == []


def test_long_files_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x\n" * 401)
    assert list(long_files([path])) == ["long.py has 401 lines"]


def test_no_file_names_a_machine_or_a_registry() -> None:
    here = __file__
    assert list(_machine_names(p for p in own_files(*TEXT) if str(p) != here)) == []


def test_machine_names_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    text = "see |work|shared\nsee docs|work|x\nfrom https:||pypi_org|simple\n"
    path.write_text(
        text.replace("|", "/").replace("_", ".")
    )  # such names stand in no file, not in this one either
    assert [breach.split(":")[1] for breach in _machine_names([path])] == ["1", "3"]


def test_the_root_of_the_project_was_found() -> None:
    assert (ROOT / "pyproject.toml").exists()
    assert len(own_files(".py")) > 50
