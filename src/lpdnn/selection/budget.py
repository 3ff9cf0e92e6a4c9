"""The fastest selection whose plan fits into a budget of memory, and the front of time against memory.

What a plan takes is known only once it is made, so the search asks: alternatives and conversions that cannot
fit whatever the plan (see live.py) are left out; the fastest choice of the rest is planned; as long as it
does not fit, the choices are divided into parts without it, and the part with the fastest choice is next. The
first that fits is the fastest that fits, and that is proven, as far as the planner goes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.selection.live import bounded
from lpdnn.selection.optimum import Optimum, optimum
from lpdnn.selection.problem import pruned, renumbered
from lpdnn.selection.selection import Proof

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.selection.model import Model
    from lpdnn.selection.problem import Picks, Problem
    from lpdnn.selection.selection import Selection

SLACK = 1e-12
TRIALS = 64
"""Plans after which the search gives up proving."""


@dataclass(frozen=True)
class Footprint:
    """What a plan takes: bytes of the arena, and the nodes that have to do with its peak."""

    bytes: int
    blamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """A selection that fits, what its plan takes, and how many plans were made to find it."""

    selection: Selection
    bytes: int
    trials: int


@dataclass(frozen=True)
class _Part:
    """The choices in which some sites keep to some of their alternatives; None is all."""

    allowed: tuple[tuple[int, ...] | None, ...]
    best: Optimum | None = None


class Budget:
    """A model with the bounds of its alternatives, and the plans made so far."""

    def __init__(self, model: Model, measure: Callable[[Selection], Footprint], trials: int = TRIALS) -> None:
        self.model, self.measure, self.trials = model, measure, trials
        self.problem, self.numbers = pruned(model.problem, memory=True)
        self.sites, self.values = bounded(self.problem, model.graph)
        self.plans: dict[Picks, Footprint] = {}

    def plan(self, picks: Picks) -> Footprint:
        """Return what the plan of some picks takes; each is made once."""
        if picks not in self.plans:
            self.plans[picks] = self.measure(self.model.selection(renumbered(picks, self.numbers)))
        return self.plans[picks]

    def least(self) -> int:
        """Return the bytes that every choice takes at least."""
        return int(max((site.min() for site in self.sites), default=0))

    def problem_within(self, budget: int) -> Problem:
        """Return the problem without what cannot fit."""
        values = tuple(
            replace(value, direct=np.where(self.values[value.name] > budget, np.inf, value.direct))
            for value in self.problem.values
        )
        sites = tuple(
            replace(
                site,
                alternatives=tuple(
                    a if bound <= budget else replace(a, cost=np.inf)
                    for a, bound in zip(site.alternatives, bounds, strict=True)
                ),
            )
            for site, bounds in zip(self.problem.sites, self.sites, strict=True)
        )
        return replace(self.problem, sites=sites, values=values)

    def _levels(self) -> list[int]:
        """Return the budgets at which some alternative or conversion becomes possible, from the least up."""
        bounds = [bound for found in (*self.sites, *self.values.values()) for bound in found.ravel()]
        return sorted({int(bound) for bound in bounds if bound > 0})

    def _quick(self, budget: int) -> tuple[Picks, float] | None:
        """Return some choice that fits, by asking for less than the budget until a plan does."""
        ordered = [budget, *(level for level in reversed(self._levels()) if level < budget)]
        tries = np.unique(np.linspace(0, len(ordered) - 1, min(len(ordered), 8)).astype(int))
        for level in (ordered[place] for place in tries):
            found = optimum(self.problem_within(level), memory=True)
            if np.isfinite(found.proof.cost) and self.plan(found.picks).bytes <= budget:
                return found.picks, found.proof.cost
        return None

    def within(self, budget: int) -> Fit:
        """Return the fastest selection that fits into a budget; LpdnnError where none does."""
        made = len(self.plans)
        known = self._quick(budget)
        search = _Search(self, budget, *(known or ((), np.inf)))
        search.run(made + self.trials)
        trials = len(self.plans) - made
        if not search.picks:
            raise LpdnnError(self._nothing(budget, trials, finished=not search.given_up))
        proof = Proof(search.cost, search.bound, proven=search.bound >= search.cost * (1 - SLACK))
        doubt = f"after {trials} plans it is not proven that nothing faster fits into {budget} bytes"
        selection = self.model.selection(
            renumbered(search.picks, self.numbers),
            proof,
            "time within memory",
            () if proof.proven else (doubt,),
        )
        return Fit(selection, self.plan(search.picks).bytes, trials)

    def _nothing(self, budget: int, trials: int, *, finished: bool) -> str:
        """Return in words that nothing was found."""
        network = f"{self.model.graph.name!r}"
        for level in self._levels():
            found = optimum(self.problem_within(level), memory=True)
            if np.isfinite(found.proof.cost):
                self.plan(found.picks)
                break
        least = min((plan.bytes for plan in self.plans.values()), default=0)
        tried = f"; the smallest plan found takes {least}" if least else ""
        if finished:
            return f"{network} does not fit into {budget} bytes; it takes at least {self.least()}{tried}"
        return (
            f"{network}: no plan within {budget} bytes was found in {trials} trials, though it is not proven "
            f"that there is none{tried}"
        )

    def front(self, points: int = 24) -> list[Fit]:
        """Return the fastest selections for ever less memory, from the fastest of all down."""
        found: list[Fit] = []
        budget = 2**62
        while len(found) < points:
            try:
                found.append(self.within(budget))
            except LpdnnError:
                break
            budget = found[-1].bytes - 1
        return found


class _Search:
    """Best first over parts of the choices; a part's bound is its fastest choice, whatever that takes."""

    def __init__(self, given: Budget, budget: int, picks: Picks, cost: float) -> None:
        self.given, self.budget = given, budget
        self.problem = given.problem_within(budget)
        self.picks, self.cost, self.bound = picks, cost, cost
        self.given_up = False
        self._order = count()
        self._queue: list[tuple[float, int, _Part]] = []
        self._push(0.0, _Part((None,) * len(self.problem.sites)))

    def _push(self, bound: float, part: _Part) -> None:
        heapq.heappush(self._queue, (bound, next(self._order), part))

    def run(self, plans: int) -> None:
        """Search until all is decided, or so many plans are made in all."""
        while self._queue and self._queue[0][0] < self.cost:
            bound, _, part = heapq.heappop(self._queue)
            if part.best is None:
                best = optimum(_allowed(self.problem, part), memory=True)
                if np.isfinite(best.proof.cost):
                    self._push(best.proof.bound, replace(part, best=best))
            elif len(self.given.plans) >= plans and part.best.picks not in self.given.plans:
                self.given_up = True
                self.bound = min(self.bound, bound)
                return
            else:
                self._decide(part, part.best)
        self.bound = min(self.bound, self.cost)

    def _decide(self, part: _Part, best: Optimum) -> None:
        """Plan the fastest choice of a part; it fits, or the others of the part come into the queue."""
        found = self.given.plan(best.picks)
        if found.bytes <= self.budget and best.proof.cost < self.cost:
            self.picks, self.cost = best.picks, best.proof.cost
            self.bound = min(self.bound, best.proof.bound)
        if found.bytes > self.budget:
            for child in self._children(part, best.picks, found):
                self._push(best.proof.bound, child)

    def _children(self, part: _Part, picks: Picks, found: Footprint) -> list[_Part]:
        """Divide the choices of a part, without these picks: first by the sites to blame for the peak."""
        names = {site.name: number for number, site in enumerate(self.problem.sites)}
        blamed = [names[name] for name in found.blamed if name in names]
        rest = [number for number in range(len(picks)) if number not in set(blamed)]
        allowed = list(part.allowed)
        children = []
        for site in dict.fromkeys((*blamed, *rest)):
            now = allowed[site]
            whole = range(len(self.problem.sites[site].alternatives)) if now is None else now
            others = tuple(n for n in whole if n != picks[site])
            if others:
                children.append(_Part((*allowed[:site], others, *allowed[site + 1 :])))
            allowed[site] = (picks[site],)
        return children


def _allowed(problem: Problem, part: _Part) -> Problem:
    """Return the problem with only the alternatives of a part possible."""
    sites = tuple(
        site
        if allowed is None
        else replace(
            site,
            alternatives=tuple(
                a if n in allowed else replace(a, cost=np.inf) for n, a in enumerate(site.alternatives)
            ),
        )
        for site, allowed in zip(problem.sites, part.allowed, strict=True)
    )
    return replace(problem, sites=sites)


def within(model: Model, budget: int, measure: Callable[[Selection], Footprint], trials: int = TRIALS) -> Fit:
    """Return the fastest selection of a model whose plan, as measured, fits into a budget of bytes."""
    return Budget(model, measure, trials).within(budget)


def front(
    model: Model, measure: Callable[[Selection], Footprint], points: int = 24, trials: int = TRIALS
) -> list[Fit]:
    """Return the front of time against memory."""
    return Budget(model, measure, trials).front(points)
