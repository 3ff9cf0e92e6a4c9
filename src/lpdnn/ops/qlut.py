"""Any function of one integer, by its table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._integers import activations, drawn, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 128
"""Integers of 16 bits from one entry of the table to the next."""


@dataclass(frozen=True)
class QLut(Operator):
    """A function of every element, from a table, the entries of which are of the result's type.

    Of 8 bits there are 256 entries, from the type's least value on. Of 16 bits there are 513, for
    -32768, -32640, ..., 32768; what is between two entries a and b, f/128 of the way, is
    a + ((b - a) f + 64) / 128, rounded down.
    """

    NAME: ClassVar[str] = "qlut"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "table")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"table"})
    TOLERANCE: ClassVar[float] = 0.0

    def infer(self, x: TensorType, table: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        wide = x.dtype == "s16"
        if table.shape != (513 if wide else 256,) or table.dtype not in ({"s16"} if wide else {"s8", "u8"}):
            message = f"a table {table} does not go with {x}: 256 entries of 8 bits do, or 513 of 16"
            raise LpdnnError(message)
        return (replace(x, dtype=table.dtype),)

    def reference(self, x: Array, table: Array) -> tuple[Array, ...]:
        place = x.astype(np.int64) - RANGE[name_of(x)][0]
        if x.dtype != np.int16:
            return (table[place],)
        before, part = place // STEP, place % STEP
        a, b = table[before].astype(np.int64), table[before + 1].astype(np.int64)
        return ((a + ((b - a) * part + STEP // 2 >> 7)).astype(np.int16),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        return {"count": outputs[0].elements, "least": RANGE.get(x.dtype, (0, 0))[0]}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(additions=3 * count, multiplications=count) if outputs[0].dtype == "s16" else Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        every = np.arange(-(2**15), 2**15, dtype=np.int16).reshape(4, 8, 16, 128)
        curve = (30000 * np.tanh(np.arange(-(2**15), 2**15 + 1, STEP) / 6000)).astype(np.int16)
        found = [
            Sample(cls(), (drawn((2, 8, 7, 5), x, 1), drawn((256,), y, 2)))
            for x, y in (("s8", "s8"), ("u8", "s8"), ("s8", "u8"), ("u8", "u8"))
        ]
        return [*found, Sample(cls(), (every, curve)), Sample(cls(), (every, drawn((513,), "s16", 3)))]
