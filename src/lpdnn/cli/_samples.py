"""What --input names, as arrays that a network takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.data import SUFFIXES, read_array, read_image
from lpdnn.ir import Array, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.data import Preprocessing

Shapes = dict[str, tuple[int, ...]]
Recipe = Callable[[int], "Preprocessing"]
"""What is done to a photo, by the number of channels that the network takes."""
Size = tuple[int, int]


@dataclass(frozen=True)
class Sample:
    """One element of a batch, read when it is needed: its array and, of a photo, height and width."""

    title: str
    read: Callable[[], tuple[Array, Size | None]]


@dataclass(frozen=True)
class Batch:
    """What the network is given at a time; places that nothing fills are zeros."""

    titles: tuple[str, ...]
    inputs: dict[str, Array]
    sizes: tuple[Size | None, ...]


class Samples:
    """Everything that --input names, for each input of the network."""

    def __init__(self, items: Sequence[str], shapes: Shapes, recipe: Recipe) -> None:
        self.shapes = shapes
        self.samples: dict[str, list[Sample]] = {name: [] for name in shapes}
        for item in items:
            name, path = self._named(item)
            self.samples[name] += _samples(path, shapes[name], recipe)
        for name, samples in self.samples.items():
            if not samples:
                message = f"nothing was given for input {name!r}; add --input {name}=FILE"
                raise LpdnnError(message)
        counts = {name: -(-len(samples) // places(shapes[name])) for name, samples in self.samples.items()}
        self.count = next(iter(counts.values()))
        if set(counts.values()) != {self.count}:
            text = ", ".join(f"{len(samples)} for {name!r}" for name, samples in self.samples.items())
            message = f"the inputs do not go together: there are {text}"
            raise LpdnnError(message)

    @property
    def places(self) -> int:
        """How many samples the network takes at a time."""
        return max(map(places, self.shapes.values()))

    def batch(self, index: int) -> Batch:
        """Read a batch."""
        inputs = {}
        titles: tuple[str, ...] = ()
        sizes: tuple[Size | None, ...] = ()
        for name, shape in self.shapes.items():
            width = places(shape)
            chosen = self.samples[name][index * width : (index + 1) * width]
            inputs[name] = np.zeros(shape, np.float32)
            rows = inputs[name].reshape(width, -1)
            found = [sample.read() for sample in chosen]
            for row, (array, _) in zip(rows, found, strict=False):
                row[:] = array.ravel()
            if len(chosen) > len(titles):
                titles = tuple(sample.title for sample in chosen)
                sizes = tuple(size for _, size in found)
        return Batch(titles, inputs, sizes)

    def _named(self, item: str) -> tuple[str, Path]:
        for name in self.shapes:
            if item.startswith(f"{name}="):
                return name, Path(item[len(name) + 1 :])
        if len(self.shapes) == 1:
            return next(iter(self.shapes)), Path(item)
        names = " or ".join(f"--input {name}={item}" for name in self.shapes)
        message = f"the network has {len(self.shapes)} inputs; say which one: {names}"
        raise LpdnnError(message)


def places(shape: tuple[int, ...]) -> int:
    """Return how many samples an input takes at a time."""
    return shape[0] if len(shape) > 1 else 1


def _row(row: Array) -> tuple[Array, None]:
    return np.asarray(row, np.float32), None


def _samples(path: Path, shape: tuple[int, ...], recipe: Recipe) -> Iterator[Sample]:
    if path.is_dir():
        photos = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not photos:
            message = f"{path}: there is no photo in this folder ({' '.join(SUFFIXES)})"
            raise LpdnnError(message)
        yield from (_photo(photo, shape, recipe) for photo in photos)
    elif path.suffix == ".npy":
        yield from _rows(path, shape)
    else:
        yield _photo(path, shape, recipe)


def _photo(path: Path, shape: tuple[int, ...], recipe: Recipe) -> Sample:
    def read() -> tuple[Array, Size]:
        image = read_image(path)
        try:
            return recipe(shape[1])(image, shape), (image.shape[0], image.shape[1])
        except LpdnnError as error:
            message = f"{path}: {error}"
            raise LpdnnError(message) from error

    if not path.is_file():
        message = f"{path}: there is no such file"
        raise LpdnnError(message)
    if len(shape) != 4:
        message = (
            f"{path}: the network takes {'x'.join(map(str, shape))}, which is no photo; give a .npy file"
        )
        raise LpdnnError(message)
    return Sample(path.name, read)


def _rows(path: Path, shape: tuple[int, ...]) -> Iterator[Sample]:
    array = read_array(path)
    rest = shape[1:] if len(shape) > 1 else shape
    if array.shape == rest:
        array = array[None]
    if array.shape[1:] != rest:
        wanted, found = ("x".join(map(str, extents)) for extents in (shape, array.shape))
        message = f"{path}: the array is {found}, and the network takes {wanted}"
        raise LpdnnError(message)
    for index, row in enumerate(array):
        title = path.name if len(array) == 1 else f"{path.name}[{index}]"
        yield Sample(title, partial(_row, row))
