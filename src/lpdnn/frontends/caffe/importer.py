"""Caffe files -> Graph: the calls, and the order of the steps."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.frontends.caffe.definition import read_definition
from lpdnn.frontends.caffe.fill import RandomFill
from lpdnn.frontends.caffe.network import Network
from lpdnn.frontends.caffe.parameters import Parameters
from lpdnn.frontends.caffe.phase import at_inference
from lpdnn.frontends.caffe.report import about, plain
from lpdnn.frontends.caffe.weights import open_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpdnn.ir import Array, Graph

_log = logging.getLogger(__name__)


def import_caffe(
    model: str | Path,
    weights: str | Path | None = None,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    fill: str | None = None,
    seed: int = 0,
    report: Callable[[str], None] = _log.warning,
) -> Graph:
    """Return the network of a .prototxt with its .caffemodel, or of a .caffemodel that holds its layers.

    `shapes` gives inputs another shape than the file's; `fill="random"` makes seeded weights where there are
    none; `report` hears in sentences what was read over.
    """
    if fill not in (None, "random"):
        place = f"fill={fill!a}"
        raise about(place, "not a way to make weights; there is 'random'")
    if fill is not None and weights is not None:
        raise about(Path(weights).name, "is a file of weights; there is none to make up with fill")
    random = RandomFill(seed) if fill else None
    return _import(Path(model), None if weights is None else Path(weights), shapes or {}, random, report)


def random_weights(
    model: str | Path, *, shapes: Mapping[str, Sequence[int]] | None = None, seed: int = 0
) -> dict[str, list[Array]]:
    """Return what `fill="random"` gives each layer, in Caffe's form: for `write_caffemodel`."""
    random = RandomFill(seed)
    _import(Path(model), None, shapes or {}, random, lambda _: None)
    return random.made


def _import(
    model: Path,
    weights: Path | None,
    shapes: Mapping[str, Sequence[int]],
    fill: RandomFill | None,
    report: Callable[[str], None],
) -> Graph:
    definition = read_definition(model)
    for note in definition.notes:
        report(f"{definition.source}:{note.line}: the field {plain(note.path)} is unknown, and not used")
    if weights is None and fill is None and not definition.is_text:
        weights = model
    with open_weights(weights) if weights is not None else nullcontext() as blobs:
        source = "" if weights is None else weights.name
        parameters = Parameters(blobs, source, fill)
        layers = at_inference(definition)
        graph = Network(definition, layers, parameters, shapes, report).graph()
        for name in parameters.leftovers():
            report(f"{source}: the weights of layer '{plain(name)}' are not used")
    return graph
