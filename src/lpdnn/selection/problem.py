"""The choice as a problem of its own: what can be picked where, what that costs, and what conversions cost.

Layouts are numbers here; number 0 is that of the network's inputs and outputs. All searches take a Problem
and are judged by its `cost`, in which a conversion that several readers want is paid once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.trees import Step, Trees, trees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lpdnn.ir import Array
    from lpdnn.selection.selection import Implementation

NCHW = 0
Picks = tuple[int, ...]
"""Which alternative of each site, by number."""


@dataclass(frozen=True)
class Alternative:
    """A way to compute a node: the layout it reads and the one it writes, and what it costs.

    What else tells alternatives apart where memory counts: bytes of workspace, the positions of inputs that
    the output may be written over, the alignment asked for. `implementation` is None in problems without a
    network behind them.
    """

    reads: int
    writes: int
    cost: float
    workspace: int = 0
    in_place: frozenset[int] = frozenset()
    alignment: int = 1
    implementation: Implementation | None = None


@dataclass(frozen=True)
class Site:
    """A node and the alternatives for it."""

    name: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Value:
    """An image that sites read, and what each single conversion of it costs, [from][to].

    `producer` is the number of the site that makes it, None where it is an input of the network; `kept` says
    that it must be there as nchw whoever reads it, such as an output of the network.
    """

    name: str
    producer: int | None
    readers: tuple[int, ...]
    kept: bool
    direct: Array = field(compare=False)

    @cached_property
    def trees(self) -> Trees:
        """The cheapest conversions to every set of layouts."""
        return trees(self.direct)


@dataclass(frozen=True)
class Problem:
    """Sites in the order of the network, and the values between them. A site's number is its place."""

    sites: tuple[Site, ...]
    values: tuple[Value, ...]

    @cached_property
    def reads(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the values that each site reads."""
        found: list[list[int]] = [[] for _ in self.sites]
        for number, value in enumerate(self.values):
            for reader in value.readers:
                found[reader].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def makes(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the values that each site makes."""
        found: list[list[int]] = [[] for _ in self.sites]
        for number, value in enumerate(self.values):
            if value.producer is not None:
                found[value.producer].append(number)
        return tuple(map(tuple, found))

    def made(self, value: Value, picks: Sequence[int]) -> int:
        """Return the layout in which a value is made."""
        if value.producer is None:
            return NCHW
        return self.sites[value.producer].alternatives[picks[value.producer]].writes

    def wanted(self, value: Value, picks: Sequence[int], readers: Iterable[int] | None = None) -> int:
        """Return the set of layouts in which a value is wanted, by all its readers or by some."""
        wanted = 1 << NCHW if value.kept else 0
        for reader in value.readers if readers is None else readers:
            wanted |= 1 << self.sites[reader].alternatives[picks[reader]].reads
        return wanted

    def conversion(self, value: Value, picks: Sequence[int]) -> float:
        """Return what the conversions of a value cost."""
        return float(value.trees.cost[self.made(value, picks), self.wanted(value, picks)])

    def steps(self, value: Value, picks: Sequence[int]) -> tuple[Step, ...]:
        """Return the conversions of a value, in order."""
        return value.trees.steps(self.made(value, picks), self.wanted(value, picks))

    def cost(self, picks: Sequence[int]) -> float:
        """Return what a choice costs as a whole."""
        own = sum(site.alternatives[pick].cost for site, pick in zip(self.sites, picks, strict=True))
        return own + sum(self.conversion(value, picks) for value in self.values)

    def restricted(self, keeps: Callable[[int, Alternative], bool]) -> tuple[Problem, list[list[int]]]:
        """Return the problem with fewer alternatives, and the old number of each that is left at each site.

        A site that would be left without any keeps all.
        """
        sites: list[Site] = []
        numbers: list[list[int]] = []
        for place, site in enumerate(self.sites):
            kept = [n for n, a in enumerate(site.alternatives) if keeps(place, a)]
            kept = kept or list(range(len(site.alternatives)))
            numbers.append(kept)
            sites.append(replace(site, alternatives=tuple(site.alternatives[n] for n in kept)))
        return replace(self, sites=tuple(sites)), numbers


def _no_larger(one: Alternative, other: Alternative) -> bool:
    """Tell whether an alternative needs no more memory than another of the same layouts, in any plan."""
    return (
        one.workspace <= other.workspace
        and one.in_place >= other.in_place
        and other.alignment % one.alignment == 0
    )


def cheapest(site: Site, *, memory: bool = False) -> list[int]:
    """Return the numbers of the alternatives that no other of the same layouts beats; exact, and few.

    With `memory`, one that costs more stays if it may take less memory. Of equals the first stays.
    """
    order = sorted(
        range(len(site.alternatives)),
        key=lambda n: (site.alternatives[n].cost, site.alternatives[n].workspace, n),
    )
    kept: dict[tuple[int, int], list[Alternative]] = {}
    numbers = []
    for number in order:
        one = site.alternatives[number]
        rivals = kept.setdefault((one.reads, one.writes), [])
        beaten = any(not memory or _no_larger(other, one) for other in rivals)
        if np.isfinite(one.cost) and not beaten:
            rivals.append(one)
            numbers.append(number)
    return sorted(numbers)


def pruned(problem: Problem, *, memory: bool = False) -> tuple[Problem, list[list[int]]]:
    """Return the problem without alternatives that cannot be part of an optimum, and the old numbers."""
    kept = [set(cheapest(site, memory=memory)) for site in problem.sites]
    sites = []
    numbers = []
    for site, keep in zip(problem.sites, kept, strict=True):
        left = sorted(keep) or list(range(len(site.alternatives)))
        numbers.append(left)
        sites.append(replace(site, alternatives=tuple(site.alternatives[n] for n in left)))
    return replace(problem, sites=tuple(sites)), numbers


def renumbered(picks: Sequence[int], numbers: Sequence[Sequence[int]]) -> Picks:
    """Return picks of a smaller problem as picks of the one that it came from."""
    return tuple(left[pick] for pick, left in zip(picks, numbers, strict=True))
