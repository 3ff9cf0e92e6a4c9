"""A small convolutional network, and examples that it labels itself, so that its float answers are all right."""

from __future__ import annotations

import numpy as np

from lpdnn.data import Dataset
from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.softmax import Softmax

RELU = ActivationFunction("relu")
PADDED = (1, 1, 1, 1)


def small_network(seed: int = 0, *, uneven: bool = False) -> Graph:
    """Return expand, depthwise, project, add, pool, fc, softmax.

    `uneven` multiplies filters by very unlike factors that what reads them divides by: the answers are the same.
    """
    rng = np.random.default_rng(seed)
    factors = np.exp(np.random.default_rng(99).uniform(-3, 3, (2, 16))) if uneven else np.ones((2, 16))
    one, other = factors.reshape(2, 16, 1, 1, 1)
    scaled = {"expand": one, "depthwise": other / one, "project": 1 / other.reshape(1, 16, 1, 1)}
    graph = GraphBuilder("small")

    def weights(name: str, *shape: int) -> str:
        fan = int(np.prod(shape[1:]))
        array = rng.standard_normal(shape) * np.sqrt(2 / fan)
        array = array * scaled.get(name, 1.0)
        return graph.constant(f"{name}.w", array.astype(np.float32))

    x = graph.input("x", TensorType((1, 3, 8, 8)))
    stem = graph.apply(
        Conv2d(padding=PADDED, activation=RELU), x, weights("stem", 8, 3, 3, 3), None, name="stem"
    )
    wide = graph.apply(Conv2d(activation=RELU), stem, weights("expand", 16, 8, 1, 1), None, name="expand")
    deep = graph.apply(
        Conv2d(padding=PADDED, groups=16, activation=RELU),
        wide,
        weights("depthwise", 16, 1, 3, 3),
        None,
        name="depthwise",
    )
    slim = graph.apply(Conv2d(), deep, weights("project", 8, 16, 1, 1), None, name="project")
    total = graph.apply(Eltwise("sum"), stem, slim, name="sum")
    pooled = graph.apply(Pool("average", kernel=(8, 8)), total, name="pool")
    score = graph.apply(FullyConnected(), pooled, weights("fc", 6, 8), None, name="fc")
    return graph.finish([graph.apply(Softmax(axis=1), score, name="prob")])


def examples(graph: Graph, count: int = 24, seed: int = 1) -> Dataset:
    """Return random images, with what the network says of them as labels."""
    rng = np.random.default_rng(seed)
    images = rng.standard_normal((count, 3, 8, 8)).astype(np.float32)
    labels = [int(interpret(graph, {"x": image[None]})["prob"].argmax()) for image in images]
    return Dataset("random", count, lambda index: (images[index], labels[index]))
