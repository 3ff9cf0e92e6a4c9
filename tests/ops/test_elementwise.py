"""Element-wise operators against values worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.bias import Bias
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.scale import Scale
from lpdnn.ops.softmax import Softmax

if TYPE_CHECKING:
    from lpdnn.ir import Operator

A, B, C = [1.0, -2.0], [3.0, 5.0], [-4.0, 2.0]
X = [[1.0, -2.0], [3.0, -4.0]]


@pytest.mark.parametrize(
    ("op", "inputs", "expected"),
    [
        (Eltwise("sum"), [A, B, C], [0, 5]),
        (Eltwise("sum", (2.0, -1.0, 0.5)), [A, B, C], [-3, -8]),
        (Eltwise("sum", (1.0, -1.0), ActivationFunction("relu")), [B, A], [2, 7]),
        (Eltwise("product"), [A, B, C], [-12, -20]),
        (Eltwise("max"), [A, B, C], [3, 5]),
        (Scale(), [X, [10.0, 100.0], [1.0, 2.0]], [[11, -198], [31, -398]]),
        (Scale(axis=0), [X, [10.0, 100.0]], [[10, -20], [300, -400]]),
        (Scale(activation=ActivationFunction("relu")), [X, 2.0, 1.0], [[3, 0], [7, 0]]),
        (Bias(), [X, [10.0, 100.0]], [[11, 98], [13, 96]]),
        (Bias(axis=0), [X, [10.0, 100.0]], [[11, 8], [103, 96]]),
        (PRelu(), [X, [0.5, 0.25]], [[1, -0.5], [3, -1]]),
        (PRelu(), [X, [0.5]], [[1, -1], [3, -2]]),
        (BatchNorm(epsilon=1.0), [X, [1.0, 2.0], [3.0, 8.0]], [[0, -4 / 3], [1, -2]]),
        (Power(2.0, 3.0, 1.0), [A], [16, 25]),
        (Power(0.0), [A], [1, 1]),
        (Softmax(), [np.log([[1.0, 3.0], [2.0, 2.0]])], [[0.25, 0.75], [0.5, 0.5]]),
        (Softmax(axis=0), [np.log([[1.0, 3.0], [2.0, 2.0]])], [[1 / 3, 0.6], [2 / 3, 0.4]]),
    ],
)
def test_values(op: Operator, inputs: list[object], expected: object) -> None:
    (y,) = op.reference(*(np.array(x, np.float32) for x in inputs))
    np.testing.assert_allclose(y, expected, rtol=1e-6)
