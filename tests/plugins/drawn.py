"""Cases drawn by hypothesis, for the operators that several plugins implement: small, and of any geometry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from lpdnn.ir import LpdnnError, Sample, TensorType
from lpdnn.ops.activation import IDENTITY, Activation, ActivationFunction
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.convert import Convert
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.scale import Scale
from lpdnn.ops.separable import Separable
from lpdnn.ops.softmax import Softmax

if TYPE_CHECKING:
    from lpdnn.ir import Operator

Draw = st.DrawFn
COUNT = 280
"""Cases of an operator; each primitive gets the first of those that it accepts."""

FUNCTIONS = st.one_of(
    st.sampled_from(
        [
            IDENTITY,
            ActivationFunction("relu"),
            ActivationFunction("clip", 0.0, 6.0),
            ActivationFunction("tanh"),
        ]
    ),
    st.builds(ActivationFunction, st.just("relu"), st.sampled_from([0.25, -0.5, 1.5])),
)
CHANNELS = st.one_of(st.integers(1, 9), st.sampled_from([8, 15, 16, 17, 31, 32, 33, 48]))

OUTPUTS = st.tuples(st.integers(1, 14), st.integers(1, 14))
SQUARE = st.sampled_from([(3, 1), (1, 1), (3, 2), (5, 1), (7, 2), (11, 4)])
"""Filters and strides, both square, of convolutions that are computed by transforms."""
TRANSFORMED = st.one_of(
    st.tuples(SQUARE, CHANNELS, OUTPUTS, st.integers(1, 2)),
    st.tuples(  # 16 tiles of 2x2 or 4x4, and filters that fill more than one vector
        st.sampled_from([(3, 1), (3, 2)]), st.just(17), st.sampled_from([(7, 8), (13, 16)]), st.just(1)
    ),
)
"""Filter and stride, how many filters, outputs' maps, images."""


def _pair(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    """Return two numbers, often the same."""
    return st.one_of(st.integers(low, high).map(lambda n: (n, n)), st.tuples(*[st.integers(low, high)] * 2))


@st.composite
def _windows(
    draw: Draw, kernels: st.SearchStrategy[tuple[int, int]], dilations: st.SearchStrategy[tuple[int, int]]
) -> dict[str, tuple[int, ...]]:
    """Return a window with its stride, padding and dilation, and an image that it fits into."""
    kernel, stride, dilation = draw(kernels), draw(_pair(1, 3)), draw(dilations)
    padding = tuple(draw(st.integers(0, kernel[i % 2] - 1)) for i in range(4))
    covered = [dilation[i] * (kernel[i] - 1) + 1 for i in (0, 1)]
    least = [max(1, covered[i] - padding[i] - padding[i + 2]) for i in (0, 1)]
    size = tuple(draw(st.integers(least[i], least[i] + 11)) for i in (0, 1))
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "size": size}


@st.composite
def _conv2d(draw: Draw) -> Sample:
    kernels = st.one_of(st.sampled_from([(1, 1), (3, 3)]), _pair(1, 5))
    window = draw(_windows(kernels, st.one_of(st.just((1, 1)), _pair(1, 3))))
    groups, depth = draw(
        st.one_of(
            st.tuples(st.just(1), CHANNELS),
            st.tuples(CHANNELS, st.just(1)),
            st.tuples(st.integers(2, 3), st.integers(1, 5)),
        )
    )
    if draw(st.booleans()):  # what transforms are for: square filters, no groups
        (kernel, stride), filters, outputs, images = draw(TRANSFORMED)
        padding = tuple(min(p, kernel - 1) for p in window["padding"])
        under = [stride * (outputs[i] - 1) + kernel - padding[i] - padding[i + 2] for i in (0, 1)]
        window |= {
            "stride": (stride, stride),
            "dilation": (1, 1),
            "kernel": (kernel, kernel),
            "padding": padding,
            "size": tuple(max(1, extent) for extent in under),
        }
        groups, depth = 1, groups * depth
    else:
        images = draw(st.integers(1, 2))
        filters = draw(CHANNELS) if groups == 1 else groups * draw(st.integers(1, 3))
    op = Conv2d(
        window["stride"],  # type: ignore[arg-type]
        window["padding"],  # type: ignore[arg-type]
        window["dilation"],  # type: ignore[arg-type]
        groups,
        activation=draw(FUNCTIONS),
    )
    image = (images, groups * depth, *window["size"])
    bias = (filters,) if draw(st.booleans()) else None
    weight = (filters, depth, *window["kernel"])
    if not draw(st.booleans()):
        return Sample(op, (image, weight, bias))
    try:
        (y,) = op.infer(TensorType(image), TensorType(weight))
    except LpdnnError:
        assume(condition=False)
    slope = (filters,) if draw(st.booleans()) else None
    return Sample(op, (image, weight, bias, slope, y.shape if draw(st.booleans()) else None))


@st.composite
def _separable(draw: Draw) -> Sample:
    window = draw(_windows(_pair(1, 5), st.one_of(st.just((1, 1)), _pair(1, 3))))
    middle, filters, expands = draw(CHANNELS), draw(CHANNELS), draw(st.booleans())
    functions = [draw(FUNCTIONS) for _ in range(3)]
    op = Separable(window["stride"], window["padding"], window["dilation"], *functions)  # type: ignore[arg-type]
    channels = draw(CHANNELS) if expands else middle
    image = (draw(st.integers(1, 2)), channels, *window["size"])
    weights = (middle, 1, *window["kernel"]), (filters, middle, 1, 1)
    biases = [(count,) if draw(st.booleans()) else None for count in (middle, filters, middle)]
    expand = ((middle, channels, 1, 1), biases[2]) if expands else (None, None)
    inputs = (image, *weights, *biases[:2], *expand)
    try:
        (y,) = op.infer(*(None if shape is None else TensorType(shape) for shape in inputs))
    except LpdnnError:
        assume(condition=False)
    return Sample(op, (*inputs, y.shape if draw(st.booleans()) else None))


@st.composite
def _pool(draw: Draw) -> Sample:
    window = draw(_windows(_pair(1, 5), st.just((1, 1))))
    op = Pool(
        draw(st.sampled_from(["max", "average"])),
        window["kernel"],  # type: ignore[arg-type]
        window["stride"],  # type: ignore[arg-type]
        window["padding"],  # type: ignore[arg-type]
        ceil=draw(st.booleans()),
        count_padding=draw(st.booleans()),
    )
    return Sample(op, ((draw(st.integers(1, 2)), draw(CHANNELS), *window["size"]),))


def _shapes(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, 9), min_size=low, max_size=high).map(tuple)


IMAGES = st.tuples(st.integers(1, 2), CHANNELS, st.integers(1, 7), st.integers(1, 7))
ANY = st.one_of(IMAGES, _shapes(1, 4))


@st.composite
def _fc(draw: Draw) -> Sample:
    shape = draw(st.one_of(IMAGES, st.tuples(st.integers(1, 5), st.integers(1, 300))))
    axis, filters = draw(st.integers(1, len(shape) - 1)), draw(st.one_of(CHANNELS, st.integers(1, 200)))
    weight = (filters, int(np.prod(shape[axis:])))
    op = FullyConnected(axis, activation=draw(FUNCTIONS))
    return Sample(op, (shape, weight, (filters,) if draw(st.booleans()) else None))


@st.composite
def _softmax(draw: Draw) -> Sample:
    shape = draw(st.one_of(IMAGES, _shapes(1, 4), st.tuples(st.integers(1, 3), st.integers(1, 1200))))
    axis = draw(st.one_of(st.just(min(1, len(shape) - 1)), st.integers(0, len(shape) - 1)))
    return Sample(Softmax(axis), (shape,), spread=draw(st.sampled_from([0.1, 1.0, 30.0])))


@st.composite
def _activation(draw: Draw) -> Sample:
    functions = st.sampled_from([sample.op.function for sample in Activation.samples()])  # type: ignore[attr-defined]
    return Sample(
        Activation(draw(st.one_of(FUNCTIONS, functions))), (draw(ANY),), draw(st.sampled_from([1.0, 4.0]))
    )


@st.composite
def _eltwise(draw: Draw) -> Sample:
    kind, count = draw(st.sampled_from(["sum", "product", "max"])), draw(st.integers(1, 4))
    weighted = kind == "sum" and draw(st.booleans())
    factors = draw(st.lists(st.sampled_from([1.0, -1.0, 0.5, 3.0]), min_size=count, max_size=count))
    op = Eltwise(kind, tuple(factors) if weighted else (), activation=draw(FUNCTIONS))
    return Sample(op, (draw(ANY),) * count)


@st.composite
def _lrn(draw: Draw) -> Sample:
    within = draw(st.booleans())
    size, alpha = draw(st.sampled_from([1, 3, 5, 7])), draw(st.sampled_from([1e-4, 0.5, 2.0]))
    beta, k = (
        draw(st.sampled_from([0.5, 0.75, 1.0, 0.6])),
        1.0 if within else draw(st.sampled_from([1.0, 2.0])),
    )
    op = Lrn("within_channel" if within else "across_channels", size, alpha, beta, k)
    return Sample(
        op,
        (draw(IMAGES if within else st.one_of(IMAGES, _shapes(2, 4))),),
        draw(st.sampled_from([1.0, 50.0])),
    )


@st.composite
def _prelu(draw: Draw) -> Sample:
    shape = draw(ANY)
    return Sample(PRelu(), (shape, (shape[min(1, len(shape) - 1)],) if draw(st.booleans()) else (1,)))


@st.composite
def _scale(draw: Draw) -> Sample:
    shape = draw(ANY)
    axis = min(1, len(shape) - 1) if draw(st.booleans()) else draw(st.integers(0, len(shape) - 1))
    covered = shape[axis : axis + draw(st.integers(1, 2))]
    return Sample(
        Scale(axis, activation=draw(FUNCTIONS)), (shape, covered, covered if draw(st.booleans()) else None)
    )


@st.composite
def _concat(draw: Draw) -> Sample:
    shape = draw(ANY)
    axis = draw(st.one_of(st.just(min(1, len(shape) - 1)), st.integers(0, len(shape) - 1)))
    sizes = draw(st.lists(CHANNELS if axis == 1 else st.integers(1, 9), min_size=1, max_size=4))
    return Sample(Concat(axis), tuple((*shape[:axis], size, *shape[axis + 1 :]) for size in sizes))


@st.composite
def _convert(draw: Draw) -> Sample:
    pairs = sorted({(s.op.source, s.op.target) for s in Convert.samples()})  # type: ignore[attr-defined]
    return Sample(Convert(*draw(st.sampled_from(pairs))), (draw(IMAGES),))


STRATEGIES: dict[type[Operator], st.SearchStrategy[Sample]] = {
    Activation: _activation(),
    Concat: _concat(),
    Conv2d: _conv2d(),
    Convert: _convert(),
    Eltwise: _eltwise(),
    FullyConnected: _fc(),
    Lrn: _lrn(),
    PRelu: _prelu(),
    Pool: _pool(),
    Scale: _scale(),
    Separable: _separable(),
    Softmax: _softmax(),
}


@cache
def drawn(op: type[Operator]) -> tuple[Sample, ...]:
    """Return samples of an operator that are as good as random, and the same in every run."""
    found: dict[str, Sample] = {}
    if op not in STRATEGIES:
        return ()

    @settings(
        max_examples=COUNT,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(STRATEGIES[op])
    def collect(sample: Sample) -> None:
        plain = tuple(
            None if x is None else TensorType(np.shape(x) if isinstance(x, np.ndarray) else x)
            for x in sample.inputs
        )
        try:
            if op is not Convert:
                sample.op.infer(*plain)
        except LpdnnError:
            assume(condition=False)
        found[repr(sample)] = sample

    collect()
    return tuple(found.values())
