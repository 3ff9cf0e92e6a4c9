"""What the conversion of one layer works with: settings, values, weights, the graph it adds to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from lpdnn.frontends.caffe.blob import WantedBlob
from lpdnn.frontends.caffe.report import UnsupportedError, about, plain
from lpdnn.ir import GraphBuilder, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.frontends.caffe.blob import Role
    from lpdnn.frontends.caffe.caffe_pb2 import FillerParameter, LayerParameter
    from lpdnn.frontends.caffe.definition import Layer
    from lpdnn.frontends.caffe.parameters import Parameters
    from lpdnn.ir import Array, Operator, TensorType


@dataclass
class Names:
    """Names for values and nodes, each given once."""

    taken: set[str] = field(default_factory=set)

    def fresh(self, name: str) -> str:
        """Return the name, with a number behind it if another has it."""
        candidate, count = name, 1
        while candidate in self.taken:
            count += 1
            candidate = f"{name}#{count}"
        self.taken.add(candidate)
        return candidate


@dataclass
class Context:
    """One layer in the making."""

    layer: Layer
    name: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    builder: GraphBuilder
    parameters: Parameters
    names: Names
    report: Callable[[str], None]

    @property
    def param(self) -> LayerParameter:
        """Return the layer's settings."""
        return self.layer.param

    def type(self, index: int = 0) -> TensorType:
        """Return the type of a bottom."""
        return self.builder.types[self.bottoms[index]]

    def axis(self, axis: int, *, extra: int = 0) -> int:
        """Return an axis of the first bottom counted from the front; `extra` allows some behind the last."""
        rank = self.type().rank
        counted = axis + rank + extra if axis < 0 else axis
        if not 0 <= counted < rank + extra:
            self.refuse(f"has axis {axis}, but its input {self.type()} has {rank} axes")
        return counted

    def check_counts(self, converter: Converter) -> None:
        """Refuse more or fewer bottoms or tops than the type takes."""
        for what, values, (least, most) in (
            ("bottoms", self.bottoms, converter.bottoms),
            ("tops", self.tops, converter.tops),
        ):
            if len(values) < least or (most is not None and len(values) > most):
                several = f"{least} or more" if most is None else f"{least} to {most}"
                wanted = str(least) if least == most else several
                self.refuse(f"has {len(values)} {what}; it takes {wanted}")

    def array(
        self, index: int, shape: tuple[int, ...], role: Role, filler: FillerParameter | None = None
    ) -> Array:
        """Return blob `index` of the layer."""
        reads = self.bottoms[0] if self.bottoms else ""
        return self.parameters.array(WantedBlob(self.layer, index, shape, role, filler, reads))

    def constant(self, suffix: str, array: Array) -> str:
        """Add a constant of this layer."""
        return self.builder.constant(self.names.fresh(f"{self.name}/{suffix}"), array)

    def blob(
        self,
        index: int,
        shape: tuple[int, ...],
        role: Role,
        filler: FillerParameter | None = None,
        suffix: str = "",
    ) -> str:
        """Add blob `index` of the layer as a constant."""
        return self.constant(suffix or role, self.array(index, shape, role, filler))

    def step(self, suffix: str, op: Operator, *inputs: str | None) -> str:
        """Add a node on the way to the layer's result; return its value."""
        name = self.names.fresh(f"{self.name}/{suffix}")
        return self.builder.apply(op, *inputs, name=name, origin=self.layer.origin)

    def emit(self, op: Operator, *inputs: str | None) -> None:
        """Add the node that makes the layer's tops, of its bottoms unless told otherwise."""
        self.builder.add(Node(self.name, op, inputs or self.bottoms, self.tops, self.layer.origin))

    def emit_part(self, index: int, op: Operator, *inputs: str | None) -> None:
        """Add the node that makes one of several tops."""
        name = self.names.fresh(f"{self.name}/{index}")
        self.builder.add(Node(name, op, inputs or self.bottoms, (self.tops[index],), self.layer.origin))

    def refuse(self, what: str) -> NoReturn:
        """Raise an error about the layer's settings."""
        raise about(self.layer.place, f"the {plain(self.param.type)} layer '{plain(self.param.name)}' {what}")

    def unsupported(self, reason: str) -> NoReturn:
        """Raise that the layer, or this use of it, has no counterpart here."""
        raise UnsupportedError(reason)


@dataclass(frozen=True)
class Converter:
    """How a Caffe type becomes operators, and how many bottoms and tops it takes (None: any number)."""

    convert: Callable[[Context], None]
    bottoms: tuple[int, int | None]
    tops: tuple[int, int | None]


CONVERTERS: Final[dict[str, Converter]] = {}
"""Every Caffe type that can be imported; the modules of `layers` fill it."""


def converts(
    *types: str, bottoms: tuple[int, int | None] = (1, 1), tops: tuple[int, int | None] = (1, 1)
) -> Callable[[Callable[[Context], None]], Callable[[Context], None]]:
    """Declare that a function converts layers of these types."""

    def declare(convert: Callable[[Context], None]) -> Callable[[Context], None]:
        for name in types:
            CONVERTERS[name] = Converter(convert, bottoms, tops)
        return convert

    return declare
