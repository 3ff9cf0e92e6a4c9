"""Register tiles: how a map of output pixels is cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

LATENCY = 8
"""Independent multiply-adds that keep the units busy: a tile of fewer waits for its own results."""
STEP = 0.5
"""Multiply-adds lost in each step of a tile's inner loop."""


@dataclass(frozen=True)
class Cut:
    """An extent in tiles of `size`, the first `full` of them, and of one less, the others."""

    size: int
    full: int
    count: int

    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Return (size, how many) of the tiles."""
        return ((self.size, self.full), (self.size - 1, self.count - self.full))


def cut(extent: int, count: int) -> Cut:
    """Return an extent in `count` tiles that differ by at most one."""
    size = -(-extent // count)
    return Cut(size, extent - count * (size - 1), count)


def pixels_at_most(registers: int, panel: int) -> int:
    """Return the pixels of the largest tile that stays in registers beside its weights.

    Where registers are few, one is left for the broadcast input.
    """
    spare = panel + (registers < 32)
    return min(24, (registers - spare) // panel) - (registers >= 32 and panel == 2)


def tiles_time(down: Cut, across: Cut, panel: int) -> float:
    """Return the multiply-adds of vectors that a step of all tiles' inner loops takes the time of."""
    return sum(
        tall * wide * (max(LATENCY, rows * columns * panel) + STEP * (panel + 1))
        for rows, tall in down.sizes()
        for columns, wide in across.sizes()
    )


@cache
def cut_map(height: int, width: int, pixels: int, panel: int) -> tuple[Cut, Cut]:
    """Return the cuts of a map's rows and columns into tiles of at most so many pixels, by the least time."""
    choices = []
    for columns in range(1, min(pixels, width) + 1):
        across = cut(width, -(-width // columns))
        rows = min(height, pixels // across.size)
        choices += [(cut(height, -(-height // down)), across) for down in {1, rows}]
    return min(choices, key=lambda cuts: (tiles_time(cuts[0], cuts[1], panel), cuts[0].size))


def panel_vectors(filters: int, lanes: int) -> int:
    """Return how many vectors of filters a tile computes side by side."""
    vectors = -(-filters // lanes)
    return vectors if vectors in {1, 3} else 2
