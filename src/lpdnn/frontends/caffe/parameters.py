"""Where a layer's trained parameters come from: a file of weights, a shared name, or seeded noise."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.caffe.report import about, plain
from lpdnn.ir import LpdnnError
from lpdnn.ir.types import MAX_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.frontends.caffe.blob import Blob, WantedBlob
    from lpdnn.frontends.caffe.definition import Layer
    from lpdnn.frontends.caffe.fill import RandomFill
    from lpdnn.ir import Array


@dataclass
class Parameters:
    """The blobs of a whole network. `weights` is None where there is no file; `source` is its name.

    The first blob that cannot be had is remembered as `failure` and replaced by zeros, so that the rest of
    the network can still be looked at.
    """

    weights: Mapping[str, tuple[Blob, ...]] | None
    source: str
    fill: RandomFill | None
    failure: LpdnnError | None = None
    used: dict[str, int] = field(default_factory=dict)
    _shared: dict[str, Array] = field(default_factory=dict)
    _readers: dict[str, Layer] = field(default_factory=dict)

    def array(self, wanted: WantedBlob) -> Array:
        """Return a blob in the shape that its layer must have."""
        if math.prod(wanted.shape) > MAX_COUNT:
            text = f"wants a blob of shape {_text(wanted.shape)}, more than {MAX_COUNT} values"
            raise about(wanted.layer.place, f"the layer '{plain(wanted.layer.param.name)}' {text}")
        try:
            return self._found(wanted)
        except LpdnnError as error:
            self.failure = self.failure or error
            return np.broadcast_to(np.float32(0), wanted.shape)

    def _found(self, wanted: WantedBlob) -> Array:
        layer, index = wanted.layer, wanted.index
        name = layer.param.name
        other = self._readers.setdefault(name, layer)
        if other is not layer:
            text = f"the layer '{plain(name)}' has the name of another layer with weights ({other.place})"
            raise about(layer.place, text)
        self.used[name] = max(self.used.get(name, 0), index + 1)
        shared = layer.param.param[index].name if index < len(layer.param.param) else ""
        if shared in self._shared:
            return self._reused(wanted, shared)
        if self.weights is not None:
            array = self._loaded(wanted)
        elif self.fill is not None:
            array = self.fill.blob(wanted)
        else:
            text = "needs weights; give the network's .caffemodel, or ask for random ones"
            raise about(layer.place, f"the layer '{plain(name)}' {text}")
        if shared:
            self._shared[shared] = array
        return array

    def leftovers(self) -> list[str]:
        """Return the layers of the file that the network did not ask for; refuse those it only half knows."""
        if self.weights is None:
            return []
        for name, blobs in self.weights.items():
            used = self.used.get(name, 0)
            if used and len(blobs) > used:
                text = f"the layer '{plain(name)}' has {len(blobs)} blobs, but the network's has {used}"
                raise about(self.source, f"{text}; is this the right file, or a layer of a Caffe fork?")
        return [name for name in self.weights if name not in self.used]

    def _reused(self, wanted: WantedBlob, shared: str) -> Array:
        array = self._shared[shared]
        if array.size != math.prod(wanted.shape):
            text = f"shares the parameter '{plain(shared)}' of shape {_text(array.shape)}"
            raise about(wanted.layer.place, f"{text}, but needs {_text(wanted.shape)}")
        if self.fill is not None:
            self.fill.made.setdefault(wanted.layer.param.name, []).append(array)
        return array.reshape(wanted.shape)

    def _loaded(self, wanted: WantedBlob) -> Array:
        assert self.weights is not None
        name = wanted.layer.param.name
        blobs = self.weights.get(name, ())
        need = f"blob {wanted.index} of layer '{plain(name)}' ({wanted.layer.place})"
        shape = f"must have the shape {_text(wanted.shape)}"
        if wanted.index >= len(blobs):
            text = f"has only {len(blobs)} blobs" if blobs else "has none"
            raise about(self.source, f"{need} {shape}, but the layer {text} here")
        blob = blobs[wanted.index]
        if _squeezed(blob.shape) != _squeezed(wanted.shape):
            raise about(self.source, f"{need} {shape}, but has {_text(blob.shape)}")
        array = blob.load().reshape(wanted.shape)
        if not np.isfinite(array).all():
            raise about(self.source, f"{need} holds values that are not numbers (NaN or infinity)")
        return array


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without ones: legacy shapes pad with them, and the values lie the same way."""
    return tuple(dim for dim in shape if dim != 1)


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape[:8])) or "one value"
