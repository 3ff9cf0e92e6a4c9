"""One trained parameter: as a file stores it, and as a layer wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.frontends.caffe.caffe_pb2 import FillerParameter
    from lpdnn.frontends.caffe.definition import Layer
    from lpdnn.ir import Array

Role = Literal["weight", "bias", "mean", "variance", "factor", "scale", "slope"]
"""What a blob is to its layer, where values must be made up."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A shape, and the values when they are asked for, as float32."""

    shape: tuple[int, ...]
    load: Callable[[], Array]


@dataclass(frozen=True, slots=True)
class WantedBlob:
    """What a layer must have as blob `index`; `reads` is the value that it will be applied to."""

    layer: Layer
    index: int
    shape: tuple[int, ...]
    role: Role
    filler: FillerParameter | None
    reads: str
