from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.planning.order import Block, Jobs, heights, least, search

if TYPE_CHECKING:
    from collections.abc import Sequence


@st.composite
def _jobs(draw: st.DrawFn, most: int) -> Jobs:
    """Jobs that each make a block, or a part of one that several make; some may write over what dies."""
    count = draw(st.integers(1, most))
    readings = [
        draw(st.lists(st.integers(0, job - 1), max_size=3, unique=True)) if job else []
        for job in range(count)
    ]
    shared = {job: draw(st.integers(0, job)) if draw(st.integers(0, 3)) == 0 else job for job in range(count)}
    groups = sorted({shared[job] for job in range(count)})
    number = {group: index for index, group in enumerate(groups)}
    block_of = [number[shared[job]] for job in range(count)]
    sizes = [draw(st.integers(1, 6)) for _ in groups]
    makers, users = [0] * len(groups), [0] * len(groups)
    for job in range(count):
        makers[block_of[job]] |= 1 << job
        users[block_of[job]] |= 1 << job
        for read in readings[job]:
            users[block_of[read]] |= 1 << job
    kept = [draw(st.integers(0, 4)) == 0 or index == block_of[-1] for index in range(len(groups))]
    filled = [draw(st.integers(0, 6)) == 0 for _ in groups]
    takes = []
    for job in range(count):
        alone = makers[block_of[job]] == 1 << job
        takes.append(
            tuple(
                dict.fromkeys(
                    block_of[read]
                    for read in readings[job]
                    if alone
                    and block_of[read] != block_of[job]
                    and sizes[block_of[read]] == sizes[block_of[job]]
                    and not kept[block_of[read]]
                )
            )
        )
    return Jobs(
        preds=tuple(sum(1 << read for read in reads) for reads in readings),
        makes=tuple((block_of[job],) for job in range(count)),
        touches=tuple(
            tuple(dict.fromkeys([block_of[job], *(block_of[read] for read in readings[job])]))
            for job in range(count)
        ),
        workspace=tuple(draw(st.integers(0, 3)) for _ in range(count)),
        takes=tuple(takes),
        blocks=tuple(
            Block(size, maker, user, fill, keep)
            for size, maker, user, fill, keep in zip(sizes, makers, users, filled, kept, strict=True)
        ),
    )


def _legal(jobs: Jobs, order: Sequence[int]) -> bool:
    place = {job: time for time, job in enumerate(order)}
    return all(
        place[before] < place[job]
        for job in range(jobs.count)
        for before in range(jobs.count)
        if jobs.preds[job] >> before & 1
    )


def _height(jobs: Jobs, order: Sequence[int]) -> int:
    """Return the bound of an order, from the lifetimes of blocks alone."""
    place = {job: time for time, job in enumerate(order)}
    lives = []
    for block in jobs.blocks:
        made = [place[job] for job in place if block.makers >> job & 1]
        used = [place[job] for job in place if block.users >> job & 1]
        lives.append([-1 if block.filled else min(made), len(order) if block.kept else max(used, default=-1)])
    for job in order:
        (made_block,) = jobs.makes[job]
        if lives[made_block][0] == place[job]:
            # Where a dying block is written over, the new one begins when the old one has ended.
            lives[made_block][0] += any(lives[taken][1] == place[job] for taken in jobs.takes[job])
    tops = [
        sum(
            block.size
            for block, (first, last) in zip(jobs.blocks, lives, strict=True)
            if first <= time <= last
        )
        + (jobs.workspace[order[time]] if 0 <= time < len(order) else 0)
        for time in range(-1, len(order) + 1)
    ]
    return max(tops)


@settings(max_examples=200, deadline=None)
@given(_jobs(6))
def test_the_best_order_of_a_small_network_is_found(jobs: Jobs) -> None:
    legal = [order for order in permutations(range(jobs.count)) if _legal(jobs, order)]
    best = min(_height(jobs, order) for order in legal)
    order, proven = search(jobs, range(jobs.count))
    assert proven
    assert _legal(jobs, order)
    assert max(heights(jobs, order)) == _height(jobs, order) == best
    assert least(jobs, range(jobs.count)) <= best


@settings(max_examples=100, deadline=None)
@given(_jobs(14))
def test_no_order_is_worse_than_the_given_one(jobs: Jobs) -> None:
    for states in (30_000, 3):
        order, _ = search(jobs, range(jobs.count), states)
        assert _legal(jobs, order)
        assert max(heights(jobs, order)) <= max(heights(jobs, range(jobs.count)))


def test_a_better_order_replaces_the_given_one() -> None:
    # Two wide values each become narrow; given: both wide ones first.
    lives = [
        (10, 0b1, 0b101),
        (10, 0b10, 0b1010),
        (1, 0b100, 0b10100),
        (1, 0b1000, 0b11000),
        (1, 0b10000, 0b10000),
    ]
    blocks = [Block(*life, filled=False, kept=life[1] == 16) for life in lives]
    jobs = Jobs(
        preds=(0, 0, 1, 2, 12),
        makes=((0,), (1,), (2,), (3,), (4,)),
        touches=((0,), (1,), (0, 2), (1, 3), (2, 3, 4)),
        workspace=(0,) * 5,
        takes=((),) * 5,
        blocks=tuple(blocks),
    )
    assert max(heights(jobs, range(5))) == 21
    order, proven = search(jobs, range(5))
    assert proven
    assert max(heights(jobs, order)) == 12
