"""Layer by layer: what a program computes, against what an oracle says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lpdnn.ir import Array, Graph

Values = dict[str, "Array"]
Oracle = Literal["interpreter", "opencv"]


@dataclass(frozen=True)
class LayerCheck:
    """One value: its largest error, relative to the largest value that the oracle has in it.

    `computed` tells who computed what is compared: "C", or the "interpreter" where the layer was melted into
    another and has no value of its own in C.
    """

    layer: str
    operator: str
    value: str
    against: Oracle
    computed: Literal["C", "interpreter"]
    error: float
    tolerance: float
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the value is right."""
        return self.error <= self.tolerance


@dataclass(frozen=True)
class Verification:
    """The comparison of a network, layer by layer; `remarks` tell what was not compared, and why."""

    network: str
    layers: tuple[LayerCheck, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether something was compared, and all of it is right."""
        return bool(self.layers) and all(layer.ok for layer in self.layers)

    @property
    def worst(self) -> LayerCheck | None:
        """The value with the largest error."""
        return max(self.layers, key=lambda layer: layer.error, default=None)


def against_interpreter(
    graph: Graph, traced: Values, interpreted: Values, tolerance: float
) -> Iterator[LayerCheck]:
    """Compare every value that C computes with the interpreter's of the network as it was imported."""
    for node in graph.nodes:
        for value in node.outputs:
            if value in traced:
                error, note = difference(node.op.NAME, traced[value], interpreted[value])
                yield LayerCheck(node.name, node.op.NAME, value, "interpreter", "C", error, tolerance, note)


def against_layers(
    graph: Graph, traced: Values, interpreted: Values, layers: Mapping[str, list[Array]], tolerance: float
) -> Iterator[LayerCheck]:
    """Compare with a framework's results by layer: C's, or the interpreter's where C has none."""
    nodes = {node.name: node for node in graph.nodes}
    for layer, results in layers.items():
        if layer in nodes:
            makers = [(nodes[layer], value) for value in nodes[layer].outputs]
        else:
            parts = [nodes[f"{layer}/{i}"] for i in range(len(results)) if f"{layer}/{i}" in nodes]
            makers = [(part, part.outputs[0]) for part in parts]
        for (node, value), wanted in zip(makers, results, strict=False):
            in_c = value in traced
            error, note = difference(node.op.NAME, (traced if in_c else interpreted)[value], wanted)
            computed: Literal["C", "interpreter"] = "C" if in_c else "interpreter"
            yield LayerCheck(layer, node.op.NAME, value, "opencv", computed, error, tolerance, note)


def difference(operator: str, got: Array, wanted: Array) -> tuple[float, str]:
    """Return the error between two results of an operator, and what else is to say of it."""
    if operator == "detection_output":
        return _boxes_apart(got, wanted)
    if got.size != wanted.size:
        return float("inf"), f"shape {got.shape}, wanted {wanted.shape}"
    return relative_error(got, wanted), ""


def relative_error(got: Array, wanted: Array) -> float:
    """Return the largest difference, relative to the largest wanted value; NaN and NaN do not differ."""
    a, b = got.ravel().astype(np.float64), wanted.ravel().astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return 0.0
    finite = np.isfinite(b)
    if not (np.isfinite(a) & finite)[~same].all():
        return float("inf")
    largest = float(np.max(np.abs(b[finite]), initial=0.0)) or 1.0
    return float(np.max(np.abs(a[~same] - b[~same]))) / largest


def _boxes_apart(got: Array, wanted: Array) -> tuple[float, str]:
    """Compare detections [1][1][R][7] as sets: of rows of one image and label, the nearest are paired."""
    # Rows that are not used are -1 throughout with us, 0 throughout with OpenCV.
    ours, theirs = (
        rows[(rows[:, 0] >= 0) & rows.any(axis=1)] for rows in (got.reshape(-1, 7), wanted.reshape(-1, 7))
    )
    if len(ours) != len(theirs):
        return float("inf"), f"{len(ours)} boxes, wanted {len(theirs)}"
    left = ours.astype(np.float64)
    worst = 0.0
    for row in theirs.astype(np.float64):
        apart = np.max(np.abs(left[:, 2:] - row[2:]), axis=1, initial=0.0)
        apart[(left[:, :2] != row[:2]).any(axis=1)] = np.inf
        nearest = int(np.argmin(apart))
        worst = max(worst, float(apart[nearest]))
        left = np.delete(left, nearest, axis=0)
    largest = float(np.max(np.abs(theirs[:, 2:]), initial=0.0)) or 1.0
    return worst / largest, f"{len(theirs)} boxes"
