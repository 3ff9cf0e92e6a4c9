"""What a model declares of an input: element type and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from onnx import helper

from lpdnn.frontends._report import plain
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from onnx import ValueInfoProto


def declared(
    value: ValueInfoProto, given: tuple[int, ...] | None, source: str
) -> tuple[str, tuple[int, ...]]:
    """Return the element type and the shape of an input; `given` is the shape that the user wants."""
    name = plain(value.name)
    if not value.type.HasField("tensor_type"):
        form = value.type.WhichOneof("value") or "no type"
        message = f"{source}: the input {name!r} is no tensor ({form}), which is not supported"
        raise LpdnnError(message)
    tensor = value.type.tensor_type
    try:
        kind = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
    except (KeyError, TypeError) as error:
        message = f"{source}: the input {name!r} has an unknown element type ({tensor.elem_type})"
        raise LpdnnError(message) from error
    if not kind.startswith(("float", "bfloat16", "int", "uint", "bool")):
        message = f"{source}: the input {name!r} has elements of type {kind}, which is not supported"
        raise LpdnnError(message)
    dims = list(tensor.shape.dim)
    if given is None and (not tensor.HasField("shape") or any(not d.HasField("dim_value") for d in dims)):
        text = "x".join(
            str(d.dim_value) if d.HasField("dim_value") else plain(d.dim_param) or "?" for d in dims
        )
        message = (
            f"{source}: the input {name!r} has shape {text or 'unknown'}; "
            f"fix it: --shape {name}=... with a number for each axis"
        )
        raise LpdnnError(message)
    if given is not None and tensor.HasField("shape") and len(given) != len(dims):
        message = f"{source}: the input {name!r} has {len(dims)} axes, and the shape given {len(given)}"
        raise LpdnnError(message)
    return kind, tuple(given) if given is not None else tuple(int(d.dim_value) for d in dims)


def dtype_of(kind: str) -> np.dtype[Any]:
    """Return the element type of a name: numpy's own, or one of those that come with the onnx package."""
    if hasattr(ml_dtypes, kind):
        own: np.dtype[Any] = np.dtype(getattr(ml_dtypes, kind))
        return own
    return np.dtype(kind)
