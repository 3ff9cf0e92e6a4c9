"""What a plan is: the contract between planning and whoever prints, runs or reports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph, Node
    from lpdnn.primitives import Plugin, Primitive


@dataclass(frozen=True)
class Operand:
    """Where an operand of a kernel is: at a byte of the arena, or one of `Plan.tensors`, or nowhere."""

    kind: Literal["arena", "tensor", "absent"]
    index: int


@dataclass(frozen=True)
class Step:
    """One kernel call; there is an operand for each input that the operator names, absent ones included."""

    node: Node
    plugin: Plugin
    primitive: Primitive
    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]
    workspace: Operand
    workspace_bytes: int


@dataclass(frozen=True)
class Tensor:
    """A constant as its kernel wants it in memory (after `Primitive.prepare`); equal ones are one tensor."""

    name: str
    array: Array


@dataclass(frozen=True)
class Buffer:
    """A run of the arena and when it is taken, for reports.

    `first` is the step that begins it, -1 where the application fills it before step 0; `last` is the last
    step that needs it, the number of steps where the application reads it at the end. A workspace is named
    "NODE (workspace)".
    """

    values: tuple[str, ...]
    bytes: int
    first: int
    last: int
    offset: int


@dataclass(frozen=True)
class Plan:
    """Which primitive runs when, on which bytes.

    `graph` is the network as planned: the one given, plus copies where an output had no memory of its own.
    Sizes count whole multiples of `alignment`, and so do the offsets of buffers; a value within a buffer (a
    part of a concat, a piece of a slice) is aligned as the primitives that touch it ask.

    - `lower_bound`: the live-set bound, in bytes. With the values that share memory joined to buffers as
      `explanation` says, and the steps in this order, it is the greatest sum of the sizes of all buffers
      needed at one time: before step 0 (the inputs), during a step (its workspace included), or after the
      last (the outputs). No placement of these buffers is smaller.
    - `order_bound`: the least such bound over all orders that the views and placements taken allow,
      and with every possible take-over of a whole buffer in place; None where the search gave up before it
      was certain.
    - `optimal`: `arena_bytes` is `lower_bound`, or the search has proven that these buffers need
      `arena_bytes`.
    - `unaliased_bound`: the live-set bound in the graph's own order where nothing but views shares memory.
    - `naive_bytes`: the sum of all buffers of that, each with memory of its own, and the largest workspace.
    """

    graph: Graph
    steps: tuple[Step, ...]
    tensors: tuple[Tensor, ...]
    offsets: Mapping[str, int]
    arena_bytes: int
    alignment: int
    lower_bound: int
    order_bound: int | None
    optimal: bool
    unaliased_bound: int
    naive_bytes: int
    explanation: tuple[str, ...]
    buffers: tuple[Buffer, ...]

    @property
    def threads(self) -> int:
        """How many threads compute the layers that can be shared."""
        return max((step.primitive.threads for step in self.steps), default=1)
