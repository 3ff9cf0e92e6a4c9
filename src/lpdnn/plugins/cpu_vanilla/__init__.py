"""Every operator in plain ANSI C: the yardstick, and the implementation that is always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LAYOUTS, TensorType
from lpdnn.ops.activation import Activation
from lpdnn.ops.arg_max import ArgMax
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.bias import Bias
from lpdnn.ops.binary import Binary
from lpdnn.ops.box_detection import BoxDetection
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.conv2d_codebook import Conv2dCodebook
from lpdnn.ops.conv2d_ordered import Conv2dOrdered
from lpdnn.ops.conv3d import Conv3d
from lpdnn.ops.convert import Convert
from lpdnn.ops.cumulate import Cumulate
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.detection_output import DetectionOutput
from lpdnn.ops.dynamic_real import DynamicReal
from lpdnn.ops.dynamic_round import DynamicRound
from lpdnn.ops.dynamic_scale import DynamicScale
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.expand import Expand
from lpdnn.ops.fc_codebook import FcCodebook
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.gather import Gather
from lpdnn.ops.gather_elements import GatherElements
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.matmul import MatMul
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.non_max_suppression import NonMaxSuppression
from lpdnn.ops.normalize import Normalize
from lpdnn.ops.pad import Pad
from lpdnn.ops.permute import Permute
from lpdnn.ops.pool import Pool
from lpdnn.ops.pool_nd import PoolNd
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.prior_box import PriorBox
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qconv2d_codebook import QConv2dCodebook
from lpdnn.ops.qdeconv2d import QDeconv2d
from lpdnn.ops.qdetection_output import QDetectionOutput
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.ops.qfc_codebook import QFcCodebook
from lpdnn.ops.qlut import QLut
from lpdnn.ops.qmul import QMul
from lpdnn.ops.qnorm import QNorm
from lpdnn.ops.qpool import QPool
from lpdnn.ops.qprelu import QPRelu
from lpdnn.ops.qresize import QResize
from lpdnn.ops.qresize_single import QResizeSingle
from lpdnn.ops.qsoftmax import QSoftmax
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.requantize import Requantize
from lpdnn.ops.resample import Resample
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.resize import Resize
from lpdnn.ops.round_to_float import RoundToFloat
from lpdnn.ops.round_to_grid import RoundToGrid
from lpdnn.ops.scale import Scale
from lpdnn.ops.separable import Separable
from lpdnn.ops.sigmoid_curve import SigmoidCurve
from lpdnn.ops.slice import Slice
from lpdnn.ops.softmax import Softmax
from lpdnn.ops.softmax_curves import SoftmaxCurves
from lpdnn.ops.softmax_fixed import SoftmaxFixed
from lpdnn.ops.unary import Unary
from lpdnn.ops.where import Where
from lpdnn.primitives import Primitive, in_order, of_types

if TYPE_CHECKING:
    from lpdnn.ir import Operator, Types


PRODUCTS = 8
"""Sub-vectors of x that fc_codebook multiplies with a codebook at once."""


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


def _products(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the products of some sub-vectors of x with all entries of a codebook of vectors."""
    assert isinstance(op, FcCodebook)
    codebook = inputs[2]
    assert codebook is not None
    return 4 * PRODUCTS << op.bits if codebook.shape[2] > 1 else 0


def _filter(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the weights of a filter."""
    assert isinstance(op, QConv2dCodebook)
    assert inputs[2] is not None
    return TensorType(op.shape[1:], inputs[2].dtype).bytes


def _boxes(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return a byte for each box of an image."""
    assert inputs[0] is not None
    return inputs[0].shape[1]


def _rows(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of a filtered row, and of the expanded rows that a filter covers."""
    assert isinstance(op, Separable)
    _, (x, *_), _ = list(op.typed(inputs))[-2]
    weight = inputs[1]
    assert x is not None
    assert weight is not None
    expanded = len(inputs) > 5 and inputs[5] is not None
    covered = op.dilation[0] * (weight.shape[2] - 1) + 1 if expanded else 0
    return 4 * x.shape[1] * (outputs[0].shape[3] + covered * x.shape[3])


WHOLE = ("s8", "u8", "s16")
"""Types of activations that are integers."""


def _corners(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the corners of all boxes, a score and a mark for each, and of what is found."""
    assert isinstance(op, BoxDetection)
    assert inputs[0] is not None
    return 21 * inputs[0].shape[1] + 12 * op.most


PRIMITIVES = [
    in_order(Activation),
    Primitive(ArgMax, "ref"),
    in_order(BatchNorm),
    in_order(Bias),
    *of_types(Primitive(Concat, "ref"), *WHOLE),
    Primitive(Conv2d, "ref", takes=("slope", "addend")),
    Primitive(Conv2dCodebook, "ref"),
    *(
        primitive
        for source in LAYOUTS
        for target in LAYOUTS
        if source != target and {source, target} != {"nchw8c", "nchw16c"}
        for primitive in of_types(Primitive(Convert, "ref", layout=source, out_layout=target), *WHOLE)
    ),
    Primitive(Deconv2d, "ref"),
    Primitive(DetectionOutput, "ref", workspace=_candidates),
    Primitive(Eltwise, "ref", in_place=("x",)),
    Primitive(FcCodebook, "ref", workspace=_products),
    *of_types(Primitive(Eltwise, "max", dtype="s8", layout="any", in_place=("x",)), "u8", "s16"),
    Primitive(FullyConnected, "ref"),
    Primitive(Lrn, "ref"),
    in_order(Mvn),
    in_order(Normalize),
    in_order(PRelu),
    *of_types(Primitive(Permute, "ref"), *WHOLE),
    Primitive(Pool, "ref"),
    *of_types(Primitive(Pool, "max", dtype="s8"), "u8", "s16"),
    in_order(Power),
    Primitive(PriorBox, "ref"),
    *of_types(in_order(Reshape), *WHOLE, "s32"),
    Primitive(Resize, "ref", workspace=_columns),
    Primitive(Conv2dOrdered, "ref"),
    Primitive(DynamicScale, "ref"),
    Primitive(DynamicRound, "ref", in_place=("x",)),
    Primitive(DynamicReal, "ref", in_place=("x",)),
    in_order(RoundToFloat),
    in_order(RoundToGrid),
    *of_types(Primitive(Resize, "nearest", dtype="s8"), "u8", "s16"),
    in_order(Scale),
    Primitive(Separable, "ref", takes=("addend",), workspace=_rows, joins=("ref", "ref")),
    *of_types(Primitive(Slice, "ref"), *WHOLE),
    in_order(Softmax),
    Primitive(Where, "ref"),
    in_order(Unary),
    Primitive(MatMul, "ref"),
    Primitive(Reduce, "ref"),
    *of_types(Primitive(Pad, "ref"), *WHOLE),
    *of_types(Primitive(Expand, "ref"), *WHOLE),
    *of_types(Primitive(Gather, "ref"), *WHOLE),
    *of_types(Primitive(GatherElements, "ref"), *WHOLE),
    in_order(Cumulate),
    Primitive(Resample, "ref"),
    Primitive(PoolNd, "ref"),
    Primitive(Conv3d, "ref"),
    Primitive(Binary, "ref", in_place=("a",)),
    Primitive(BoxDetection, "ref", workspace=_corners),
    Primitive(NonMaxSuppression, "ref", workspace=_boxes),
    *of_types(Primitive(Quantize, "ref", dtype="s8", layout="any"), "u8", "s16"),
    Primitive(Dequantize, "ref", layout="any"),
    *of_types(Primitive(Requantize, "ref", dtype="s8", layout="any", in_place=("x",)), "u8", "s16"),
    *of_types(Primitive(QConv2d, "ref", dtype="s8"), "u8 s8", "s16", "s16 s8"),
    *of_types(Primitive(QDeconv2d, "ref", dtype="s8"), "u8 s8", "s16", "s16 s8"),
    *of_types(Primitive(QFullyConnected, "ref", dtype="s8"), "u8 s8", "s16", "s16 s8"),
    *of_types(Primitive(QConv2dCodebook, "ref", dtype="s8", workspace=_filter), "u8 s8", "s16", "s16 s8"),
    *of_types(Primitive(QFcCodebook, "ref", dtype="s8"), "u8 s8", "s16", "s16 s8"),
    *of_types(Primitive(QAdd, "ref", dtype="s8", layout="any", in_place=("x",)), "u8", "s16"),
    *of_types(Primitive(QMul, "ref", dtype="s8", in_place=("a", "b")), "u8", "s16"),
    Primitive(QDetectionOutput, "ref", dtype="s32", workspace=_candidates),
    *of_types(Primitive(QNorm, "ref", dtype="s8"), "u8", "s16"),
    *of_types(Primitive(QPRelu, "ref", dtype="s8", in_place=("x",)), "u8", "s16"),
    *of_types(Primitive(QSoftmax, "ref", dtype="s8", in_place=("x",)), "u8", "s16"),
    *of_types(Primitive(QPool, "ref", dtype="s8"), "u8", "s16"),
    *of_types(Primitive(QResize, "ref", dtype="s8"), "u8", "s16"),
    Primitive(QResizeSingle, "ref", dtype="u8"),
    Primitive(SoftmaxCurves, "ref", dtype="s16"),
    *of_types(Primitive(SoftmaxFixed, "ref", dtype="s8", in_place=("x",)), "u8"),
    *of_types(Primitive(QLut, "ref", dtype="s8", layout="any", in_place=("x",)), "u8"),
    Primitive(QLut, "ref", dtype="s16", layout="any", in_place=("x",)),
    Primitive(SigmoidCurve, "ref", dtype="s16", layout="any", in_place=("x",)),
]
