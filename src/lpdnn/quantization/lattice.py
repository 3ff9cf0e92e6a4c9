"""Fixed-point networks of other tools: formats from the lattices of their weights and the shifts of their code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.quantization.configuration import Configuration, Tensor
from lpdnn.quantization.format import Format
from lpdnn.quantization.places import rounded, source, structure, weighted, weights_mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lpdnn.ir import Array, Graph

BITS = 8
DATA = "DATA_RSHIFT"
OUT = "_OUT_RSHIFT"
MOST = 31
_DEFINE = re.compile(r"^\s*#define\s+(\w+)\s+\(?(-?\d{1,9})\)?\s*$", re.MULTILINE)


def lattice(x: Array, bits: int = BITS) -> Format | None:
    """Return the coarsest fixed point of so many bits that loses nothing of x; None where there is none."""
    numbers = x.astype(np.float64).ravel()
    there = numbers[numbers != 0]
    if not there.size or not np.isfinite(there).all():
        return Format("D", bits, il=bits) if np.isfinite(numbers).all() else None
    # float32 has 24 bits: a multiple of 2^exponent for each number, and odd
    fractions, exponents = np.frexp(there)
    whole = np.abs(np.ldexp(fractions, 24)).astype(np.int64)
    odd = np.log2((whole & -whole).astype(np.float64)).astype(int)
    fl = -int((exponents - 24 + odd).min())
    steps = np.ldexp(numbers, fl)
    if steps.min() < -(2 ** (bits - 1)) or steps.max() >= 2 ** (bits - 1):
        return None
    return Format("D", bits, il=bits - fl, fl=fl)


def read_shifts(path: Path) -> dict[str, int]:
    """Return the shifts in a parameter.h that Arm's code_gen.py wrote: by how much each layer shifts its sums."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as a header with the shifts of a network"
        raise LpdnnError(message) from error
    shifts = {name: int(value) for name, value in _DEFINE.findall(text) if name.endswith("SHIFT")}
    if DATA not in shifts:
        message = f"{path} defines no {DATA}; it is not a parameter.h of Arm's code_gen.py"
        raise LpdnnError(message)
    for name, value in shifts.items():
        if abs(value) > MOST:
            message = f"{path}: {name} is {value}; sums of 32 bits can be shifted by {MOST} at most"
            raise LpdnnError(message)
    return shifts


def on_lattices(graph: Graph, shifts: Mapping[str, int], where: str) -> Configuration:
    """Return the formats of a fixed-point network of Arm's quantizer, 8 bits everywhere.

    Sums of a layer have FL of its input plus FL of its weights; its results have OUT_RSHIFT less. The input
    has DATA_RSHIFT fraction bits less than 0 has, which is pixels. What has no weights keeps its input's
    format; a softmax gives [1.7]. `where` is the file with the shifts.
    """
    weights: dict[str, Tensor] = {}
    for name, value in weighted(graph).items():
        one = lattice(graph.constants[value])
        if one is None:
            message = (
                f"layer {name!r}: its weights are no multiples of one power of two within {BITS} bits; "
                f"{where} goes with the weights that Arm's quantizer wrote"
            )
            raise LpdnnError(message)
        weights[name] = _tensor(graph.constants[value].shape, one)
    lengths = dict.fromkeys(graph.inputs, -shifts[DATA])
    own = set(rounded(graph))
    for node in graph.nodes:
        read = next((v for v in node.inputs if v is not None and v not in graph.constants), "")
        length = lengths.get(source(graph, read) or "", 0) if read else 0
        if node.name in weights:
            wanted = re.sub(r"\W", "_", node.name).upper() + OUT
            if wanted not in shifts:
                message = f"{where} has no {wanted}, for layer {node.name!r}"
                raise LpdnnError(message)
            length += weights[node.name].format.fl - shifts[wanted]
        elif node.op.NAME == "softmax":
            length = BITS - 1
        lengths |= {value: length for value in node.outputs if value in own}
    activations = {
        value: _tensor(
            graph.types[value].shape, Format("D", BITS, il=BITS - lengths[value], fl=lengths[value])
        )
        for value in rounded(graph)
    }
    return Configuration(graph.name, structure(graph), weights_mark(graph), weights, activations)


def _tensor(shape: tuple[int, ...], one: Format) -> Tensor:
    return Tensor(tuple(shape), one.label, {one.label: one})
