"""cpu_simd where its code takes other ways than the operators' samples make it take."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lpdnn.ir import LpdnnError, Operator, TensorType
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.primitives import Primitive, discover
from lpdnn.targets import Target, find
from lpdnn.toolchain.kernel_program import Case, run_cases

Shapes = tuple[tuple[int, ...] | None, ...]
PLUGIN = next(plugin for plugin in discover() if plugin.name == "cpu_simd")
SANITIZE = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
LEAKY = ActivationFunction("relu", 0.1)
CLIP = ActivationFunction("clip", -0.5, 0.5)
SWISH = ActivationFunction("swish", 1.3)


def conv(
    channels: int, filters: int, size: tuple[int, int], kernel: tuple[int, int] = (1, 1), **more: object
) -> tuple[Conv2d, Shapes]:
    """Return a convolution with the padding that keeps the size, unless told otherwise."""
    padding = more.pop("padding", (kernel[0] // 2, kernel[1] // 2, kernel[0] // 2, kernel[1] // 2))
    bias = more.pop("bias", True)
    batch = more.pop("batch", 1)
    op = Conv2d(padding=padding, **more)  # type: ignore[arg-type]
    weight = (filters, channels // op.groups, *kernel)
    return op, ((batch, channels, *size), weight, (filters,) if bias else None)  # type: ignore[return-value]


POINTWISE = [
    conv(37, 41, (5, 5)),
    conv(8, 130, (1, 1), bias=False),
    conv(1, 1, (1, 1)),
    conv(64, 48, (3, 19), activation=LEAKY),
    conv(20, 33, (7, 7), batch=3, activation=CLIP),
    conv(1024, 17, (3, 5)),  # pixels 4096 bytes apart are copied
    conv(256, 24, (9, 9), stride=(2, 2)),
    conv(6, 10, (9, 7), stride=(3, 2), padding=(1, 2, 0, 3)),
    conv(4, 5, (2, 2), stride=(4, 4), padding=(2, 2, 2, 2)),
    conv(24, 40, (6, 6), groups=4, activation=SWISH),
    conv(2000, 3, (30, 31)),  # in more than one band
]
STRASSEN = [
    conv(64, 64, (7, 7), activation=SWISH),  # halves of full panels, of an odd number of pixels
    conv(521, 72, (13, 17), activation=LEAKY),  # in more than one band
    conv(20, 33, (3, 3), batch=3, bias=False),
    conv(2, 70, (1, 2)),
    conv(1024, 64, (3, 5)),  # pixels 4096 bytes apart are copied
    conv(96, 130, (9, 7), stride=(2, 3), batch=2),
]
WINDOWS = [
    conv(19, 23, (9, 11), (3, 3)),
    conv(256, 20, (6, 6), (3, 3), activation=LEAKY),  # pixels 1024 bytes apart are copied further apart
    conv(5, 35, (1, 1), (3, 3)),
    conv(7, 9, (13, 4), (5, 2), stride=(2, 3), padding=(0, 1, 4, 0)),
    conv(4, 6, (3, 3), (2, 2), stride=(5, 5), padding=(0, 0, 0, 0)),
    conv(3, 70, (12, 12), (3, 3), dilation=(2, 4), padding=(2, 4, 2, 4), batch=2),
    conv(12, 18, (7, 7), (3, 3), groups=3),
    conv(70, 8, (50, 40), (3, 3), padding=(2, 3, 0, 1)),  # in more than one band, unevenly padded
    conv(3, 5, (2, 3), (3, 3), padding=(5, 6, 7, 8)),  # whole tiles of nothing but padding
]
FIRST = [
    conv(3, 32, (29, 31), (3, 3), stride=(2, 2)),
    conv(1, 7, (8, 8), (5, 5), padding=(0, 0, 0, 0)),
    conv(4, 20, (15, 9), (3, 2), stride=(1, 3), groups=2, batch=2),
    conv(3, 96, (39, 27), (11, 11), stride=(4, 4), padding=(0, 0, 0, 0)),
    conv(6, 5, (9, 9), (3, 3), dilation=(1, 2), padding=(1, 2, 1, 2), activation=CLIP),
]
DEPTHWISE = [
    conv(16, 16, (9, 9), (3, 3), groups=16),
    conv(37, 37, (6, 25), (3, 3), groups=37, activation=LEAKY),
    conv(5, 5, (1, 1), (3, 3), groups=5, bias=False),
    conv(40, 40, (17, 18), (5, 5), groups=40, stride=(2, 2), batch=2),
    conv(33, 33, (14, 30), (3, 3), groups=33, dilation=(2, 2), padding=(2, 2, 2, 2)),
    conv(18, 18, (5, 12), (2, 3), groups=18, stride=(3, 4), padding=(0, 2, 1, 0)),
    conv(20, 20, (8, 8), (7, 7), groups=20),
]
WINOGRAD = [
    conv(19, 23, (9, 11), (3, 3)),
    conv(256, 35, (13, 13), (3, 3), activation=LEAKY),
    conv(3, 5, (1, 1), (3, 3), bias=False),
    conv(16, 64, (7, 5), (3, 3), padding=(0, 2, 3, 1), batch=3),
    conv(200, 17, (30, 29), (3, 3), padding=(0, 0, 0, 0)),  # in several bands, of which the last is shorter
    conv(24, 64, (9, 8), (3, 3), groups=2, activation=LEAKY),
    conv(19, 23, (9, 11), (5, 5)),
    conv(24, 64, (9, 8), (5, 5), groups=2, padding=(0, 3, 4, 1), batch=2),
    conv(19, 23, (9, 11), (3, 3), stride=(2, 2)),
    conv(64, 35, (27, 26), (3, 3), stride=(2, 2), activation=LEAKY),
    conv(3, 5, (1, 1), (3, 3), stride=(2, 2), bias=False),
    conv(8, 64, (17, 15), (3, 3), stride=(2, 2), padding=(0, 2, 3, 1), batch=3),
    conv(3, 20, (40, 37), (7, 7), stride=(2, 2), activation=LEAKY),
    conv(35, 17, (30, 25), (7, 7), stride=(2, 2), padding=(0, 1, 2, 3), batch=2),
    conv(3, 20, (67, 59), (11, 11), stride=(4, 4), padding=(0, 0, 0, 0)),
    conv(5, 17, (52, 79), (11, 11), stride=(4, 4), padding=(2, 5, 1, 0), batch=2),
]
NARROW = [  # 16 tiles of 2x2, of 4x4
    conv(19, 23, (7, 8), (3, 3)),
    conv(19, 23, (14, 13), (3, 3)),
    conv(19, 23, (15, 16), (3, 3), stride=(2, 2)),
    conv(19, 23, (31, 28), (3, 3), stride=(2, 2)),
]
FULLY_CONNECTED: list[tuple[Operator, Shapes]] = [
    (FullyConnected(), ((1, 1030), (131, 1030), (131,))),
    (FullyConnected(activation=SWISH), ((3, 5), (260, 5), None)),
    (FullyConnected(), ((1, 1), (17, 1), (17,))),
]
WIDE = [
    (Pool("max", (3, 3), (2, 2), ceil=True), ((1, 37, 9, 8),)),
    (Pool("average", (2, 3), (3, 1), (1, 1, 0, 2), count_padding=False), ((2, 64, 8, 9),)),
    (Pool("average", (7, 7)), ((1, 50, 7, 7),)),
]
LRN = [
    (Lrn("across_channels", 5, 0.3), ((1, 39, 3, 3),)),
    (Lrn("across_channels", 7, 0.3, 0.6), ((2, 16, 2, 2),)),
]
CONCAT = [(Concat(), ((1, 17, 3, 3), (1, 32, 3, 3), (1, 3, 3, 3), (1, 45, 3, 3)))]
ELTWISE = [(Eltwise("max", activation=LEAKY), ((1, 33, 3, 5), (1, 33, 3, 5)))]
KINDS = ("relu", "clip", "sigmoid", "swish", "abs", "tanh")
ACTIVATION = [(Activation(ActivationFunction(kind, 0.3, 0.8)), ((1, 3, 7, 9),)) for kind in KINDS]

CASES: dict[str, list[tuple[Operator, Shapes]]] = {
    "conv2d_f32_nhwc__direct": [*POINTWISE, *WINDOWS],
    "conv2d_f32_nchw_nhwc__direct": [*FIRST],
    "conv2d_f32_nhwc__depthwise": [*DEPTHWISE],
    "conv2d_f32_nhwc__strassen": [*STRASSEN],
    "conv2d_f32_nhwc__winograd": [*WINOGRAD],
    "fc_f32_nchw__stream": FULLY_CONNECTED,
    "pool_f32_nhwc__simd": [*WIDE],
    "lrn_f32_nhwc__simd": [*LRN],
    "concat_f32_nhwc__simd": [*CONCAT],
    "eltwise_f32_any__simd": [*ELTWISE],
    "activation_f32_any__simd": [*ACTIVATION],
}
BOARDS = [find("x86-64-avx2"), find("x86-64-avx512")]
VARIANTS = [pytest.param(p, id=p.name) for p in PLUGIN.primitives if p.file in CASES]


def _accepts(primitive: Primitive, op: Operator, shapes: Shapes, target: Target) -> str:
    inputs = primitive.in_types(tuple(None if s is None else TensorType(s) for s in shapes), "nhwc")
    return primitive.accepts(op, inputs, primitive.out_types(op, inputs), target)


def _board(primitive: Primitive) -> Target:
    """Return the board whose instructions a primitive is for."""
    return next(b for b in BOARDS if b.name.endswith((primitive.varies or primitive.how).rpartition("_")[2]))


def _listed(primitive: Primitive, target: Target) -> list[tuple[Operator, Shapes]]:
    """Return the cases of a primitive's file; of Winograd's, each primitive takes some."""
    if primitive.source != "winograd":
        return CASES[primitive.file]
    listed = NARROW if "narrow" in primitive.how else WINOGRAD
    return [case for case in listed if not _accepts(primitive, *case, target)]


def _case(op: Operator, shapes: Shapes, layout: str, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    arrays = tuple(None if s is None else rng.standard_normal(s).astype(np.float32) for s in shapes)
    return Case(op, arrays, layout=layout)


def _errors(primitive: Primitive, cases: list[Case], flags: tuple[str, ...]) -> list[float]:
    errors = []
    for case, outputs in zip(cases, run_cases(PLUGIN, primitive, cases, flags=flags), strict=True):
        (want,) = case.op.reference(*case.inputs)
        scale = float(np.max(np.abs(want))) or 1.0
        errors.append(float(np.max(np.abs(outputs[0].astype(np.float64) - want))) / scale)
    return errors


@pytest.mark.parametrize("primitive", VARIANTS)
def test_odd_shapes(primitive: Primitive) -> None:
    board = _board(primitive)
    if not board.runs_here:
        pytest.skip(f"this computer is no {board.name}")
    layout = "nhwc" if primitive.layout == "any" else ""
    listed = _listed(primitive, board)
    assert listed
    assert [_accepts(primitive, op, shapes, board) for op, shapes in listed] == [""] * len(listed)
    cases = [_case(op, shapes, layout, seed) for seed, (op, shapes) in enumerate(listed)]
    errors = _errors(primitive, cases, (*board.flags, "-O1", *SANITIZE))
    for case, error in zip(cases, errors, strict=True):
        assert error <= (primitive.tolerance or case.op.TOLERANCE), (
            case.op,
            [x.shape for x in case.inputs if x is not None],
        )


def test_optimized_code_computes_the_same() -> None:
    """What the compiler makes of tiles at -O3 is not what it makes of them at -O1."""
    native = find("native")
    for primitive in PLUGIN.primitives:
        listed = _listed(primitive, native)[:2] if primitive.op is Conv2d else []
        if not listed or _accepts(primitive, *listed[0], native):
            continue
        cases = [_case(op, shapes, "", seed) for seed, (op, shapes) in enumerate(listed)]
        assert max(_errors(primitive, cases, native.flags)) <= (primitive.tolerance or Conv2d.TOLERANCE)


def test_strassen_adds_once_where_halves_of_pixels_overlap() -> None:
    """The result takes the addend's place, and an odd number of pixels has one in both halves."""
    native = find("native")
    op, shapes = conv(521, 72, (13, 17), activation=LEAKY)
    places = [primitive for primitive in PLUGIN.primitives if primitive.source == "strassen"]
    for primitive in places:
        if _accepts(primitive, op, shapes, native):
            continue
        case = _case(op, (*shapes, (72,), (1, 72, 13, 17)), "", 0)
        assert max(_errors(primitive, [dataclasses.replace(case, in_place=4)], native.flags)) <= op.TOLERANCE


def test_targets_without_the_instructions_are_refused() -> None:
    plain = dataclasses.replace(find("cortex-m4"), name="plain", declared=frozenset({"sse2"}))
    for primitive in PLUGIN.primitives:
        if primitive.file in CASES:
            op, shapes = _listed(primitive, _board(primitive))[0]
            assert _accepts(primitive, op, shapes, plain).startswith("needs avx")


def test_avx2_targets_are_not_given_avx512() -> None:
    for primitive in PLUGIN.primitives:
        if primitive.file in CASES:
            op, shapes = _listed(primitive, _board(primitive))[0]
            refusal = _accepts(primitive, op, shapes, find("x86-64-avx2"))
            assert refusal == ("needs avx512f" if "avx512" in primitive.how else "")


@pytest.mark.parametrize(
    ("how", "kernel", "stride"),
    [(f"winograd{size}_avx2", 3, 1) for size in ("2x2", "4x4", "5x5", "6x6")]
    + [(f"winograd{size}_5x5_avx2", 5, 1) for size in ("2x2", "3x3", "4x4")]
    + [(f"winograd{size}_stride2_avx2", 3, 2) for size in ("2x2", "3x3", "4x4")]
    + [("winograd4x4_7x7_stride2_avx2", 7, 2)]
    + [("winograd5x5_11x11_stride4_avx2", 11, 4)],
)
def test_winograd_is_as_exact_as_its_tolerance_says_with_many_channels(
    how: str, kernel: int, stride: int
) -> None:
    (primitive,) = [p for p in PLUGIN.primitives if p.how == how]
    if not find("x86-64-avx2").runs_here:
        pytest.skip("this computer has no AVX2")
    op, shapes = conv(512, 16, (24, 24), (kernel, kernel), stride=(stride, stride))
    (error,) = _errors(primitive, [_case(op, shapes, "", 0)], find("x86-64-avx2").flags)
    assert primitive.tolerance / 100 < error <= primitive.tolerance


def test_weights_that_are_computed_are_refused_in_words() -> None:
    (primitive,) = [p for p in PLUGIN.primitives if p.name == "conv2d_f32_nhwc__direct_avx2"]
    with pytest.raises(LpdnnError, match="must be constants"):
        primitive.prepare(Conv2d(), (None, None, None))
