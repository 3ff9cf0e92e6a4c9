"""Tensors of a model: what is declared of each, and the elements of those that are known."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lpdnn.frontends._report import UnsupportedError, plain
from lpdnn.frontends.tflite.sparse import dense
from lpdnn.ir import LpdnnError, Quantization

if TYPE_CHECKING:
    from lpdnn.ir import Array

TYPES: Final = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    9: "int8",
    10: "float64",
    12: "uint64",
    15: "uint32",
    16: "uint16",
    17: "int4",
}
"""numpy's names of element types, by their numbers in the schema; the others are text and structures."""
MOST_BYTES: Final = 2**31 - 1


@dataclass(frozen=True)
class Affine:
    """What integers stand for: real = scale (q - zero), for all or for each index along an axis."""

    scale: Array
    zero: Array
    axis: int

    @property
    def format(self) -> Quantization:
        """Return the one scale and zero point of all elements."""
        return Quantization(float(self.scale[0]), int(self.zero[0]))

    def real(self, array: Array) -> Array:
        """Return the real numbers, float32."""
        shape = [1] * array.ndim
        if self.scale.size > 1:
            shape[self.axis] = self.scale.size
        scale, zero = self.scale, self.zero
        if scale.size > 1:
            scale, zero = scale.reshape(shape), zero.reshape(shape)
        return np.asarray((scale.astype(np.float64) * (array.astype(np.float64) - zero)).astype(np.float32))


@dataclass(frozen=True)
class Tensor:
    """What a model says of one tensor; `array` is set where its elements are in the file."""

    name: str
    kind: str
    shape: tuple[int, ...]
    array: Array | None
    affine: Affine | None


class Tensors:
    """Reads the tensors of a checked model."""

    def __init__(self, source: str, data: bytes, model: Any, graph: Any) -> None:
        self.source = source
        self.data = data
        self.model = model
        self.graph = graph

    def read(self, index: int) -> Tensor:
        """Return a tensor."""
        tensor = self.graph.Tensors(index)
        name = (tensor.Name() or b"").decode("utf-8", "replace") or f"tensor {index}"
        kind = TYPES.get(tensor.Type(), "")
        shape = tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength()))
        where = f"{self.source}: the tensor {plain(name)!r}"
        if any(extent < 0 for extent in shape) or math.prod(shape) > MOST_BYTES:
            message = f"{where} has shape {'x'.join(map(str, shape))}, which is negative or too large"
            raise LpdnnError(message)
        affine = self._affine(tensor, shape, where)
        raw = self._raw(tensor.Buffer(), where)
        if tensor.IsVariable() or raw is None or not kind:
            return Tensor(name, kind, shape, None, affine)
        if tensor.Sparsity() is not None:
            raw = self._dense(tensor.Sparsity(), raw, kind, shape, where)
        return Tensor(name, kind, shape, self._array(raw, kind, shape, where), affine)

    def _raw(self, index: int, where: str) -> bytes | None:
        """Return the bytes of a buffer, None for one without any."""
        if index >= self.model.BuffersLength():
            message = f"{where} is in buffer {index}, and there are {self.model.BuffersLength()}"
            raise LpdnnError(message)
        buffer = self.model.Buffers(index)
        offset, size = buffer.Offset(), buffer.Size()  # data behind the table, in files above 2 GB
        if offset > 1:
            if offset + size > len(self.data):
                message = f"{where} has {size} bytes at {offset}, which is beyond the file"
                raise LpdnnError(message)
            return self.data[offset : offset + size]
        return None if not buffer.DataLength() else bytes(buffer.DataAsNumpy())

    def _array(self, raw: bytes, kind: str, shape: tuple[int, ...], where: str) -> Array:
        count = math.prod(shape)
        if kind == "int4":
            pairs = np.frombuffer(raw, np.int8)
            flat = np.stack([np.left_shift(pairs, 4) >> 4, pairs >> 4], axis=-1).ravel()[:count]
        elif len(raw) % np.dtype(kind).itemsize:
            flat = np.zeros(0, kind)
        else:
            flat = np.frombuffer(raw, np.dtype(kind).newbyteorder("<")).astype(kind)
        if flat.size != count:
            message = f"{where} holds {len(raw)} bytes, not the {count} elements of its shape"
            raise LpdnnError(message)
        return np.asarray(flat.reshape(shape))

    @staticmethod
    def _affine(tensor: Any, shape: tuple[int, ...], where: str) -> Affine | None:
        given = tensor.Quantization()
        if given is None or not given.ScaleLength():
            return None
        scale = np.array([given.Scale(i) for i in range(given.ScaleLength())], np.float32)
        zero = np.array([given.ZeroPoint(i) for i in range(given.ZeroPointLength())], np.int64)
        zero = np.zeros(scale.size, np.int64) if not zero.size else zero
        axis = given.QuantizedDimension()
        if zero.size != scale.size or (
            scale.size > 1 and (not 0 <= axis < len(shape) or shape[axis] != scale.size)
        ):
            message = (
                f"{where} has {scale.size} scales and {zero.size} zero points, which do not fit its shape"
            )
            raise LpdnnError(message)
        if not np.isfinite(scale).all() or (scale < 0).any():
            message = f"{where} has a scale that is negative or no number"
            raise LpdnnError(message)
        return Affine(scale, zero, axis)

    def _dense(self, sparsity: Any, raw: bytes, kind: str, shape: tuple[int, ...], where: str) -> bytes:
        """Return the bytes of a tensor of which only some elements, or blocks of them, are in the file."""
        try:
            return dense(sparsity, np.frombuffer(raw, np.dtype(kind)), shape).tobytes()
        except (ValueError, IndexError, TypeError, struct.error) as error:
            message = f"{where} is sparse in a way that is damaged: {plain(str(error), 80)}"
            raise LpdnnError(message) from error


def known_kind(kind: str) -> str:
    """Return an element type that networks compute with; an UnsupportedError says that it is none."""
    if not kind:
        message = "it computes with text, complex numbers or structures"
        raise UnsupportedError(message)
    return kind
