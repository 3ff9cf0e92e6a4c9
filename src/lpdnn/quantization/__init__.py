"""Formats of numbers, the configuration of a quantized network, and how both are found."""

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
from lpdnn.quantization.places import rounded, source, structure, weighted, weights_mark

__all__ = [
    "FLOAT",
    "Configuration",
    "Format",
    "Histogram",
    "Method",
    "Statistics",
    "Tensor",
    "configuration_text",
    "load_configuration",
    "rounded",
    "save_configuration",
    "source",
    "structure",
    "weighted",
    "weights_mark",
]
