"""lpdnn bench."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import lpdnn
from lpdnn.cli._choice import Use
from lpdnn.cli._console import measuring, say, tell_error, working
from lpdnn.cli._files import whole, write_json
from lpdnn.cli._options import Fill, Json, Prune, Seed, Shapes, pruned, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.ir import Graph

PANEL = "Program"
TARGET = "native"
Kind = Literal["blas", "layers", "network", "roofline"]


def command(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="blas: matrix products by each library; layers: convolutions by each plugin; "
            "network: the best mix end to end; roofline: each layer against what this core allows.",
            show_default=False,
        ),
    ],
    models: Annotated[
        list[Path],
        typer.Argument(
            help="Files of models; a .caffemodel belongs to the .prototxt before it.", show_default=False
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A folder for a page and a plot of each model.", show_default=False
        ),
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(
            "--costs", metavar="FILE", help="A cost table to go on with, and to keep.", show_default=False
        ),
    ] = None,
    plugins: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME",
            help="The plugins to run beside the mix; all that are here.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME",
            help="network: run beside other runtimes that are installed, as onnxruntime,openvino; "
            "the first is the reference of the outputs.",
            show_default=False,
        ),
    ] = None,
    use: Use = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each program runs.")] = 25,
    shape: Shapes = None,
    fill: Fill = "random",
    seed: Seed = 0,
    prune: Prune = None,
    json: Json = None,
) -> None:
    """Measure matrix products, layers or whole networks, here, on one core. Weights may be random.

    For example:

    \b
    lpdnn bench layers mobilenet.prototxt -o docs/bench
    lpdnn bench blas mobilenet.prototxt sphereface20.prototxt -o docs/bench
    lpdnn bench network mobilenet.prototxt --plugins cpu_simd,cpu_vanilla --costs costs.json
    lpdnn bench network mobilenet.onnx --against onnxruntime,openvino
    lpdnn bench roofline mobilenet.onnx --costs costs.json -o docs/bench
    """
    if against is not None and kind != "network":
        message = "other runtimes run whole networks; use it with network"
        raise typer.BadParameter(message, param_hint="--against")
    from lpdnn.bench.plots import pyplot

    with TemporaryDirectory() as folder:
        bench = _Bench(kind, output, costs or Path(folder) / "costs.json", use or (), rounds)
        bench.beside = None if plugins is None else plugins.split(",")
        bench.against = against.split(",") if against else None
        bench.tuned = costs is not None
        if output is not None:  # a lack is told before anything is measured
            pyplot()
            output.mkdir(parents=True, exist_ok=True)
        report = []
        for model, weights in pairs(models):
            with working() as trace:
                graph = lpdnn.load(
                    model,
                    weights,
                    shapes=shapes(shape),
                    fill=fill if weights is None and model.suffix == ".prototxt" else None,
                    seed=seed,
                    trace=trace,
                )
                graph = lpdnn.simplify(pruned(graph, prune), trace)
            bench.words = [str(path.name) for path in (model, weights) if path]
            bench.words += [word for one in shape or () for word in ("--shape", one)]
            bench.words += ["--prune", prune] if prune else []
            bench.model = model
            bench.label = graph.name + (f", pruned {prune}" if prune else "")
            report.append({"network": bench.label, **bench.run(graph)})
    write_json(json, report)
    if bench.missed:
        raise typer.Exit(1)


def pairs(files: Sequence[Path]) -> list[tuple[Path, Path | None]]:
    """Return each model with its weights, where it has a file of them."""
    found: list[tuple[Path, Path | None]] = []
    for file in files:
        if file.suffix in {".caffemodel", ".h5"} and found and found[-1][1] is None:
            found[-1] = (found[-1][0], file)
        else:
            found.append((file, None))
    return found


class _Bench:
    """One kind of measurement of one network after the other."""

    def __init__(self, kind: Kind, output: Path | None, costs: Path, use: Sequence[str], rounds: int) -> None:
        self.kind, self.output, self.costs, self.use, self.rounds = kind, output, costs, use, rounds
        self.beside: list[str] | None = None
        self.against: list[str] | None = None
        self.tuned = False
        self.model = Path()
        self.missed = False
        self.words: list[str] = []
        self.label = ""

    def run(self, graph: Graph) -> dict[str, Any]:
        """Measure a simplified network; say, write and return what was found."""
        kinds = {
            "blas": self._blas,
            "layers": self._layers,
            "network": self._network,
            "roofline": self._roofline,
        }
        return kinds[self.kind](graph)

    def _tune(self, graph: Graph, **options: Any) -> Any:
        with measuring() as tell:
            return lpdnn.tune(graph, costs=self.costs, simplified=False, tell=tell, **options)

    def _write(self, title: str, body: list[str], draw: Callable[[Any], None]) -> None:
        """Say the body; write page and plot where they are wanted."""
        from lpdnn.bench.reports import command_line, document, slug

        words = ["lpdnn", "bench", self.kind, *self.words]
        words += [word for one in self.use for word in ("--use", one)]
        say(f"{title}\n")
        say("\n".join(body))
        say("")
        if self.output is None:
            return
        stem = f"{self.kind}-{slug(self.label)}"
        with whole(self.output / f"{stem}.png") as file:
            draw(file)
        made_by = command_line(*words, "-o", self.output.name)
        with whole(self.output / f"{stem}.md") as file:
            file.write(document(title, made_by, body, f"{stem}.png").encode())
        say(f"{self.output / stem}.md, made by: {made_by}")

    def _blas(self, graph: Graph) -> dict[str, Any]:
        from lpdnn.bench.gemm import as_network, markdown, products, rates
        from lpdnn.bench.plots import bars_plot
        from lpdnn.bench.reports import measured_on
        from lpdnn.targets import find

        some = products(graph)
        use = (*(self.use or ("op:conv2d=cpu_blas",)),)
        table = self._tune(as_network(some), use=use, operators=("conv2d",))
        found = rates(some, find(TARGET), table, use)
        if not found:
            message = "nothing of what --use leaves is written over a library of matrix products"
            raise lpdnn.LpdnnError(message)
        title = f"Matrix products of {self.label}: GFLOP/s of each library"
        series = {name: [v and v / 1e9 for v in values] for name, values in found.items()}
        self._write(
            title,
            [
                *measured_on(table),
                "Our own product has its weights packed beforehand; libraries pack them at every call.",
                "",
                *markdown(some, found, table.peak),
            ],
            lambda file: bars_plot(title, "GFLOP/s", list(map(str, some)), series, file),
        )
        return {"products": list(map(str, some)), "gflops": series, "peak": table.peak}

    def _layers(self, graph: Graph) -> dict[str, Any]:
        from lpdnn.bench.convolutions import markdown, plugins_of, rows
        from lpdnn.bench.plots import bars_plot
        from lpdnn.bench.reports import measured_on
        from lpdnn.targets import find

        table = self._tune(graph, use=self.use, operators=("conv2d",))
        found = rows(graph, find(TARGET), table)
        if not found:
            message = f"network {graph.name!r} has no convolution that --use leaves something for"
            raise lpdnn.LpdnnError(message)
        title = f"Convolutions of {self.label}: the best primitive of each plugin"
        series = {
            plugin: [row.best[plugin].seconds * 1e3 if plugin in row.best else None for row in found]
            for plugin in plugins_of(found)
        }
        body = [
            *measured_on(table),
            "Milliseconds; (+n): n more layers of the same shape.",
            "",
            *markdown(found),
        ]
        self._write(
            title,
            body,
            lambda file: bars_plot(title, "ms", [row.name for row in found], series, file, logarithmic=True),
        )
        return {"layers": [row.name for row in found], "ms": series}

    def _network(self, graph: Graph) -> dict[str, Any]:
        return self._mix(graph) if self.against is None else self._against(graph, self.against)

    def _against(self, graph: Graph, names: list[str]) -> dict[str, Any]:
        from lpdnn.bench.against import TOLERANCE, against_table, race_against
        from lpdnn.bench.plots import bars_plot
        from lpdnn.bench.reports import computer

        choices = {"": lpdnn.select(graph, use=self.use, simplified=False)}
        if self.tuned:
            table = self._tune(graph, use=self.use)
            choices["tuned"] = lpdnn.select(graph, costs=table, use=self.use, simplified=False)
        with measuring() as tell:
            rivals = race_against(graph, self.model, names, choices, rounds=self.rounds, tell=tell)
        title = f"{graph.name}, beside other runtimes"
        self._write(
            title,
            [computer(), "", *against_table(rivals)],
            lambda file: bars_plot(
                title, "ms", [r.name for r in rivals], {"ms": [r.measured * 1e3 for r in rivals]}, file
            ),
        )
        far = [r.name for r in rivals if r.name.startswith("lpdnn") and not r.error <= TOLERANCE]
        if far:
            tell_error(f"{far[0]} and {names[0]} differ by more than {TOLERANCE:g} of the largest value")
            self.missed = True
        return {"rivals": [asdict(r) | {"median": r.measured} for r in rivals]}

    def _roofline(self, graph: Graph) -> dict[str, Any]:
        from lpdnn.bench.plots import bars_plot
        from lpdnn.bench.reports import computer
        from lpdnn.bench.roofline import roofline, roofline_table, shares

        table = self._tune(graph, use=self.use) if self.tuned else None
        chosen = lpdnn.select(graph, costs=table, use=self.use, simplified=False)
        known, layers = roofline(graph, chosen, self.rounds)
        title = f"{self.label}: each layer against its roofline"
        series = {"measured": [r.seconds * 1e3 for r in layers], "roof": [r.roof * 1e3 for r in layers]}
        self._write(
            title,
            [f"{computer()} {known.words()}", "", *roofline_table(known, layers)],
            lambda file: bars_plot(title, "ms", [r.name for r in layers], series, file, logarithmic=True),
        )
        found = [asdict(r) | {"roof": r.roof} for r in layers]
        return {"roofs": asdict(known), "shares": shares(known, layers), "layers": found}

    def _mix(self, graph: Graph) -> dict[str, Any]:
        from lpdnn.bench.network import contenders, priced, race
        from lpdnn.bench.plots import bars_plot
        from lpdnn.bench.reports import contenders_table, measured_on

        table = self._tune(graph, use=self.use)
        runners = contenders(priced(graph, table, self.use), self.beside)
        with measuring() as tell:
            race(graph, runners, rounds=self.rounds, tell=tell)
        title = f"{self.label}, end to end"
        series = {
            "predicted": [r.predicted * 1e3 for r in runners],
            "measured": [r.measured * 1e3 for r in runners],
        }
        names = [r.name for r in runners]
        self._write(
            title,
            [*measured_on(table), "", *contenders_table(runners)],
            lambda file: bars_plot(title, "ms", names, series, file, logarithmic=True),
        )
        keys = ("name", "nodes", "predicted", "measured", "spread", "error", "samples")
        return {"contenders": [{key: getattr(r, key) for key in keys} for r in runners]}
