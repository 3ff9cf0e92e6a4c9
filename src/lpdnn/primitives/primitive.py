"""One implementation of one operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import ELEMENT
from lpdnn.primitives.estimate import Estimate, plain_c

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.primitives.library import Library
    from lpdnn.targets import Target

Accepts = Callable[["Operator", "Types", "tuple[TensorType, ...]", "Target"], str]
Unfit = Callable[["Operator", "tuple[Array | None, ...]"], str]
Workspace = Callable[["Operator", "Types", "tuple[TensorType, ...]"], int]
Prepare = Callable[["Operator", "tuple[Array | None, ...]"], "tuple[Array | None, ...]"]
Defines = Callable[["Operator", "Types", "tuple[TensorType, ...]"], dict[str, int]]
Sharing = Literal["", "own", "common"]


def _always(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    return ""


def _any(_op: Operator, _constants: tuple[Array | None, ...]) -> str:
    return ""


def _none(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    return 0


def _as_they_are(_op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    return constants


def _generic(_op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int]:
    return {}


@dataclass(frozen=True)
class Primitive:
    """A kernel and what the compiler must know of it.

    `layout` is that of the activations it reads and, unless `out_layout` says otherwise, of those it writes.
    A kernel that works on any order of elements has the layout "any": whatever it reads, it writes.

    - `accepts`: "" if it can do this node on this target, else the reason why not, in a few words; of a
      target that lacks an instruction: "needs " and its name.
    - `unfit`: the same of the values of a node's constant inputs, which types do not tell.
    - `workspace`: bytes of scratch memory, which the plan places in the arena.
    - `prepare`: the constant inputs (None for those that are not constant) as the kernel wants them in
      memory; done at compile time, so that C never repacks.
    - `takes`: names of the operator's `EXTRA` inputs that it knows; a node with others is not for it.
    - `in_place`: names of inputs whose memory the output may take over; a variadic one stands for any of its
      operands.
    - `apart`: whether it can write pixels apart (`TensorType.pitch`), as part of a concatenation.
    - `defines`: compile-time constants; where there are any, the kernel is compiled once for each set of
      values.
    - `alignment`: bytes that operands and workspace must be aligned to.
    - `estimate`: seconds that it would take, for want of a measurement (see `at_rate`); None is "cannot
      tell".
    - `like`: the element type that the kernel's file is named after, where one file serves several: it is
      compiled for this primitive's (see `types`).
    - `source`: what the kernel's file is named after instead of `how`: primitives that differ by `defines`
      alone share it.
    - `tolerance`: largest error, relative to the output's largest value, of an algorithm that is less exact
      than the operator asks of its kernels; 0 is the operator's.
    - `shares`: whether several threads can each compute a share of a layer (lpdnn_share.h): with workspaces
      of their "own", or with one in "common"; "" is no.
    - `varies`: the `how` of a primitive that this one is with other parameters: `tune` tries it where that one
      is the best of its layouts, and it is chosen where it was measured, or where a directive asks for it.
    - `joins`: of a kernel that computes several convolutions in one: the `how` of the pointwise and of the
      depthwise primitive in whose place it is chosen (see `lpdnn.selection.bands`).
    - `threads`: how many do (see `on_threads`).
    - `library`: what it is written over (see `over`); one kernel file serves all libraries, compiled once
      for each.
    """

    op: type[Operator]
    how: str
    dtype: str = "f32"
    weights: str = ""
    layout: str = "nchw"
    out_layout: str = ""
    accepts: Accepts = _always
    unfit: Unfit = _any
    workspace: Workspace = _none
    prepare: Prepare = _as_they_are
    takes: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()
    apart: bool = False
    defines: Defines = _generic
    alignment: int = 4
    estimate: Estimate = plain_c
    like: str = ""
    source: str = ""
    tolerance: float = 0.0
    shares: Sharing = ""
    varies: str = ""
    joins: tuple[str, str] | None = None
    threads: int = 1
    library: Library | None = None

    @property
    def packs(self) -> bool:
        """Tell whether it wants weights in another form than the network's, so that they must be constants."""
        return self.prepare is not _as_they_are

    def in_types(self, inputs: Types, layout: str = "") -> Types:
        """Return the types of a node's inputs as this kernel reads them: images in its layout."""
        layout = layout or ("nchw" if self.layout == "any" else self.layout)
        return tuple(
            replace(t, layout=layout) if t is not None and self.is_image(i, t) else t
            for i, t in enumerate(inputs)
        )

    def out_types(self, op: Operator, inputs: Types) -> tuple[TensorType, ...]:
        """Return the types of a node's outputs as this kernel writes them, from inputs as it reads them."""
        layout = self.out_layout or self.layout
        if layout == "any":
            layout = next((t.layout for i, t in enumerate(inputs) if self.is_image(i, t) and t), "nchw")
        return tuple(replace(t, layout=layout if t.rank == 4 else "nchw") for t in op.infer(*inputs))

    def is_image(self, position: int, tensor: TensorType | None) -> bool:
        """Tell whether an input is one that has a layout: [N,C,H,W], and not weights."""
        return (
            tensor is not None and tensor.rank == 4 and self.op.input_name(position) not in self.op.PARAMETERS
        )

    def ignores(self, inputs: Types) -> str:
        """Return "" or which input there is that it knows nothing of, in a few words."""
        unknown = [n for n in self.op.given(inputs) if n in self.op.EXTRA and n not in self.takes]
        return f"takes no {unknown[0]}" if unknown else ""

    def seconds(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return what it would take, by its own estimate or as plain C."""
        own = self.estimate(op, inputs, outputs, target)
        known = plain_c(op, inputs, outputs, target) if own is None else own
        assert known is not None
        return known

    def _named(self, how: str, dtype: str) -> str:
        layout = f"{self.layout}_{self.out_layout}" if self.out_layout else self.layout
        return f"{self.op.NAME}_{dtype}_{layout}__{how}"

    @property
    def file(self) -> str:
        """Name of the kernel's file, without its suffix."""
        return self._named(self.source or self.how, self.like or self._dtypes)

    @property
    def _dtypes(self) -> str:
        return f"{self.dtype}_{self.weights}w" if self.weights else self.dtype

    @property
    def name(self) -> str:
        """The primitive's name, unique in its plugin: that of its library comes last."""
        return self._named(f"{self.how}_{self.library.name}" if self.library else self.how, self._dtypes)

    @property
    def types(self) -> tuple[str, ...]:
        """The macros that tell a file which serves several element types which to work on."""
        if not self.like:
            return ()
        bits = 8 * np.dtype(ELEMENT[self.dtype]).itemsize
        weight = self.weights or self.dtype
        return (f"LPDNN_ELEMENT=lpdnn_{self.dtype}", f"LPDNN_WEIGHT=lpdnn_{weight}", f"LPDNN_BITS={bits}")

    def fits(self, inputs: Types, outputs: tuple[TensorType, ...]) -> bool:
        """Tell whether a node's results, and its weights, have this primitive's element types."""
        names = {"weight", "codebook"}
        weight = next((t for i, t in enumerate(inputs) if self.op.input_name(i) in names), None)
        wanted = self.weights or self.dtype
        return outputs[0].dtype == self.dtype and (weight is None or weight.dtype == wanted)

    @property
    def symbol(self) -> str:
        """The kernel's name in C."""
        return f"lpdnn_{self.name}"

    def in_place_positions(self, count: int) -> tuple[int, ...]:
        """Return the positions, among `count` inputs, of those whose memory the output may take over."""
        positions: list[int] = []
        for position, name in enumerate(self.op.INPUTS):
            if name.strip("?*") in self.in_place:
                positions += range(position, count if name.endswith("*") else position + 1)
        return tuple(position for position in positions if position < count)


def of_types(primitive: Primitive, *types: str) -> tuple[Primitive, ...]:
    """Return a primitive for each of these element types too, such as "s16" or "s16 s8", which is with weights.

    They share its file, which is compiled for each: see `Primitive.types`.
    """
    others = (one.partition(" ") for one in types)
    return (
        primitive,
        *(replace(primitive, dtype=dtype, weights=w, like=primitive.dtype) for dtype, _, w in others),
    )


def in_order(op: type[Operator], how: str = "ref") -> Primitive:
    """Return an nchw fp32 primitive that reads element i of its first input before it writes element i."""
    return Primitive(op, how, in_place=(op.INPUTS[0].strip("?*"),))


def on_threads(primitive: Primitive, threads: int) -> Primitive:
    """Return a primitive that so many threads share, where it can be shared; its workspace is that of all."""
    if not primitive.shares or threads == 1:
        return primitive

    def defines(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        return {**primitive.defines(op, inputs, outputs), "LPDNN_THREADS": threads}

    def workspace(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        one = -(-primitive.workspace(op, inputs, outputs) // primitive.alignment) * primitive.alignment
        return one * threads if primitive.shares == "own" else one

    return replace(primitive, defines=defines, workspace=workspace, threads=threads)
