"""Seeded weights for a network that has none: of a size that keeps activations in range through any depth.

The noise of a blob depends on the seed, its layer's name and its index alone. Weights of a layer that sums
are scaled by what its input is expected to be, so moments are carried from blob to blob; the network's input
counts as normal, with variance 1.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from lpdnn.frontends.caffe.caffe_pb2 import EltwiseParameter, PoolingParameter
from lpdnn.frontends.caffe.report import about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.caffe.blob import WantedBlob
    from lpdnn.frontends.caffe.caffe_pb2 import FillerParameter, LayerParameter
    from lpdnn.ir import Array

_MOST_VALUES: Final = 2**29  # what a caffemodel can hold
_LARGEST: Final = 1e3  # of what activations are expected to be, and of what a filler may state
_CHUNK: Final = 2**20
_FACTOR: Final = (
    999.982  # BatchNorm's third blob, by which the others are multiplied, at the end of a training
)
_NORMAL: Final = {
    "BatchNorm": 1.08,  # what the spread of means and variances makes of 1
    "Convolution": 1.01,  # here and below: with a bias
    "ConvolutionDepthwise": 1.01,
    "Deconvolution": 1.01,
    "DepthwiseConvolution": 1.01,
    "InnerProduct": 1.01,
    "MVN": 1.0,
    "Normalize": 1.0,
    "Power": 1.0,
    "Sigmoid": 1.0,
    "Softmax": 1.0,
    "TanH": 1.0,
}
"""Mean squares behind layers whose results are normal whatever they read."""
_SLOPES: Final = {"Clip": 0.0, "ELU": 0.3, "PReLU": 0.25, "ReLU": 0.0, "ReLU6": 0.0, "Swish": 0.0}


class Moments(NamedTuple):
    """What the values of a blob are expected to be: their mean, and the mean of their squares."""

    mean: float
    power: float

    @property
    def variance(self) -> float:
        """Return the mean square of the distance from the mean."""
        return max(0.0, self.power - self.mean**2)


_INPUT: Final = Moments(0.0, 1.0)


@dataclass
class RandomFill:
    """Makes blobs in the order layers ask, and remembers them."""

    seed: int
    made: dict[str, list[Array]] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)
    _values: int = 0

    def blob(self, wanted: WantedBlob) -> Array:
        """Return a blob in Caffe's form."""
        self._values += math.prod(wanted.shape)
        if self._values > _MOST_VALUES:
            raise about(wanted.layer.place, f"the network wants more than {_MOST_VALUES} random weights")
        name = wanted.layer.param.name
        noise = _noise(self.seed, name, wanted.index, wanted.shape)
        array = _shaped(wanted, noise, self.moments.get(wanted.reads, _INPUT).power)
        self.made.setdefault(name, []).append(array)
        return array

    def carry(self, param: LayerParameter, bottoms: Sequence[str], tops: Sequence[str]) -> None:
        """Note what a layer's results are expected to be."""
        behind = _behind(param, [self.moments.get(bottom, _INPUT) for bottom in bottoms] or [_INPUT])
        if not (abs(behind.mean) < _LARGEST and behind.power < _LARGEST**2):
            behind = _INPUT
        for top in tops:
            self.moments[top] = Moments(behind.mean, max(behind.power, 1e-6))


def _shaped(wanted: WantedBlob, noise: Array, moment: float) -> Array:
    """Return noise in the size that suits the role of a blob behind a value of this second moment."""
    constant = _constant(wanted.filler)
    spread, middle = 0.0, constant
    match wanted.role:
        case "weight":
            spread, middle = 1 / math.sqrt(max(1, math.prod(wanted.shape[1:])) * moment), 0.0
        case "bias":
            spread = 0.1
        case "mean":
            spread = 0.1 * math.sqrt(moment) * _FACTOR
        case "variance":
            spread, middle = 0.25 * moment * _FACTOR, moment * _FACTOR
        case "factor":
            middle = _FACTOR
        case "scale":
            middle = constant or 1.0
            spread = 0.1 * middle if noise.size > 1 else 0.0
        case "slope":
            middle = constant or 0.25
            spread = 0.2 * middle if noise.size > 1 else 0.0
    noise *= np.float32(spread)
    noise += np.float32(middle)
    return noise


def _constant(filler: FillerParameter | None) -> float:
    """Return the value that a constant filler states, if it is a sensible one."""
    stated = filler is not None and filler.type == "constant" and abs(filler.value) < _LARGEST
    return filler.value if filler is not None and stated else 0.0


def _noise(seed: int, layer: str, index: int, shape: tuple[int, ...]) -> Array:
    """Return uniform values with variance 1, from raw generator bits: the same on every machine and NumPy."""
    key = hashlib.sha256(f"{seed}/{index}/{layer}".encode("utf-8", "surrogatepass")).digest()
    generator = np.random.PCG64(int.from_bytes(key, "little"))
    values = np.empty(math.prod(shape), np.float32)
    for start in range(0, values.size, _CHUNK):
        part = values[start : start + _CHUNK]
        part[:] = generator.random_raw(part.size) >> 40  # 24 bits: exact in float32
    values *= np.float32(2.0**-23 * math.sqrt(3))
    values -= np.float32(math.sqrt(3))
    return values.reshape(shape)


def _behind(param: LayerParameter, read: list[Moments]) -> Moments:
    """Return the moments behind a layer, roughly, of values that are normally distributed before it."""
    kind, first = param.type, read[0]
    if kind == "Eltwise":
        return _combined(param.eltwise_param, read)
    if kind in _SLOPES:
        return _rectified(first, _SLOPES[kind])
    if kind == "Pooling":
        factor = 2.0 if param.pooling_param.pool == PoolingParameter.MAX else 0.5
        return Moments(first.mean, first.mean**2 + factor * first.variance)
    if kind == "Scale":
        size = _constant(param.scale_param.filler) or 1.0
        return Moments(size * first.mean, 1.01 * size**2 * first.power + 0.01)
    if kind in _NORMAL:
        return Moments(0.0, _NORMAL[kind])
    return Moments(sum(m.mean for m in read) / len(read), sum(m.power for m in read) / len(read))


def _combined(param: EltwiseParameter, read: list[Moments]) -> Moments:
    if param.operation == EltwiseParameter.SUM:
        weights = list(param.coeff) or [1.0] * len(read)
        mean = sum(w * m.mean for w, m in zip(weights, read, strict=False))
        return Moments(mean, mean**2 + sum(w * w * m.variance for w, m in zip(weights, read, strict=False)))
    if param.operation == EltwiseParameter.PROD:
        return Moments(math.prod(m.mean for m in read), math.prod(m.power for m in read))
    return max(read, key=lambda m: m.power)


def _rectified(x: Moments, slope: float) -> Moments:
    """Return the moments of a normal variable, multiplied by `slope` below zero."""
    spread = math.sqrt(x.variance) or 1e-9
    above = (1 + math.erf(x.mean / spread / math.sqrt(2))) / 2
    density = math.exp(-((x.mean / spread) ** 2) / 2) / math.sqrt(2 * math.pi)
    mean = x.mean * above + spread * density
    power = x.power * above + x.mean * spread * density
    return Moments(mean + slope * (x.mean - mean), power + slope**2 * max(0.0, x.power - power))
