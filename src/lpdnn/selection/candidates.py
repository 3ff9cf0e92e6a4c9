"""Every primitive in every layout that could compute a node, and why others cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LAYOUTS, LpdnnError
from lpdnn.ir.types import BLOCK
from lpdnn.ops.convert import Convert
from lpdnn.primitives import discover
from lpdnn.selection.selection import Implementation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Plugin, Primitive
    from lpdnn.targets import Target


def _layouts(primitive: Primitive, images: list[TensorType]) -> tuple[str, ...]:
    """Return the layouts that a primitive can read these images in.

    One that takes elements in any order takes a blocked layout where blocks are whole: it would not keep what
    fills them up zero.
    """
    if primitive.layout != "any":
        return (primitive.layout,)
    if not images:
        return ("nchw",)
    return tuple(
        layout for layout in LAYOUTS if all(image.shape[1] % BLOCK.get(layout, 1) == 0 for image in images)
    )


def _computes(primitive: Primitive, op: Operator) -> bool:
    """Tell whether a primitive is one of this operator; a conversion's is for its own layouts alone."""
    if isinstance(op, Convert):
        wanted: tuple[object, ...] = (Convert, op.source, op.target)
        return (primitive.op, primitive.layout, primitive.out_layout) == wanted
    return primitive.op is type(op)


def _obstacle(primitive: Primitive, inputs: Types, *, packable: bool) -> str:
    """Return why a primitive does not go with any tensors of this kind, whatever it accepts."""
    if primitive.packs and not packable:
        return "packs weights when it is compiled, and the network computes them"
    read = [
        t for i, t in enumerate(inputs) if t and primitive.op.input_name(i) not in primitive.op.PARAMETERS
    ]
    # [N,C] lies alike in every layout; other ranks than 4 are row-major, whatever a kernel's layout is.
    if primitive.layout not in {"nchw", "any"} and any(t.rank not in {2, 4} for t in read):
        return f"reads images in {primitive.layout}"
    return primitive.ignores(inputs)


def _reason(primitive: Primitive, layout: str, op: Operator, inputs: Types, target: Target) -> str:
    try:
        reads = primitive.in_types(inputs, layout)
        return primitive.accepts(op, reads, primitive.out_types(op, reads), target)
    except LpdnnError as error:  # the operator refuses such a layout
        return str(error)


def candidates(
    op: Operator,
    inputs: Types,
    outputs: tuple[TensorType, ...],
    target: Target,
    plugins: Sequence[Plugin] | None = None,
    *,
    packable: bool = True,
) -> Iterator[tuple[Implementation, str]]:
    """Yield every implementation of an operator on tensors of these types, with "" or why it cannot be.

    Weights that the network computes are not `packable` when it is compiled.
    """
    for plugin in discover() if plugins is None else plugins:
        for primitive in plugin.primitives:
            if not _computes(primitive, op) or not primitive.fits(inputs, outputs):
                continue
            images = [t for i, t in enumerate(inputs) if t is not None and primitive.is_image(i, t)]
            images += [t for t in outputs if t.rank == 4]
            for layout in _layouts(primitive, images):
                reason = _obstacle(primitive, inputs, packable=packable)
                reason = reason or _reason(primitive, layout, op, inputs, target)
                yield Implementation(plugin, primitive, layout), reason
