"""What does not fit is refused in words, with the name of the node."""

from __future__ import annotations

import math
import re

import pytest

from lpdnn.ir import GraphBuilder, LpdnnError, Node, Operator, TensorType
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.bias import Bias
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.scale import Scale
from lpdnn.ops.softmax import Softmax

IMAGE = (1, 4, 5, 6)
HUGE = 2**40

CASES: list[tuple[Operator, list[tuple[int, ...]], str]] = [
    (FullyConnected(), [IMAGE, (10, 100)], "weight f32[10x100] does not fit"),
    (FullyConnected(), [IMAGE, (10, 120), (9,)], "bias f32[9] does not fit 10 outputs"),
    (FullyConnected(axis=4), [IMAGE, (10, 1)], "axis 4 is not one of the 4 axes"),
    (FullyConnected(axis=-1), [IMAGE, (10, 6)], "axis -1 is not one of the 4 axes"),
    (Deconv2d(), [(4, 5, 6), (4, 2, 3, 3)], "needs a 4-D input and weight"),
    (Deconv2d(), [IMAGE, (3, 2, 3, 3)], "does not fit input"),
    (Deconv2d(groups=3), [IMAGE, (4, 2, 3, 3)], "in 3 groups"),
    (Deconv2d(groups=0), [IMAGE, (4, 2, 3, 3)], "in 0 groups"),
    (Deconv2d(groups=2), [IMAGE, (4, 2, 3, 3), (2,)], "bias f32[2] does not fit 4 filters"),
    (Deconv2d(stride=(0, 1)), [IMAGE, (4, 2, 3, 3)], "height: kernel 3, stride 0"),
    (Deconv2d(padding=(0, -1, 0, 0)), [IMAGE, (4, 2, 3, 3)], "width: kernel 3, stride 1"),
    (Deconv2d(padding=(4, 0, 4, 0)), [IMAGE, (4, 2, 3, 3)], "height: 7 less padding 4+4"),
    (Deconv2d(output_padding=(0, 1)), [IMAGE, (4, 2, 3, 3)], "width: output padding 1 must be less than 1"),
    (Deconv2d(stride=(1, 2**29)), [IMAGE, (4, 2, 3, 3)], "width: 2684354563 less padding 0+0"),
    (Deconv2d(stride=(2**20, 2**20)), [IMAGE, (4, 2, 3, 3)], "more than 2147483647 elements"),
    (Conv2d(stride=(HUGE, 1)), [IMAGE, (2, 4, 3, 3)], "beyond what 32-bit indices can address"),
    (Conv2d(padding=(HUGE, 0, 0, 0)), [IMAGE, (2, 4, 3, 3)], "beyond what 32-bit indices can address"),
    (Pool("max", (2, 2)), [(4, 5, 6)], "pooling needs a 4-D input"),
    (Pool("max", (0, 2)), [IMAGE], "height: kernel 0"),
    (Pool("max", (6, 2)), [IMAGE], "height: a kernel that spans 6 does not fit"),
    (Pool("max", (7, 2), (2, 2), ceil=True), [IMAGE], "height: a kernel of 7 does not fit"),
    (Pool("max", (2, 2), (1, 1), (0, 2, 0, 0)), [IMAGE], "width: padding 2+0 must be smaller than kernel 2"),
    (Pool("max", (2, 2), (1, HUGE), ceil=True), [IMAGE], "beyond what 32-bit indices can address"),
    (Lrn(size=4), [IMAGE], "size 4 must be odd"),
    (Lrn(size=-1), [IMAGE], "size -1 must be odd"),
    (Lrn(size=HUGE + 1), [IMAGE], "must be odd, so that the region has a middle, and below 32768"),
    (Lrn(alpha=math.inf), [IMAGE], "alpha is inf; it must be a finite number"),
    (Lrn(), [(7,)], "across_channels needs a 2-D or larger input"),
    (Lrn("within_channel"), [(2, 3, 4)], "within_channel needs a 4-D input"),
    (Lrn("within_channel", k=2.0), [IMAGE], "always has k = 1, not 2.0"),
    (BatchNorm(), [IMAGE, (5,), (4,)], "mean f32[5] does not fit the 4 channels"),
    (BatchNorm(), [IMAGE, (4,), (1,)], "variance f32[1] does not fit the 4 channels"),
    (BatchNorm(), [(), (1,), (1,)], "f32[scalar] has no channels"),
    (BatchNorm(epsilon=math.nan), [IMAGE, (4,), (4,)], "epsilon is nan"),
    (BatchNorm(epsilon=-1.0), [IMAGE, (4,), (4,)], "epsilon is -1.0; it must not be negative"),
    (Scale(), [IMAGE, (5,)], "scale f32[5] does not match the axes of f32[1x4x5x6] from axis 1 on"),
    (Scale(axis=3), [IMAGE, (6, 1)], "scale f32[6x1] does not match"),
    (Scale(axis=-1), [IMAGE, (6,)], "from axis -1 on"),
    (Scale(), [IMAGE, (4,), (5,)], "bias f32[5] does not have the shape of scale f32[4]"),
    (Bias(axis=2), [IMAGE, (4,)], "bias f32[4] does not match"),
    (PRelu(), [IMAGE, (5,)], "slope f32[5] does not fit the 4 channels"),
    (Eltwise(), [IMAGE, (1, 4, 6, 5)], "input 1 is f32[1x4x6x5], but input 0 is f32[1x4x5x6]"),
    (Eltwise("product", (1.0, 2.0)), [IMAGE, IMAGE], "coefficients go with a sum, not with a product"),
    (Eltwise("sum", (1.0,)), [IMAGE, IMAGE], "there are 1 coefficients for 2 inputs"),
    (Eltwise("sum", (1.0, math.nan)), [IMAGE, IMAGE], "coefficient is nan"),
    (Concat(), [IMAGE, (1, 4, 5, 7)], "input 1 is f32[1x4x5x7], which does not line up"),
    (Concat(), [IMAGE, (1, 4, 5)], "input 1 is f32[1x4x5], which does not line up"),
    (Concat(axis=4), [IMAGE], "axis 4 is not one of the 4 axes"),
    (Concat(), [(1, 2**20, 2**10), (1, 2**20, 2**10)], "more than 2147483647 elements"),
    (Softmax(axis=2), [(3, 4)], "axis 2 is not one of the 2 axes"),
    (Power(power=math.nan), [IMAGE], "power is nan"),
]


@pytest.mark.parametrize(("op", "shapes", "sentence"), CASES)
def test_refused(op: Operator, shapes: list[tuple[int, ...]], sentence: str) -> None:
    graph = GraphBuilder("net")
    names = [graph.input(f"in{i}", TensorType(shape)) for i, shape in enumerate(shapes)]
    with pytest.raises(LpdnnError, match="node 'here'.*" + re.escape(sentence)):
        graph.add(Node("here", op, tuple(names), ("y",)))


def test_tensors_of_different_element_types_do_not_mix() -> None:
    x, y = TensorType(IMAGE), TensorType(IMAGE, "s16")
    with pytest.raises(LpdnnError, match="they must be the same"):
        Eltwise().infer(x, y)
    with pytest.raises(LpdnnError, match="does not line up"):
        Concat().infer(x, y)
