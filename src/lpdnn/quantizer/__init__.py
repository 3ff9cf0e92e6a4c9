"""Quantizes networks: simulates, measures and searches formats, on this computer or on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.data import Dataset, Preprocessing, read_dataset
from lpdnn.quantization import Analysis, Configuration, Technique, load_configuration, save_configuration
from lpdnn.quantizer.crew import crew
from lpdnn.quantizer.examples import Examples, input_shape, read, untold
from lpdnn.quantizer.exploration import SEARCHES, Exploration, Plan, Point, Search, Sensitivity
from lpdnn.quantizer.exploration import explore as explored
from lpdnn.quantizer.journal import Journal
from lpdnn.quantizer.rescue import CALIBRATION, Quantized, Rung, checked, given, measured, resumed, search
from lpdnn.quantizer.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Graph
    from lpdnn.quantizer.examples import Tell

__all__ = [
    "SEARCHES",
    "Exploration",
    "Point",
    "Quantized",
    "Rung",
    "Search",
    "Sensitivity",
    "Sizes",
    "explore",
    "measured",
    "quantize",
]


def _parts(
    net: Graph,
    data: Dataset | str | Path,
    preprocessing: Preprocessing | None,
    labels: str | Path | None,
    calibration: int,
    evaluation: int,
    seed: int,
    tell: Tell,
) -> tuple[dict[str, Examples], dict[str, object]]:
    """Return the examples of each part, and what a configuration notes of them."""
    shape = input_shape(checked(net))
    if not isinstance(data, Dataset):
        where = None if labels is None else Path(labels)
        data = read_dataset(data, shape, preprocessing or Preprocessing(), where)
    first, second = data.split(calibration, evaluation, seed)
    parts = {"calibration": read(first, tell), "evaluation": read(second, tell)}
    notes: dict[str, object] = {"data": Path(data.name).name, "images": first.count, "seed": seed}
    return parts, notes | {"evaluated": second.count}


def _configuration(given_: Configuration | str | Path, net: Graph) -> tuple[Configuration, str]:
    """Return a configuration that fits a network, and what to call it."""
    where = "the quantization" if isinstance(given_, Configuration) else str(given_)
    found = given_ if isinstance(given_, Configuration) else load_configuration(Path(given_))
    found.check(checked(net), where)
    return found, where


def quantize(
    net: Graph,
    data: Dataset | str | Path,
    *,
    preprocessing: Preprocessing | None = None,
    labels: str | Path | None = None,
    calibration: int = 100,
    evaluation: int = 500,
    seed: int = 0,
    bits: Sequence[int] = (8,),
    activation_bits: Sequence[int] | None = None,
    methods: Sequence[Technique] = ("PC",),
    iterations: int = 20,
    per_filter: bool = True,
    vector: int = 1,
    entry_bits: int = 0,
    steps: Mapping[str, bool | None] | None = None,
    metric: str = "top1",
    config: str | Path | None = None,
    formats: Configuration | str | Path | None = None,
    tell: Tell = untold,
) -> Quantized:
    """Return the best formats of each tensor of a network, and what each rescuing step gained, simulated.

    `data` is a source for `lpdnn.data.read_dataset`, or a Dataset; `calibration` examples choose, `evaluation`
    others are what scores are of. `steps` are `equalize`, `clip`, `rounding`, `bias`: True, False, or None,
    which takes one where it helps. The first of `bits`, `activation_bits` (the same without) and `methods` is
    what the configuration chooses; it is written to `config`. Where `formats` are given, a configuration, they
    and their steps are taken, and nothing is looked for.
    """
    if formats is not None:
        configuration, where = _configuration(formats, net)
        parts, _ = _parts(net, data, preprocessing, labels, calibration, evaluation, seed, tell)
        return given(
            resumed(net, configuration, parts, where=where, metric=metric, seed=seed, tell=tell), tell
        )
    parts, notes = _parts(net, data, preprocessing, labels, calibration, evaluation, seed, tell)
    asked = Analysis(
        tuple(bits),
        tuple(activation_bits or bits),
        methods=tuple(methods),
        iterations=iterations,
        per_filter=per_filter,
        vector=vector,
        entry_bits=entry_bits,
    )
    found = search(net, parts, asked=asked, steps=steps, metric=metric, notes=notes, seed=seed, tell=tell)
    if config is not None:
        save_configuration(found.configuration, Path(config))
    return found


def explore(
    net: Graph,
    config: Configuration | str | Path,
    data: Dataset | str | Path,
    *,
    preprocessing: Preprocessing | None = None,
    labels: str | Path | None = None,
    calibration: int = 100,
    evaluation: int = 500,
    sensitivity: int = 50,
    seed: int = 0,
    metric: str = "top1",
    searches: Sequence[Search] = ("knapsack",),
    points: int = 8,
    loss: float = 0.01,
    refine: int = 1,
    groups: Sequence[str] = (),
    journal: str | Path | None = None,
    workers: int | None = None,
    cluster: str = "",
    costs: str | Path | None = None,
    tell: Tell = untold,
) -> Exploration:
    """Return how sensitive each tensor of a network is, and the front of what its formats give and take.

    `config` holds the candidates (see `quantize`). `sensitivity` examples, of those of calibration, measure
    tensors alone; configurations are measured over `evaluation` others. What is measured is kept in `journal`,
    so that the same call goes on where it was interrupted. `workers` processes measure here, one a core by
    default, or those of the Dask scheduler at `cluster`, such as tcp://host:8786. Where there is a cost table
    (see `lpdnn.tune`), configurations have the time that it gives the fastest choice of primitives.
    """
    configuration, where = _configuration(config, net)
    parts, _ = _parts(net, data, preprocessing, labels, calibration, evaluation, seed, tell)
    some = parts[CALIBRATION]
    parts["sensitivity"] = Examples(some.inputs[:sensitivity], some.labels[:sensitivity])
    experiment = resumed(net, configuration, parts, where=where, metric=metric, seed=seed, tell=tell)
    plan = Plan(tuple(searches), points, loss, refine, tuple(groups), None if costs is None else Path(costs))
    kept = Journal(None if journal is None else Path(journal), experiment)
    with crew(experiment, kept, workers=workers, cluster=cluster, tell=tell) as measuring:
        return explored(measuring, plan)
