"""Formats of numbers, the configuration of a quantized network, and how both are found."""

from lpdnn.quantization.apply_codebooks import apply_codebooks, lossless
from lpdnn.quantization.codebook import Codebook, Scheme, codebook, least_bits
from lpdnn.quantization.configuration import (
    Configuration,
    Histogram,
    Statistics,
    Tensor,
    configuration_text,
    load_configuration,
    save_configuration,
)
from lpdnn.quantization.format import FLOAT, Format, Method
from lpdnn.quantization.places import WEIGHTED, rounded, source, structure, weighted, weights_mark
from lpdnn.quantization.simulate import grid, grid_name, simulated, with_biases

__all__ = [
    "FLOAT",
    "WEIGHTED",
    "Codebook",
    "Configuration",
    "Format",
    "Histogram",
    "Method",
    "Scheme",
    "Statistics",
    "Tensor",
    "apply_codebooks",
    "codebook",
    "configuration_text",
    "grid",
    "grid_name",
    "least_bits",
    "load_configuration",
    "lossless",
    "rounded",
    "save_configuration",
    "simulated",
    "source",
    "structure",
    "weighted",
    "weights_mark",
    "with_biases",
]
