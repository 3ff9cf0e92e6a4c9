"""Swaps: a tensor narrower and another wider within the bytes of a choice, kept where less noise is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lpdnn.quantizer.experiment import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.quantizer.crew import Crew
    from lpdnn.quantizer.searches import Expected, Item, Space

TRIALS = 6
"""Swaps of a choice that are measured in a round."""


class _Move(NamedTuple):
    """Another label of a tensor: bytes more, and noise more as it is expected."""

    item: Item
    label: str
    size: int
    noise: float


def _moves(space: Space, items: Sequence[Item], choice: Choice, expected: Expected) -> list[_Move]:
    found = []
    for item in items:
        now = (choice.weights if item.of_weights else choice.activations)[item.name]
        size, noise = space.size(item, now), expected(item, now)
        found += [
            _Move(item, other, space.size(item, other) - size, expected(item, other) - noise)
            for other in item.labels
            if other != now
        ]
    return found


def _promising(space: Space, items: Sequence[Item], choice: Choice, expected: Expected) -> list[Choice]:
    """Return the swaps that are expected to make the least noise; no tensor is in two of them."""
    moves = _moves(space, items, choice, expected)
    pairs = [
        (one.noise + other.noise, first, second)
        for first, one in enumerate(moves)
        if one.size < 0
        for second, other in enumerate(moves)
        if other.size >= 0 and one.size + other.size <= 0 and one.item != other.item
    ]
    found: list[Choice] = []
    taken: set[Item] = set()
    for _, first, second in sorted(pairs):
        pair = moves[first], moves[second]
        if taken.isdisjoint(move.item for move in pair):
            taken |= {move.item for move in pair}
            weights, activations = dict(choice.weights), dict(choice.activations)
            for move in pair:
                (weights if move.item.of_weights else activations)[move.item.name] = move.label
            found.append(Choice(weights, activations))
        if len(found) == TRIALS:
            break
    return found


def swapped(
    space: Space,
    crew: Crew,
    items: Sequence[Item],
    choices: Sequence[Choice],
    expected: Expected,
    rounds: int,
    part: str,
) -> list[Choice]:
    """Return the choices after so many rounds of swaps at most: in each, the one of least measured noise.

    `expected` gives the noise of a tensor in a format, by which swaps are picked. No choice takes more bytes.
    """
    best = list(choices)
    for _ in range(rounds):
        trials = [[one, *_promising(space, items, one, expected)] for one in best]
        outcomes = iter(crew.measure([one for some in trials for one in some], part, "swap"))
        better = [min(some, key=lambda _: next(outcomes).noise) for some in trials]
        if better == best:
            break
        best = better
    return best
