"""Convolution and fully connected layers whose weights are mostly zeros, as COO, CSR or CSC."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.plugins.cpu_sparse.weights import FORMATS, prepared
from lpdnn.primitives import Library, Primitive, at_rate, over

if TYPE_CHECKING:
    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Defines

C_STANDARD = "gnu11"

OWN = Library("own", sources=("sparse_own.c",))
MKL = Library(
    "mkl",
    "pip install --no-deps mkl (x86-64)",
    ("sparse_mkl.c",),
    ("libmkl_rt.so.3", "libmkl_rt.so.2"),
    wheels=("mkl",),
)
MKL_TOLERANCE = 1e-4
"""MKL adds up a row in one go, which loses digits over the 25088 equal terms of a sample."""
BLOCK = 64
"""Pixels that are computed at once."""
UNKNOWN_ZEROS = at_rate(1e9, 1e9)
"""Types do not tell how many weights are zeros: only a measurement makes these the choice."""


def _lowered(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of a block of results, a block of patches, and the offsets into them."""
    filters, depth = _sizes(op, inputs)
    return 4 * (filters * BLOCK + depth * BLOCK + depth)


def _copied(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of a block of results, the image with its border, and the offsets into it."""
    assert isinstance(op, Conv2d)
    filters, depth = _sizes(op, inputs)
    weight = inputs[1]
    assert weight is not None
    _, channels, kernel_h, kernel_w = weight.shape
    rows = outputs[0].shape[2] + (kernel_h - 1) * op.dilation[0] // op.stride[0] + 1
    columns = outputs[0].shape[3] + (kernel_w - 1) * op.dilation[1] // op.stride[1]
    copy = channels * rows * columns * op.stride[0] * op.stride[1]
    return 4 * (filters * BLOCK + copy + BLOCK + depth)


def _sums(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> int:
    """Return the bytes of the partial sums of one image."""
    weight = inputs[1]
    assert weight is not None
    return 4 * weight.shape[0]


def _sizes(op: Operator, inputs: Types) -> tuple[int, int]:
    """Return the filters and the depth of one group."""
    weight = inputs[1]
    assert isinstance(op, Conv2d)
    assert weight is not None
    return weight.shape[0] // op.groups, weight.shape[1] * weight.shape[2] * weight.shape[3]


def _format(form: str) -> Defines:
    return lambda _op, _inputs, _outputs: {"SPARSE_FORMAT": FORMATS.index(form)}


def _primitives(form: str) -> dict[str, Primitive]:
    """Return the primitives that read weights in a format."""
    conv = {
        "direct": ("nchw", _copied),
        "im2col": ("nchw", _lowered),
        "im2row": ("nhwc", _lowered),
    }
    primitives = {
        how: Primitive(
            Conv2d,
            f"{how}_{form}",
            layout=layout,
            workspace=workspace,
            prepare=prepared(form, by_tap=layout == "nhwc"),
            defines=_format(form),
            estimate=UNKNOWN_ZEROS,
            source=how,
            alignment=64,
        )
        for how, (layout, workspace) in conv.items()
    }
    primitives["spmv"] = Primitive(
        FullyConnected,
        f"spmv_{form}",
        workspace=_sums,
        prepare=prepared(form),
        defines=_format(form),
        estimate=UNKNOWN_ZEROS,
        source="spmv",
        alignment=64,
    )
    return primitives


PRIMITIVES = [
    *(primitive for form in FORMATS for primitive in over((OWN,), *_primitives(form).values())),
    *over((MKL,), *(one for how, one in _primitives("csr").items() if how.startswith("im2"))),
    *over((MKL,), replace(_primitives("csr")["spmv"], tolerance=MKL_TOLERANCE)),
]
