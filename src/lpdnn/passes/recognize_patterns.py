"""Functions that a model spells out in simple steps, as the one operator that they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import Node
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.bias import Bias
from lpdnn.ops.binary import Binary
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.mvn import Mvn
from lpdnn.ops.pool import Pool
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.scale import Scale
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Graph

CLOSE = 1e-6


@dataclass
class View:
    """A graph seen backwards: who makes a value, if nobody else reads it."""

    graph: Graph

    def __post_init__(self) -> None:
        self._makers = self.graph.producers()
        self._readers = self.graph.consumers()

    def maker(self, value: str | None, readers: int = 1) -> Node | None:
        """Return the node of a value that is no output of the network and has so many readers."""
        if value is None or value in self.graph.outputs or len(self._readers.get(value, ())) != readers:
            return None
        return self._makers.get(value)

    def number(self, value: str | None) -> float | None:
        """Return a constant of one element."""
        array = None if value is None else self.graph.constants.get(value)
        return float(array.ravel()[0]) if array is not None and array.size == 1 else None

    def linear(self, node: Node | None) -> tuple[float, float, str] | None:
        """Return factor, summand and argument of a node that computes a line of all elements alike."""
        if node is None:
            return None
        x = str(node.inputs[0])
        if isinstance(node.op, Power) and node.op.power == 1:
            return node.op.scale, node.op.shift, x
        if isinstance(node.op, Bias):
            shift = self.number(node.inputs[1])
            return None if shift is None else (1.0, shift, x)
        if isinstance(node.op, Scale) and node.op.activation.kind == "identity":
            scale, bias = self.number(node.inputs[1]), self.number((*node.inputs, None)[2])
            if scale is None or (bias is None and (*node.inputs, None)[2] is not None):
                return None
            return scale, bias or 0.0, x
        return None


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * max(1.0, abs(b))


def _clipped(view: View, node: Node | None, factor: float) -> tuple[float, float, str] | None:
    """Return alpha, beta and x where factor times a node's result is alpha x + beta, cut off at 0 and 1."""
    if node is None or not isinstance(node.op, Activation):
        return None
    function, x = node.op.function, str(node.inputs[0])
    if function.kind == "hard_sigmoid" and factor == 1:
        return function.alpha, function.beta, x
    inner = view.linear(view.maker(x))
    if inner is None or function.kind != "clip" or function.alpha or not _near(function.beta * factor, 1.0):
        return None
    return inner[0] * factor, inner[1] * factor, inner[2]


def _gate(view: View, value: str | None, factor: float = 1.0) -> tuple[float, float, str] | None:
    """Return the same of a value, which may be a multiple of what is cut off."""
    node = view.maker(value)
    outer = view.linear(node)
    if outer is None:
        return _clipped(view, node, factor)
    return _clipped(view, view.maker(outer[2]), factor * outer[0]) if outer[1] == 0 else None


def _product(node: Node) -> tuple[str, str] | None:
    """Return the factors of a product of two tensors of one shape."""
    plain = isinstance(node.op, Eltwise | Binary) and node.op.activation.kind == "identity"
    if plain and node.op.kind in {"product", "mul"} and len(node.inputs) == 2:  # type: ignore[attr-defined]
        return str(node.inputs[0]), str(node.inputs[1])
    return None


def _scaled_product(view: View, node: Node) -> tuple[float, tuple[str, str]] | None:
    """Return a factor and two tensors of one shape where a node makes the product of all three."""
    factors = _product(node)
    if factors is not None:
        return 1.0, factors
    scaled = view.linear(node)
    maker = view.maker(scaled[2]) if scaled is not None and scaled[1] == 0 else None
    factors = _product(maker) if maker else None
    return (scaled[0], factors) if scaled is not None and factors is not None else None


def _hard_swish(view: View, node: Node) -> Node | None:
    """X clip(x + 3, 0, 6) / 6, the division before or after the product."""
    product = _scaled_product(view, node)
    for x, other in (product[1], product[1][::-1]) if product else ():
        gate = _gate(view, other, product[0] if product else 1.0)
        if gate is not None and gate[2] == x:
            op = Activation(ActivationFunction("hard_swish", gate[0], gate[1]))
            return Node(node.name, op, (x,), node.outputs, node.origin)
    return None


def _hard_sigmoid(view: View, node: Node) -> Node | None:
    """clip(x + 3, 0, 6) / 6."""
    alone = view.linear(node)
    if alone is None or alone[1] != 0:
        return None
    gate = _clipped(view, view.maker(alone[2]), alone[0])
    if gate is None:
        return None
    op = Activation(ActivationFunction("hard_sigmoid", gate[0], gate[1]))
    return Node(node.name, op, (gate[2],), node.outputs, node.origin)


def _swish(view: View, node: Node) -> Node | None:
    """X sigmoid(x)."""
    factors = _product(node)
    for x, other in (factors, factors[::-1]) if factors else ():
        gate = view.maker(other)
        if (
            gate
            and isinstance(gate.op, Activation)
            and gate.inputs[0] == x
            and gate.op.function.kind == "sigmoid"
        ):
            return Node(
                node.name, Activation(ActivationFunction("swish", 1.0)), (x,), node.outputs, node.origin
            )
    return None


def _mish(view: View, node: Node) -> Node | None:
    """X tanh(softplus(x))."""
    factors = _product(node)
    for x, other in (factors, factors[::-1]) if factors else ():
        outer = view.maker(other)
        inner = view.maker(outer.inputs[0]) if outer else None
        if not (outer and inner and isinstance(outer.op, Activation) and isinstance(inner.op, Activation)):
            continue
        if (outer.op.function.kind, inner.op.function.kind) == ("tanh", "softplus") and inner.inputs[0] == x:
            return Node(node.name, Activation(ActivationFunction("mish")), (x,), node.outputs, node.origin)
    return None


def _gelu(view: View, node: Node) -> Node | None:
    """X (1 + erf(x / sqrt 2)) / 2, the half at any of three places."""
    product = _scaled_product(view, node)
    half = product[0] if product else 1.0
    for left, right in (product[1], product[1][::-1]) if product else ():
        shifted = view.linear(view.maker(right))
        if shifted is None or not _near(shifted[0], shifted[1]):
            continue
        bell = view.maker(shifted[2])
        if bell is None or not isinstance(bell.op, Unary) or bell.op.kind != "erf":
            continue
        inner = view.linear(view.maker(bell.inputs[0]))
        x, weight = left, half * shifted[0]
        before = view.linear(view.maker(left))
        if before is not None and before[1] == 0 and inner is not None and before[2] == inner[2]:
            x, weight = before[2], weight * before[0]
        fits = inner is not None and inner[2] == x and inner[1] == 0 and _near(inner[0], 0.5**0.5)
        if fits and _near(weight, 0.5):
            return Node(node.name, Activation(ActivationFunction("gelu")), (x,), node.outputs, node.origin)
    return None


def _axes(view: View, node: Node) -> tuple[int, ...] | None:
    """Return the axes of which a node takes the mean, keeping them."""
    if isinstance(node.op, Reduce):
        return node.op.axes if node.op.kind == "mean" and node.op.keep else None
    shape = view.graph.types[str(node.inputs[0])].shape
    whole = isinstance(node.op, Pool) and node.op.kind == "average" and node.op.kernel == shape[2:]
    return (2, 3) if whole and not any(node.op.padding) else None  # type: ignore[attr-defined]


def _square(view: View, value: str | None) -> str | None:
    """Return what a value is the square of."""
    node = view.maker(value)
    if node is None:
        return None
    if isinstance(node.op, Power) and (node.op.power, node.op.scale, node.op.shift) == (2.0, 1.0, 0.0):
        return str(node.inputs[0])
    factors = _product(node)
    return factors[0] if factors and factors[0] == factors[1] else None


def _deviation(view: View, node: Node) -> tuple[str, float, tuple[int, ...]] | None:
    """Return d, epsilon and axes where a node divides d by sqrt(mean of d^2 + epsilon)."""
    if not isinstance(node.op, Binary) or node.op.kind != "div" or node.op.activation.kind != "identity":
        return None
    root = view.maker(node.inputs[1])
    if root is None or not isinstance(root.op, Power) or (root.op.power, root.op.scale) != (0.5, 1.0):
        return None
    linear = view.linear(view.maker(root.inputs[0])) if root.op.shift == 0 else None
    variance = view.maker(linear[2]) if linear is not None and linear[0] == 1 and linear[1] >= 0 else None
    axes = _axes(view, variance) if variance else None
    if (
        linear is None
        or variance is None
        or axes is None
        or _square(view, variance.inputs[0]) != node.inputs[0]
    ):
        return None
    return str(node.inputs[0]), linear[1], axes


def _normal(view: View, node: Node) -> list[Node] | None:
    """(x - mean) / sqrt(mean of its square + epsilon) over the last axes."""
    found = _deviation(view, node)
    difference = view.maker(found[0], 2) if found else None
    if found is None or difference is None or not isinstance(difference.op, Binary):
        return None
    x, axes = str(difference.inputs[0]), found[2]
    mean = view.maker(difference.inputs[1])
    shape = view.graph.types[x].shape
    fits = difference.op.kind == "sub" and mean is not None and mean.inputs[0] == x
    if (
        not fits
        or mean is None
        or _axes(view, mean) != axes
        or axes != tuple(range(max(axes[0], 1), len(shape)))
    ):
        return None
    outer = int(np.prod(shape[: axes[0]]))
    rows, normal = f"{node.outputs[0]}/rows", f"{node.outputs[0]}/normal"
    if {rows, normal} & set(view.graph.types):
        return None
    op = Mvn(across_channels=True, epsilon=found[1], epsilon_in_root=True)
    return [
        Node(rows, Reshape((outer, int(np.prod(shape)) // outer)), (x,), (rows,), node.origin),
        Node(normal, op, (rows,), (normal,), node.origin),
        Node(node.name, Reshape(shape), (normal,), node.outputs, node.origin),
    ]


_ONE: tuple[Callable[[View, Node], Node | None], ...] = (_hard_swish, _hard_sigmoid, _swish, _mish, _gelu)


def recognize_patterns(graph: Graph) -> Graph:
    """Replace spelled-out activations and layer normalization; what only they needed is dropped."""
    view = View(graph)
    nodes: list[Node] = []
    found = False
    for node in graph.nodes:
        whole = _normal(view, node)
        if whole is None:
            one = next((new for pattern in _ONE if (new := pattern(view, node)) is not None), None)
            whole = [node] if one is None else [one]
            found |= one is not None
        else:
            found = True
        nodes += whole
    return graph.rebuilt(nodes) if found else graph
