"""Formats of numbers, the configuration of a quantized network, and how both are found."""

from lpdnn.quantization.analysis import (
    TECHNIQUES,
    Analysis,
    Technique,
    analyse_activation,
    analyse_weight,
    choosing_first,
    standard,
    weight_errors,
)
from lpdnn.quantization.apply_codebooks import apply_codebooks, lossless
from lpdnn.quantization.calibration import Distribution
from lpdnn.quantization.codebook import Codebook, Scheme, codebook, least_bits
from lpdnn.quantization.configuration import (
    STEPS,
    Configuration,
    Histogram,
    Statistics,
    Tensor,
    configuration_text,
    load_configuration,
    save_configuration,
)
from lpdnn.quantization.equalize import equalized
from lpdnn.quantization.format import FLOAT, Format, Method
from lpdnn.quantization.knapsack import Packing, Weighed, front, pack
from lpdnn.quantization.lattice import lattice, on_lattices, read_shifts
from lpdnn.quantization.lower import Integers, quantized
from lpdnn.quantization.moments import Moments, empty, measurable, vectors
from lpdnn.quantization.places import WEIGHTED, rounded, source, structure, weighted, weights_mark
from lpdnn.quantization.realize import realized, settled
from lpdnn.quantization.simulate import grid, grid_name, simulated, with_biases
from lpdnn.quantization.with_codebooks import packed, with_codebooks

__all__ = [
    "FLOAT",
    "STEPS",
    "TECHNIQUES",
    "WEIGHTED",
    "Analysis",
    "Codebook",
    "Configuration",
    "Distribution",
    "Format",
    "Histogram",
    "Integers",
    "Method",
    "Moments",
    "Packing",
    "Scheme",
    "Statistics",
    "Technique",
    "Tensor",
    "Weighed",
    "analyse_activation",
    "analyse_weight",
    "apply_codebooks",
    "choosing_first",
    "codebook",
    "configuration_text",
    "empty",
    "equalized",
    "front",
    "grid",
    "grid_name",
    "lattice",
    "least_bits",
    "load_configuration",
    "lossless",
    "measurable",
    "on_lattices",
    "pack",
    "packed",
    "quantized",
    "read_shifts",
    "realized",
    "rounded",
    "save_configuration",
    "settled",
    "simulated",
    "source",
    "standard",
    "structure",
    "vectors",
    "weight_errors",
    "weighted",
    "weights_mark",
    "with_biases",
    "with_codebooks",
]
