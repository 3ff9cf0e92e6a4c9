"""Which values share memory: every view and placement that does not raise the bound, together with the order.

Views, concats and slices start out placed. Where few choices are open, all of them are tried, each with its
best order; else each one is flipped in turn and stays flipped where that helps, then the order is sought
anew. Writing a whole block over another that dies needs no choice: the order and the offsets count on it
wherever it is possible. Writing over a part of a block, or a block over a part, is a choice like a
placement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from lpdnn.planning.arrangement import Arrangement, Clash, arrange
from lpdnn.planning.order import STATES, by_priority, heights, lifetimes, search
from lpdnn.planning.problem import content_links, take_overs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lpdnn.planning.problem import Link, Problem

WORK = 4000
"""Nodes times combinations of choices up to which all combinations are tried."""
ROUNDS = 4
"""Times that all links are flipped, between two searches of the order and in all."""
FLIPS = 100_000
"""Nodes times flips that are tried in all."""


@dataclass(frozen=True)
class Decision:
    """An arrangement and an order of its jobs, the bound, and whether no order has a lower one.

    `refused` says of links that are not taken why not.
    """

    arrangement: Arrangement
    order: tuple[int, ...]
    bound: int
    proven: bool
    refused: tuple[tuple[Link, str], ...]


def _coarse(tops: Sequence[int]) -> tuple[int, ...]:
    """Rank by the bound, then by steps, then by memory over time."""
    return max(tops), len(tops), sum(tops)


def _fine(tops: Sequence[int]) -> tuple[int, ...]:
    """Rank likewise, but let it count that fewer steps need as much as the bound."""
    return max(tops), tops.count(max(tops)), len(tops), sum(tops)


def _rank(decision: Decision) -> tuple[int, ...]:
    return _coarse(heights(decision.arrangement.network, decision.order))


def _attempt(given: Problem, links: Iterable[Link]) -> tuple[Arrangement | None, str]:
    try:
        return arrange(given, links), ""
    except Clash as clash:
        return None, str(clash)


def _ordered(arrangement: Arrangement, positions: Mapping[str, int]) -> list[int]:
    """Return an order of the jobs that keeps to positions of nodes where it can."""
    priority = [positions[node.name] for node in arrangement.jobs]
    order = by_priority(arrangement.network, priority)
    assert order is not None
    return order


def _decide(arrangement: Arrangement, positions: Mapping[str, int], states: int = STATES) -> Decision:
    order, proven = search(arrangement.network, _ordered(arrangement, positions), states)
    bound = max(heights(arrangement.network, order))
    return Decision(arrangement, tuple(order), bound, proven, ())


def _holding(given: Problem, links: list[Link], taken: list[Link] | None = None) -> list[Link]:
    """Return the links that hold together, after those taken; of those that do not, the earlier ones."""
    taken = taken or []
    if _attempt(given, [*taken, *links])[0] is not None:
        return [*taken, *links]
    if len(links) == 1:
        return taken
    half = len(links) // 2
    return _holding(given, links[half:], _holding(given, links[:half], taken))


def _linked(links: Iterable[Link]) -> dict[str, str]:
    """Return for every value of the links a value that stands for all that are linked with it."""
    root: dict[str, str] = {}

    def find(value: str) -> str:
        while root.setdefault(value, value) != value:
            value = root[value]
        return value

    for link in links:
        for edge in link.edges:
            root[find(edge.value)] = find(edge.base)
    return {value: find(value) for value in root}


def _open(content: list[Link], overs: list[Link]) -> tuple[list[Link], list[Link]]:
    """Return the links that are taken for certain, and those that are worth a choice.

    The choices are concats and slices, and the views and take-overs that reach one of them. Take-overs near
    the end of the graph come first, since chains that end in a concat grow backwards.
    """
    placed = [link for link in content if link.kind != "view"]
    views = [link for link in content if link.kind == "view"]
    stands = _linked([*content, *overs])
    touched = {stands[edge.base] for link in placed for edge in link.edges}

    def reaches(link: Link) -> bool:
        return stands[link.edges[0].base] in touched

    choices = [*filter(reaches, views), *placed, *filter(reaches, reversed(overs))]
    return [link for link in views if not reaches(link)], choices


def _all(given: Problem, certain: list[Link], choices: list[Link]) -> Decision:
    """Try every combination; the first that holds has the fewest steps."""
    positions = {node.name: place for place, node in enumerate(given.graph.nodes)}
    floor = given.floor()
    best: Decision | None = None
    for picks in product((True, False), repeat=len(choices)):
        links = [*certain, *(link for link, pick in zip(choices, picks, strict=True) if pick)]
        arrangement, _ = _attempt(given, links)
        if arrangement is not None:
            decision = _decide(arrangement, positions, STATES >> len(choices))
            if best is None or _rank(decision) < _rank(best):
                best = decision
            if best.bound == floor:
                break
    assert best is not None
    return best


class _Climb:
    """The links taken so far, with the nodes in a fixed order."""

    def __init__(self, given: Problem, certain: list[Link], choices: list[Link]) -> None:
        self.given = given
        self.choices = [link for link in choices if link.kind != "view"]
        # Views and placements first, whatever they cost: most pay, and some only together.
        placed = [link for link in choices if link.kind != "take-over"]
        self.taken = _holding(given, [*certain, *placed])
        self.positions = {node.name: place for place, node in enumerate(given.graph.nodes)}
        self.arrangement = arrange(given, self.taken)
        self.left = FLIPS // len(given.graph.nodes)

    def _tops(self, arrangement: Arrangement) -> list[int]:
        return heights(arrangement.network, _ordered(arrangement, self.positions))

    def flip(self) -> bool:
        """Flip links while that is better; tell whether any was.

        Only links of blocks that are alive where most is can lower the bound. What was given up for it
        without success is then taken again.
        """
        changed = False
        for _ in range(ROUNDS):
            flipped = [self._flip(link, _fine) for link in self.choices if self._at_the_top(link)]
            if not any(flipped):
                break
            changed = True
        taken = {id(link) for link in self.taken}
        again = [self._flip(link, _coarse) for link in self.choices if id(link) not in taken]
        return changed or any(again)

    def _at_the_top(self, link: Link) -> bool:
        network = self.arrangement.network
        order = _ordered(self.arrangement, self.positions)
        tops = heights(network, order)
        times = [time - 1 for time, top in enumerate(tops) if top == max(tops)]
        lives = lifetimes(network, order)
        blocks = {self.arrangement.block[value] for edge in link.edges for value in (edge.value, edge.base)}
        return any(lives[block][0] <= time <= lives[block][1] for block in blocks for time in times)

    def _flip(self, link: Link, rank: Callable[[Sequence[int]], tuple[int, ...]]) -> bool:
        if self.left <= 0:
            return False
        links = [other for other in self.taken if other is not link]
        if len(links) == len(self.taken):
            if link.kind == "take-over" and self._at_once(link):
                return False
            links.append(link)
        self.left -= 1
        arrangement, _ = _attempt(self.given, links)
        if arrangement is None or rank(self._tops(arrangement)) >= rank(self._tops(self.arrangement)):
            return False
        self.taken, self.arrangement = links, arrangement
        return True

    def _at_once(self, link: Link) -> bool:
        """Tell whether a take-over is of whole blocks, which are joined without asking."""
        now = self.arrangement
        (edge,) = link.edges
        sizes = [now.network.blocks[now.block[value]].size for value in (edge.value, edge.base)]
        return sizes == [self.given.aligned(self.given.bytes[edge.value])] * 2

    def decide(self) -> Decision:
        """Return the decision, with the order sought; the nodes then stand in that order."""
        decision = _decide(self.arrangement, self.positions)
        rank = {decision.arrangement.jobs[job].name: place for place, job in enumerate(decision.order)}
        self.positions = _positions(self.given, rank)
        return decision


def _positions(given: Problem, rank: Mapping[str, int]) -> dict[str, int]:
    """Return positions for all nodes: those with a rank in its order, each other one after what it reads."""
    found: dict[str, tuple[int, int]] = {}
    producers = given.graph.producers()
    for place, node in enumerate(given.graph.nodes):
        before = [found[producers[v].name] for v in node.inputs if v is not None and v in producers]
        found[node.name] = (
            (rank[node.name], -1) if node.name in rank else (max(before, default=(-1, -1))[0], place)
        )
    ordered = sorted(found, key=lambda name: found[name])
    return {name: place for place, name in enumerate(ordered)}


def _climb(given: Problem, certain: list[Link], choices: list[Link]) -> Decision:
    """Flip links and seek the order in turn, while that is better."""
    floor = given.floor()
    climb = _Climb(given, certain, choices)
    best = climb.decide()
    for _ in range(ROUNDS):
        if best.bound == floor or not climb.flip():
            break
        again = climb.decide()
        if _rank(again) >= _rank(best):
            break
        best = again
    return best


def decide(given: Problem) -> Decision:
    """Return which values share memory, and the order of the steps."""
    content = content_links(given)
    certain, choices = _open(content, take_overs(given))
    certain = _holding(given, certain)
    few = len(given.graph.nodes) << len(choices) <= WORK
    best = (_all if few else _climb)(given, certain, choices)
    taken = {id(link) for link in best.arrangement.links}
    refused = []
    for link in content:
        if id(link) not in taken:
            _, reason = _attempt(given, [*best.arrangement.links, link])
            refused.append((link, reason or "it would take more memory"))
    return replace(best, refused=tuple(refused))


def unaliased(given: Problem) -> tuple[int, int]:
    """Return the bound where only views share memory, in the graph's order, and the sum of all."""
    views = _holding(given, [link for link in content_links(given) if link.kind == "view"])
    network = arrange(given, views).network
    apart = replace(network, takes=((),) * network.count)
    total = sum(block.size for block in network.blocks) + max(network.workspace, default=0)
    return max(heights(apart, range(network.count))), total
