"""Formats that layer analysis finds, against trying them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lpdnn.ir import LpdnnError
from lpdnn.quantization import Analysis, Distribution, Format, analyse_activation, analyse_weight
from lpdnn.quantization.analysis import fixed_point, weight_errors

RNG = np.random.default_rng(0)
WEIGHT = (RNG.standard_t(3, (6, 4, 3, 3)) * np.exp(np.arange(6))[:, None, None, None] / 100).astype(
    np.float32
)


def error(one: Format, x: np.ndarray) -> float:
    return float(np.mean((one.rounded(x).astype(np.float64) - x) ** 2))


@pytest.mark.parametrize("bits", [2, 4, 8, 12])
def test_fixed_point_is_the_best_of_all(bits: int) -> None:
    found = analyse_weight(WEIGHT, Analysis((bits,), methods=("D",)), per_filter=True).candidates[f"D{bits}"]
    every = [error(Format("D", bits, il=il, fl=bits - il), WEIGHT) for il in range(-8, 12)]
    assert found.mse == pytest.approx(min(every))
    assert error(found, WEIGHT) == pytest.approx(found.mse)
    assert found.sqnr == pytest.approx(10 * np.log10(np.mean(WEIGHT.astype(float) ** 2) / found.mse))


def test_without_clipping_nothing_saturates() -> None:
    asked = Analysis((4,), methods=("D", "PC"), clip=False)
    for one in analyse_weight(WEIGHT, asked, per_filter=True).candidates.values():
        largest = np.abs(one.rounded(WEIGHT) - WEIGHT).max(axis=(1, 2, 3))
        assert np.all(largest <= one.scales() * 0.5 + 1e-6)


@pytest.mark.parametrize("bits", [4, 16])
def test_fixed_point_a_filter_is_the_best_of_each(bits: int) -> None:
    asked = Analysis((bits,), methods=("DC",))
    found = analyse_weight(WEIGHT, asked, per_filter=True).candidates[f"DC{bits}"]
    for row, scale in zip(WEIGHT, found.scales(), strict=True):
        alone = analyse_weight(row[None], Analysis((bits,), methods=("D",)), per_filter=True)
        assert scale == 2.0 ** -alone.candidates[f"D{bits}"].fl
    one = analyse_weight(WEIGHT, Analysis((bits,), methods=("D",)), per_filter=True).candidates[f"D{bits}"]
    assert error(found, WEIGHT) == pytest.approx(found.mse)
    assert found.mse < one.mse
    with pytest.raises(LpdnnError, match="powers of two"):
        replace(found, scale=(0.75,) * 6)


def test_what_a_softmax_reads_is_finest_where_it_is_probable() -> None:
    logits = RNG.normal(0, 4, (200, 50)).astype(np.float32)
    likely = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    plain, judged = Distribution(), Distribution()
    for row, weight in zip(logits, likely, strict=True):
        plain.add(row)
        judged.add(row, weight * 50)

    def divergence(seen: Distribution) -> float:
        one = analyse_activation(seen, (1, 50), Analysis((8,), (4,))).candidates["PC4"]
        exact = one.rounded(logits).astype(np.float64)
        other = np.exp(exact) / np.exp(exact).sum(axis=1, keepdims=True)
        return float(np.sum(likely * np.log(likely / other), axis=1).mean())

    assert divergence(judged) < 0.7 * divergence(plain)


def test_a_format_that_holds_the_greatest_power_of_two() -> None:
    x = np.array([1.0, -0.25], np.float32)
    mse, il = fixed_point(weight_errors(x)[0], 1.0, 8, 1)
    assert (mse, il) == (0, 2)


def test_scales_a_filter_beat_one_for_all_and_clipping_beats_none() -> None:
    def mse(*, per_filter: bool, clip: bool) -> float:
        asked = Analysis((4,), clip=clip)
        return analyse_weight(WEIGHT, asked, per_filter=per_filter).candidates["PC4"].mse

    assert (
        mse(per_filter=True, clip=True) < mse(per_filter=True, clip=False) < mse(per_filter=False, clip=False)
    )


def test_codebooks_beat_fixed_point_and_hold_entries_in_it_when_asked() -> None:
    found = analyse_weight(WEIGHT, Analysis((3,), methods=("D", "K", "KC")), per_filter=True).candidates
    assert found["K3"].mse < found["D3"].mse

    def relative(one: Format) -> float:
        largest = np.abs(WEIGHT).max(axis=(1, 2, 3), keepdims=True)
        return float(np.mean(((one.rounded(WEIGHT) - WEIGHT) / largest) ** 2))

    assert relative(found["KC3"]) < relative(found["K3"])
    assert error(found["K3"], WEIGHT) == pytest.approx(found["K3"].mse)
    joint = analyse_weight(WEIGHT, Analysis((3,), methods=("K",), entry_bits=8), per_filter=True).candidates[
        "K3"
    ]
    assert joint.il + joint.fl == 8
    steps = joint.table() * 2.0**joint.fl
    assert np.array_equal(steps, steps.round())
    assert np.abs(steps).max() <= 128
    pairs = analyse_weight(WEIGHT, Analysis((4,), methods=("K",), vector=2), per_filter=True).candidates[
        "K4x2"
    ]
    assert pairs.stored_bits(WEIGHT.shape) == WEIGHT.size * 2 + 32 * 32


@pytest.mark.parametrize("bits", [4, 8, 16])
def test_errors_from_the_histogram_are_those_of_the_numbers(bits: int) -> None:
    seen = Distribution()
    parts = [np.maximum(RNG.standard_normal(16000) * s, 0).astype(np.float32) for s in (0.3, 1, 4)]
    for part in parts:
        seen.add(part)
    x = np.concatenate(parts)
    found = analyse_activation(seen, (1,), Analysis(activation_bits=(bits,), methods=("PC", "D"))).candidates
    for one in found.values():
        assert error(one, x) == pytest.approx(one.mse, rel=0.15)
    assert seen.statistics().greatest == x.max()
    assert seen.statistics().mean == pytest.approx(float(x.mean()), rel=1e-5)
    assert seen.statistics().sigma == pytest.approx(float(x.std()), rel=1e-4)
    assert sum(seen.histogram().counts) == x.size
    if bits == 8:
        assert found["PC8"].zero == -128  # nothing below zero: all steps are above


def test_values_that_are_all_zero_have_a_format() -> None:
    seen = Distribution()
    seen.add(np.zeros(10, np.float32))
    found = analyse_activation(seen, (10,), Analysis(methods=("PC", "D")))
    assert all(one.mse == 0 for one in found.candidates.values())
    dead = analyse_weight(
        np.zeros((2, 3), np.float32), Analysis((4,), methods=("PC", "D", "K", "KC")), per_filter=True
    )
    assert all(
        np.array_equal(one.rounded(np.zeros((2, 3))), np.zeros((2, 3))) for one in dead.candidates.values()
    )
