"""Checks a file before it is read: every offset, size and length that the accessors would follow blindly.

The binary format: https://flatbuffers.dev/internals. A table begins with the signed distance back to its
vtable, which says where in the table each field lies; strings, vectors and tables are reached by unsigned
distances forward.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTHS: Final = {"8": 1, "16": 2, "32": 4, "64": 8}
"""Bytes of numbers."""

TABLES: Final[dict[str, dict[int, str]]] = {
    "Model": {
        0: "32",
        1: "[OperatorCode]",
        2: "[SubGraph]",
        3: "string",
        4: "[Buffer]",
    },
    "OperatorCode": {0: "8", 1: "string", 2: "32", 3: "32"},
    "SubGraph": {0: "[Tensor]", 1: "[32]", 2: "[32]", 3: "[Operator]", 4: "string"},
    "Tensor": {
        0: "[32]",
        1: "8",
        2: "32",
        3: "string",
        4: "Quantization",
        5: "8",
        6: "Sparsity",
        7: "[32]",
        8: "8",
    },
    "Quantization": {2: "[32]", 3: "[64]", 4: "8", 6: "32"},
    "Sparsity": {0: "[32]", 1: "[32]", 2: "[Dimension]"},
    "Dimension": {0: "8", 1: "32", 2: "8", 3: "Index", 4: "8", 5: "Index"},
    "Index": {},  # a vector whose width the type says: checked where it is read
    "Operator": {0: "32", 1: "[32]", 2: "[32]", 3: "8", 4: "Options", 5: "[8]", 6: "8", 9: "64", 10: "64"},
    "Buffer": {0: "[8]", 1: "64", 2: "64"},
    "Options": {},
}
"""The tables that are read, and their fields that are: what each is, by its place in the schema."""

VECTORS: Final = {"ReshapeOptions": {0: "[32]"}, "SqueezeOptions": {0: "[32]"}}
"""Fields of options that are not numbers."""


@dataclass
class Verifier:
    """One file, and what of it has been checked already."""

    data: bytes
    seen: set[tuple[int, str]] = field(default_factory=set)

    def _fail(self, at: int, what: str) -> None:
        message = f"at byte {at} {what}"
        raise LpdnnError(message)

    def number(self, at: int, form: str) -> int:
        """Return a little-endian number at a place."""
        size = struct.calcsize(form)
        if not 0 <= at <= len(self.data) - size:
            self._fail(at, f"there should be a number of {size} bytes, but the file has {len(self.data)}")
        return int(struct.unpack_from(form, self.data, at)[0])

    def table(self, at: int, name: str, fields: Mapping[int, str] | None = None) -> None:
        """Check a table and all that it leads to."""
        if (at, name) in self.seen:
            return
        self.seen.add((at, name))
        vtable = at - self.number(at, "<i")
        size, extent = self.number(vtable, "<H"), self.number(vtable + 2, "<H")
        if size < 4 or size % 2 or vtable + size > len(self.data) or at + extent > len(self.data):
            self._fail(at, f"a table ({name}) reaches beyond the file or its own end")
        for index, kind in (TABLES[name] if fields is None else fields).items():
            offset = self.number(vtable + 4 + 2 * index, "<H") if 4 + 2 * index < size else 0
            if not offset:
                continue
            if offset + WIDTHS.get(kind, 4) > extent:
                self._fail(at, f"field {index} of a table ({name}) lies beyond its end")
            if kind not in WIDTHS:
                self._reference(at + offset, kind)
        for place in range(4, size, 2):
            if self.number(vtable + place, "<H") >= max(extent, 1):
                self._fail(at, f"a field of a table ({name}) lies beyond its end")

    def _reference(self, at: int, kind: str) -> None:
        target = at + self.number(at, "<I")
        if kind in TABLES:
            self.table(target, kind)
            return
        length, width = self.number(target, "<I"), WIDTHS.get(kind.strip("[]"), 1 if kind == "string" else 4)
        if target + 4 + length * width > len(self.data):
            self._fail(target, f"there is a list of {length} elements, which reaches beyond the file")
        inner = kind.strip("[]")
        if inner in TABLES:
            for place in range(target + 4, target + 4 + 4 * length, 4):
                self.table(place + self.number(place, "<I"), inner)


def verify(data: bytes) -> None:
    """Raise an LpdnnError that says where a file is not what a model must be."""
    if len(data) < 8 or data[4:8] != b"TFL3":
        message = "its bytes 4 to 7 are not TFL3"
        raise LpdnnError(message)
    verifier = Verifier(data)
    verifier.table(verifier.number(0, "<I"), "Model")
