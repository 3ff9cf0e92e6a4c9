"""A network whose weights lie in the codebooks of its configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization.apply_codebooks import apply_codebooks, layers
from lpdnn.quantization.codebook import Codebook

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph
    from lpdnn.quantization.configuration import Configuration, Tensor
    from lpdnn.quantization.format import Format

NARROW = 8
"""Bits from which weights are stored as integers."""


def stored_codebook(weight: Array, one: Format) -> Codebook:
    """Return weights as the indices and entries of a format of method K."""
    table = one.table().astype(np.float32)
    entries = np.concatenate([table, np.repeat(table[-1:], (1 << one.bits) - len(table), axis=0)])
    indices = one.indices(weight).reshape(len(weight), -1).astype(np.uint8)
    scale = np.broadcast_to(np.array(one.scale, np.float32), len(weight)).copy() if one.scale else None
    return Codebook(entries[None], indices, scale, weight.shape, one.bits)


def packed(configuration: Configuration) -> Configuration:
    """Return a configuration whose weights of less than 8 bits are in codebooks, so that they can be packed."""

    def narrow(tensor: Tensor) -> Tensor:
        one = tensor.format
        if one.method in {"float", "K"} or one.bits >= NARROW:
            return tensor
        book = one.as_codebook()
        return replace(tensor, chosen=book.label, candidates={**tensor.candidates, book.label: book})

    return replace(configuration, weights={n: narrow(t) for n, t in configuration.weights.items()})


def with_codebooks(graph: Graph, configuration: Configuration) -> Graph:
    """Return a network whose layers look up the weights that a configuration has in codebooks.

    The weights are those that the configuration leaves (see `settled`). Layers that are no convolution in two
    dimensions and not fully connected keep the weights that a codebook stands for.
    """
    books = {
        name: stored_codebook(weight, configuration.weight(name))
        for name, weight in layers(graph).items()
        if name in configuration.weights and configuration.weight(name).method == "K"
    }
    return apply_codebooks(graph, books) if books else graph
