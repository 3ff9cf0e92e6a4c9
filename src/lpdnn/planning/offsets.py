"""Offsets of buffers whose sizes and lifetimes are known, so that those alive together are apart.

First quick rules: buffers in some order, each at the lowest place that is free. Where none of them reaches the
bound, branch and bound over canonical placements (each buffer rests on the floor or on another, and buffers are
placed by rising offset), the idea of MiniMalloc (Moffitt, ASPLOS 2023). When it ends, the answer is the least
possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NODES = 20_000
"""Placements that the search may try. A count, not a time, so that the answer is the same everywhere."""
Vector = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Span:
    """A buffer without a place: taken from its first to its last time, both included."""

    first: int
    last: int
    size: int

    def meets(self, other: Span) -> bool:
        """Tell whether both are taken at one time."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Offsets:
    """An offset for each span, the end of the highest, and whether that is the least possible."""

    offsets: tuple[int, ...]
    total: int
    optimal: bool


RULES: tuple[Callable[[Span], tuple[int, ...]], ...] = (
    lambda s: (-s.size, s.first - s.last, s.first),
    lambda s: (s.first - s.last, -s.size, s.first),
    lambda s: (-s.size * (s.last - s.first + 1), s.first),
    lambda s: (s.first, -s.size),
    lambda s: (-s.last, -s.size),
)


def load(spans: Sequence[Span]) -> int:
    """Return the greatest sum of sizes at one time: no placement ends lower."""
    return max((sum(t.size for t in spans if t.first <= s.first <= t.last) for s in spans), default=0)


def _lowest(span: Span, placed: Sequence[tuple[int, int]], *, tight: bool) -> int:
    """Return the lowest gap between placed (begin, end) that holds the span, or the tightest one."""
    top, best, slack = 0, -1, -1
    for begin, end in sorted(placed):
        room = begin - top
        if room >= span.size and (best < 0 or room < slack):
            best, slack = top, room
            if not tight:
                break
        top = max(top, end)
    return top if best < 0 else best


def _greedy(spans: Sequence[Span], sequence: Sequence[int], *, tight: bool) -> list[int]:
    offsets = [-1] * len(spans)
    for index in sequence:
        placed = [
            (offset, offset + other.size)
            for offset, other in zip(offsets, spans, strict=True)
            if offset >= 0 and other.meets(spans[index])
        ]
        offsets[index] = _lowest(spans[index], placed, tight=tight)
    return offsets


def _total(spans: Sequence[Span], offsets: Sequence[int]) -> int:
    return max((offset + span.size for offset, span in zip(offsets, spans, strict=True)), default=0)


class _Search:
    """Branch and bound for a placement below a limit."""

    def __init__(self, spans: Sequence[Span], nodes: int) -> None:
        self.spans, self.nodes = spans, nodes
        self.sizes = np.array([span.size for span in spans], dtype=np.int64)
        self.meets = np.array([[one.meets(other) for other in spans] for one in spans], dtype=bool)
        np.fill_diagonal(self.meets, val=False)
        self.crowds = _crowds(spans)
        # Of spans that are alike only the first that is left may be next.
        self.twin = [
            next((i for i in range(index) if spans[i] == span), -1) for index, span in enumerate(spans)
        ]
        weight = [-span.size * (span.last - span.first + 1) for span in spans]
        self.rank = np.argsort(np.argsort(np.array(weight), kind="stable"), kind="stable")
        self.exhausted = False

    def below(self, limit: int) -> list[int] | None:
        """Return offsets of which none ends above the limit; None where there are none, or the nodes ran out."""
        self.limit = limit
        self.offsets = [-1] * len(self.spans)
        floor = np.zeros(len(self.spans), dtype=np.int64)
        left = np.ones(len(self.spans), dtype=bool)
        stack = [(iter(self._candidates(floor, left, 0, -1)), floor, left)]
        chosen: list[int] = []
        while stack:
            candidates, floor, left = stack[-1]
            index = next(candidates, None)
            if index is None:
                stack.pop()
                if chosen:
                    self.offsets[chosen.pop()] = -1
                continue
            self.nodes -= 1
            if self.nodes < 0:
                self.exhausted = True
                return None
            offset = int(floor[index])
            rest = left.copy()
            rest[index] = False
            raised = np.maximum(floor, np.where(self.meets[index], offset + self.sizes[index], offset))
            if not self._fits(raised, rest):
                continue
            self.offsets[index] = offset
            if not rest.any():
                return self.offsets
            chosen.append(index)
            stack.append((iter(self._candidates(raised, rest, offset, index)), raised, rest))
        return None

    def _fits(self, floor: Vector, left: Vector) -> bool:
        if (floor + self.sizes)[left].max(initial=0) > self.limit:
            return False
        # In each crowd (spans that all meet) what is left stands on the lowest floor among it.
        crowd = self.crowds & left
        lowest = np.where(crowd, floor, self.limit).min(axis=1)
        return bool((lowest + crowd @ self.sizes <= self.limit).all())

    def _candidates(self, floor: Vector, left: Vector, offset: int, last: int) -> list[int]:
        """Return which spans may be next; offsets rise, and at equal offsets the numbers do."""
        # A span that lies above the whole of another that is left comes later: the other would fit beneath it.
        cap = (floor + self.sizes)[left].min()
        found = [
            int(index)
            for index in np.flatnonzero(left & (floor < cap))
            if (floor[index] > offset or index > last)
            and (self.twin[index] < 0 or not left[self.twin[index]])
        ]
        return sorted(found, key=lambda index: (floor[index], self.rank[index]))


def _crowds(spans: Sequence[Span]) -> Vector:
    """Return the largest sets of spans that are taken at one time, as rows."""
    rows = {frozenset(i for i, t in enumerate(spans) if t.first <= s.first <= t.last): None for s in spans}
    largest = [row for row in rows if not any(row < other for other in rows)]
    return np.array([[i in row for i in range(len(spans))] for row in largest], dtype=bool)


def place(spans: Sequence[Span], alignment: int = 1, nodes: int = NODES) -> Offsets:
    """Return offsets that are multiples of the alignment; sizes must be multiples of it."""
    units = [Span(span.first, span.last, span.size // alignment) for span in spans]
    bound = load(units)
    best: list[int] | None = None
    for rule, tight in product(RULES, (False, True)):
        sequence = sorted(range(len(units)), key=lambda index: rule(units[index]))
        offsets = _greedy(units, sequence, tight=tight)
        if best is None or _total(units, offsets) < _total(units, best):
            best = offsets
        if _total(units, best) == bound:
            break
    assert best is not None
    total = _total(units, best)
    optimal = total == bound
    if not optimal:
        found, optimal = _improved(units, bound, total, nodes)
        best = found or best
    return Offsets(tuple(offset * alignment for offset in best), _total(units, best) * alignment, optimal)


def _improved(units: Sequence[Span], bound: int, total: int, nodes: int) -> tuple[list[int] | None, bool]:
    """Return offsets that end below `total`, if any are found, and whether nothing ends lower."""
    order = sorted(range(len(units)), key=lambda index: (units[index].first, -units[index].size, index))
    search = _Search([units[index] for index in order], nodes)

    def below(limit: int) -> list[int] | None:
        found = search.below(limit)
        if found is None:
            return None
        back = [0] * len(units)
        for index, offset in zip(order, found, strict=True):
            back[index] = offset
        return back

    best = below(bound)
    if best is not None:
        return best, True
    while not search.exhausted and total - 1 > bound:
        found = below(total - 1)
        if found is None:
            break
        best, total = found, _total(units, found)
    return best, not search.exhausted
