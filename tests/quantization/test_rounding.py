"""Error feedback and bias correction: what they promise, over what layers read."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from lpdnn.quantization import Analysis, Format, analyse_weight, empty, realized, vectors
from lpdnn.quantization.bias import corrected
from lpdnn.quantization.rounding import output_error, rounded_with_feedback
from quantization_networks import small_network

RNG = np.random.default_rng(0)


def correlated(groups: int, length: int) -> np.ndarray:
    x = RNG.standard_normal((groups, length, 400)) + 2 * RNG.standard_normal((groups, 1, 400))
    return x @ x.swapaxes(1, 2)


@pytest.mark.parametrize("shape", [(8, 20), (12, 1, 3, 3), (8, 90, 1, 1)])
@pytest.mark.parametrize("method", ["PC", "K"])
def test_feedback_beats_the_nearest_and_stays_on_the_grid(shape: tuple[int, ...], method: str) -> None:
    weight = RNG.standard_normal(shape).astype(np.float32)
    groups = 12 if shape[1] == 1 else 1
    moments = correlated(groups, int(np.prod(shape[1:])))
    asked = Analysis((3,), methods=(method,))  # type: ignore[arg-type]
    one = analyse_weight(weight, asked, per_filter=True).candidates[f"{method}3"]
    found = rounded_with_feedback(weight, moments, one)
    assert np.allclose(one.rounded(found), found, atol=1e-6)
    assert output_error(weight, found, moments) < 0.7 * output_error(weight, one.rounded(weight), moments)


def test_the_bias_takes_the_mean_shift_back() -> None:
    weight = RNG.standard_normal((4, 10)).astype(np.float32)
    x = RNG.standard_normal((10, 1000)) + 3
    other = Format("D", 3, il=2, fl=1).rounded(weight)
    bias = corrected(np.zeros(4, np.float32), weight, other, x.mean(axis=1)[None])
    assert np.allclose((weight @ x).mean(axis=1), (other @ x).mean(axis=1) + bias, atol=1e-4)


def test_float_stays_as_it_is() -> None:
    weight, bias = np.ones((2, 2), np.float32), np.ones(2, np.float32)
    assert realized(weight, bias, Format("float"), None, {"rounding": True, "bias": True}) == (weight, bias)


@pytest.mark.parametrize("name", ["stem", "expand", "depthwise", "fc"])
def test_vectors_are_what_filters_are_multiplied_with(name: str) -> None:
    graph = small_network()
    x = RNG.standard_normal((1, 3, 8, 8)).astype(np.float32)
    values = interpret(graph, {"x": x})
    (node,) = [node for node in graph.nodes if node.name == name]
    weight = graph.constants[f"{name}.w"]
    found = vectors(node, values[str(node.inputs[0])], weight, np.random.default_rng(0))
    groups, length, places = found.shape
    product = weight.reshape(groups, -1, length) @ found  # [groups][M/groups][places]
    expected = values[name].reshape(weight.shape[0], places)
    activation = (lambda y: y) if name == "fc" else (lambda y: np.maximum(y, 0))
    assert np.allclose(activation(product.reshape(weight.shape[0], places)), expected, atol=1e-4)
    moments = empty(node, weight)
    moments.add(found)
    assert np.allclose(moments.mean, found.mean(axis=2), atol=1e-5)
