"""Results are in their files whole, or not at all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.cli import _files
from lpdnn.cli._files import whole, write_arrays, write_json
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_fails_leaves_nothing_and_keeps_what_was(tmp_path: Path) -> None:
    def half(path: Path) -> None:
        with whole(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    path = tmp_path / "report.json"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError):
        half(path)
    assert path.read_text() == "before"
    assert [found.name for found in tmp_path.iterdir()] == ["report.json"]


def test_what_the_system_keeps_is_written_to_and_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stands for /dev/stdout, which may lead to a file.
    monkeypatch.setattr(_files, "SYSTEM", (str(tmp_path),))
    path = tmp_path / "stdout"
    path.write_text("so far, ")
    identity = path.stat().st_ino
    write_json(path, [1])
    assert path.stat().st_ino == identity
    assert path.read_text() == "so far, [\n 1\n]\n"


def test_devices_are_the_systems() -> None:
    assert all(f"{folder}x".startswith(_files.SYSTEM) for folder in ("/dev/", "/proc/"))


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with whole(path) as file:
        file.write(b"all of it")
    assert os.read(reader, 100) == b"all of it"
    os.close(reader)
    assert path.is_fifo()


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_json(tmp_path / "link", [1])
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "real").read_text()) == [1]


def test_json_has_no_infinity(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": [float("inf"), (float("nan"), 1.5)], "b": "x"})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": [None, [None, 1.5]], "b": "x"}


def test_arrays_come_back(tmp_path: Path) -> None:
    arrays = {"file": np.arange(3.0), "conv1/x": np.ones((2, 2), np.float32)}
    write_arrays(tmp_path / "y.npz", arrays)
    with np.load(tmp_path / "y.npz") as found:
        assert sorted(found) == sorted(arrays)
        assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    write_arrays(tmp_path / "y.npy", {"file": arrays["file"]})
    assert np.array_equal(np.load(tmp_path / "y.npy"), arrays["file"])
    with pytest.raises(LpdnnError, match=r"\.npz"):
        write_arrays(tmp_path / "z.npy", arrays)
