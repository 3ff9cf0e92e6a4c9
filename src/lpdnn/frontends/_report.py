"""How the importer says what is wrong: one sentence, or a table of nodes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnsupportedError(LpdnnError):
    """Raised while one node is converted: this operator, or this use of it, has no counterpart here."""


class NotConstantError(UnsupportedError):
    """Raised where an operand must be known before the network runs; `values` are names in the model."""

    def __init__(self, value: str, what: str) -> None:
        self.values: tuple[str, ...] = (value,)
        super().__init__(f"{what} ({plain(value)!r}) is computed at run time; only a constant is supported")


class FunctionWantedError(LpdnnError):
    """Raised by a converter that leaves a node to the operator's own definition by simpler ones."""


MALFORMED = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    struct.error,
)
"""What reading a damaged model may raise."""
WAYS = {
    "recurrent": "unroll it over a fixed number of steps, or run it beside the network",
    "as often": "export it with a fixed number of steps, which are then no loop",
    "loop": "export it with a fixed number of steps, which are then no loop",
    "the data says": "export the one branch that is to run",
    "depends on the data": "keep all elements and a mask of those that count, so that the size is fixed",
    "at run time": "export with fixed shapes, or fold constants before, so that it is known",
    "random": "export for inference, where nothing is random",
    "training": "export for inference, with the statistics that training found",
    "state": "make the state an input and a result of the network",
    "domain": "export with the standard's operators only",
    "quantized": "quantize each tensor that is computed with one scale",
    "text": "do what concerns text before the network or behind it",
    "": "spell it out in operators that are listed in docs/, or end the network there and go on behind it",
}
"""Ways around, by words of the reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One node that cannot be imported: `place` tells its use in the network."""

    node: str
    type: str
    reason: str
    values: tuple[str, ...] = ()
    place: str = ""

    @property
    def way(self) -> str:
        """Return what can be done about it."""
        return next(way for words, way in WAYS.items() if words in self.reason)


def between(makers: Iterable[str], readers: Iterable[str], most: int = 2) -> str:
    """Return where a node is, by the nodes that make what it reads, and those that read what it makes."""

    def few(names: Iterable[str], none: str) -> str:
        found = list(dict.fromkeys(plain(name, 40) for name in names))
        return ", ".join(found[:most]) + (", ..." if len(found) > most else "") if found else none

    return f"{few(makers, 'input')} -> {few(readers, 'output')}"


class UnsupportedNodesError(LpdnnError):
    """Everything that stands between a model and its import, at once."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 node is" if len(problems) == 1 else f"{len(problems)} nodes are"
        rows = [("node", "operator", "between", "why")]
        rows += [(plain(p.node), plain(p.type), p.place, p.reason) for p in problems]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
            for row in rows
        ]
        ways: dict[str, list[str]] = {}
        for p in problems:
            ways.setdefault(p.way, []).append(plain(p.type))
        lines += ["what can be done:"]
        lines += [f"{', '.join(dict.fromkeys(types))}: {way}" for way, types in ways.items()]
        super().__init__(f"{source}: {count} not supported\n" + "\n".join(f"  {line}" for line in lines))


def plain(name: str, most: int = 60) -> str:
    """Return a name from a model file, fit to be printed: no control characters, no end in sight cut off."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[:most])
    return text + "..." if len(name) > most else text
