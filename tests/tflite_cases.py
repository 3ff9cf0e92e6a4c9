"""Cases of single TensorFlow Lite operators: kind, inputs (shapes, or constants), options."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(7)
SHAPE = (2, 5, 6, 3)


def c(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape).astype(np.float32)


def i(*values: Any) -> np.ndarray[Any, Any]:
    return np.array(values, np.int32)


def scalar(value: int) -> np.ndarray[Any, Any]:
    return np.array(value, np.int32)


def conv(**values: Any) -> dict[str, Any]:
    return {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, **values}


def _case(kind: str, *inputs: Any, **values: Any) -> Any:
    return kind, inputs, values


C2, DW, TC, PO = "Conv2DOptions", "DepthwiseConv2DOptions", "TransposeConvOptions", "Pool2DOptions"
WINDOWS = [
    _case("CONV_2D", SHAPE, c(4, 3, 3, 3), c(4), options=C2, **conv()),
    _case("CONV_2D", SHAPE, c(4, 3, 3, 3), c(4), options=C2, **conv(strideH=2, strideW=2)),
    _case("CONV_2D", SHAPE, c(4, 2, 3, 3), c(4), options=C2, **conv(padding=1, fusedActivationFunction=3)),
    _case(
        "CONV_2D", (1, 9, 8, 3), c(4, 3, 3, 3), c(4), options=C2, **conv(dilationHFactor=2, dilationWFactor=3)
    ),
    _case("CONV_2D", (1, 6, 6, 4), c(6, 3, 3, 2), c(6), options=C2, **conv(fusedActivationFunction=1)),
    _case("CONV_2D", (1, 8, 8, 2), c(3, 1, 1, 2), c(3), options=C2, **conv(strideH=2, strideW=3)),
    _case("CONV_2D", (1, 7, 7, 2), c(3, 5, 5, 2), c(3), options=C2, **conv(strideH=2, strideW=2)),
    _case("DEPTHWISE_CONV_2D", SHAPE, c(1, 3, 3, 3), c(3), options=DW, **conv(depthMultiplier=1)),
    _case(
        "DEPTHWISE_CONV_2D",
        SHAPE,
        c(1, 3, 3, 6),
        c(6),
        options=DW,
        **conv(depthMultiplier=2, strideH=2, strideW=2),
    ),
    _case(
        "DEPTHWISE_CONV_2D",
        (1, 7, 5, 1),
        c(1, 2, 2, 4),
        c(4),
        options=DW,
        **conv(depthMultiplier=4, padding=1),
    ),
    _case("TRANSPOSE_CONV", i(1, 10, 12, 4), c(4, 3, 3, 3), (1, 5, 6, 3), options=TC, strideH=2, strideW=2),
    _case("TRANSPOSE_CONV", i(1, 9, 11, 4), c(4, 3, 3, 3), (1, 5, 6, 3), options=TC, strideH=2, strideW=2),
    _case(
        "TRANSPOSE_CONV",
        i(1, 11, 13, 4),
        c(4, 3, 3, 3),
        (1, 5, 6, 3),
        c(4),
        options=TC,
        strideH=2,
        strideW=2,
        padding=1,
    ),
    _case("TRANSPOSE_CONV", i(1, 8, 8, 2), c(2, 4, 4, 3), (1, 4, 4, 3), options=TC, strideH=2, strideW=2),
    _case("TRANSPOSE_CONV", i(1, 5, 6, 2), c(2, 3, 3, 3), (1, 5, 6, 3), options=TC, strideH=1, strideW=1),
    _case("TRANSPOSE_CONV", i(1, 12, 12, 2), c(2, 2, 2, 3), (1, 4, 4, 3), options=TC, strideH=3, strideW=3),
    *(
        _case(kind, SHAPE, options=PO, filterHeight=h, filterWidth=w, strideH=s, strideW=s, padding=p)
        for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D")
        for h, w, s, p in ((2, 2, 2, 0), (3, 3, 2, 0), (3, 2, 1, 1), (5, 6, 1, 1), (3, 3, 1, 0))
    ),
    _case("L2_POOL_2D", SHAPE, options=PO, filterHeight=2, filterWidth=3, strideH=2, strideW=1, padding=1),
    _case(
        "CONV_3D",
        (1, 4, 5, 6, 2),
        c(3, 3, 3, 2, 4),
        c(4),
        options="Conv3DOptions",
        strideD=1,
        strideH=2,
        strideW=1,
        dilationDFactor=1,
        dilationHFactor=1,
        dilationWFactor=1,
    ),
    _case(
        "FULLY_CONNECTED", (3, 7), c(4, 7), c(4), options="FullyConnectedOptions", fusedActivationFunction=1
    ),
    _case("FULLY_CONNECTED", (2, 3, 4, 5), c(6, 60), None, options="FullyConnectedOptions"),
    _case("FULLY_CONNECTED", (2, 3, 5), c(6, 5), c(6), options="FullyConnectedOptions", keepNumDims=True),
    _case("RESIZE_BILINEAR", SHAPE, i(10, 9), options="ResizeBilinearOptions"),
    _case("RESIZE_BILINEAR", SHAPE, i(10, 9), options="ResizeBilinearOptions", halfPixelCenters=True),
    _case("RESIZE_BILINEAR", SHAPE, i(3, 4), options="ResizeBilinearOptions", alignCorners=True),
    *(
        _case("RESIZE_NEAREST_NEIGHBOR", (1, 7, 6, 2), i(h, w), options="ResizeNearestNeighborOptions", **how)
        for h, w in ((14, 12), (5, 13), (23, 41), (3, 1))
        for how in ({}, {"halfPixelCenters": True}, {"alignCorners": True})
    ),
]
BINARY = ["ADD", "SUB", "MUL", "DIV"]
ARITHMETIC = [
    *(_case(kind, SHAPE, SHAPE, options=f"{kind.title()}Options") for kind in BINARY),
    *(
        _case(kind, SHAPE, (3,), options=f"{kind.title()}Options", fusedActivationFunction=3)
        for kind in BINARY
    ),
    *(
        _case(kind, (6, 3), SHAPE, options=f"{kind.title()}Options", fusedActivationFunction=1)
        for kind in BINARY
    ),
    *(_case(kind, SHAPE, c(1, 1, 1, 3), options=f"{kind.title()}Options") for kind in BINARY),
    _case("ADD", SHAPE, (2, 1, 1, 3), options="AddOptions", fusedActivationFunction=2),
    _case("MUL", c(5, 1, 1), SHAPE, options="MulOptions"),
    _case("SUB", c(3), SHAPE, options="SubOptions"),
    _case("MUL", SHAPE, np.array(2.5, np.float32), options="MulOptions"),
    _case("ADD", (4,), (2, 3, 4), options="AddOptions"),
    _case("MAXIMUM", SHAPE, np.array(0.25, np.float32), options="MaximumMinimumOptions"),
    _case("MINIMUM", SHAPE, (1, 5, 1, 3), options="MaximumMinimumOptions"),
    _case("SQUARED_DIFFERENCE", SHAPE, (3,), options="SquaredDifferenceOptions"),
    _case("FLOOR_DIV", SHAPE, (3,), options="FloorDivOptions"),
    _case("FLOOR_MOD", SHAPE, (3,), options="FloorModOptions"),
    _case("ADD_N", SHAPE, SHAPE, SHAPE, options="AddNOptions"),
    _case("BATCH_MATMUL", (2, 3, 4), (2, 4, 5), options="BatchMatMulOptions"),
    _case("BATCH_MATMUL", (2, 4, 3), (2, 5, 4), options="BatchMatMulOptions", adjX=True, adjY=True),
    _case("BATCH_MATMUL", (2, 3, 4), c(4, 5), options="BatchMatMulOptions"),
    *(
        _case(kind, SHAPE, (3,), options=options, out_kind="bool")
        for kind, options in (
            ("LESS", "LessOptions"),
            ("GREATER", "GreaterOptions"),
            ("LESS_EQUAL", "LessEqualOptions"),
            ("GREATER_EQUAL", "GreaterEqualOptions"),
            ("EQUAL", "EqualOptions"),
            ("NOT_EQUAL", "NotEqualOptions"),
        )
    ),
]
PLAIN = [
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "RELU_0_TO_1",
    "LOGISTIC",
    "TANH",
    "ELU",
    "HARD_SWISH",
    "ABS",
    "EXP",
    "NEG",
    "SQUARE",
    "FLOOR",
    "CEIL",
    "ROUND",
    "SIGN",
    "SIN",
    "COS",
    "ZEROS_LIKE",
]
FUNCTIONS = [
    *(_case(kind, SHAPE) for kind in PLAIN),
    _case("LEAKY_RELU", SHAPE, options="LeakyReluOptions", alpha=0.2),
    _case("GELU", SHAPE, options="GeluOptions", approximate=False),
    _case("GELU", SHAPE, options="GeluOptions", approximate=True),
    _case("PRELU", SHAPE, c(1, 1, 3)),
    _case("PRELU", SHAPE, c(5, 6, 3)),
    _case("SOFTMAX", (3, 7), options="SoftmaxOptions", beta=1.0),
    _case("SOFTMAX", SHAPE, options="SoftmaxOptions", beta=0.5),
    _case("LOG_SOFTMAX", (3, 7), options="LogSoftmaxOptions"),
    _case("L2_NORMALIZATION", SHAPE, options="L2NormOptions"),
    _case("L2_NORMALIZATION", (3, 5), options="L2NormOptions"),
    _case(
        "LOCAL_RESPONSE_NORMALIZATION",
        (1, 3, 4, 8),
        options="LocalResponseNormalizationOptions",
        radius=2,
        bias=1.5,
        alpha=0.3,
        beta=0.75,
    ),
]
REDUCTIONS = [
    *(
        _case(kind, SHAPE, i(*axes), options="ReducerOptions", keepDims=keep)
        for kind in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD")
        for axes, keep in (((1, 2), False), ((1, 2), True), ((-1,), False), ((0, 3), True), ((1,), False))
    ),
    _case("ARG_MAX", SHAPE, scalar(3), options="ArgMaxOptions", outputType=2, out_kind="int32"),
    _case("ARG_MIN", (3, 7), scalar(-1), options="ArgMinOptions", outputType=2, out_kind="int32"),
    _case("CUMSUM", SHAPE, scalar(1), options="CumsumOptions", exclusive=True, reverse=True),
]
SS = "StridedSliceOptions"
SHAPES = [
    _case("RESHAPE", SHAPE, i(2, 90), options="ReshapeOptions", newShape=[2, 90]),
    _case("RESHAPE", SHAPE, i(-1, 6, 3), options="ReshapeOptions", newShape=[-1, 6, 3]),
    _case("RESHAPE", (1, 1, 1, 8), i(1, 8), options="ReshapeOptions", newShape=[1, 8]),
    _case("SQUEEZE", (2, 1, 4, 1), options="SqueezeOptions", squeezeDims=[1]),
    _case("SQUEEZE", (2, 1, 4, 1), options="SqueezeOptions", squeezeDims=[]),
    _case("EXPAND_DIMS", (2, 5, 3), scalar(1), options="ExpandDimsOptions"),
    _case("EXPAND_DIMS", (2, 5, 3), scalar(-1), options="ExpandDimsOptions"),
    _case("TRANSPOSE", SHAPE, i(0, 3, 1, 2), options="TransposeOptions"),
    _case("TRANSPOSE", SHAPE, i(3, 1, 0, 2), options="TransposeOptions"),
    _case("TRANSPOSE", (2, 3, 4), i(2, 0, 1), options="TransposeOptions"),
    _case("CONCATENATION", SHAPE, SHAPE, options="ConcatenationOptions", axis=3),
    _case("CONCATENATION", SHAPE, (2, 1, 6, 3), options="ConcatenationOptions", axis=-3),
    _case("CONCATENATION", SHAPE, c(*SHAPE), options="ConcatenationOptions", axis=0),
    _case("PACK", (4, 3), (4, 3), options="PackOptions", valuesCount=2, axis=1),
    _case("PACK", (2, 5, 3), (2, 5, 3), options="PackOptions", valuesCount=2, axis=-1),
    _case("UNPACK", (2, 3, 4), options="UnpackOptions", num=3, axis=1, outputs=3),
    _case("UNPACK", (1, 3, 4, 2), options="UnpackOptions", num=2, axis=3, outputs=2),
    _case("SPLIT", scalar(3), (2, 5, 6, 4), options="SplitOptions", numSplits=2, outputs=2),
    _case("SPLIT_V", SHAPE, i(1, -1), scalar(2), options="SplitVOptions", numSplits=2, outputs=2),
    _case("SLICE", SHAPE, i(0, 1, 2, 0), i(-1, 3, 2, 2), options="SliceOptions"),
    _case("STRIDED_SLICE", SHAPE, i(0, 1, 5, 0), i(2, 5, 0, 3), i(1, 2, -2, 1), options=SS),
    _case(
        "STRIDED_SLICE",
        SHAPE,
        i(0, 1, 0, 0),
        i(0, 4, 9, 2),
        i(1, 1, 2, 1),
        options=SS,
        beginMask=5,
        endMask=1,
    ),
    _case("STRIDED_SLICE", SHAPE, i(0, 2, 0, 0), i(2, 3, 6, 3), i(1, 1, 1, 1), options=SS, shrinkAxisMask=2),
    _case(
        "STRIDED_SLICE",
        SHAPE,
        i(0, 0, -1),
        i(2, 0, 0),
        i(1, 1, 1),
        options=SS,
        shrinkAxisMask=4,
        ellipsisMask=2,
    ),
    _case("STRIDED_SLICE", (5, 3), i(0, 1, 0), i(0, 4, 3), i(1, 1, 1), options=SS, newAxisMask=1),
    _case("PAD", SHAPE, i((0, 0), (1, 2), (0, 3), (1, 0)), options="PadOptions"),
    _case(
        "PADV2", SHAPE, i((0, 0), (1, 2), (0, 3), (1, 0)), np.array(-1.5, np.float32), options="PadV2Options"
    ),
    _case("MIRROR_PAD", SHAPE, i((0, 0), (1, 2), (3, 0), (0, 0)), options="MirrorPadOptions", mode=0),
    _case("MIRROR_PAD", SHAPE, i((0, 0), (1, 2), (3, 0), (2, 1)), options="MirrorPadOptions", mode=1),
    _case("GATHER", SHAPE, i(2, 0, 2), options="GatherOptions", axis=3),
    _case("GATHER", SHAPE, scalar(1), options="GatherOptions", axis=1),
    _case("GATHER", (4, 3), i((0, 1), (3, 3)), options="GatherOptions", axis=0),
    _case("GATHER_ND", (4, 3, 2), i((0, 1), (3, 2)), options="GatherNdOptions"),
    _case("TILE", (2, 3, 2), i(1, 2, 3), options="TileOptions"),
    _case("BROADCAST_TO", (3, 1), i(2, 3, 4)),
    _case("REVERSE_V2", SHAPE, i(2), options="ReverseV2Options"),
    _case("SPACE_TO_DEPTH", (2, 4, 6, 3), options="SpaceToDepthOptions", blockSize=2),
    _case("DEPTH_TO_SPACE", (2, 4, 3, 12), options="DepthToSpaceOptions", blockSize=2),
    _case("SPACE_TO_BATCH_ND", (1, 4, 5, 3), i(2, 3), i((0, 0), (0, 1)), options="SpaceToBatchNDOptions"),
    _case("BATCH_TO_SPACE_ND", (6, 2, 2, 3), i(2, 3), i((0, 1), (1, 0)), options="BatchToSpaceNDOptions"),
]


CASES = [*WINDOWS, *ARITHMETIC, *FUNCTIONS, *REDUCTIONS, *SHAPES]
