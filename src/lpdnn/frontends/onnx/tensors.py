"""Tensors of a model as arrays; those in files of their own only from the model's folder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from lpdnn.frontends._report import plain
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import Array

MOST = 2**31 - 1
"""Elements of the largest tensor."""


@dataclass(frozen=True)
class Tensors:
    """Reads tensors of a model in a file; without a folder there are no files beside it."""

    source: str
    folder: Path | None = None

    def array(self, tensor: TensorProto) -> Array:
        """Return a tensor's elements."""
        name = plain(tensor.name) or "without a name"
        if any(extent < 0 for extent in tensor.dims) or math.prod(tensor.dims) > MOST:
            dims = "x".join(map(str, tensor.dims))
            message = f"{self.source}: the tensor {name!r} has shape {dims}, which is negative or too large"
            raise LpdnnError(message)
        if tensor.data_type == TensorProto.STRING:
            message = f"{self.source}: the tensor {name!r} holds text, which no network here computes with"
            raise LpdnnError(message)
        try:
            if tensor.data_location == TensorProto.EXTERNAL:
                return self._external(tensor, name)
            array = numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError, NotImplementedError) as error:
            message = f"{self.source}: the tensor {name!r} is damaged: {plain(str(error), 120)}"
            raise LpdnnError(message) from error
        if tuple(array.shape) != tuple(tensor.dims):
            message = (
                f"{self.source}: the tensor {name!r} holds {array.size} elements, not those of its shape"
            )
            raise LpdnnError(message)
        return np.asarray(array)

    def _external(self, tensor: TensorProto, name: str) -> Array:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        where = f"{self.source}: the tensor {name!r} is in the file {plain(location)!r}"
        if self.folder is None:
            message = f"{where}, and this model has no folder"
            raise LpdnnError(message)
        folder = self.folder.resolve()
        if not location or "\0" in location or Path(location).is_absolute():
            message = f"{where}, which is not a path within the model's folder"
            raise LpdnnError(message)
        path = (folder / location).resolve()
        if not path.is_relative_to(folder):
            message = f"{where}, which is outside of the model's folder"
            raise LpdnnError(message)
        if not path.is_file():
            message = f"{where}, which is not there"
            raise LpdnnError(message)
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        size = math.prod(tensor.dims) * dtype.itemsize
        offset, length = (
            int(entries.get(key) or default) for key, default in (("offset", 0), ("length", size))
        )
        if offset < 0 or length != size or offset + length > path.stat().st_size:
            message = f"{where} at byte {offset}, {length} bytes; it needs {size}, within the file"
            raise LpdnnError(message)
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(length)
        return np.frombuffer(data, dtype).reshape(tuple(tensor.dims))
