"""Convolutions of one map after the other whose results between are in no memory as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the C struct is made of these hints
from lpdnn.ops.activation import IDENTITY, ActivationFunction
from lpdnn.ops.conv2d import Conv2d

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Separable(Operator):
    """Depthwise convolution and the pointwise ones around it, of x [N,C,H,W], in bands of rows.

    `expand` [D,C,1,1], if it is there, `weight` [D,1,KH,KW] and `project` [M,D,1,1] are each followed by its
    bias and its function; a sum with an addend of the result's shape comes before the last one. Stride,
    padding and dilation are the depthwise convolution's. See Howard et al., "MobileNets" (2017), and Sandler
    et al., "MobileNetV2" (2018).
    """

    NAME: ClassVar[str] = "separable"
    INPUTS: ClassVar[tuple[str, ...]] = (
        "x",
        "weight",
        "project",
        "bias?",
        "project_bias?",
        "expand?",
        "expand_bias?",
        "addend?",
    )
    PARAMETERS: ClassVar[frozenset[str]] = Operator.PARAMETERS | {
        "project",
        "project_bias",
        "expand",
        "expand_bias",
    }
    EXTRA: ClassVar[frozenset[str]] = frozenset({"addend"})

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    expanded: ActivationFunction = IDENTITY
    filtered: ActivationFunction = IDENTITY
    activation: ActivationFunction = IDENTITY

    def stages(self, *inputs: Any) -> Iterator[tuple[Conv2d, tuple[Any, ...]]]:
        """Yield the convolutions in order, each with what it reads but for its x: weight, bias, slope, addend.

        `inputs` are types, arrays or anything else that is one for each input.
        """
        _, weight, project, bias, project_bias, expand, expand_bias, addend = cast(
            "tuple[Any, ...]", self.padded(inputs)
        )
        if expand is not None:
            yield Conv2d(activation=self.expanded), (expand, expand_bias)
        depthwise = Conv2d(self.stride, self.padding, self.dilation, weight.shape[0], self.filtered)
        yield depthwise, (weight, bias)
        yield Conv2d(activation=self.activation), (project, project_bias, None, addend)

    def typed(self, inputs: Types) -> Iterator[tuple[Conv2d, Types, tuple[TensorType, ...]]]:
        """Yield the convolutions in order with the types of their inputs and outputs."""
        x = inputs[0]
        assert x is not None
        for op, operands in self.stages(*inputs):
            outputs = op.infer(x, *operands)
            yield op, (x, *operands), outputs
            (x,) = outputs

    def infer(self, x: TensorType, weight: TensorType, *others: TensorType | None) -> tuple[TensorType, ...]:
        if weight.rank != 4 or weight.shape[1] != 1:
            message = f"a depthwise convolution has a weight [D,1,KH,KW], not {weight}"
            raise LpdnnError(message)
        for pointwise in (others[0], *others[3:4]):
            if pointwise is not None and pointwise.shape[2:] != (1, 1):
                message = f"a pointwise convolution has a weight [M,D,1,1], not {pointwise}"
                raise LpdnnError(message)
        *_, (_, _, outputs) = self.typed((x, weight, *others))
        return outputs

    def reference(self, x: Array, *others: Array | None) -> tuple[Array, ...]:
        for op, operands in self.stages(x, *others):
            (x,) = op.reference(x, *operands)
        return (x,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        batch, channels, height, width = x.shape
        middle, _, kernel_h, kernel_w = weight.shape
        _, filters, out_height, out_width = outputs[0].shape
        return {
            "batch": batch,
            "channels": channels,
            "height": height,
            "width": width,
            "middle": middle,
            "filters": filters,
            "kernel_h": kernel_h,
            "kernel_w": kernel_w,
            "out_height": out_height,
            "out_width": out_width,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return sum((op.cost(reads, writes) for op, reads, writes in self.typed(inputs)), Cost())

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        relu, relu6 = ActivationFunction("relu"), ActivationFunction("clip", 0.0, 6.0)
        one, two = (1, 1, 1, 1), (2, 2, 2, 2)
        v1 = cls(padding=one, filtered=relu, activation=relu)
        v2 = cls(padding=one, expanded=relu6, filtered=relu6)
        halved = cls((2, 2), one, expanded=relu6, filtered=relu6)
        wide = (40, 1, 3, 3), (24, 40, 1, 1), (40,), (24,)
        return [
            Sample(v1, ((1, 32, 16, 14), (32, 1, 3, 3), (48, 32, 1, 1), (32,), (48,))),
            Sample(v1, ((2, 5, 7, 9), (5, 1, 3, 3), (17, 5, 1, 1), None, None)),
            Sample(cls((2, 2), one), ((1, 16, 13, 15), (16, 1, 3, 3), (32, 16, 1, 1), (16,), None)),
            Sample(cls(padding=two), ((1, 8, 6, 5), (8, 1, 5, 5), (3, 8, 1, 1), None, (3,))),
            Sample(v2, ((1, 24, 10, 9), *wide, (40, 24, 1, 1), (40,), (1, 24, 10, 9))),
            Sample(v2, ((2, 24, 11, 12), *wide, (40, 24, 1, 1), None)),
            Sample(halved, ((1, 16, 15, 15), *wide, (40, 16, 1, 1), (40,))),
            Sample(halved, ((1, 3, 9, 1), *wide, (40, 3, 1, 1), None, (1, 24, 5, 1))),
            Sample(
                cls((1, 1), (2, 4, 2, 4), (2, 4), relu, relu),
                ((1, 6, 12, 11), (20, 1, 3, 3), (19, 20, 1, 1), (20,), None, (20, 6, 1, 1), (20,)),
            ),
            Sample(
                cls(padding=two, expanded=relu),
                ((1, 4, 3, 30), (16, 1, 5, 5), (8, 16, 1, 1), None, None, (16, 4, 1, 1)),
            ),
        ]
