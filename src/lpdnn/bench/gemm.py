"""Matrix products of a network's convolutions: what each library makes of their shapes.

A product [M,K] . [K,N] is asked for as the convolution of 1x1 that it is: primitives over libraries compute
that without lowering it, so that their time is the library's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.bench.subjects import subjects
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.selection import implementation_key, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Graph
    from lpdnn.selection import CostTable
    from lpdnn.targets import Target


@dataclass(frozen=True, order=True)
class Product:
    """The sizes of a matrix product: rows and columns of the result, and what is summed over."""

    m: int
    n: int
    k: int

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.m * self.n * self.k

    def __str__(self) -> str:
        return f"{self.m}x{self.n}x{self.k}"


def products(graph: Graph) -> list[Product]:
    """Return the products that the convolutions of one group come down to, in the order of the network."""
    found = []
    for node in graph.nodes:
        if not isinstance(node.op, Conv2d) or node.op.groups != 1:
            continue
        weight, (y,) = graph.input_types(node)[1], graph.output_types(node)
        assert weight is not None
        found.append(
            Product(weight.shape[0], y.shape[0] * y.shape[2] * y.shape[3], math.prod(weight.shape[1:]))
        )
    if not found:
        message = f"network {graph.name!r} has no convolution of one group, so there is no product to measure"
        raise LpdnnError(message)
    return list(dict.fromkeys(found))


def as_network(some: Sequence[Product]) -> Graph:
    """Return products as convolutions of 1x1, side by side."""
    net = GraphBuilder("products")
    rng = np.random.default_rng(0)
    outputs = []
    for one in some:
        # near a square, as maps are: what is not a square number of pixels is a row of them
        height = next(h for h in range(math.isqrt(one.n), 0, -1) if one.n % h == 0)
        x = net.input(f"x {one}", TensorType((1, one.k, height, one.n // height)))
        weight = rng.standard_normal((one.m, one.k, 1, 1)).astype(np.float32)
        outputs.append(net.apply(Conv2d(), x, net.constant(f"w {one}", weight), None, name=str(one)))
    return net.finish(outputs)


def rates(
    some: Sequence[Product], target: Target, table: CostTable, use: Sequence[str]
) -> dict[str, list[float | None]]:
    """Return for each library the operations a second of each product, None where it has none."""
    graph = as_network(some)
    found: dict[str, dict[str, float]] = {}
    for subject in subjects(graph, target, tuple(map(parse, use))):
        (name,) = subject.nodes if len(subject.nodes) == 1 else subject.nodes[:1]
        for one in subject.implementations:
            library = one.primitive.library
            seconds = table.seconds(subject.key, implementation_key(one))
            if library is not None and seconds:
                known = found.setdefault(library.name, {})
                known[name] = min(seconds, known.get(name, seconds))
    return {
        library: [one.operations / known[str(one)] if str(one) in known else None for one in some]
        for library, known in sorted(found.items())
    }


def markdown(some: Sequence[Product], found: dict[str, list[float | None]], peak: float) -> list[str]:
    """Return the table: GFLOP/s of each library, and the best of them in share of the core's peak."""
    lines = [f"| M x N x K | {' | '.join(found)} | best of peak |", "|---|" + "---|" * (len(found) + 1)]
    for number, one in enumerate(some):
        row = [values[number] for values in found.values()]
        best = max((v for v in row if v is not None), default=0.0)
        cells = ["-" if v is None else f"**{v / 1e9:.1f}**" if v == best else f"{v / 1e9:.1f}" for v in row]
        share = f"{best / 1e9 / peak:.0%}" if peak else "-"
        lines.append(f"| {one} | {' | '.join(cells)} | {share} |")
    return lines
