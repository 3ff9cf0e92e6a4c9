"""Swaps find what sensitivities of tensors alone do not tell, within the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import lpdnn
from lpdnn.quantizer.experiment import Choice, Outcome
from lpdnn.quantizer.searches import Space
from lpdnn.quantizer.sizes import Measure
from lpdnn.quantizer.swaps import TRIALS, swapped
from quantization_networks import examples, small_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.quantizer.crew import Crew
    from lpdnn.quantizer.searches import Item

NOISE = {"PC8": 0.0, "PC3": 1.0}


@dataclass
class Told:
    """Measures by a table: what `project` costs in few bits, in place, nobody expects."""

    asked: list[int] = field(default_factory=list)

    def measure(self, choices: Sequence[Choice], _part: str, _what: str) -> list[Outcome]:
        self.asked.append(len(choices))
        return [
            Outcome(
                0.0, sum(NOISE[label] * (9 if name == "project" else 1) for name, label in c.weights.items())
            )
            for c in choices
        ]


def expected(_item: Item, label: str) -> float:
    return NOISE[label]


def test_a_swap_is_taken_where_it_measures_less_noise_and_takes_no_more_bytes() -> None:
    graph = small_network()
    asked = {"bits": (8, 3), "activation_bits": (8,), "calibration": 4, "evaluation": 2, "steps": {}}
    found = lpdnn.quantize(graph, examples(graph), **asked)  # type: ignore[arg-type]
    space = Space.of(found.configuration, Measure(found.experiment.graph))
    items = [item for item in space.items if item.of_weights]
    start = Choice(dict.fromkeys(space.weights, "PC8") | {"project": "PC3"})
    crew = Told()
    (end,) = swapped(space, cast("Crew", crew), items, [start], expected, 4, "sensitivity")

    def size(choice: Choice) -> int:
        return sum(space.size(item, choice.weights[item.name]) for item in items)

    assert end.weights["project"] == "PC8"
    assert size(end) <= size(start)
    assert len(crew.asked) < 4  # it ends where nothing gains
    assert max(crew.asked) <= TRIALS + 1
    assert swapped(space, cast("Crew", crew), items, [start], expected, 0, "sensitivity") == [start]
