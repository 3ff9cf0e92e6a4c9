"""A plugin whose kernels behave well, crash, refuse, do not compile, or are slow, once or always."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.primitives import Library, Plugin, Primitive, discover, over

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph, Operator

WAYS = {"good": 0, "crash": 1, "refuse": 2, "uncompiled": 3, "slow": 4}


def _unprepared(_op: Operator, _constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    message = "no weights for you"
    raise ValueError(message)


LOADED = Library("loaded", "it is always there", objects=("libm.so.6", "libc.so.6", "ld-linux*"))
"""A library as far as anybody asks: the first call of a kernel over one may take long."""


def _primitive(how: str, way: int) -> Primitive:
    return Primitive(Activation, how, source="test", defines=lambda _op, _inputs, _outputs: {"WAY": way})


PLUGIN = Plugin(
    "test_failures",
    "for tests",
    Path(__file__).parent / "plugin",
    (
        *(_primitive(how, way) for how, way in WAYS.items()),
        *over((LOADED,), _primitive("late", 5)),
        Primitive(
            Activation, "unprepared", source="test", prepare=_unprepared,
            defines=lambda _op, _inputs, _outputs: {"WAY": 0},
        ),
    ),
    "c99",
)  # fmt: skip
PLUGINS = (*(plugin for plugin in discover() if plugin.name == "cpu_vanilla"), PLUGIN)


def two_functions() -> Graph:
    """Return a net of one layer twice, and another."""
    net = GraphBuilder("functions")
    relu = Activation(ActivationFunction("relu"))
    x = net.input("data", TensorType((1, 8, 16, 16)))
    first = net.apply(relu, x, name="first")
    other = net.apply(Activation(ActivationFunction("tanh")), first, name="other")
    return net.finish([net.apply(relu, other, name="second")])
