"""Every operator in plain ANSI C: the yardstick, and the implementation that is always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ops.activation import Activation
from lpdnn.ops.arg_max import ArgMax
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.detection_output import DetectionOutput
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.normalize import Normalize
from lpdnn.ops.permute import Permute
from lpdnn.ops.prior_box import PriorBox
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.resize import Resize
from lpdnn.ops.slice import Slice
from lpdnn.primitives import Primitive, in_order

if TYPE_CHECKING:
    from lpdnn.ir import Operator, TensorType, Types


def _columns(_op: Operator, _inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the two neighbours and the fraction of each column."""
    return 12 * outputs[0].shape[3]


def _candidates(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the candidates of a class, their boxes, and the candidates that an image keeps."""
    sizes = op.geometry(inputs, outputs)
    candidates, kept = sizes["candidates"], sizes["kept"]
    assert isinstance(candidates, int)
    assert isinstance(kept, int)
    return (12 + 16) * candidates + 12 * kept


PRIMITIVES = [
    in_order(Activation),
    Primitive(ArgMax, "ref"),
    Primitive(Conv2d, "ref"),
    Primitive(DetectionOutput, "ref", workspace=_candidates),
    in_order(Mvn),
    in_order(Normalize),
    Primitive(Permute, "ref"),
    Primitive(PriorBox, "ref"),
    in_order(Reshape),
    Primitive(Resize, "ref", workspace=_columns),
    Primitive(Slice, "ref"),
]
