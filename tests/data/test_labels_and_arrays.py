"""Labels and arrays from files that people made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.data import read_array, read_labels
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path


def test_labels_are_lines_without_synsets_numbers(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("n01440764 tench, Tinca tinca\nbackground\n\nn0 odd\n  spaced  \n\n\n", encoding="utf-8")
    assert read_labels(path) == ("tench, Tinca tinca", "background", "", "n0 odd", "spaced")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"\n\n", b""])
def test_labels_that_are_none_are_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(LpdnnError, match=r"labels\.txt"):
        read_labels(path)


def test_missing_labels_are_said(tmp_path: Path) -> None:
    with pytest.raises(LpdnnError, match="No such file"):
        read_labels(tmp_path / "none")


def test_an_array_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(6, dtype=np.int64).reshape(2, 3))
    assert read_array(tmp_path / "x.npy").tolist() == [[0, 1, 2], [3, 4, 5]]


def _claims_much(path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000), }"
    header += b" " * (128 - 10 - 1 - len(header)) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


BAD = {
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\xff\xff"),
    "text": lambda path: path.write_text("1 2 3"),
    "objects": lambda path: np.save(path, np.array([{}], dtype=object), allow_pickle=True),
    "words": lambda path: np.save(path, np.array(["text"])),
    "nothing in it": lambda path: np.save(path, np.zeros((0, 3))),
    "claims more than there is": _claims_much,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_array_is_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.npy"
    BAD[name](path)
    with pytest.raises(LpdnnError, match=r"x\.npy"):
        read_array(path)
