"""Codebooks: exact where that is claimed, within bounds where not, and networks made of them."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.quantization import (
    Analysis,
    Scheme,
    apply_codebooks,
    codebook,
    least_bits,
    lossless,
    quantized,
)
from lpdnn.quantization import kmeans as module
from quantization.configured import configured

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph

VALUES = st.lists(st.integers(-50, 50), min_size=1, max_size=9)


def _error(values: np.ndarray, weights: np.ndarray) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sum(weights * (values - mean) ** 2))


def _least(values: np.ndarray, weights: np.ndarray, count: int) -> float:
    """Return the least error of all cuts of sorted values into runs."""
    best = np.inf
    for cuts in combinations(range(1, len(values)), min(count, len(values)) - 1):
        bounds = (0, *cuts, len(values))
        runs = [slice(a, b) for a, b in pairwise(bounds)]
        best = min(best, sum(_error(values[r], weights[r]) for r in runs))
    return best


@given(VALUES, st.integers(1, 5), st.data())
def test_kmeans_is_the_best_of_all(numbers: list[int], count: int, data: st.DataObject) -> None:
    values = np.sort(np.array(numbers, np.float64))
    weights = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(values), max_size=len(values))))
    found = module.kmeans(values, count, weights=weights)
    assert found.error == pytest.approx(_least(values, weights, count), abs=1e-9)
    assert found.bound == found.error
    far = np.abs(values[:, None] - found.centroids).min(axis=1)
    assert np.sum(weights * far**2) == pytest.approx(found.error, abs=1e-9)


@pytest.mark.parametrize("count", [2, 7, 16])
def test_with_bins_the_bound_holds_and_the_best_is_near(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(count).standard_t(3, 4000)
    exact = module.kmeans(x, count)
    monkeypatch.setattr(module, "WORK", 400 * count)
    found = module.kmeans(x, count)
    assert 0.5 * exact.error < found.bound <= exact.error <= found.error <= 1.02 * exact.error


def test_few_values_are_kept_as_they_are() -> None:
    weight = np.random.default_rng(0).choice(np.float32([-0.1, 0, 0.3, 1e-7, 5]), (8, 4, 3, 3))
    bits = least_bits(weight)
    assert bits == 3
    assert np.array_equal(codebook(weight, Scheme(bits)).weight, weight)
    assert least_bits(np.zeros((2, 2))) == 1
    assert least_bits(np.arange(257.0)) is None


def test_uniform_entries_are_at_equal_distances_from_the_least_to_the_greatest() -> None:
    weight = np.random.default_rng(1).standard_normal((6, 50)).astype(np.float32)
    found = codebook(weight, Scheme(4, "uniform"))
    entries = found.entries.ravel().astype(np.float64)
    assert (entries[0], entries[-1]) == (weight.min(), weight.max())
    np.testing.assert_allclose(np.diff(entries), np.diff(entries)[0], rtol=1e-5)
    assert np.abs(found.weight - weight).max() <= np.diff(entries)[0] / 2 * 1.0001
    assert codebook(weight, Scheme(4)).error(weight) < found.error(weight)


def test_entries_in_fixed_point_are_multiples_within_its_range() -> None:
    weight = np.random.default_rng(2).standard_normal((6, 50)).astype(np.float32) * 3
    steps = codebook(weight, Scheme(4, fixed=(3, 2))).entries * 4
    assert np.array_equal(steps, np.round(steps))
    assert steps.min() >= -16
    assert steps.max() <= 15
    assert (codebook(np.full((1, 2), 0.375, np.float32), Scheme(1, fixed=(3, 2))).entries == 0.5).all()


def test_filters_of_all_sizes_gain_by_factors_and_books_of_their_own() -> None:
    rng = np.random.default_rng(3)
    weight = (rng.standard_normal((32, 64)) * np.exp(rng.standard_normal((32, 1)) * 2)).astype(np.float32)
    shared = codebook(weight, Scheme(3))
    scaled = codebook(weight, Scheme(3, scaled=True))
    assert scaled.error(weight) < 0.5 * shared.error(weight)
    assert codebook(weight, Scheme(3, books=4)).error(weight) < shared.error(weight)
    assert scaled.bytes == shared.bytes + 32 * 4


def test_vectors_are_seeded_and_use_what_neighbours_have_in_common() -> None:
    rng = np.random.default_rng(4)
    pairs = rng.standard_normal((3000, 1)) * [1.0, 0.9] + 0.05 * rng.standard_normal((3000, 2))
    weight = pairs.reshape(60, 100).astype(np.float32)
    found = codebook(weight, Scheme(6, vector=2))
    assert found.indices.shape == (60, 50)
    assert found.error(weight) < codebook(weight, Scheme(3)).error(weight)
    assert np.array_equal(found.indices, codebook(weight, Scheme(6, vector=2)).indices)
    assert not np.array_equal(found.indices, codebook(weight, Scheme(6, vector=2, seed=1)).indices)


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [
        (Scheme(0), "1 to 8 bits"),
        (Scheme(9), "1 to 8 bits"),
        (Scheme(4, books=4), "do not divide 6 filters"),
        (Scheme(4, vector=7), "do not divide the 36 weights"),
        (Scheme(4, "uniform", vector=2), "has no vectors"),
        (Scheme(4, fixed=(1, 0)), "2 to 32"),
    ],
)
def test_what_cannot_be_is_refused_with_the_layer(scheme: Scheme, sentence: str) -> None:
    with pytest.raises(LpdnnError, match="layer 'conv': .*" + sentence):
        apply_codebooks(_network(), {"conv": scheme})


def _network() -> Graph:
    rng = np.random.default_rng(5)
    relu = ActivationFunction("relu")
    graph = GraphBuilder("small")
    x = graph.input("x", TensorType((1, 4, 7, 7)))
    weight = graph.constant("w", rng.standard_normal((6, 4, 3, 3)).astype(np.float32))
    bias = graph.constant("b", rng.standard_normal(6).astype(np.float32))
    depthwise = graph.constant("d", rng.choice(np.float32([-1, 0, 0.5]), (6, 1, 3, 3)))
    full = graph.constant("f", rng.standard_normal((11, 150)).astype(np.float32))
    y = graph.apply(Conv2d(padding=(1, 1, 1, 1), activation=relu), x, weight, bias, name="conv")
    y = graph.apply(Conv2d(groups=6), y, depthwise, name="depthwise")
    return graph.finish([graph.apply(FullyConnected(), y, full, name="fc")])


SCHEMES = {
    "conv": Scheme(3, vector=3, scaled=True),
    "depthwise": Scheme(2),
    "fc": Scheme(4, books=11),
}


def test_a_network_computes_with_the_weights_that_its_codebooks_stand_for(tmp_path: Path) -> None:
    graph = _network()
    quantized = apply_codebooks(graph, SCHEMES)
    assert [node.op.NAME for node in quantized.nodes] == ["conv2d_codebook"] * 2 + ["fc_codebook"]
    assert not {"w", "d", "f"} & set(quantized.constants)
    constants = dict(graph.constants)
    for value, name in (("w", "conv"), ("d", "depthwise"), ("f", "fc")):
        constants[value] = codebook(constants[value], SCHEMES[name]).weight
    x = {"x": np.random.default_rng(6).standard_normal((1, 4, 7, 7)).astype(np.float32)}
    expected = interpret(graph.rebuilt(graph.nodes, constants), x)["fc"]
    np.testing.assert_allclose(interpret(quantized, x)["fc"], expected, rtol=1e-5, atol=1e-5)
    lpdnn.save(quantized, tmp_path / "net.lpdnn")
    again = lpdnn.load(tmp_path / "net.lpdnn")
    np.testing.assert_allclose(lpdnn.build(again)(x), expected, rtol=1e-4, atol=1e-4)


def test_layers_of_few_values_lose_nothing() -> None:
    graph = _network()
    schemes = lossless(graph)
    assert schemes == {"depthwise": Scheme(2)}
    x = {"x": np.random.default_rng(6).standard_normal((1, 4, 7, 7)).astype(np.float32)}
    quantized = interpret(apply_codebooks(graph, schemes), x)["fc"]
    assert np.array_equal(quantized, interpret(graph, x)["fc"])


def test_only_layers_with_constant_weights_have_codebooks() -> None:
    with pytest.raises(LpdnnError, match="has no layer 'pool' .*; there are conv, depthwise, fc"):
        apply_codebooks(_network(), {"pool": Scheme(4)})


def test_codebooks_shrink_the_bundle(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    graph = GraphBuilder("large")
    x = graph.input("x", TensorType((1, 512)))
    weight = graph.constant("w", rng.standard_normal((256, 512)).astype(np.float32))
    net = graph.finish([graph.apply(FullyConnected(), x, weight, name="fc")])
    sizes = {}
    for bits in (0, 4, 2):
        there = apply_codebooks(net, {"fc": Scheme(bits)}) if bits else net
        folder = lpdnn.generate(there, tmp_path / str(bits), target="native", weights="file")
        sizes[bits] = sum(path.stat().st_size for path in folder.rglob("*.bin"))
    assert sizes[0] > 256 * 512 * 4
    assert sizes[4] < sizes[0] / 7.8
    assert sizes[2] < sizes[0] / 15


@pytest.mark.parametrize(
    ("method", "activations", "entry_bits"), [("K", 8, 0), ("KC", 16, 0), ("K", 16, 6), ("KC", 8, 8)]
)
def test_codebooks_of_integers_are_looked_up_in_networks_of_integers(
    method: str, activations: int, entry_bits: int
) -> None:
    graph = _network()
    x = {"x": np.random.default_rng(8).standard_normal((1, 4, 7, 7)).astype(np.float32)}
    asked = Analysis(
        weight_bits=(5,),
        activation_bits=(activations,),
        methods=(method,),
        entry_bits=entry_bits,  # type: ignore[arg-type]
    )
    configuration = configured(graph, [x], asked)
    integers = quantized(graph, configuration)
    assert integers.notes == ()
    names = [node.op.NAME for node in integers.graph.nodes]
    assert [n for n in names if n.startswith("q") and n != "quantize"] == [
        "qconv2d_codebook",
        "qconv2d_codebook",
        "qfc_codebook",
    ]
    constants = {
        value: configuration.weight(name).rounded(graph.constants[value])
        for value, name in (("w", "conv"), ("d", "depthwise"), ("f", "fc"))
    }
    expected = interpret(graph.rebuilt(graph.nodes, constants), x)["fc"]
    found = interpret(integers.graph, x)
    result = found[integers.graph.outputs[0]]
    assert np.abs(result - expected).max() < 0.05 * np.abs(expected).max()
    assert np.array_equal(lpdnn.build(integers.graph, simplified=False)(x), result)


def test_threads_share_what_is_looked_up() -> None:
    quantized = apply_codebooks(_network(), SCHEMES | {"fc": Scheme(8)})
    x = {"x": np.random.default_rng(9).standard_normal((1, 4, 7, 7)).astype(np.float32)}
    alone, together = (lpdnn.build(quantized, simplified=False, threads=n) for n in (1, 2))
    for _ in range(10):
        assert np.array_equal(together(x), alone(x))
