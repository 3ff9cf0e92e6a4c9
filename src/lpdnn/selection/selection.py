"""The result of choosing: who computes each node, in which layout, and who converts between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.primitives import Plugin, Primitive


BANDS = "bands"
"""What stands for the layout of a value that never exists as a whole."""


@dataclass(frozen=True)
class Joint:
    """The primitive that computes a convolution and its neighbours in one, and what it has in bands of rows."""

    primitive: Primitive
    reads: bool
    writes: bool


@dataclass(frozen=True)
class Implementation:
    """A primitive of a plugin, and the layout of the images that it reads.

    With a `joint`, that primitive computes the node instead, together with its neighbours.
    """

    plugin: Plugin
    primitive: Primitive
    layout: str = "nchw"
    joint: Joint | None = None

    @property
    def out_layout(self) -> str:
        """The layout of the images that it writes."""
        return self.primitive.out_layout or self.layout

    @property
    def bound(self) -> bool:
        """Whether the primitive is made for its layout, and does not just take any order of elements."""
        return self.primitive.layout != "any"

    @property
    def how(self) -> str:
        """What tells it from the plugin's other primitives of the operator, but for layouts."""
        weights, library = self.primitive.weights, self.primitive.library
        marks = (f"{weights}w" if weights else "", self.primitive.how, library.name if library else "")
        return "_".join(mark for mark in marks if mark)

    @property
    def layouts(self) -> str:
        """The layout, or both, as in `nchw>nhwc`; what comes in bands of rows is in `bands`."""
        read = BANDS if self.joint and self.joint.reads else self.layout
        written = BANDS if self.joint and self.joint.writes else self.out_layout
        return read if written == read else f"{read}>{written}"

    def __str__(self) -> str:
        return f"{self.plugin.name}:{self.how}:{self.layouts}"


@dataclass(frozen=True)
class Conversion:
    """One step from a layout of a value to another."""

    source: str
    target: str
    plugin: Plugin
    primitive: Primitive

    def __str__(self) -> str:
        return f"{self.plugin.name}:{self.primitive.how}:{self.source}>{self.target}"


@dataclass(frozen=True)
class Proof:
    """What is known of how good a selection is: nothing costs less than `bound`, in the objective's unit.

    `reductions` counts how often each rule of the solver was used.
    """

    cost: float
    bound: float
    proven: bool
    reductions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """Who computes each node of a network, by its name, and the conversions of each value, in order.

    `seconds` is what the cost table or the estimates say that a run takes; `notes` say what the user should
    know, such as a wish that could not be met.
    """

    network: str
    target: str
    nodes: Mapping[str, Implementation]
    conversions: Mapping[str, tuple[Conversion, ...]] = field(default_factory=dict)
    objective: str = "time"
    seconds: float = 0.0
    proof: Proof | None = None
    notes: tuple[str, ...] = ()
