"""The order of steps that needs the least memory at one time.

What has run is a set of jobs; the blocks that are alive follow from the set alone, so a search over the
sets (best first, by the greatest need so far) finds the least bound over all orders. Two facts keep it
small. A run of jobs that can start now, stays within the need already known, and ends with no more memory
than it began with can be done at once: memory as a function of the set is submodular, so doing it later
never helps. And a bound that holds for any order, from the blocks that must be alive around each job, often
ends the search before it begins.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STATES = 30_000
"""Sets of jobs that the search may look at. A count, not a time: the answer is the same everywhere."""
BEAM = 24


@dataclass(frozen=True)
class Block:
    """Memory that is taken and given back as a whole; makers and users are sets of jobs, as bits.

    It lives from its first maker (from the beginning where the application fills it) until all its users have
    run (makers are users), or to the end where the application reads it.
    """

    size: int
    makers: int
    users: int
    filled: bool
    kept: bool


@dataclass(frozen=True)
class Jobs:
    """Jobs by number; `preds[i]` is the set of jobs that must run before job i.

    `takes[i]` are the blocks over which job i may write the one block it makes, if it is the last to use
    them.
    """

    preds: tuple[int, ...]
    makes: tuple[tuple[int, ...], ...]
    touches: tuple[tuple[int, ...], ...]
    workspace: tuple[int, ...]
    takes: tuple[tuple[int, ...], ...]
    blocks: tuple[Block, ...]

    @property
    def count(self) -> int:
        """Number of jobs."""
        return len(self.preds)

    @cached_property
    def followers(self) -> tuple[tuple[int, ...], ...]:
        """Jobs that wait for each job."""
        found: list[list[int]] = [[] for _ in self.preds]
        for job, preds in enumerate(self.preds):
            for before in bits(preds):
                found[before].append(job)
        return tuple(map(tuple, found))

    @property
    def begin(self) -> int:
        """Bytes that are taken before the first job runs, and stay where something reads them."""
        return sum(block.size for block in self.blocks if block.filled and (block.users or block.kept))

    @property
    def filled(self) -> int:
        """Bytes that the application fills."""
        return sum(block.size for block in self.blocks if block.filled)

    def run(self, job: int, done: int, live: int) -> tuple[int, int]:
        """Return what running a job takes at its height, and what is taken after it."""
        after = done | 1 << job
        height = live + self.workspace[job]
        for made in self.makes[job]:
            block = self.blocks[made]
            if not block.filled and not block.makers & done:
                live += block.size
                if any(self.blocks[taken].users & ~after == 0 for taken in self.takes[job]):
                    height -= block.size
                height += block.size
        for touched in self.touches[job]:
            block = self.blocks[touched]
            if not block.kept and block.users & ~after == 0:
                live -= block.size
        return height, live


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers in a set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def closure(preds: int, before: Sequence[int]) -> tuple[int, int]:
    """Return the preds of a job that no other of them waits for, and all that it waits for."""
    least, reached = 0, 0
    while preds:
        last = preds.bit_length() - 1
        least |= 1 << last
        reached |= before[last] | 1 << last
        preds &= ~reached
    return least, reached


def heights(jobs: Jobs, order: Sequence[int]) -> list[int]:
    """Return the bytes taken before the first job, then at the height of each."""
    found, done, live = [jobs.filled], 0, jobs.begin
    for job in order:
        height, live = jobs.run(job, done, live)
        found.append(height)
        done |= 1 << job
    return found


def lifetimes(jobs: Jobs, order: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last time of each block: -1 is before all jobs, their number is the end."""
    first = [-1 if block.filled else jobs.count for block in jobs.blocks]
    last = [jobs.count if block.kept else -1 for block in jobs.blocks]
    for time, job in enumerate(order):
        for index in jobs.touches[job]:
            first[index] = min(first[index], time)
            last[index] = max(last[index], time)
    return list(zip(first, last, strict=True))


def by_priority(jobs: Jobs, priority: Sequence[int]) -> list[int] | None:
    """Return the order that always runs the ready job of least priority; None if jobs wait for each other."""
    waiting = [preds.bit_count() for preds in jobs.preds]
    ready = [(priority[job], job) for job in range(jobs.count) if not waiting[job]]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, job = heapq.heappop(ready)
        order.append(job)
        for follower in jobs.followers[job]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (priority[follower], follower))
    return order if len(order) == jobs.count else None


def least(jobs: Jobs, topological: Sequence[int]) -> int:
    """Return a bound that holds for every order: the greatest sum of what must be alive while a job runs."""
    before, after = list(jobs.preds), [0] * jobs.count
    for job in topological:
        for pred in bits(jobs.preds[job]):
            before[job] |= before[pred]
    for job in reversed(topological):
        for follower in jobs.followers[job]:
            after[job] |= after[follower] | 1 << follower
    needs = list(jobs.workspace)
    everything = (1 << jobs.count) - 1
    for block in jobs.blocks:
        begun = everything if block.filled else _union(after[job] for job in bits(block.makers))
        needed = everything if block.kept else _union(before[job] for job in bits(block.users))
        for job in bits(begun & needed | block.users):
            needs[job] += block.size
    bound = max(jobs.filled, sum(block.size for block in jobs.blocks if block.kept))
    for job, need in enumerate(needs):
        if any(not jobs.blocks[taken].users & after[job] for taken in jobs.takes[job]):
            bound = max(bound, need - jobs.blocks[jobs.makes[job][0]].size)
        else:
            bound = max(bound, need)
    return bound


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _opened(jobs: Jobs, ready: tuple[int, ...], job: int, done: int) -> tuple[tuple[int, ...], list[int]]:
    """Return the ready jobs after one has run, and those that became ready by it; `done` includes it."""
    fresh = [follower for follower in jobs.followers[job] if not jobs.preds[follower] & ~done]
    return (*(other for other in ready if other != job), *fresh), fresh


@dataclass(frozen=True)
class _State:
    height: int
    done: int
    live: int
    ready: tuple[int, ...]
    order: tuple[_State | None, tuple[int, ...]]

    def path(self) -> list[int]:
        runs = []
        state: _State | None = self
        while state is not None:
            runs.append(state.order[1])
            state = state.order[0]
        return [job for run in reversed(runs) for job in run]


def _start(jobs: Jobs, bound: int) -> _State:
    ready = tuple(job for job in range(jobs.count) if not jobs.preds[job])
    return _State(bound, 0, jobs.begin, ready, (None, ()))


def _run(jobs: Jobs, state: _State, first: int) -> tuple[_State, bool]:
    """Return the state after a job, or, with True, after a run that begins with it and is certainly right."""
    done, live, ready, height = state.done, state.live, state.ready, state.height
    run: list[int] = []
    job, single = first, None
    while True:
        top, live = jobs.run(job, done, live)
        done |= 1 << job
        height = max(height, top)
        run.append(job)
        ready, fresh = _opened(jobs, ready, job, done)
        if single is None:
            single = _State(height, done, live, ready, (state, (first,)))
        if height > state.height:
            return single, False
        if live <= state.live:
            return _State(height, done, live, ready, (state, tuple(run))), True
        if len(fresh) != 1:
            return single, False
        job = fresh[0]


def _children(jobs: Jobs, state: _State) -> list[_State]:
    found = []
    for job in state.ready:
        child, certain = _run(jobs, state, job)
        if certain:
            return [child]
        found.append(child)
    return found


def _exact(jobs: Jobs, bound: int, limit: int, states: int) -> tuple[list[int] | None, int, bool]:
    """Return an order below `limit` bytes if one is found, its height, and whether the search ended."""
    start = _start(jobs, bound)
    queue = [(start.height, 0, 0, start)]
    seen = {0: start.height}
    pushed = 0
    while queue:
        height, _, _, state = heapq.heappop(queue)
        if len(seen) > states:
            return None, limit, False
        if seen[state.done] < height:
            continue
        if not state.ready:
            return state.path(), height, True
        for child in _children(jobs, state):
            if child.height < limit and child.height < seen.get(child.done, limit):
                seen[child.done] = child.height
                pushed += 1
                heapq.heappush(queue, (child.height, -child.done.bit_count(), pushed, child))
    return None, limit, True


def _beam(jobs: Jobs, bound: int, width: int) -> list[int]:
    """Return an order by keeping, of the sets of each size, those with the least height so far."""
    front = [_start(jobs, bound)]
    finished: _State | None = None
    while front:
        best: dict[int, _State] = {}
        for state in front:
            for child in _children(jobs, state):
                other = best.get(child.done)
                if other is None or (child.height, child.live) < (other.height, other.live):
                    best[child.done] = child
        ranked = sorted(best.values(), key=lambda state: (state.height, state.live, state.done))
        for state in ranked:
            if not state.ready and (finished is None or state.height < finished.height):
                finished = state
        front = [state for state in ranked if state.ready][:width]
    return finished.path() if finished else []


def search(jobs: Jobs, given: Sequence[int], states: int = STATES) -> tuple[list[int], bool]:
    """Return the best order found, the given one unless another is better, and whether none is better."""
    order = list(given)
    height = max(heights(jobs, order))
    bound = least(jobs, order)
    for width in (1, BEAM):
        if height == bound:
            return order, True
        other = _beam(jobs, bound, width)
        if max(heights(jobs, other)) < height:
            order, height = other, max(heights(jobs, other))
        if width == 1:
            better, _, finished = _exact(jobs, bound, height, states)
            if finished:
                return better or order, True
    return order, height == bound
