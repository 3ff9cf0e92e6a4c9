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


def _gate(view: View, value: str | None) -> tuple[float, float, str] | None:
    """Return alpha, beta and x where a value is alpha x + beta, cut off at 0 and 1."""
    node = view.maker(value)
    if node is None:
        return None
    if isinstance(node.op, Activation) and node.op.function.kind == "hard_sigmoid":
        return node.op.function.alpha, node.op.function.beta, str(node.inputs[0])
    outer = view.linear(node)
    factor, source = 1.0, node
    if outer is not None:
        factor = outer[0]
        clipped = view.maker(outer[2])
        if outer[1] != 0 or clipped is None:
            return None
        source = clipped
    if not isinstance(source.op, Activation) or source.op.function.kind != "clip":
        return None
    function = source.op.function
    if function.alpha != 0 or not _near(function.beta * factor, 1.0):
        return None
    inner = view.linear(view.maker(source.inputs[0]))
    if inner is None:
        return None
    return inner[0] * factor, inner[1] * factor, inner[2]


def _product(node: Node) -> tuple[str, str] | None:
    """Return the factors of a product of two tensors of one shape."""
    plain = isinstance(node.op, Eltwise | Binary) and node.op.activation.kind == "identity"
    if plain and node.op.kind in {"product", "mul"} and len(node.inputs) == 2:  # type: ignore[attr-defined]
        return str(node.inputs[0]), str(node.inputs[1])
    return None


def _hard_swish(view: View, node: Node) -> Node | None:
    """X clip(x + 3, 0, 6) / 6, the division before or after the product."""
    scaled = view.linear(node)
    product, factor = node, 1.0
    if scaled is not None and scaled[1] == 0:
        maker = view.maker(scaled[2])
        if maker is None:
            return None
        product, factor = maker, scaled[0]
    factors = _product(product)
    for x, other in (factors, factors[::-1]) if factors else ():
        clipped = view.maker(other)
        if factor != 1 and clipped is not None and isinstance(clipped.op, Activation):
            function = clipped.op.function
            inner = view.linear(view.maker(clipped.inputs[0]))
            fits = function.kind == "clip" and function.alpha == 0 and _near(function.beta * factor, 1.0)
            gate = (inner[0] * factor, inner[1] * factor, inner[2]) if inner and fits else None
        else:
            gate = _gate(view, other) if factor == 1 else None
        if gate is not None and gate[2] == x:
            op = Activation(ActivationFunction("hard_swish", gate[0], gate[1]))
            return Node(node.name, op, (x,), node.outputs, node.origin)
    return None


def _hard_sigmoid(view: View, node: Node) -> Node | None:
    """clip(x + 3, 0, 6) / 6."""
    alone = view.linear(node)
    if alone is None:
        return None
    clipped = view.maker(alone[2])
    if clipped is None or not isinstance(clipped.op, Activation) or clipped.op.function.kind != "clip":
        return None
    inner = view.linear(view.maker(clipped.inputs[0]))
    function = clipped.op.function
    if inner is None or alone[1] != 0 or function.alpha != 0 or not _near(function.beta * alone[0], 1.0):
        return None
    op = Activation(ActivationFunction("hard_sigmoid", inner[0] * alone[0], inner[1] * alone[0]))
    return Node(node.name, op, (inner[2],), node.outputs, node.origin)


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
    half, product = 1.0, node
    scaled = view.linear(node)
    if scaled is not None and scaled[1] == 0:
        maker = view.maker(scaled[2])
        if maker is None:
            return None
        half, product = scaled[0], maker
    factors = _product(product)
    for left, right in (factors, factors[::-1]) if factors else ():
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


def _normal(view: View, node: Node) -> list[Node] | None:
    """(x - mean) / sqrt(mean of its square + epsilon) over the last axes."""
    if not isinstance(node.op, Binary) or node.op.kind != "div" or node.op.activation.kind != "identity":
        return None
    root = view.maker(node.inputs[1])
    shifted = (
        view.maker(root.inputs[0]) if root and isinstance(root.op, Power) and root.op.power == 0.5 else None
    )
    linear = view.linear(shifted)
    if linear is None or linear[0] != 1 or linear[1] < 0:
        return None
    variance = view.maker(linear[2])
    axes = _axes(view, variance) if variance else None
    apart = _square(view, variance.inputs[0]) if variance else None
    difference = view.maker(apart, 2) if apart == node.inputs[0] else None
    if difference is None or not isinstance(difference.op, Binary) or difference.op.kind != "sub":
        return None
    x = str(difference.inputs[0])
    mean = view.maker(difference.inputs[1])
    shape = view.graph.types[x].shape
    if mean is None or mean.inputs[0] != x or axes is None or _axes(view, mean) != axes:
        return None
    if axes != tuple(range(axes[0], len(shape))) or axes[0] < 1:
        return None
    outer = int(np.prod(shape[: axes[0]]))
    rows, normal = f"{node.outputs[0]}/rows", f"{node.outputs[0]}/normal"
    if {rows, normal} & set(view.graph.types):
        return None
    op = Mvn(across_channels=True, epsilon=linear[1], epsilon_in_root=True)
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
