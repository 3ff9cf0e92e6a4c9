"""What every operator's declaration must hold, on its own samples."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from lpdnn.ir import ELEMENT, Operator, TensorType, Types
from lpdnn.ops import OPERATORS

if TYPE_CHECKING:
    import numpy as np


def _types(arrays: tuple[np.ndarray | None, ...]) -> Types:
    return tuple(None if x is None else TensorType.of(x) for x in arrays)


def _outputs(op: Operator, inputs: Types) -> tuple[TensorType, ...]:
    if op.NAME == "convert":
        inputs = (dataclasses.replace(inputs[0], layout=op.source),)
    return op.infer(*inputs)


@pytest.mark.parametrize("kind", OPERATORS.values(), ids=OPERATORS)
def test_reference_makes_what_infer_promises(kind: type[Operator]) -> None:
    for sample in kind.samples():
        arrays = sample.arrays()
        promised = _outputs(sample.op, _types(arrays))
        made = sample.op.reference(*arrays)
        assert [y.shape for y in made] == [t.shape for t in promised], sample.op
        assert [y.dtype for y in made] == [ELEMENT[t.dtype] for t in promised], sample.op


@pytest.mark.parametrize("kind", OPERATORS.values(), ids=OPERATORS)
def test_geometry_has_the_same_fields_for_every_sample(kind: type[Operator]) -> None:
    fields = set()
    for sample in kind.samples():
        inputs = _types(sample.arrays())
        geometry = sample.op.geometry(inputs, _outputs(sample.op, inputs))
        fields.add(tuple((name, type(value)) for name, value in geometry.items()))
    assert len(fields) == 1


@pytest.mark.parametrize("kind", OPERATORS.values(), ids=OPERATORS)
def test_cost_is_never_negative(kind: type[Operator]) -> None:
    for sample in kind.samples():
        inputs = _types(sample.arrays())
        cost = sample.op.cost(inputs, _outputs(sample.op, inputs))
        assert min(dataclasses.astuple(cost)) >= 0, sample.op
