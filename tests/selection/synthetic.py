"""Plugins without kernels, in every layout, whose times are drawn from the text of the layer: what selection sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops import OPERATORS
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.selection import layer_key
from lpdnn.selection.problem import Alternative, Problem, Site, Value

if TYPE_CHECKING:
    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.targets import Target

IN_ANY_ORDER = ("activation", "eltwise", "power")
IMAGES = ("conv2d", "pool", "lrn", "batch_norm", "scale", "concat", "deconv2d", "prelu", "normalize")


@dataclass(frozen=True)
class Drawn:
    """Seconds of a layer: its arithmetic at a rate that the layer's text and the primitive draw."""

    name: str
    spread: float = 20.0

    def __call__(
        self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target
    ) -> float:
        text = f"{self.name} {layer_key(op, inputs, outputs)} {[t.layout for t in outputs]}"
        draw = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
        cost = op.cost(inputs, outputs)
        work = cost.additions + cost.multiplications + cost.comparisons + 10 * cost.divisions
        moved = sum(t.bytes for t in (*inputs, *outputs) if t is not None)
        return (work * 2e-10 + moved * 2e-10) * self.spread**-draw + 1e-7


def _workspace(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    image = inputs[0]
    return 0 if image is None else 4 * image.bytes


def _primitives(plugin: str, layouts: tuple[str, ...], *, out_layouts: bool) -> list[Primitive]:
    found = []
    for name in IMAGES:
        for layout in layouts:
            how = f"direct_{plugin}"
            found.append(Primitive(OPERATORS[name], how, layout=layout, estimate=Drawn(plugin + how)))
            if name == "conv2d":
                many = f"wide_{plugin}"
                found.append(
                    Primitive(
                        OPERATORS[name],
                        many,
                        layout=layout,
                        estimate=Drawn(plugin + many),
                        workspace=_workspace,
                    )
                )
                if out_layouts:
                    crossing = Primitive(
                        OPERATORS[name], f"crossing_{plugin}", layout=layout, estimate=Drawn(plugin)
                    )
                    others = [other for other in ("nchw", "nhwc", "nchw8c") if other != layout]
                    found += [replace(crossing, out_layout=other) for other in others]
    return found


def plugins(*, out_layouts: bool = True) -> tuple[Plugin, ...]:
    """Return the plugins that are there, and three that are not."""
    here = Path(__file__).parent
    shapes = {"alpha": ("nchw", "nhwc"), "beta": ("nchw8c", "nchw16c"), "gamma": ("nhwc", "nchw8c")}
    synthetic = [
        Plugin(name, "for tests", here, tuple(_primitives(name, layouts, out_layouts=out_layouts)), "c89")
        for name, layouts in shapes.items()
    ]
    anything = tuple(
        Primitive(OPERATORS[name], "loop", layout="any", in_place=("x",), estimate=Drawn("any"))
        for name in IN_ANY_ORDER
    )
    synthetic[0] = replace(synthetic[0], primitives=(*synthetic[0].primitives, *anything))
    return (*(plugin for plugin in discover() if plugin.name == "cpu_vanilla"), *synthetic)


def random_problem(
    rng: np.random.Generator, count: int, *, alternatives: int = 8, back: int = 4, chain: bool = False
) -> Problem:
    """Return a problem of `count` sites, each of which reads up to three of the `back` values before it."""
    layouts = 4
    sites = []
    for number in range(count):
        some = [
            Alternative(int(rng.integers(layouts)), int(rng.integers(layouts)), float(rng.random() * 10))
            for _ in range(int(rng.integers(1, alternatives + 1)))
        ]
        sites.append(Site(f"n{number}", (*some, Alternative(0, 0, 20.0))))
    readers: list[list[int]] = [[] for _ in range(count + 1)]
    for number in range(count):
        some_values = {
            int(rng.integers(max(0, number + 1 - back), number + 1)) for _ in range(int(rng.integers(1, 4)))
        }
        for value in [number] if chain else sorted(some_values):
            readers[value].append(number)
    values = []
    for number, reads in enumerate(readers):
        direct = rng.random((layouts, layouts)) * 3
        direct[rng.random((layouts, layouts)) < 0.2] = np.inf
        direct[0] = np.minimum(direct[0], 5.0)
        direct[:, 0] = np.minimum(direct[:, 0], 5.0)
        if rng.random() < 0.1:
            direct[direct < 2] = 0.0
        np.fill_diagonal(direct, 0.0)
        kept = not reads or bool(rng.random() < 0.1)
        values.append(Value(f"v{number}", number - 1 if number else None, tuple(reads), kept, direct))
    return Problem(tuple(sites), tuple(values))
