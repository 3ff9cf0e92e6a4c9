"""Clipping: of each tensor, in each width by itself, where that alone makes less noise."""

from __future__ import annotations

import lpdnn
from lpdnn.quantizer.experiment import Choice
from quantization_networks import examples, small_network

OFF = dict.fromkeys(("equalize", "clip", "rounding", "bias"), False)


def test_a_tensor_is_clipped_in_the_widths_in_which_that_makes_less_noise() -> None:
    graph = small_network(uneven=True)
    asked = {"bits": (8, 3), "calibration": 8, "evaluation": 8}
    plain, clipped = (
        lpdnn.quantize(graph, examples(graph), steps=OFF | {"clip": clip}, **asked)  # type: ignore[arg-type]
        for clip in (False, True)
    )
    choices = [
        Choice(**{kind: {name: label}})
        for kind in ("weights", "activations")
        for name, tensor in getattr(plain.configuration, kind).items()
        for label in tensor.candidates
    ]
    before, after = (
        [found.experiment.measure(choice, "calibration").noise for choice in choices]
        for found in (plain, clipped)
    )
    assert all(b >= a for b, a in zip(before, after, strict=True))
    changed = {
        label: {
            name
            for one, b, a in zip(choices, before, after, strict=True)
            for name, other in {**one.weights, **one.activations}.items()
            if other == label and b > a
        }
        for label in ("PC8", "PC3")
    }
    assert all(changed.values())
    assert changed["PC8"] != changed["PC3"]
