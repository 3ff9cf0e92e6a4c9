"""Offsets of buffers whose sizes and lifetimes are known, so that those alive together are apart.

First quick rules: buffers in some order, each at the lowest place that is free. Where none of them reaches
the bound, again with those buffers ahead that ended above it. Then branch and bound over canonical placements
(each buffer rests on the floor or on another, and buffers are placed by rising offset), the idea of
MiniMalloc (Moffitt, ASPLOS 2023). When it ends, the answer is the least possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SPANS = 300
"""Spans that the search takes on; it calls itself once a span."""
TURNS = 200
"""Times that the rules are tried again with other spans ahead."""
NODES = 20_000
"""Placements that the search may try. A count, not a time, so that the answer is the same everywhere."""
PAGE = 4096
"""Bytes apart at which loads and stores look alike to CPUs, and share the sets of the first level of cache."""
APART = 512
"""Bytes that two buffers taken together should differ by in what is beyond whole pages: 0 costs wide depthwise layers
a quarter of their time, 64 half."""
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
    events = [(span.first, span.size) for span in spans] + [(span.last + 1, -span.size) for span in spans]
    return max(accumulate(change for _, change in sorted(events)), default=0)


def _neighbours(spans: Sequence[Span]) -> list[list[int]]:
    """Return for each span those that it meets."""
    found: list[list[int]] = [[] for _ in spans]
    active: list[int] = []
    for index in sorted(range(len(spans)), key=lambda index: spans[index].first):
        active = [other for other in active if spans[other].last >= spans[index].first]
        for other in active:
            found[index].append(other)
            found[other].append(index)
        active.append(index)
    return found


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


def _greedy(
    spans: Sequence[Span], near: Sequence[Sequence[int]], sequence: Sequence[int], *, tight: bool
) -> list[int]:
    offsets = [-1] * len(spans)
    for index in sequence:
        placed = [
            (offsets[other], offsets[other] + spans[other].size)
            for other in near[index]
            if offsets[other] >= 0
        ]
        offsets[index] = _lowest(spans[index], placed, tight=tight)
    return offsets


def _total(spans: Sequence[Span], offsets: Sequence[int]) -> int:
    return max((offset + span.size for offset, span in zip(offsets, spans, strict=True)), default=0)


def _pressed(
    spans: Sequence[Span], near: Sequence[Sequence[int]], offsets: list[int], bound: int
) -> list[int]:
    """Return better offsets, if any: place all anew, those that ended above the bound ahead of others."""
    sequence = sorted(range(len(spans)), key=lambda index: (offsets[index], index))
    best = offsets
    for turn in range(TURNS):
        high = [index for index in sequence if offsets[index] + spans[index].size > bound]
        rank = {index: place for place, index in enumerate(sequence)}
        for index in high:
            rank[index] = rank[index] * (turn % 4) // 4 - 1
        sequence = sorted(sequence, key=lambda index: rank[index])
        offsets = _greedy(spans, near, sequence, tight=bool(turn & 8))
        if _total(spans, offsets) < _total(spans, best):
            best = offsets
        if _total(spans, best) == bound:
            break
    return best


class _Search:
    """Branch and bound for a placement below a limit; spans are numbered by their begin."""

    def __init__(self, spans: Sequence[Span], nodes: int) -> None:
        self.spans, self.nodes = spans, nodes
        self.sizes = np.array([span.size for span in spans], dtype=np.int64)
        self.meets = np.array([[one.meets(other) for other in spans] for one in spans], dtype=bool)
        self.crowds = _crowds(spans)
        # Of spans that are alike only the first that is left may be next.
        self.twin = [
            spans.index(span) if spans.index(span) < index else -1 for index, span in enumerate(spans)
        ]
        self.area = [span.size * (span.last - span.first + 1) for span in spans]
        self.offsets = [0] * len(spans)
        self.limit = 0

    @property
    def exhausted(self) -> bool:
        """Tell whether the search gave up."""
        return self.nodes < 0

    def below(self, limit: int) -> list[int] | None:
        """Return offsets that end at or below the limit; None if there are none, or the nodes ran out."""
        self.limit = limit
        everything = np.arange(len(self.spans))
        found = self._place(everything, np.zeros(len(self.spans), dtype=np.int64), 0, -1)
        return list(self.offsets) if found else None

    def _place(self, left: Vector, floor: Vector, offset: int, last: int) -> bool:
        """Place the spans that are left, each at its floor or above; the last one was placed at `offset`.

        Spans that share no time with others, now that those between them are placed, are placed for
        themselves.
        """
        apart = self._apart(left)
        if len(apart) > 1:
            return all(self._place(some, floor, offset, last) for some in apart)
        for index in self._candidates(left, floor, offset, last):
            self.nodes -= 1
            if self.nodes < 0:
                return False
            place = int(floor[index])
            self.offsets[index] = place
            rest = left[left != index]
            if not rest.size:
                return True
            raised = np.maximum(floor, np.where(self.meets[index], place + self.sizes[index], place))
            if self._fits(rest, raised) and self._place(rest, raised, place, index):
                return True
        return False

    def _apart(self, left: Vector) -> list[Vector]:
        """Return the spans in groups that share no time, the largest load first."""
        cuts = []
        end = self.spans[left[0]].last
        for position, index in enumerate(left):
            if self.spans[index].first > end:
                cuts.append(position)
            end = max(end, self.spans[index].last)
        groups = np.split(left, cuts)
        return sorted(groups, key=lambda group: -int(self.sizes[group].sum())) if cuts else groups

    def _fits(self, left: Vector, floor: Vector) -> bool:
        if (floor + self.sizes)[left].max() > self.limit:
            return False
        # In each crowd (spans that all meet) what is left stands on the lowest floor among it.
        crowds = self.crowds[:, left]
        lowest = np.where(crowds, floor[left], self.limit).min(axis=1)
        return bool((lowest + crowds @ self.sizes[left] <= self.limit).all())

    def _candidates(self, left: Vector, floor: Vector, offset: int, last: int) -> list[int]:
        """Return which spans may be next; offsets rise, and at equal offsets the numbers do."""
        # A span that lies above the whole of another that is left comes later: that one fits beneath it.
        cap = int((floor + self.sizes)[left].min())
        open_ = set(left.tolist())
        found = [
            index
            for index in left[floor[left] < cap].tolist()
            if (floor[index] > offset or index > last) and self.twin[index] not in open_
        ]
        return sorted(found, key=lambda index: (floor[index], -self.area[index], index))


def _crowds(spans: Sequence[Span]) -> Vector:
    """Return the largest sets of spans that are taken at one time, as rows."""
    rows = {frozenset(i for i, t in enumerate(spans) if t.first <= s.first <= t.last): None for s in spans}
    largest = [row for row in rows if not any(row < other for other in rows)]
    return np.array([[i in row for i in range(len(spans))] for row in largest], dtype=bool)


def place(spans: Sequence[Span], alignment: int = 1, nodes: int = NODES) -> Offsets:
    """Return offsets that are multiples of the alignment; sizes must be multiples of it."""
    units = [Span(span.first, span.last, span.size // alignment) for span in spans]
    bound, near = load(units), _neighbours(units)
    best: list[int] | None = None
    for rule, tight in product(RULES, (False, True)):
        sequence = sorted(range(len(units)), key=lambda index: rule(units[index]))
        offsets = _greedy(units, near, sequence, tight=tight)
        if best is None or _total(units, offsets) < _total(units, best):
            best = offsets
        if _total(units, best) == bound:
            break
    assert best is not None
    if _total(units, best) > bound:
        best = _pressed(units, near, best, bound)
    total = _total(units, best)
    optimal = total == bound
    if not optimal:
        found, optimal = _improved(units, bound, total, nodes)
        best = found or best
    return Offsets(tuple(offset * alignment for offset in best), _total(units, best) * alignment, optimal)


def _improved(units: Sequence[Span], bound: int, total: int, nodes: int) -> tuple[list[int] | None, bool]:
    """Return offsets that end below `total`, if any are found, and whether nothing ends lower."""
    if len(units) > SPANS:
        return None, False
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


def spread(spans: Sequence[Span], placed: Offsets, alignment: int) -> Offsets:
    """Return offsets that end no higher, at which fewer spans of a page or more are whole pages apart.

    Spans keep their order upwards: each is as low as those below let it be, or a little higher, where it is
    apart from them and those above still find room.
    """
    if APART % alignment:
        return placed
    near, old = _neighbours(spans), placed.offsets
    upwards = sorted(range(len(spans)), key=lambda index: old[index])
    latest = [0] * len(spans)
    for index in reversed(upwards):
        above = [latest[other] for other in near[index] if old[other] > old[index]]
        latest[index] = min([*above, placed.total]) - spans[index].size
    new: dict[int, int] = {}
    for index in upwards:
        below = [other for other in near[index] if other in new]
        lowest = max((new[other] + spans[other].size for other in below), default=0)
        wide = [new[other] for other in below if min(spans[other].size, spans[index].size) >= PAGE]
        places = range(lowest, min(lowest + PAGE, latest[index] + 1), APART)
        fitting = (at for at in places if all(APART <= (at - one) % PAGE <= PAGE - APART for one in wide))
        new[index] = next(fitting, lowest)
    offsets = [new[index] for index in range(len(spans))]
    return Offsets(tuple(offsets), _total(spans, offsets), placed.optimal)
