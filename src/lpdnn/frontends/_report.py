"""How the importer says what is wrong: one sentence, or a table of nodes."""

from __future__ import annotations

from dataclasses import dataclass

from lpdnn.ir import LpdnnError


class UnsupportedError(LpdnnError):
    """Raised while one node is converted: this operator, or this use of it, has no counterpart here."""


class NotConstantError(UnsupportedError):
    """Raised where an operand must be known before the network runs; `values` are names in the model."""

    def __init__(self, value: str, what: str) -> None:
        self.values: tuple[str, ...] = (value,)
        super().__init__(f"{what} ({plain(value)!r}) is computed at run time; only a constant is supported")


class FunctionWantedError(LpdnnError):
    """Raised by a converter that leaves a node to the operator's own definition by simpler ones."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One node that cannot be imported."""

    node: str
    type: str
    reason: str
    values: tuple[str, ...] = ()


class UnsupportedNodesError(LpdnnError):
    """Everything that stands between a model and its import, at once."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 node is" if len(problems) == 1 else f"{len(problems)} nodes are"
        rows = [("node", "operator", "why")]
        rows += [(plain(p.node), plain(p.type), p.reason) for p in problems]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        table = (
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[2]])
            for row in rows
        )
        super().__init__(f"{source}: {count} not supported\n" + "\n".join(f"  {row}" for row in table))


def plain(name: str, most: int = 60) -> str:
    """Return a name from a model file, fit to be printed: no control characters, no end in sight cut off."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[:most])
    return text + "..." if len(name) > most else text
