"""Searches that the exact answer is compared with, on the same problem and the same cost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.selection.optimum import optimum
from lpdnn.selection.problem import NCHW, renumbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array
    from lpdnn.selection.problem import Picks, Problem


@dataclass(frozen=True)
class Found:
    """What a search found; `curve` is the least cost after each episode of those that have any."""

    picks: Picks
    cost: float
    curve: tuple[float, ...] = ()


class Walk:
    """A choice in the making, site by site in the order of the network. Prices paid add up to the cost."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.picks: list[int] = []
        self.paid = 0.0
        self._made = [NCHW] * len(problem.values)
        self._held = [1 << NCHW if value.kept else 0 for value in problem.values]

    def price(self, pick: int) -> float:
        """Return what an alternative of the next site adds to the cost, new conversions included."""
        problem, site = self.problem, len(self.picks)
        alternative = problem.sites[site].alternatives[pick]
        price = alternative.cost
        for number in problem.reads[site]:
            cost, held = problem.values[number].trees.cost[self._made[number]], self._held[number]
            price += float(cost[held | 1 << alternative.reads])
            price -= float(cost[held]) if np.isfinite(cost[held]) else 0.0
        for number in problem.makes[site]:
            price += float(problem.values[number].trees.cost[alternative.writes, self._held[number]])
        return price

    def prices(self) -> Array:
        """Return the price of each alternative of the next site."""
        alternatives = self.problem.sites[len(self.picks)].alternatives
        return np.array([self.price(pick) for pick in range(len(alternatives))])

    def take(self, pick: int) -> None:
        """Pick an alternative of the next site."""
        problem, site = self.problem, len(self.picks)
        self.paid += self.price(pick)
        alternative = problem.sites[site].alternatives[pick]
        for number in problem.reads[site]:
            self._held[number] |= 1 << alternative.reads
        for number in problem.makes[site]:
            self._made[number] = alternative.writes
        self.picks.append(pick)


def greedy(problem: Problem) -> Found:
    """Pick at each site in turn what is cheapest there, conversions from what it reads included."""
    walk = Walk(problem)
    for _ in problem.sites:
        walk.take(int(np.argmin(walk.prices())))
    return Found(tuple(walk.picks), problem.cost(walk.picks))


def random_search(problem: Problem, episodes: int = 1000, seed: int = 0) -> Found:
    """Pick at random, so many times; the best counts."""
    rng = np.random.default_rng(seed)
    sizes = [len(site.alternatives) for site in problem.sites]
    best: Picks = ()
    cost = np.inf
    curve = []
    for _ in range(episodes):
        picks = tuple(rng.integers(sizes).tolist())
        now = problem.cost(picks)
        if now < cost or not best:
            best, cost = picks, now
        curve.append(cost)
    return Found(best, cost, tuple(curve))


def plugins_of(problem: Problem) -> dict[str, int]:
    """Return at how many sites each plugin has an alternative."""
    counts: dict[str, int] = {}
    for site in problem.sites:
        for name in sorted({a.implementation.plugin.name for a in site.alternatives if a.implementation}):
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def single_plugin(problem: Problem, plugin: str) -> Found:
    """Return the best that one plugin can do; where it has nothing, one that has everything steps in."""
    everywhere = {name for name, count in plugins_of(problem).items() if count == len(problem.sites)}
    has = [
        any(a.implementation and a.implementation.plugin.name == plugin for a in site.alternatives)
        for site in problem.sites
    ]
    restricted, numbers = problem.restricted(
        lambda site, a: (
            a.implementation is not None
            and (
                a.implementation.plugin.name == plugin
                if has[site]
                else a.implementation.plugin.name in everywhere
            )
        )
    )
    picks = renumbered(optimum(restricted).picks, numbers)
    return Found(picks, problem.cost(picks))


@dataclass(frozen=True)
class Learning:
    """How Q-learning proceeds; the defaults are those of QS-DNN (arXiv 1811.07315).

    `explore` are the chances of a random pick, each for an equal share of the second half of the episodes; in
    the first half all picks are random. `replays` earlier episodes, out of the last `memory`, are learnt from
    again after each episode.
    """

    episodes: int = 1000
    rate: float = 0.05
    discount: float = 0.9
    memory: int = 128
    replays: int = 4
    explore: tuple[float, ...] = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)

    def chance(self, episode: int) -> float:
        """Return the chance of a random pick in an episode."""
        half = self.episodes // 2
        if episode < half:
            return 1.0
        share = (episode - half) * len(self.explore) // max(self.episodes - half, 1)
        return self.explore[min(share, len(self.explore) - 1)]


class _Learner:
    """What each pick at each site, after the pick at the site before, is worth: less price, more worth."""

    def __init__(self, problem: Problem, how: Learning, seed: int) -> None:
        self.how, self.problem = how, problem
        self.rng = np.random.default_rng(seed)
        sizes = [len(site.alternatives) for site in problem.sites]
        self.worth = [np.zeros((before, size)) for before, size in zip([1, *sizes], sizes, strict=False)]
        finite = [[a.cost for a in site.alternatives if np.isfinite(a.cost)] for site in problem.sites]
        self.unit = max(sum(max(costs, default=0.0) for costs in finite), np.finfo(float).tiny)

    def episode(self, chance: float) -> tuple[Picks, list[float]]:
        """Walk once; return the picks and their rewards."""
        walk = Walk(self.problem)
        rewards = []
        before = 0
        for worth in self.worth:
            random = self.rng.random() < chance
            before = int(self.rng.integers(worth.shape[1]) if random else np.argmax(worth[before]))
            price = walk.price(before)
            rewards.append(-min(price / self.unit, 10.0))
            walk.take(before)
        return tuple(walk.picks), rewards

    def learn(self, picks: Sequence[int], rewards: Sequence[float]) -> None:
        """Update the worth of an episode's picks, from the last to the first."""
        following = 0.0
        for site in range(len(picks) - 1, -1, -1):
            before = picks[site - 1] if site else 0
            row = self.worth[site][before]
            row[picks[site]] += self.how.rate * (
                rewards[site] + self.how.discount * following - row[picks[site]]
            )
            following = float(row.max())


def q_learning(problem: Problem, how: Learning | None = None, seed: int = 0) -> Found:
    """Learn as QS-DNN does: a state is a site and the pick before it, the reward is the price, negative."""
    how = how or Learning()
    learner = _Learner(problem, how, seed)
    past: deque[tuple[Picks, list[float]]] = deque(maxlen=how.memory)
    best: Picks = ()
    cost = np.inf
    curve = []
    for episode in range(how.episodes):
        picks, rewards = learner.episode(how.chance(episode))
        now = problem.cost(picks)
        if now < cost or not best:
            best, cost = picks, now
        curve.append(cost)
        past.append((picks, rewards))
        learner.learn(picks, rewards)
        for index in learner.rng.integers(len(past), size=how.replays):
            learner.learn(*past[index])
    last, _ = learner.episode(0.0)
    if problem.cost(last) < cost:
        best, cost = last, problem.cost(last)
    return Found(best, cost, tuple(curve))
