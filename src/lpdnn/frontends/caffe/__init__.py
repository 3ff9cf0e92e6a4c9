"""Caffe: .prototxt and .caffemodel (protobuf or HDF5) -> Graph, and back to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.frontends.caffe.importer import import_caffe, random_weights
from lpdnn.frontends.caffe.report import UnsupportedLayersError
from lpdnn.frontends.caffe.writer import write_caffemodel, write_prototxt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.ir import Graph


def accepts(path: Path) -> bool:
    """Tell whether a file is named as Caffe's are."""
    return path.suffix == ".prototxt" or ".caffemodel" in path.suffixes


def read(
    model: Path, weights: Path | None, *, shapes: Mapping[str, tuple[int, ...]], fill: str | None, seed: int
) -> Graph:
    """Return the network in a model file."""
    return import_caffe(model, weights, shapes=shapes, fill=fill, seed=seed)


__all__ = [
    "UnsupportedLayersError",
    "accepts",
    "import_caffe",
    "random_weights",
    "read",
    "write_caffemodel",
    "write_prototxt",
]
