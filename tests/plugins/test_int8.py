"""The ways from sums to results of integer kernels: each gives what the operator says, and each is taken."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ir import rescale
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.plugins.cpu_simd._rescale import Results, doubles, floats
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.targets import find
from lpdnn.toolchain.kernel_program import Case, run_cases

if TYPE_CHECKING:
    from lpdnn.ir import Array

NATIVE = find("native")
METHOD = {"floats": 0, "doubles": -1, "ties": 0, "ones": -2}
WAYS = tuple(METHOD)
WIDE = Results(0, -128, 127, "single")


def kernels(how: str) -> list[tuple[Plugin, Primitive]]:
    """Return the primitives for convolutions of s8, on instructions that this computer has."""
    every = [
        (plugin, p) for plugin in discover() for p in plugin.primitives if p.name.startswith("qconv2d_s8_")
    ]
    return [(plugin, p) for plugin, p in every if how in p.how]


@cache
def case(way: str) -> Case:
    """Return a convolution whose results take a way; sums of 40 products reach 1.3 million."""
    rng = np.random.default_rng(3)
    filters, depth = 37, 40
    powers = way in {"ties", "ones"}
    multiplier = np.full(filters, 2**30) if powers else rng.integers(2**30, 2**31, filters)
    shift = {"floats": -3, "doubles": -11, "ties": -11, "ones": 16}[way]
    if way == "floats":  # few steps: proven at once
        multiplier[:3] = 0, 1, 2**31 - 1
    return Case(
        QConv2d(x_zero=3, y_zero=-2, low=-100, high=101),
        (
            rng.integers(-128, 128, (1, depth, 13, 5)).astype(np.int8),
            rng.integers(-128, 128, (filters, depth, 1, 1)).astype(np.int8),
            multiplier.astype(np.int32),
            np.full(filters, shift, np.int32),
            rng.integers(-999, 999, filters).astype(np.int32),
        ),
    )


@cache
def depthwise(way: str) -> Case:
    """Return a depthwise one of three blocks of channels, the last of which overlaps.

    Sums of 9 products are so small that floats do, but for a bias of more bits than theirs.
    """
    rng = np.random.default_rng(4)
    channels, bias = 81, 2**27 if way == "doubles" else 999
    shift = {"floats": -6, "doubles": -20, "ties": -6, "ones": 19}[way]
    multiplier = np.full(channels, 2**30) if way == "ties" else rng.integers(2**30, 2**31, channels)
    return Case(
        QConv2d(padding=(1, 1, 1, 1), groups=channels, x_zero=3, y_zero=-2, low=-100, high=101),
        (
            rng.integers(-128, 128, (1, channels, 5, 17)).astype(np.int8),
            rng.integers(-128, 128, (channels, 1, 3, 3)).astype(np.int8),
            multiplier.astype(np.int32),
            np.full(channels, shift, np.int32),
            rng.integers(-bias, bias, channels).astype(np.int32),
        ),
    )


def taken(rest: Array, lanes: int) -> set[int]:
    """Return the methods of int8.h by which panels of so many filters become results."""
    return set(rest.reshape(-1, 2, lanes)[:, 1, 0].clip(-2, 0))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("isa", ["avx512vnni", "avxvnni", "avx2"])
@pytest.mark.parametrize("how", ["direct", "depthwise"])
def test_every_way_gives_what_the_operator_says(how: str, isa: str, way: str) -> None:
    ((plugin, primitive),) = kernels(f"{how}_{isa}")
    one = case(way) if how == "direct" else depthwise(way)
    graph = one.graph(primitive)
    (node,) = graph.nodes
    refusal = primitive.accepts(one.op, graph.input_types(node), graph.output_types(node), NATIVE)
    # AVX-512 has the instructions of AVX-VNNI too, in another encoding
    if refusal and (isa != "avxvnni" or "avx512vnni" not in NATIVE.features):
        pytest.skip(refusal)
    rest = one.operands(primitive)[3]
    assert rest is not None
    wide = 4 * 8 if how == "depthwise" else 2 * (16 if isa == "avx512vnni" else 8)
    assert taken(rest, wide) >= {METHOD[way]}
    ((got,),) = run_cases(plugin, primitive, [one], flags=(*NATIVE.flags, "-O1"))
    np.testing.assert_array_equal(got, one.op.reference(*one.inputs)[0])


def test_a_float_is_only_taken_where_it_rounds_alike() -> None:
    rng = np.random.default_rng(1)
    multiplier = rng.integers(2**30, 2**31, 600)
    shift = rng.integers(-14, -8, 600)
    reach = np.array([[-(2**20), 2**20]] * 600)
    found = floats(multiplier, shift, reach, WIDE)
    proven = ~np.isnan(found)
    assert 100 < proven.sum() < 600
    sums = np.arange(-(2**20), 2**20 + 1)
    for i in np.flatnonzero(proven)[:10]:
        want = np.clip(rescale(sums, int(multiplier[i]), int(shift[i])), -128, 127)
        got = np.rint(sums.astype(np.float64) * float(found[i]))
        np.testing.assert_array_equal(np.clip(got, -128, 127), want)


def test_ties_of_doubles_go_away_from_zero() -> None:
    multiplier, shift = np.array([2**30, 3 << 29, 2**30 + 1]), np.array([-9, -9, -9])
    sums = np.arange(-(2**18), 2**18)
    for m, s, factor in zip(multiplier, shift, doubles(multiplier, shift), strict=True):
        # the exact product has 19 + 31 bits, and a double's 53 hold it
        np.testing.assert_array_equal(np.rint(sums * factor), rescale(sums, int(m), int(s)))
