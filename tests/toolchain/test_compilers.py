"""Compiled objects are kept, the ones that are in use before others."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

import lpdnn
from lpdnn.targets import find
from lpdnn.toolchain.compilers import Unit, compile_units, compiler

if TYPE_CHECKING:
    from pathlib import Path


def _objects(folder: Path, sources: dict[str, str]) -> list[Path]:
    for name, text in sources.items():
        (folder / name).write_text(text)
    return compile_units(compiler(find("native")), [Unit(folder / name) for name in sources], [])


def test_objects_are_kept_and_the_limit_forgets_those_not_used_lately(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPDNN_CACHE", str(tmp_path / "cache"))
    sources = {f"{name}.c": f"int {name} = 1;\n" for name in "abc"}
    objects = _objects(tmp_path, sources)
    written = [path.stat().st_ino for path in objects]
    assert [path.stat().st_ino for path in _objects(tmp_path, sources)] == written
    monkeypatch.setenv("LPDNN_CACHE_BYTES", str(objects[0].stat().st_size))
    _objects(tmp_path, sources)
    assert all(path.exists() for path in objects), "what was used just now is being linked"
    long_ago = time.time() - 7200
    for path in objects:
        os.utime(path, (long_ago, long_ago))
    (kept,) = _objects(tmp_path, {"a.c": sources["a.c"]})
    assert [path.exists() for path in objects] == [True, False, False]
    assert kept == objects[0]


def test_a_limit_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPDNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LPDNN_CACHE_BYTES", "1G")
    with pytest.raises(lpdnn.LpdnnError, match="LPDNN_CACHE_BYTES is '1G'; give a number of bytes"):
        _objects(tmp_path, {"a.c": "int a = 1;\n"})
