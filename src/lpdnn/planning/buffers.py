"""Buffers: blocks that are written over one another in place, joined; each with its lifetime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lpdnn.planning.offsets import Span
from lpdnn.planning.order import lifetimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.planning.aliases import Decision

Prefer = Literal["oldest", "newest"]


@dataclass(frozen=True)
class Layout:
    """The buffer of each block, the spans of buffers, then of workspaces, and what is written over what."""

    buffer: tuple[int, ...]
    spans: tuple[Span, ...]
    workspaces: tuple[int, ...]
    """The span of each job's workspace, -1 where it needs none; by job."""
    taken: tuple[tuple[int, int], ...]
    """Pairs of a job and the block over which it writes."""


def lay_out(decision: Decision, prefer: Prefer) -> Layout:
    """Return the buffers; a job that could write over several blocks takes the oldest, or the newest."""
    network = decision.arrangement.network
    lives = lifetimes(network, decision.order)
    buffer = list(range(len(network.blocks)))
    begins = [first for first, _ in lives]
    taken = []
    for time, job in enumerate(decision.order):
        free = [block for block in network.takes[job] if lives[block][1] == time]
        made = network.makes[job][0] if network.makes[job] else -1
        if free and lives[made][0] == time:
            key = [(begins[buffer[block]], -position) for position, block in enumerate(free)]
            pick = free[key.index(min(key) if prefer == "oldest" else max(key))]
            buffer[made] = buffer[pick]
            taken.append((job, pick))
    members: dict[int, list[int]] = {}
    for block, index in enumerate(buffer):
        members.setdefault(index, []).append(block)
    spans = [
        Span(
            min(lives[block][0] for block in blocks),
            max(lives[block][1] for block in blocks),
            network.blocks[blocks[0]].size,
        )
        for blocks in members.values()
    ]
    number = {index: place for place, index in enumerate(members)}
    workspaces = [-1] * network.count
    for time, job in enumerate(decision.order):
        if network.workspace[job]:
            workspaces[job] = len(spans)
            spans.append(Span(time, time, network.workspace[job]))
    return Layout(tuple(number[index] for index in buffer), tuple(spans), tuple(workspaces), tuple(taken))


def names(decision: Decision, layout: Layout) -> Sequence[tuple[str, ...]]:
    """Return the values in each span, or what the workspace is for."""
    found: list[list[str]] = [[] for _ in layout.spans]
    for value, block in decision.arrangement.block.items():
        found[layout.buffer[block]].append(value)
    for job, span in enumerate(layout.workspaces):
        if span >= 0:
            found[span].append(f"{decision.arrangement.jobs[job].name} (workspace)")
    return [tuple(values) for values in found]
