"""Which values share memory: every view and placement that does not raise the bound, together with the order.

Views, concats and slices start out placed. Where few choices are open, all of them are tried, each with its
best order; else each one is flipped in turn and stays flipped where that lowers the bound, then the order is
sought anew. Writing a whole block over another that dies needs no choice: the order and the offsets count on it
wherever it is possible. Writing over a part of a block, or a block over a part, is a choice like a placement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from lpdnn.planning.arrangement import Arrangement, Clash, arrange
from lpdnn.planning.order import by_priority, heights, search
from lpdnn.planning.problem import content_links, take_overs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpdnn.planning.problem import Link, Problem

WORK = 4000
"""Jobs times combinations of choices up to which all combinations are tried."""
ROUNDS = 3
Score = tuple[int, int, int]


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


def score(arrangement: Arrangement, order: Iterable[int]) -> Score:
    """Return how good it is: the bound, then steps, then memory over time."""
    tops = heights(arrangement.network, list(order))
    return max(tops), len(arrangement.jobs), sum(tops)


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


def _decide(arrangement: Arrangement, positions: Mapping[str, int]) -> Decision:
    order, proven = search(arrangement.network, _ordered(arrangement, positions))
    bound = max(heights(arrangement.network, order))
    return Decision(arrangement, tuple(order), bound, proven, ())


def _views(given: Problem, links: Iterable[Link]) -> tuple[list[Link], list[tuple[Link, str]]]:
    """Return the views that hold together; they cost nothing and are never given up."""
    taken: list[Link] = []
    refused = []
    for link in links:
        arrangement, reason = _attempt(given, [*taken, link])
        if arrangement is None:
            refused.append((link, reason))
        else:
            taken.append(link)
    return taken, refused


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


def _open(views: list[Link], content: list[Link], overs: list[Link]) -> list[Link]:
    """Return the links that are worth a choice.

    These are concats and slices, and the take-overs that reach one of them by views and take-overs; of those, the
    ones nearest to the end of the graph come first, since chains that end in a concat grow backwards.
    """
    placed = [link for link in content if link.kind != "view"]
    stands = _linked([*views, *placed, *overs])
    touched = {stands[edge.base] for link in placed for edge in link.edges}
    return [*placed, *(link for link in reversed(overs) if stands[link.edges[0].base] in touched)]


def _all(given: Problem, views: list[Link], choices: list[Link]) -> Decision:
    """Try every combination."""
    positions = {node.name: place for place, node in enumerate(given.graph.nodes)}
    best: tuple[Score, Decision] | None = None
    for picks in product((True, False), repeat=len(choices)):
        links = [*views, *(link for link, pick in zip(choices, picks, strict=True) if pick)]
        arrangement, _ = _attempt(given, links)
        if arrangement is None:
            continue
        decision = _decide(arrangement, positions)
        value = score(arrangement, decision.order)
        if best is None or value < best[0]:
            best = value, decision
    assert best is not None
    return best[1]


class _Climb:
    """The links taken so far, at a fixed order of the nodes."""

    def __init__(self, given: Problem, views: list[Link], choices: list[Link]) -> None:
        self.given, self.choices = given, choices
        self.taken = list(views)
        self.positions = {node.name: place for place, node in enumerate(given.graph.nodes)}
        self.arrangement = arrange(given, views)

    def value(self, arrangement: Arrangement) -> Score:
        """Return the score with the nodes as they stand."""
        return score(arrangement, _ordered(arrangement, self.positions))

    def place(self) -> None:
        """Take every placement that holds, whatever it costs: most pay, and most only together."""
        for link in self.choices:
            if link.kind != "take-over":
                self._flip(link, at_any_cost=True)

    def flip_all(self) -> bool:
        """Flip each link where that is better; tell whether any was."""
        flipped = [self._flip(link) for link in self.choices]
        return any(flipped)

    def _flip(self, link: Link, *, at_any_cost: bool = False) -> bool:
        links = [other for other in self.taken if other is not link]
        if len(links) == len(self.taken):
            if self._at_once(link):
                return False
            links.append(link)
        arrangement, _ = _attempt(self.given, links)
        if arrangement is None:
            return False
        if not at_any_cost and self.value(arrangement) >= self.value(self.arrangement):
            return False
        self.taken, self.arrangement = links, arrangement
        return True

    def _at_once(self, link: Link) -> bool:
        """Tell whether a take-over is of whole blocks, which are joined without asking."""
        now = self.arrangement
        (edge, *_) = link.edges
        sizes = now.network.blocks
        same = now.block[edge.value] == now.block[edge.base]
        whole = all(
            now.at[value] == 0 and sizes[now.block[value]].size == self.given.aligned(self.given.bytes[value])
            for value in (edge.value, edge.base)
        )
        return link.kind == "take-over" and (same or whole)

    def decide(self) -> Decision:
        """Return the decision, with the order sought; the nodes then stand in that order."""
        decision = _decide(self.arrangement, self.positions)
        rank = {decision.arrangement.jobs[job].name: place for place, job in enumerate(decision.order)}
        self.positions = _all_positions(self.given, rank)
        return decision


def _all_positions(given: Problem, rank: Mapping[str, int]) -> dict[str, int]:
    """Return positions for all nodes: those with a rank in its order, each other one after what it reads."""
    depth: dict[str, tuple[int, int]] = {}
    producers = given.graph.producers()
    for place, node in enumerate(given.graph.nodes):
        before = [
            depth[producers[value].name] for value in node.inputs if value is not None and value in producers
        ]
        depth[node.name] = (
            (rank[node.name], -1) if node.name in rank else (max(before, default=(-1, -1))[0], place)
        )
    ordered = sorted(depth, key=lambda name: depth[name])
    return {name: place for place, name in enumerate(ordered)}


def _better(one: Decision, other: Decision) -> bool:
    return score(one.arrangement, one.order) < score(other.arrangement, other.order)


def decide(given: Problem) -> Decision:
    """Return which values share memory, and the order of the steps."""
    content = content_links(given)
    views, refused = _views(given, [link for link in content if link.kind == "view"])
    choices = _open(views, content, take_overs(given))
    if len(given.graph.nodes) * 2 ** len(choices) <= WORK:
        best = _all(given, views, choices)
    else:
        climb = _Climb(given, views, choices)
        climb.place()
        climb.flip_all()
        best = climb.decide()
        for _ in range(ROUNDS):
            if not climb.flip_all():
                break
            again = climb.decide()
            if not _better(again, best):
                break
            best = again
    taken = {id(link) for link in best.arrangement.links}
    for link in content:
        if link.kind != "view" and id(link) not in taken:
            _, reason = _attempt(given, [*best.arrangement.links, link])
            refused.append((link, reason or "it would take more memory"))
    return replace(best, refused=tuple(refused))


def unaliased(given: Problem) -> tuple[int, int]:
    """Return the bound where only views share memory, in the graph's order, and the sum of all there is then."""
    views, _ = _views(given, [link for link in content_links(given) if link.kind == "view"])
    network = arrange(given, views).network
    apart = replace(network, takes=((),) * network.count)
    total = sum(block.size for block in network.blocks) + max(network.workspace, default=0)
    return max(heights(apart, range(network.count))), total
