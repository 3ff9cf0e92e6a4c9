"""How the importer says what is wrong: one sentence with file and line, or a table of layers."""

from __future__ import annotations

from dataclasses import dataclass

from lpdnn.ir import LpdnnError


def about(place: str, what: str) -> LpdnnError:
    """Return an error for a file, or a part of one."""
    return LpdnnError(f"{place}: {what}")


def at(source: str, line: int, what: str) -> LpdnnError:
    """Return an error for a line of a text file."""
    return about(f"{source}:{line}", what)


class UnsupportedError(LpdnnError):
    """Raised while one layer is converted: this layer, or this use of it, has no counterpart here."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One layer that cannot be imported."""

    line: int
    layer: str
    type: str
    reason: str


class UnsupportedLayersError(LpdnnError):
    """Everything that stands between a network and its import, at once."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 layer is" if len(problems) == 1 else f"{len(problems)} layers are"
        rows = [("line", "layer", "type", "why")]
        rows += [(str(p.line or "-"), plain(p.layer), plain(p.type), p.reason) for p in problems]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        table = (
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
            for row in rows
        )
        super().__init__(f"{source}: {count} not supported\n" + "\n".join(f"  {row}" for row in table))


def plain(name: str, most: int = 60) -> str:
    """Return a name from a model file, fit to be printed: no control characters, no end in sight cut off."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[:most])
    return text + "..." if len(name) > most else text
