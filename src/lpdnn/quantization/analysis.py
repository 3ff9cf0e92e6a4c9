"""Layer analysis: for each tensor alone, at each width, the format of least squared error.

Phase one of the pipeline of de Prado et al., "QUENN", arXiv 1811.05896: the distribution of each tensor, then
the [IL.FL], the scale or the codebook that fits it best, within a number of iterations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from lpdnn.ir import ties_away
from lpdnn.quantization.calibration import distribution
from lpdnn.quantization.clip import filter_scales, range_scale
from lpdnn.quantization.codebook import Scheme, codebook
from lpdnn.quantization.configuration import Tensor
from lpdnn.quantization.format import Format, sqnr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpdnn.ir import Array
    from lpdnn.quantization.calibration import Distribution

Technique = Literal["S", "D", "DC", "K", "KC", "PC"]
"""Methods as they are asked for; KC is K with a scale for each filter, DC is D with an [IL.FL] for each filter."""
TECHNIQUES: tuple[Technique, ...] = get_args(Technique)
WIDEST_CODEBOOK = 8


@dataclass(frozen=True)
class Analysis:
    """What is asked of the layer analysis.

    - `weight_bits`, `activation_bits`: widths, the first of which is chosen; so is the first of `methods`
      that a tensor can have.
    - `output_bits`: width of what the network answers: few bits there make equal scores of unequal ones, and
      spare next to nothing.
    - `iterations`: how many formats are tried, at most, to find one.
    - `clip`: give up extremes where that makes the error less.
    - `per_filter`: method PC has a scale for each filter, else one for all weights of a layer.
    - `vector`: weights that share an index of a codebook; `entry_bits`: entries of codebooks are fixed point
      of so many bits, 0 leaves them in floating point.
    """

    weight_bits: tuple[int, ...] = (8,)
    activation_bits: tuple[int, ...] = (8,)
    output_bits: int = 16
    methods: tuple[Technique, ...] = ("PC",)
    iterations: int = 20
    clip: bool = True
    per_filter: bool = True
    vector: int = 1
    entry_bits: int = 0

    @property
    def scaled(self) -> bool:
        """Tell whether weights have a scale for each filter."""
        return self.per_filter and self.methods[0] in {"DC", "KC", "PC"}

    @property
    def tries(self) -> int:
        """How many formats a search tries: one where nothing may be clipped."""
        return self.iterations if self.clip else 1


def fixed_point(
    error: Callable[[float, int, int], float], largest: float, bits: int, tries: int
) -> tuple[float, int]:
    """Return the least error of a signed format of so many bits, and its IL.

    IL starts where nothing saturates, and falls: resolution for range.
    """
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    first = math.ceil(math.log2(largest)) + 1 if largest > 0 else 1
    if largest > 2.0 ** (first - bits) * (high + 0.5):
        first += 1  # a power of two is one step beyond the greatest
    first = max(min(first, bits + 126), bits - 126)
    tried = [(error(2.0 ** (il - bits), low, high), il) for il in range(first, first - max(tries, 1), -1)]
    return min(tried, key=lambda one: (one[0], -one[1]))


def _error_of(x: Array) -> Callable[[float, int, int], float]:
    flat = x.ravel().astype(np.float64)

    def error(scale: float, low: int, high: int) -> float:
        return float(np.mean((np.clip(ties_away(flat / scale), low, high) * scale - flat) ** 2))

    return error


def _fixed(
    bits: int, il: int, mse: float, signal: float, method: Literal["S", "D"], largest: float
) -> Format:
    clip = min(1.0, 2.0 ** (il - 1) / largest) if largest > 0 else 1.0
    return Format(method, bits, il=il, fl=bits - il, mse=mse, sqnr=sqnr(signal, mse), clip=clip)


def indexed(
    weight: Array, bits: int, asked: Analysis, *, scaled: bool, counts: Array | None = None
) -> Format:
    """Return a codebook of least squared error; `scaled` gives each filter a factor."""
    vector = asked.vector if weight[0].size % asked.vector == 0 else 1
    scheme = Scheme(bits, vector=vector, scaled=scaled, iterations=asked.iterations)
    found = codebook(weight, scheme, counts)
    entries = found.entries[0].astype(np.float64)
    il = fl = 0
    if asked.entry_bits:
        _, il = fixed_point(
            _error_of(entries), float(np.abs(entries).max()), asked.entry_bits, asked.iterations
        )
        fl = asked.entry_bits - il
        entries = Format("D", asked.entry_bits, il=il, fl=fl).rounded(entries).astype(np.float64)
    entries = np.unique(entries, axis=0)
    form = Format(
        "K",
        bits,
        il=il,
        fl=fl,
        codebook=tuple(entries.ravel().tolist()),
        vector=vector,
        scale=() if found.scale is None else tuple(found.scale.tolist()),
    )
    mse = float(np.mean((form.rounded(weight).astype(np.float64) - weight) ** 2))
    return replace(form, mse=mse, sqnr=sqnr(float(np.mean(weight.astype(np.float64) ** 2)), mse))


def _fixed_by_filter(weight: Array, bits: int, asked: Analysis) -> Format:
    """Return fixed point with an IL for each filter: `il` is the widest, scales tell how much less others have."""
    found = [fixed_point(_error_of(row), float(np.abs(row).max()), bits, asked.tries) for row in weight]
    il = max(one for _, one in found)
    mse, signal = (
        float(np.mean([error for error, _ in found])),
        float(np.mean(weight.astype(np.float64) ** 2)),
    )
    scale = tuple(2.0 ** (one - il) for _, one in found)
    return Format("D", bits, il=il, fl=bits - il, scale=scale, mse=mse, sqnr=sqnr(signal, mse))


def _weight_format(
    weight: Array,
    bits: int,
    technique: Technique,
    asked: Analysis,
    *,
    per_filter: bool,
    counts: Array | None = None,
) -> Format | None:
    if technique == "PC":
        return filter_scales(weight, bits, asked.tries, per_filter=per_filter, counts=counts)
    if technique in {"K", "KC"}:
        scaled = technique == "KC" and per_filter
        return indexed(weight, bits, asked, scaled=scaled, counts=counts) if bits <= WIDEST_CODEBOOK else None
    if technique == "DC" and bits > 1 and per_filter:
        return _fixed_by_filter(weight, bits, asked)
    if technique in {"D", "DC"} and bits > 1:
        largest = float(np.abs(weight).max())
        mse, il = fixed_point(_error_of(weight), largest, bits, asked.tries)
        return _fixed(bits, il, mse, float(np.mean(weight.astype(np.float64) ** 2)), "D", largest)
    return None


def analyse_weight(
    weight: Array, asked: Analysis, *, per_filter: bool, counts: Array | None = None
) -> Tensor:
    """Return what is known of weights, and the best format of each method and width; S comes later.

    `counts`, which stretches over [filters][weights of one], says how much errors count in the choice of scales
    and codebooks: by default all the same.
    """
    seen = distribution(weight)
    candidates: dict[str, Format] = {}
    for technique in asked.methods:
        for bits in asked.weight_bits:
            found = _weight_format(weight, bits, technique, asked, per_filter=per_filter, counts=counts)
            if found is not None:
                candidates[found.label] = found
    return Tensor(tuple(weight.shape), "float", candidates, seen.statistics(), seen.histogram())


def analyse_activation(seen: Distribution, shape: Sequence[int], asked: Analysis) -> Tensor:
    """Return what is known of a value, and the best format of each method and width; codebooks are for weights."""
    largest = max(abs(seen.least), abs(seen.greatest))
    candidates: dict[str, Format] = {}
    wanted = dict.fromkeys({"DC": "D"}.get(m, m) for m in asked.methods if m in {"D", "DC", "PC"})
    if not set(asked.methods) & {"S", "D", "DC", "PC"}:
        wanted = {"PC": "PC"}
    for technique in wanted:
        for bits in asked.activation_bits:
            if technique == "PC":
                found = range_scale(seen, bits, asked.tries)
            else:
                mse, il = fixed_point(seen.error, largest, bits, asked.tries)
                found = _fixed(bits, il, mse, seen.signal, "D", largest)
            candidates[found.label] = found
    return Tensor(tuple(shape), "float", candidates, seen.statistics(), seen.histogram())


def standard(
    tensors: Mapping[str, Tensor],
    errors: Mapping[str, tuple[Callable[[float, int, int], float], float]],
    widths: Sequence[int],
    asked: Analysis,
) -> dict[str, Tensor]:
    """Return the tensors with candidates of method S: one [IL.FL] for all, of the least sum of relative errors.

    `errors` has, of each tensor, its error function and its mean square.
    """
    limits = [max(abs(t.statistics.least), abs(t.statistics.greatest)) for t in tensors.values()]
    found = dict(tensors)
    for bits in widths:

        def total(scale: float, low: int, high: int) -> float:
            return sum(error(scale, low, high) / signal for error, signal in errors.values() if signal > 0)

        _, il = fixed_point(total, max(limits), bits, asked.iterations)
        scale, low, high = 2.0 ** (il - bits), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        for (name, _tensor), largest in zip(tensors.items(), limits, strict=True):
            error, signal = errors[name]
            one = _fixed(bits, il, error(scale, low, high), signal, "S", largest)
            found[name] = replace(found[name], candidates={**found[name].candidates, one.label: one})
    return found


def choosing_first(tensor: Tensor, asked: Analysis, widths: Sequence[int]) -> Tensor:
    """Return the tensor with the first method and width chosen that it has a format of."""
    vector = f"x{asked.vector}" if asked.vector > 1 else ""
    labels = [
        f"{method}{bits}{end}"
        for method in (*asked.methods, "D", "PC")
        for bits in widths
        for end in (vector, "")
    ]
    return replace(tensor, chosen=next((one for one in labels if one in tensor.candidates), "float"))


def weight_errors(weight: Array) -> tuple[Callable[[float, int, int], float], float]:
    """Return the error function and the mean square of weights, as `standard` wants them."""
    return _error_of(weight), float(np.mean(weight.astype(np.float64) ** 2))
