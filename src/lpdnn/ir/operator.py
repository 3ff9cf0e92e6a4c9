"""The contract of an operator: what a layer means, declared once, from which the rest is derived."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir.types import TensorType

Array = np.ndarray[Any, Any]
Types = tuple["TensorType | None", ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """Arithmetic of one evaluation, in scalar operations."""

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    comparisons: int = 0
    exponentials: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


@dataclass(frozen=True)
class Sample:
    """A telling case: an operator and the shapes (or the very values) of its inputs; None where absent.

    Inputs given as shapes are filled with seeded normal values scaled by `spread`.
    """

    op: Operator
    inputs: tuple[tuple[int, ...] | Array | None, ...]
    spread: float = 1.0

    def arrays(self, seed: int = 0) -> tuple[Array | None, ...]:
        """Return the input arrays, the same for the same seed."""
        rng = np.random.default_rng(seed)
        return tuple(
            x
            if x is None or isinstance(x, np.ndarray)
            else (rng.standard_normal(x) * self.spread).astype(np.float32)
            for x in self.inputs
        )


class Operator:
    """What a node computes. Subclasses are frozen dataclasses: their fields are the attributes.

    Class constants:
    - `NAME`: in C symbols, text and files.
    - `INPUTS`: names in order; a name that ends in ? may be absent, the last one may end in * (one or more).
    - `OUTPUTS`: names in order.
    - `PARAMETERS`: names of inputs that are weights: they have no layout, and primitives may repack them.
    - `VIEW`: the output has the bytes of the input, element for element, when both are nchw.
    - `SHAPES_ONLY`: the inputs matter by their shapes alone, so that the output is a constant.
    - `HOST_ONLY`: attributes that no kernel needs, because `geometry` says it all.
    - `EXTRA`: names of optional inputs that only the primitives know which say so (`Primitive.takes`).
    - `TOLERANCE`: largest error of a correct fp32 kernel, relative to the largest value of the output.
    """

    NAME: ClassVar[str]
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y",)
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"weight", "bias", "scale", "slope", "mean", "variance"})
    VIEW: ClassVar[bool] = False
    SHAPES_ONLY: ClassVar[bool] = False
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset()
    EXTRA: ClassVar[frozenset[str]] = frozenset()
    TOLERANCE: ClassVar[float] = 1e-5

    def infer(self, *inputs: Any) -> tuple[TensorType, ...]:
        """Return the types of the outputs; an LpdnnError says in words what does not fit."""
        raise NotImplementedError

    def reference(self, *inputs: Any) -> tuple[Array, ...]:
        """Return the outputs for row-major inputs: the meaning, in numpy; sums are in float64."""
        raise NotImplementedError

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        """Return the integers a kernel needs besides the attributes, the first fields of its spec struct."""
        raise NotImplementedError

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        """Return the arithmetic of one evaluation."""
        raise NotImplementedError

    def piece(self, inputs: Types, outputs: tuple[TensorType, ...]) -> int | None:
        """Return at which element of the first input's memory the output lies, if it is one run of it."""
        x, y = inputs[0], outputs[0]
        return 0 if self.VIEW and x is not None and x.layout == y.layout == "nchw" else None

    def parts(self, inputs: Types, outputs: tuple[TensorType, ...]) -> tuple[int, ...] | None:
        """Return at which element of the output's memory each input lies, if each is one run of it."""
        return None

    def strips(self, inputs: Types, outputs: tuple[TensorType, ...]) -> tuple[int, ...] | None:
        """Return at which element of each pixel of the output's memory each input lies, if all are nhwc."""
        return None

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        """Return a few telling cases; they drive kernel tests, benchmarks and docs."""
        raise NotImplementedError

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring."""
        return inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]

    @classmethod
    def input_name(cls, position: int) -> str:
        """Return the name of an input, without the mark of optional or repeated ones."""
        return cls.INPUTS[min(position, len(cls.INPUTS) - 1)].rstrip("?*")

    @classmethod
    def given(cls, operands: Sequence[object]) -> list[str]:
        """Return the names of the inputs that are not absent."""
        return [cls.input_name(i) for i, operand in enumerate(operands) if operand is not None]

    @classmethod
    def padded(cls, operands: Sequence[T | None]) -> tuple[T | None, ...]:
        """Return an operand for each input that is named, as kernels want them: None where one is left out."""
        return (*operands, *(None,) * (len(cls.INPUTS) - len(operands)))

    @classmethod
    def arity(cls) -> tuple[int, int | None]:
        """Return the least and the greatest number of inputs; None is without limit."""
        least = sum(not name.endswith("?") for name in cls.INPUTS)
        return least, None if cls.INPUTS[-1].endswith("*") else len(cls.INPUTS)


@dataclass(frozen=True)
class Node:
    """One use of an operator. `origin` tells where it came from, such as `deploy.prototxt:12 (ReLU)`."""

    name: str
    op: Operator
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    origin: str = field(default="", compare=False)
