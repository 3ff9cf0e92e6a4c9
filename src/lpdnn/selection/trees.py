"""The cheapest way to hold a value in a set of layouts, given what each single conversion of it costs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array

Step = tuple[int, int]
"""From one layout to another, by their numbers."""


class Trees:
    """Cheapest conversion trees of one value: from the layout that is made to every set that is wanted.

    A set is a mask of bits, one a layout. This is the directed Steiner tree problem, and as there are few
    layouts the recurrence of Dreyfus and Wagner solves it exactly: a tree either splits at its root or walks
    a shortest path on.
    """

    def __init__(self, direct: Array) -> None:
        """Take the cost of each single conversion [from][to], infinite where there is none."""
        count = len(direct)
        self.distance = direct.astype(np.float64, copy=True)
        np.fill_diagonal(self.distance, 0.0)
        self._hop = np.tile(np.arange(count), (count, 1))
        for middle in range(count):
            through = self.distance[:, middle, None] + self.distance[None, middle, :]
            better = through < self.distance
            self._hop = np.where(better, self._hop[:, middle, None], self._hop)
            self.distance = np.where(better, through, self.distance)
        self.cost = np.full((count, 1 << count), np.inf)
        """Of the cheapest tree, [layout made][set wanted]."""
        self.cost[:, 0] = 0.0
        self._split: dict[Step, int] = {}
        self._via: dict[Step, int] = {}
        for wanted in range(1, 1 << count):
            self._solve(wanted, count)

    def _solve(self, wanted: int, count: int) -> None:
        """Fill in the column of a set; those of its subsets are there."""
        if wanted & (wanted - 1) == 0:
            self.cost[:, wanted] = self.distance[:, wanted.bit_length() - 1]
            return
        split = np.full(count, np.inf)
        part = (wanted - 1) & wanted
        while part:
            if part & (wanted & -wanted):  # each division into two once
                both = self.cost[:, part] + self.cost[:, wanted ^ part]
                better = both < split
                split = np.where(better, both, split)
                self._split |= {(root, wanted): part for root in range(count) if better[root]}
            part = (part - 1) & wanted
        walked = self.distance + split[None, :]
        for root in range(count):
            best = root if split[root] <= walked[root].min() else int(np.argmin(walked[root]))
            self._via[root, wanted] = best
            self.cost[root, wanted] = walked[root, best]

    def steps(self, made: int, wanted: int) -> tuple[Step, ...]:
        """Return the conversions of the cheapest tree, each after the one that it builds on."""
        found: dict[int, Step] = {}
        self._collect(made, wanted & ~(1 << made), found, made)
        return tuple(found.values())

    def _path(self, source: int, target: int, found: dict[int, Step], root: int) -> None:
        while source != target:
            following = int(self._hop[source, target])
            if following != root:
                found.setdefault(following, (source, following))
            source = following

    def _collect(self, at: int, wanted: int, found: dict[int, Step], root: int) -> None:
        wanted &= ~(1 << at)
        if not wanted:
            return
        if wanted & (wanted - 1) == 0:
            self._path(at, wanted.bit_length() - 1, found, root)
            return
        via = self._via[at, wanted]
        self._path(at, via, found, root)
        if via != at and wanted >> via & 1:
            self._collect(via, wanted, found, root)
            return
        part = self._split[via, wanted]
        self._collect(via, part, found, root)
        self._collect(via, wanted ^ part, found, root)


@lru_cache(4096)
def _known(direct: bytes, count: int) -> Trees:
    return Trees(np.frombuffer(direct).reshape(count, count))


def trees(direct: Array) -> Trees:
    """Return the trees of a matrix of single conversions, worked out once for equal ones."""
    return _known(np.ascontiguousarray(direct, dtype=np.float64).tobytes(), len(direct))
