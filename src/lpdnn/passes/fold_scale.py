"""Melt Scale and Bias with constant factors into the convolution or fully-connected node beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.activation import IDENTITY
from lpdnn.ops.bias import Bias
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.scale import Scale
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph, Node

    Linear = Conv2d | Deconv2d | FullyConnected


def _factors(sweep: Sweep, node: Node) -> tuple[Array, Array] | None:
    """Return the constant scale and bias of a node over one axis, or None."""
    if isinstance(node.op, Scale):
        scale = sweep.value(node.inputs[1])
        bias_name = (*node.inputs, None)[2]
        bias = sweep.value(bias_name)
        if scale is None or (bias_name is not None and bias is None):
            return None
        return scale, np.zeros_like(scale) if bias is None else bias
    if isinstance(node.op, Bias):
        bias = sweep.value(node.inputs[1])
        return None if bias is None else (np.ones_like(bias), bias)
    return None


def _per_channel(factor: Array, axis: int, feeder: Node, channels: int) -> Array | None:
    """Return a factor as one value a channel of the feeder's output, None where it is anything else."""
    channel_axis = feeder.op.axis if isinstance(feeder.op, FullyConnected) else 1
    if factor.ndim == 0 or factor.size == 1:
        return np.full(channels, float(factor.ravel()[0]))
    return factor if factor.ndim == 1 and axis == channel_axis and factor.size == channels else None


def _scaled_weight(op: Linear, weight: Array, scale: Array) -> Array:
    """Return the weight with each output channel scaled."""
    if not isinstance(op, Deconv2d):
        return weight * scale.reshape(-1, *([1] * (weight.ndim - 1)))
    # [C, M/groups, KH, KW]: input channel c belongs to group c // (C / groups).
    group = np.repeat(np.arange(op.groups), weight.shape[0] // op.groups)
    scaled: Array = weight * scale.reshape(op.groups, -1)[group][:, :, None, None]
    return scaled


def _fold_back(sweep: Sweep, node: Node) -> bool:
    """Melt a node into the linear node before it."""
    factors = _factors(sweep, node)
    feeder = sweep.feeder(node.inputs[0])
    if factors is None or feeder is None:
        return False
    op = feeder.op
    if not isinstance(op, Conv2d | Deconv2d | FullyConnected) or op.activation != IDENTITY:
        return False
    if op.EXTRA.intersection(op.given(feeder.inputs)):  # something is made of the products first
        return False
    weight = sweep.value(feeder.inputs[1])
    old_name = (*feeder.inputs, None)[2]
    old = sweep.value(old_name)
    if weight is None or (old_name is not None and old is None):
        return False
    assert isinstance(node.op, Scale | Bias)
    channels = weight.shape[1] * op.groups if isinstance(op, Deconv2d) else weight.shape[0]
    scale, bias = (_per_channel(factor, node.op.axis, feeder, channels) for factor in factors)
    if scale is None or bias is None:
        return False
    inputs = (
        feeder.inputs[0],
        sweep.constant(f"{feeder.name}.weight", _scaled_weight(op, weight, scale)),
        sweep.constant(f"{feeder.name}.bias", bias if old is None else old * scale + bias),
    )
    activation = node.op.activation if isinstance(node.op, Scale) else IDENTITY
    sweep.melt(feeder, node, replace(op, activation=activation), inputs)
    return True


def _fold_together(sweep: Sweep, node: Node) -> bool:
    """Melt a Scale or Bias into a Scale of the same axis before it."""
    feeder = sweep.feeder(node.inputs[0])
    factors = _factors(sweep, node)
    if (
        feeder is None
        or factors is None
        or not isinstance(feeder.op, Scale)
        or feeder.op.activation != IDENTITY
    ):
        return False
    assert isinstance(node.op, Scale | Bias)
    first = _factors(sweep, feeder)
    if first is None or feeder.op.axis != node.op.axis or first[0].shape != factors[0].shape:
        return False
    inputs = (
        feeder.inputs[0],
        sweep.constant(f"{feeder.name}.scale", first[0] * factors[0]),
        sweep.constant(f"{feeder.name}.bias", first[1] * factors[0] + factors[1]),
    )
    activation = node.op.activation if isinstance(node.op, Scale) else IDENTITY
    sweep.melt(feeder, node, replace(feeder.op, activation=activation), inputs)
    return True


def _fold_ahead(sweep: Sweep, node: Node) -> bool:
    """Melt the Scale or Bias before a convolution into it, where padding does not see the bias."""
    feeder = sweep.feeder(node.inputs[0])
    weight = sweep.value((*node.inputs, None)[1])
    if not isinstance(node.op, Conv2d) or feeder is None or weight is None:
        return False
    factors = _factors(sweep, feeder)
    if factors is None or (isinstance(feeder.op, Scale) and feeder.op.activation != IDENTITY):
        return False
    assert isinstance(feeder.op, Scale | Bias)
    channels = weight.shape[1] * node.op.groups
    if feeder.op.axis != 1 or factors[0].shape != (channels,):
        return False
    scale, bias = factors
    if np.any(bias) and any(node.op.padding):
        return False
    old_name = (*node.inputs, None)[2]
    old = sweep.value(old_name)
    if old_name is not None and old is None:
        return False
    filters = weight.shape[0]
    group = np.arange(filters) // (filters // node.op.groups)
    shift = np.einsum("mchw,mc->m", weight, bias.reshape(node.op.groups, -1)[group])
    inputs = (
        feeder.inputs[0],
        sweep.constant(
            f"{node.name}.weight", weight * scale.reshape(node.op.groups, -1)[group][:, :, None, None]
        ),
        sweep.constant(f"{node.name}.bias", shift if old is None else old + shift),
    )
    sweep.melt(replace(feeder, name=node.name), node, node.op, inputs)
    return True


def fold_scale(graph: Graph) -> Graph:
    """Fold backwards into the producer where that is linear or a Scale, else forwards into a convolution."""
    sweep = Sweep(graph)
    for node in graph.nodes:
        if not any(fold(sweep, node) for fold in (_fold_back, _fold_together, _fold_ahead)):
            sweep.keep(node)
    return sweep.finish()
