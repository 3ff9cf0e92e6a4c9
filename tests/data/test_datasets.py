"""Labelled data of every kind, split without a common example, and refused where it is none."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from lpdnn.data import Preprocessing, read_dataset
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from pathlib import Path

RGB = Preprocessing(channels="rgb")
SHAPE = (1, 3, 4, 4)


def photo(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4, 3), value, np.uint8)).save(path)


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    photo(tmp_path / "cat" / "1.png", 10)
    photo(tmp_path / "dog" / "1.png", 20)
    photo(tmp_path / "dog" / "2.png", 30)
    data = read_dataset(tmp_path, SHAPE, RGB)
    assert [data.read(i)[1] for i in range(data.count)] == [0, 1, 1]
    assert data.read(2)[0].tolist() == np.full((3, 4, 4), 30.0).tolist()


def test_a_list_of_labels(tmp_path: Path) -> None:
    photo(tmp_path / "images" / "a.png", 10)
    photo(tmp_path / "images" / "b.png", 20)
    (tmp_path / "labels.txt").write_text("# file class\nb.png 7 more words\na.png 3\n")
    data = read_dataset(tmp_path, SHAPE, RGB)
    assert [(data.read(i)[0].max(), data.read(i)[1]) for i in range(2)] == [(20, 7), (10, 3)]


def test_photos_without_labels(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 10)
    assert read_dataset(tmp_path, SHAPE, RGB).read(0)[1] is None


def test_arrays(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((5, 3, 4, 4)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(5))
    data = read_dataset(tmp_path / "data.npz", SHAPE, RGB)
    assert data.count == 5
    assert np.array_equal(data.read(3)[0], x[3])
    assert data.read(3)[1] == 3


def test_pixels_in_arrays_are_preprocessed(tmp_path: Path) -> None:
    pixels = np.full((2, 3, 4, 4), 100, np.uint8)
    np.savez(tmp_path / "data.npz", x=pixels, y=[0, 1])
    data = read_dataset(tmp_path / "data.npz", SHAPE, Preprocessing(channels="rgb", mean=(50.0,)))
    assert data.read(0)[0].tolist() == np.full((3, 4, 4), 50.0).tolist()


def idx(array: np.ndarray) -> bytes:
    return (
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        + array.astype(np.uint8).tobytes()
    )


@pytest.mark.parametrize("packed", [False, True])
def test_mnist(tmp_path: Path, packed: bool) -> None:
    end, pack = (".gz", gzip.compress) if packed else ("", bytes)
    images = np.arange(2 * 16).reshape(2, 4, 4)
    (tmp_path / f"t-images-idx3-ubyte{end}").write_bytes(pack(idx(images)))
    (tmp_path / f"t-labels-idx1-ubyte{end}").write_bytes(pack(idx(np.array([4, 9]))))
    data = read_dataset(tmp_path / f"t-images-idx3-ubyte{end}", (1, 1, 4, 4), Preprocessing(channels="grey"))
    assert data.read(1)[0].tolist() == [images[1].tolist()]
    assert data.read(1)[1] == 9


def test_cifar(tmp_path: Path) -> None:
    records = np.random.default_rng(0).integers(0, 256, (3, 3073)).astype(np.uint8)
    records[:, 0] = [5, 6, 7]
    records.tofile(tmp_path / "test.bin")
    data = read_dataset(tmp_path / "test.bin", (1, 3, 32, 32), RGB)
    assert data.count == 3
    assert data.read(2)[1] == 7
    assert np.array_equal(data.read(2)[0].ravel(), records[2, 1:])


def test_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_examples.py").write_text(
        "import numpy as np\ndef some(shape):\n    return [(np.full(shape, i), i) for i in range(4)]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    data = read_dataset("my_examples:some", SHAPE, RGB)
    assert data.count == 4
    assert data.read(2)[0].shape == (3, 4, 4)


def test_parts_have_no_example_in_common(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.zeros((20, 3, 4, 4), np.float32), y=np.arange(20))
    data = read_dataset(tmp_path / "data.npz", SHAPE, RGB)
    first, second = data.split(8, 100, seed=3)
    labels = [[part.read(i)[1] for i in range(part.count)] for part in (first, second)]
    assert sorted(labels[0] + labels[1]) == list(range(20))
    assert [len(one) for one in labels] == [8, 12]
    again, _ = data.split(8, 100, seed=3)
    assert [again.read(i)[1] for i in range(8)] == labels[0]
    with pytest.raises(LpdnnError, match="leave none to evaluate"):
        data.split(20, 1, seed=0)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.npz", b"PK nonsense", "no arrays x and y"),
        ("x.bin", b"12345", "no whole records"),
        ("x-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x09", "not an idx file"),
        ("x-images-idx3-ubyte.gz", b"nonsense", "cannot be read"),
        ("x.csv", b"1,2", "not data that can be read"),
        (None, b"", "there is no such file"),
    ],
)
def test_what_is_no_data_is_refused(tmp_path: Path, name: str | None, content: bytes, reason: str) -> None:
    if name:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LpdnnError, match=reason):
        read_dataset(tmp_path / (name or "missing"), (1, 3, 32, 32), RGB)


@pytest.mark.parametrize(
    ("line", "reason"), [("a.png", "is not a file and the number"), ("b.png 3", "there is no 'b.png'")]
)
def test_a_wrong_line_of_labels_is_named(tmp_path: Path, line: str, reason: str) -> None:
    photo(tmp_path / "a.png", 1)
    (tmp_path / "labels.txt").write_text(line)
    with pytest.raises(LpdnnError, match=reason):
        read_dataset(tmp_path, SHAPE, RGB)


def test_a_function_that_is_not_there_is_refused() -> None:
    with pytest.raises(LpdnnError, match="cannot be found"):
        read_dataset("no_such_module:thing", SHAPE, RGB)
