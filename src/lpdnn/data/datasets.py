"""Labelled data: a folder of photos, .npz, MNIST's idx, CIFAR's binary, or a Python function."""

from __future__ import annotations

import gzip
import importlib
import math
import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.data.images import SUFFIXES, Preprocessing, read_image
from lpdnn.ir import Array, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Example = tuple[Array, Any]
"""What the network is given, f32 without the axis of batches, and its label: a class, boxes, or None."""
CIFAR_RECORD = 1 + 3 * 32 * 32


@dataclass(frozen=True)
class Dataset:
    """Labelled examples, each read when it is asked for."""

    name: str
    count: int
    read: Callable[[int], Example]

    def part(self, indices: Sequence[int]) -> Dataset:
        """Return some of the examples."""
        chosen = tuple(indices)
        return replace(self, count=len(chosen), read=lambda index: self.read(chosen[index]))

    def split(self, first: int, second: int, seed: int) -> tuple[Dataset, Dataset]:
        """Return two parts without a common example, drawn by a seed; the second may be smaller than asked."""
        if first >= self.count:
            message = (
                f"{self.name} has {self.count} examples: {first} to calibrate with leave none to evaluate"
            )
            raise LpdnnError(message)
        order = np.random.default_rng(seed).permutation(self.count).tolist()
        return self.part(sorted(order[:first])), self.part(sorted(order[first : first + second]))


def read_dataset(
    source: str | Path, shape: Sequence[int], preprocessing: Preprocessing, labels: Path | None = None
) -> Dataset:
    """Return the examples that a source holds for a network's input of a shape [N,C,...].

    - MODULE:FUNCTION is called with the shape; it returns a sequence of arrays, or of pairs of array and label.
    - A folder has photos in one folder a class, which are numbered by name, or `labels.txt` (or `labels`): a
      line has a file and its class.
    - .npz has `x` and perhaps `y`; a .npy only the former. Numbers of 8 bits are pixels, and go through the
      preprocessing; floats [N,C,...] are what the network takes.
    - `...images-idx3-ubyte`, perhaps .gz, is MNIST's, with its labels beside it; `.bin` is CIFAR-10's.
    """
    text, path = str(source), Path(source)
    if ":" in text and not path.exists():
        return _from_function(text, shape)
    if not path.exists():
        message = f"{path}: there is no such file or folder, and it is no MODULE:FUNCTION"
        raise LpdnnError(message)
    if path.is_dir():
        return _from_folder(path, shape, preprocessing, labels)
    if path.suffix in {".npz", ".npy"}:
        return _from_arrays(path, shape, preprocessing)
    if "idx3" in path.name:
        return _from_idx(path, shape, preprocessing)
    if path.suffix == ".bin":
        return _from_cifar(path, shape, preprocessing)
    message = f"{path}: not data that can be read: a folder of photos, .npz, .npy, ...-idx3-ubyte[.gz], CIFAR's .bin"
    raise LpdnnError(message)


def _pixels(
    name: str, pixels: Array, labels: Array | None, shape: Sequence[int], preprocessing: Preprocessing
) -> Dataset:
    """Return pixels u8 [N][H][W][3], or [N][H][W], as examples."""
    if labels is not None and len(labels) != len(pixels):
        message = f"{name} has {len(pixels)} images and {len(labels)} labels"
        raise LpdnnError(message)

    def read(index: int) -> Example:
        image = pixels[index]
        image = np.repeat(image[:, :, None], 3, axis=2) if image.ndim == 2 else image
        return preprocessing(image, shape), None if labels is None else int(labels[index])

    return Dataset(name, len(pixels), read)


def _from_function(text: str, shape: Sequence[int]) -> Dataset:
    module, _, function = text.rpartition(":")
    found = load_function(module, function, "data")
    examples = list(found(tuple(shape)))
    if not examples:
        message = f"{text} gave no examples"
        raise LpdnnError(message)

    def read(index: int) -> Example:
        one = examples[index]
        x, label = one if isinstance(one, tuple) else (one, None)
        array = np.asarray(x, np.float32)
        if array.size != math.prod(shape[1:]):
            message = (
                f"{text}: example {index} has shape {array.shape}, and the network takes {tuple(shape[1:])}"
            )
            raise LpdnnError(message)
        return array.reshape(tuple(shape[1:])), label

    return Dataset(text, len(examples), read)


def load_function(module: str, function: str, what: str) -> Callable[..., Any]:
    """Return a user's function, from a module on the path or in the current folder."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"{module}:{function}, the function for {what}, cannot be found ({error})"
        raise LpdnnError(message) from error
    if not callable(found):
        message = f"{module}:{function} is not a function"
        raise LpdnnError(message)
    return found  # type: ignore[no-any-return]


def _listed(folder: Path, labels: Path) -> list[tuple[Path, int]]:
    """Return photos and classes of a list: FILE CLASS, and perhaps more, a line."""
    found = []
    try:
        lines = labels.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{labels}: the labels cannot be read"
        raise LpdnnError(message) from error
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2 or not words[1].isdecimal():
            message = f"{labels}:{number}: {line!r} is not a file and the number of its class"
            raise LpdnnError(message)
        place = next((at for at in (folder / words[0], folder / "images" / words[0]) if at.is_file()), None)
        if place is None:
            message = f"{labels}:{number}: there is no {words[0]!r} in {folder}"
            raise LpdnnError(message)
        found.append((place, int(words[1])))
    return found


def _from_folder(
    folder: Path, shape: Sequence[int], preprocessing: Preprocessing, labels: Path | None
) -> Dataset:
    lists = (
        [labels]
        if labels
        else [at for at in (folder / "labels.txt", folder.parent / "labels.txt") if at.is_file()]
    )
    if lists:
        photos: Sequence[tuple[Path, int | None]] = _listed(folder, lists[0])
    else:
        classes = sorted(one for one in folder.iterdir() if one.is_dir())
        rooms: list[tuple[Path, int | None]] = [(one, index) for index, one in enumerate(classes)] or [
            (folder, None)
        ]
        photos = [
            (file, label)
            for room, label in rooms
            for file in sorted(room.iterdir())
            if file.suffix.lower() in SUFFIXES
        ]
    if not photos:
        message = f"{folder}: there is no photo in this folder ({' '.join(SUFFIXES)})"
        raise LpdnnError(message)

    def read(index: int) -> Example:
        photo, label = photos[index]
        try:
            return preprocessing(read_image(photo), shape), label
        except LpdnnError as error:
            message = str(error) if str(error).startswith(str(photo)) else f"{photo}: {error}"
            raise LpdnnError(message) from error

    return Dataset(str(folder), len(photos), read)


def _from_arrays(path: Path, shape: Sequence[int], preprocessing: Preprocessing) -> Dataset:
    try:
        opened = np.load(path, allow_pickle=False)
        parts = {key: opened[key] for key in opened.files} if path.suffix == ".npz" else {"x": opened}
        images = np.asarray(parts["x"])
        labels = np.asarray(parts["y"]).ravel().astype(np.int64) if "y" in parts else None
    except (OSError, ValueError, KeyError, EOFError, zlib.error) as error:
        message = f"{path}: no arrays x and y that can be read ({error})"
        raise LpdnnError(message) from error
    if images.dtype == np.uint8 and images.ndim in {3, 4}:
        if images.ndim == 4 and images.shape[1] in {1, 3}:
            images = np.moveaxis(images, 1, 3)
        images = np.repeat(images, 3, axis=3) if images.ndim == 4 and images.shape[3] == 1 else images
        return _pixels(str(path), images, labels, shape, preprocessing)
    wanted = tuple(shape[1:])
    if images.shape[1:] != wanted or images.dtype.kind not in "fiub":
        message = f"{path}: x has shape {images.shape}, and the network takes {wanted} a time"
        raise LpdnnError(message)
    if labels is not None and len(labels) != len(images):
        message = f"{path}: {len(images)} examples and {len(labels)} labels"
        raise LpdnnError(message)
    return Dataset(
        str(path),
        len(images),
        lambda index: (images[index].astype(np.float32), None if labels is None else int(labels[index])),
    )


def _idx(path: Path) -> Array:
    """Return the bytes in a file of the format that MNIST came in: 0, 0, 8, rank, extents, elements."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path}: cannot be read"
        raise LpdnnError(message) from error
    rank = data[3] if len(data) > 3 and data[:3] == b"\0\0\x08" else 0
    extents = np.frombuffer(data[4 : 4 + 4 * rank], ">u4") if len(data) >= 4 + 4 * rank else np.zeros(0)
    start = 4 + 4 * rank
    if not 1 <= rank <= 3 or len(extents) != rank or math.prod(map(int, extents)) != len(data) - start:
        message = f"{path}: not an idx file of bytes"
        raise LpdnnError(message)
    return np.frombuffer(data, np.uint8, offset=start).reshape(tuple(map(int, extents)))


def _from_idx(path: Path, shape: Sequence[int], preprocessing: Preprocessing) -> Dataset:
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    labels = _idx(beside) if beside != path and beside.is_file() else None
    return _pixels(str(path), _idx(path), labels, shape, preprocessing)


def _from_cifar(path: Path, shape: Sequence[int], preprocessing: Preprocessing) -> Dataset:
    data = np.fromfile(path, np.uint8)
    if not data.size or data.size % CIFAR_RECORD:
        message = (
            f"{path}: not CIFAR-10's binary format: {data.size} bytes are no whole records of {CIFAR_RECORD}"
        )
        raise LpdnnError(message)
    records = data.reshape(-1, CIFAR_RECORD)
    pixels = np.moveaxis(records[:, 1:].reshape(-1, 3, 32, 32), 1, 3)
    return _pixels(str(path), pixels, records[:, 0], shape, preprocessing)
