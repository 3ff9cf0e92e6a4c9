"""The activation that a kernel is compiled with."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from lpdnn.ops.activation import Kind

if TYPE_CHECKING:
    from lpdnn.ops.activation import ActivationFunction

KINDS = {kind: i for i, kind in enumerate(get_args(Kind))}
PLAIN_RELU = -1
"""Of simd.h: a ReLU without a slope below zero."""


def activation(function: ActivationFunction) -> int:
    """Return the constant ACTIVATION."""
    return PLAIN_RELU if function.kind == "relu" and not function.alpha else KINDS[function.kind]
