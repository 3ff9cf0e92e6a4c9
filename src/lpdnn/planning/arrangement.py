"""Links taken together: which values lie where in which block, which nodes are steps, what waits for what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from lpdnn.planning.order import Block, Jobs, by_priority, closure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lpdnn.ir import Node
    from lpdnn.planning.problem import Edge, Link, Problem


class Clash(Exception):  # noqa: N818  # not an error: the answer that links cannot hold together, and why
    """Links cannot all hold; the text says why, in a few words."""


class Segment(NamedTuple):
    """Bytes of a value that are bytes of what a step (or the application) wrote."""

    origin: str
    within: int
    at: int
    length: int


@dataclass(frozen=True)
class Arrangement:
    """Blocks of values, and the jobs (nodes that stay steps) in the order of the graph.

    Values of a block are at fixed distances; of a block of pixels, in each pixel.
    """

    links: tuple[Link, ...]
    jobs: tuple[Node, ...]
    block: Mapping[str, int]
    at: Mapping[str, int]
    pitch: Mapping[str, int]
    """Bytes from a pixel to the next, of values whose pixels lie apart."""
    network: Jobs
    topological: tuple[int, ...]

    def members(self) -> list[list[str]]:
        """Return the values of each block."""
        found: list[list[str]] = [[] for _ in self.network.blocks]
        for value, index in self.block.items():
            found[index].append(value)
        return found


def _placed(
    given: Problem, edges: Iterable[Edge]
) -> tuple[dict[str, int], dict[str, int], list[int], list[int]]:
    """Return the block of each value, its distance from the block's begin, the blocks' bytes and pixels.

    In a block of several pixels all that is in it has as many; distances and bytes are those of one.
    """
    near: dict[str, list[tuple[str, int, int]]] = {value: [] for value in given.bytes}
    for edge in edges:
        whole = not edge.offset and given.bytes[edge.value] == given.bytes[edge.base]
        near[edge.base].append((edge.value, edge.offset, 0 if whole else edge.pixels))
        near[edge.value].append((edge.base, -edge.offset, 0 if whole else edge.pixels))
    block: dict[str, int] = {}
    at: dict[str, int] = {}
    sizes: list[int] = []
    counts: list[int] = []
    for root in given.bytes:
        if root in block:
            continue
        found = {root: 0}
        stack = [root]
        pixels = set()
        while stack:
            value = stack.pop()
            for other, distance, count in near[value]:
                pixels.add(count)
                place = found[value] + distance
                if other not in found:
                    found[other] = place
                    stack.append(other)
                elif found[other] != place:
                    message = f"{other} would have to be in two places"
                    raise Clash(message)
        pixels.discard(0)
        if len(pixels) > 1:
            message = f"{root} would have to be placed by pixels of two sizes, or by pixels and whole"
            raise Clash(message)
        counts.append(pixels.pop() if pixels else 1)
        begin = min(found.values())
        for value, place in found.items():
            block[value], at[value] = len(sizes), place - begin
            if at[value] % given.needs[value]:
                message = f"{value} would not be aligned"
                raise Clash(message)
        sizes.append(max(at[value] + given.bytes[value] // counts[-1] for value in found))
    return block, at, sizes, counts


def _contents(
    given: Problem, bytes_: Mapping[str, int], links: Mapping[str, Link]
) -> dict[str, list[Segment]]:
    """Return of what each value consists; `links` are those that replace steps, by the node's name."""
    found = {value: [Segment(value, 0, 0, size)] for value, size in bytes_.items()}
    for node in given.graph.nodes:
        link = links.get(node.name)
        if link is None:
            continue
        if link.kind == "concat":
            found[node.outputs[0]] = [
                Segment(part.origin, part.within, edge.offset + part.at, part.length)
                for edge in sorted(link.edges, key=lambda edge: edge.offset)
                for part in found[edge.value]
            ]
            continue
        (edge,) = link.edges
        stop = edge.offset + bytes_[edge.value]
        pieces = []
        for part in found[edge.base]:
            low, high = max(part.at, edge.offset), min(part.at + part.length, stop)
            if low < high:
                pieces.append(
                    Segment(part.origin, part.within + low - part.at, low - edge.offset, high - low)
                )
        found[edge.value] = pieces
    return found


@dataclass
class _Builder:
    """The work of `arrange`, step by step."""

    given: Problem
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        graph = self.given.graph
        edges = (edge for link in self.links for edge in link.edges)
        self.block, self.at, self.sizes, self.pixels = _placed(self.given, edges)
        self.bytes = {v: size // self.pixels[self.block[v]] for v, size in self.given.bytes.items()}
        replaced = {link.node.name: link for link in self.links if link.kind != "take-over"}
        self.jobs = tuple(
            node
            for node in graph.nodes
            if node.name not in replaced and node.outputs[0] not in self.given.constants
        )
        self.contents = _contents(self.given, self.bytes, replaced)
        self.maker = {value: job for job, node in enumerate(self.jobs) for value in node.outputs}
        self.readers: dict[str, list[int]] = {value: [] for value in self.given.bytes}
        self.preds = [0] * len(self.jobs)
        for job, node in enumerate(self.jobs):
            for value in dict.fromkeys(v for v in node.inputs if v in self.readers):
                self.readers[str(value)].append(job)
                for part in self.contents[str(value)]:
                    if part.origin in self.maker:
                        self.preds[job] |= 1 << self.maker[part.origin]
        self.origins: list[list[str]] = [[] for _ in self.sizes]
        for value in (*graph.inputs, *self.maker):
            if value in self.block:
                self.origins[self.block[value]].append(value)
        self.derived: dict[str, list[tuple[str, int, int]]] = {value: [] for value in self.given.bytes}
        for value, parts in self.contents.items():
            for part in parts:
                begin = self.at[value] + part.at
                self.derived[part.origin].append((value, begin, begin + part.length))

    def _span(self, value: str) -> tuple[int, int]:
        return self.at[value], self.at[value] + self.bytes[value]

    def _overlapping(self, values: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the pairs of values of one block that share bytes."""
        ranked = sorted(values, key=lambda value: self.at[value])
        for place, value in enumerate(ranked):
            end = self.at[value] + self.bytes[value]
            for other in ranked[place + 1 :]:
                if self.at[other] >= end:
                    break
                yield value, other

    def _overlap(self, one: str, other: str) -> bool:
        (a, b), (c, d) = self._span(one), self._span(other)
        return a < d and c < b

    def _may_overwrite(self, node: Node, value: str, span: tuple[int, int]) -> bool:
        """Tell whether a node that reads a value may write its output to these bytes, which overlap it."""
        positions = [position for position, name in enumerate(node.inputs) if name == value]
        allowed = self.given.overwritable.get(node.name, ())
        return self._span(value) == span and all(position in allowed for position in positions)

    def _follow(self, early: str, late: str) -> None:
        """Let the job that makes `late` wait until nobody needs the bytes of `early` that it writes over."""
        job = self.maker[late]
        low, high = self._span(late)
        if early in self.maker:
            self.preds[job] |= 1 << self.maker[early]
        for value, begin, end in self.derived[early]:
            if begin >= high or low >= end:
                continue
            if value in self.given.graph.outputs:
                message = f"{value} is an output, and {late} would be written over it"
                raise Clash(message)
            for reader in self.readers[value]:
                if reader != job:
                    self.preds[job] |= 1 << reader
                elif not self._may_overwrite(self.jobs[job], value, (low, high)):
                    message = f"{late} would be written over {value} while it is read"
                    raise Clash(message)

    def wait(self) -> None:
        """Let those wait that write over others."""
        before: list[int] = []
        for job, preds in enumerate(self.preds):
            least, reached = closure(preds, before)
            self.preds[job] = least
            before.append(reached)
        for origins in self.origins:
            for one, other in self._overlapping(origins):
                first, second = self.maker.get(one, -1), self.maker.get(other, -1)
                if second >= 0 and (first < 0 or before[second] >> first & 1):
                    self._follow(one, other)
                elif first >= 0 and (second < 0 or before[first] >> second & 1):
                    self._follow(other, one)
                else:
                    message = f"{one} and {other} would lie on the same bytes"
                    raise Clash(message)

    def outputs_apart(self) -> None:
        """Say so where outputs of the network overlap."""
        outputs = [value for value in dict.fromkeys(self.given.graph.outputs) if value in self.block]
        for one, other in combinations(outputs, 2):
            if self.block[one] == self.block[other] and self._overlap(one, other):
                message = f"{one} and {other} are outputs, which must not overlap"
                raise Clash(message)

    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks as the order sees them."""
        graph = self.given.graph
        makers, users = [0] * len(self.sizes), [0] * len(self.sizes)
        for value, index in self.block.items():
            if value in self.maker:
                makers[index] |= 1 << self.maker[value]
            for reader in self.readers[value]:
                users[index] |= 1 << reader
        filled = {self.block[value] for value in graph.inputs}
        kept = {self.block[value] for value in graph.outputs if value in self.block}
        return tuple(
            Block(
                self.given.aligned(size * self.pixels[index]),
                makers[index],
                makers[index] | users[index],
                index in filled,
                index in kept,
            )
            for index, size in enumerate(self.sizes)
        )

    def _size(self, block: int) -> int:
        return self.sizes[block] * self.pixels[block]

    def pitches(self) -> dict[str, int]:
        """Return the bytes from a pixel to the next of values that lie apart; who touches one must be able to."""
        found = {
            value: self.sizes[index]
            for value, index in self.block.items()
            if self.pixels[index] > 1 and not self._whole(value)
        }
        graph = self.given.graph
        for value in found:
            if value in graph.inputs or value in graph.outputs:
                message = f"{value} belongs to the application, in one piece"
                raise Clash(message)
            if self.readers[value]:
                message = f"{self.jobs[self.readers[value][0]].name} reads {value} in one piece"
                raise Clash(message)
            if value in self.maker and self.jobs[self.maker[value]].name not in self.given.apart:
                message = f"{self.jobs[self.maker[value]].name} makes {value} in one piece"
                raise Clash(message)
        return found

    def _whole(self, value: str) -> bool:
        return self._span(value) == (0, self.sizes[self.block[value]])

    def takes(self, job: int, blocks: Sequence[Block]) -> tuple[int, ...]:
        """Return the blocks over which a job may write its output, each being one whole block."""
        node = self.jobs[job]
        allowed = self.given.overwritable.get(node.name, ())
        if not allowed or not self._whole(node.outputs[0]):
            return ()
        found = []
        made = self.block[node.outputs[0]]
        for taken in dict.fromkeys(self.block[str(node.inputs[position])] for position in allowed):
            inside = [p for p, v in enumerate(node.inputs) if v in self.block and self.block[v] == taken]
            if (
                taken != made
                and not blocks[taken].kept
                and self._size(taken) == self._size(made)
                and all(
                    position in allowed and self._whole(str(node.inputs[position])) for position in inside
                )
            ):
                found.append(taken)
        return tuple(found)

    def network(self) -> Jobs:
        """Return the jobs as the order sees them."""
        blocks = self.blocks()
        makes, touches = [], []
        for node in self.jobs:
            made = dict.fromkeys(self.block[value] for value in node.outputs)
            read = dict.fromkeys(self.block[value] for value in node.inputs if value in self.block)
            makes.append(tuple(made))
            touches.append(tuple({**made, **read}))
        return Jobs(
            preds=tuple(self.preds),
            makes=tuple(makes),
            touches=tuple(touches),
            workspace=tuple(self.given.workspaces.get(node.name, 0) for node in self.jobs),
            takes=tuple(self.takes(job, blocks) for job in range(len(self.jobs))),
            blocks=blocks,
        )


def arrange(given: Problem, links: Iterable[Link]) -> Arrangement:
    """Return what the links make of the problem, or raise Clash."""
    builder = _Builder(given, tuple(links))
    builder.wait()
    builder.outputs_apart()
    pitches = builder.pitches()
    network = builder.network()
    topological = by_priority(network, range(network.count))
    if topological is None:
        message = "steps would wait for each other"
        raise Clash(message)
    return Arrangement(
        builder.links, builder.jobs, builder.block, builder.at, pitches, network, tuple(topological)
    )
