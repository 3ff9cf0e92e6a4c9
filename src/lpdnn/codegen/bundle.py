"""The bundle: a folder of C that builds without Python and tests itself."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.codegen.golden import golden_source
from lpdnn.codegen.libraries import (
    HEADER,
    OPENER,
    includes,
    libraries_header,
    library_units,
    links,
    opened,
    uses,
)
from lpdnn.codegen.model import Form, model_binary, model_hdf5, model_header, model_source
from lpdnn.codegen.names import comment
from lpdnn.codegen.names import symbol as prefix
from lpdnn.codegen.netspec import fingerprint, netspec_header, netspec_source
from lpdnn.codegen.units import included, kernel_units
from lpdnn.ir import LpdnnError, Quantization

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lpdnn.codegen.libraries import Uses
    from lpdnn.planning import Plan
    from lpdnn.primitives import Library
    from lpdnn.targets import Target

_UNKNOWN = Quantization(1.0)
RUNTIME = Path(__file__).parent.parent / "runtime"
TEMPLATES = Path(__file__).parent / "templates"
WARNINGS = (
    "-pedantic-errors",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wdouble-promotion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Werror",
)
"""What every file of ours compiles under."""


@dataclass(frozen=True)
class BundleUnit:
    """One source of a bundle, by its path in the folder, and its flags; `name` is its object's."""

    name: str
    source: str
    flags: tuple[str, ...]


def fill(template: str, **values: str) -> str:
    """Return a template with every @name@ replaced."""
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def _unit(source: str, standard: str, *flags: str) -> BundleUnit:
    return BundleUnit(Path(source).stem, source, (f"-std={standard}", *flags))


def _copy(sources: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copyfile(source, folder / source.name)


def _libraries(plan: Plan) -> Uses:
    return uses((step.plugin, step.primitive.library) for step in plan.steps)


def write_sources(plan: Plan, folder: Path, symbol: str, form: Form) -> list[BundleUnit]:
    """Write every C file; return what is to be compiled."""
    mark = fingerprint(plan)
    files: dict[str, str | bytes] = {
        f"{symbol}_netspec.h": netspec_header(plan, symbol),
        f"{symbol}_netspec.c": netspec_source(plan, symbol),
        f"{symbol}_model.h": model_header(plan, symbol, form),
        f"{symbol}_model.c": model_source(plan, symbol, form, mark),
    }
    standard = "gnu11" if plan.alignment > 8 else "c89"
    units = [_unit(f"{symbol}_netspec.c", standard, *WARNINGS), _unit(f"{symbol}_model.c", "c89", *WARNINGS)]
    if form in {"binary", "file"}:
        files[f"{symbol}_model.bin"] = model_binary(plan, mark)
    if form == "binary":
        data = f"{symbol}_model_data"
        files[f"{data}.S"] = fill(
            (TEMPLATES / "model_data.S").read_text(), data=data, data_file=f"{symbol}_model.bin"
        )
        units.append(BundleUnit(data, f"{data}.S", ()))
    if form == "hdf5":
        files[f"{symbol}_model.h5"] = model_hdf5(plan, mark)
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    _copy(sorted((RUNTIME / "include").glob("*.h")), folder / "include")
    core = sorted((RUNTIME / "core").glob("*.c"))
    _copy(core, folder / "core")
    units += [_unit(f"core/{path.name}", "c89", *WARNINGS) for path in core]
    if plan.threads > 1:
        _copy(sorted((RUNTIME / "threads").glob("*.h")), folder / "include")
        _copy([RUNTIME / "threads" / "threads.c"], folder / "core")
        units.append(_unit("core/threads.c", "gnu11", f"-DLPDNN_THREADS={plan.threads}"))
    if form in {"file", "hdf5"}:
        loader = f"model_{form}.c"
        _copy([RUNTIME / "hosted" / "lpdnn_model_loader.h"], folder / "include")
        _copy([RUNTIME / "hosted" / loader], folder / "core")
        units.append(_unit(f"core/{loader}", "c99"))
    used = _libraries(plan)
    if opened(used):
        (folder / "include" / HEADER).write_text(libraries_header(used))
        _copy([OPENER[1]], folder / "include")
        _copy([OPENER[0]], folder / "core")
        units.append(_unit(f"core/{OPENER[0].name}", "gnu11"))
    for kernel in (kernels := [*kernel_units(plan), *library_units(used)]):
        _copy([kernel.source], folder / "kernels" / kernel.plugin)
        flags = [f"-D{define}" for define in kernel.defines]
        strict = WARNINGS if kernel.standard == "c89" else ()
        source = f"kernels/{kernel.plugin}/{kernel.source.name}"
        units.append(BundleUnit(kernel.symbol, source, (f"-std={kernel.standard}", *strict, *flags)))
    for plugin in {step.plugin.name: step.plugin for step in plan.steps}.values():
        sources = [kernel.source for kernel in kernels if kernel.plugin == plugin.name]
        _copy(included(sources, plugin.support), folder / "kernels" / plugin.name)
    return units


def _included(assembled: BundleUnit) -> str:
    """Return the file of weights that a source for the assembler includes."""
    return f"{assembled.source.removesuffix('_data.S')}.bin"


def _loader_flags(form: Form, symbol: str) -> list[str]:
    return (
        [f'-DLPDNN_MODEL_FILE=\\"{symbol}_model.{"h5" if form == "hdf5" else "bin"}\\"']
        if form in {"file", "hdf5"}
        else []
    )


def _links(plan: Plan) -> tuple[str, ...]:
    return (*links(_libraries(plan)), *(("-pthread",) if plan.threads > 1 else ()))


def makefile(target: Target, units: Iterable[BundleUnit], symbol: str, form: Form, plan: Plan) -> str:
    """Return the Makefile that builds the units."""
    units = list(units)
    used, linked = _libraries(plan), _links(plan)
    rules = []
    for unit in units:
        flags = " ".join(flag for flag in unit.flags if flag not in WARNINGS)
        warnings = " $(WARNINGS)" if set(WARNINGS) <= set(unit.flags) else ""
        needs = f" {_included(unit)}" if unit.source.endswith(".S") else ""
        rules.append(
            f"$(BUILD)/{unit.name}.o: {unit.source}{needs}\n\t@mkdir -p $(BUILD)\n"
            f"\t$(CC) {flags + ' ' if flags else ''}$(ARCH) $(CFLAGS) $(CPPFLAGS){warnings} "
            f"-c {unit.source} -o $@\n"
        )
    hdf5 = form == "hdf5"
    text = fill(
        (TEMPLATES / "Makefile").read_text(),
        symbol=symbol,
        cc=target.compilers[0],
        optimization=" ".join(flag for flag in target.flags if flag.startswith("-O")),
        target_flags=" ".join(flag for flag in target.flags if not flag.startswith("-O")),
        warnings=" ".join(WARNINGS),
        libs=" ".join((*(("`pkg-config --libs hdf5`",) if hdf5 else ()), *linked)),
        golden_flags=" ".join(_loader_flags(form, symbol)),
        objects=" \\\n  ".join(f"$(BUILD)/{unit.name}.o" for unit in units),
        rules="\n".join(rules),
    )
    extra = ["`pkg-config --cflags hdf5`"] if hdf5 else []
    extra += [f"-I{path}" for path in includes(used)]
    return text.replace("CPPFLAGS = ", " ".join(["CPPFLAGS =", *extra, ""]))


def cmake(target: Target, units: Iterable[BundleUnit], symbol: str, form: Form, plan: Plan) -> str:
    """Return CMakeLists.txt."""
    used = _libraries(plan)
    properties = []
    sources: list[str] = []
    folders = " ".join(["include", *map(str, includes(used))])
    for unit in units:
        flags = ";".join(unit.flags)
        if Path(unit.source).stem != unit.name:  # one source, compiled for each shape or library
            sources.append(f"$<TARGET_OBJECTS:{unit.name}>")
            properties.append(
                f"add_library({unit.name} OBJECT {unit.source})\n"
                f"target_include_directories({unit.name} PRIVATE {folders})\n"
                f'target_compile_options({unit.name} PRIVATE "{";".join(target.flags)};{flags}")'
            )
            continue
        sources.append(unit.source)
        if unit.flags:
            properties.append(
                f'set_source_files_properties({unit.source} PROPERTIES COMPILE_OPTIONS "{flags}")'
            )
        elif unit.source.endswith(".S"):
            properties.append(
                f"set_source_files_properties({unit.source} PROPERTIES "
                f"OBJECT_DEPENDS ${{CMAKE_CURRENT_SOURCE_DIR}}/{_included(unit)} "
                'COMPILE_OPTIONS "-I${CMAKE_CURRENT_SOURCE_DIR}")'
            )
    libs = ""
    if form == "hdf5":
        libs = (
            "find_package(PkgConfig REQUIRED)\npkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)\n"
            f"target_link_libraries({symbol} PUBLIC PkgConfig::HDF5)\n"
        )
    if links(used):
        libs += f"target_link_libraries({symbol} PUBLIC ${{CMAKE_DL_LIBS}})\n"
    if plan.threads > 1:
        libs += f"find_package(Threads REQUIRED)\ntarget_link_libraries({symbol} PUBLIC Threads::Threads)\n"
    golden = ""
    if form in {"file", "hdf5"}:
        name = f"{symbol}_model.{'h5' if form == 'hdf5' else 'bin'}"
        golden = f'target_compile_definitions(golden PRIVATE LPDNN_MODEL_FILE="{name}")\n'
    return fill(
        (TEMPLATES / "CMakeLists.txt").read_text(),
        symbol=symbol,
        languages=" ASM" if form == "binary" else "",
        sources="\n".join(f"  {source}" for source in sources),
        cmake_flags=";".join(target.flags),
        properties="\n".join(properties),
        cmake_libs=libs,
        golden_properties=golden,
    )


def _usage(symbol: str, name: str, form: Form) -> str:
    load = (
        f'{symbol}_network_model_load("{symbol}_model.{"h5" if form == "hdf5" else "bin"}");\n'
        if form in {"file", "hdf5"}
        else ""
    )
    return (
        f'#include "lpdnn_api.h"\n#include "{symbol}_model.h"\n#include "{symbol}_netspec.h"\n\n'
        f"{load}LpdnnInit();\n"
        f'LpdnnNetHndl net = LpdnnNetAlloc("{comment(name)}");\n'
        f"LpdnnNetInit(net, &{symbol}_network_spec, &{symbol}_network_model);\n"
        "LpdnnBlobHndl input = LpdnnNetInputBlobGet(net);\n"
        "float *x = LpdnnBlobDataGet(input); /* fill it */\n"
        "LpdnnNetInfer(net, input);\nconst float *y = LpdnnBlobDataGet(LpdnnNetGetLayerOutput(net));\n"
        "LpdnnNetFree(net);\nLpdnnDispose();"
    )


def _needs(plan: Plan, form: Form) -> str:
    """Return the rest of the sentence that says what a bundle needs."""
    needs = ["the HDF5 library that reads the weights"] if form == "hdf5" else []
    needs += [
        f"{library.name}, opened when the program runs ({library.install}, or set {library.variable} "
        "to its shared object)"
        for library in opened(_libraries(plan))
    ]
    return f", but for {'; and '.join(needs)}" if needs else ""


def _weights_bytes(plan: Plan) -> int:
    return sum(tensor.array.nbytes for tensor in plan.tensors)


def readme(plan: Plan, target: Target, symbol: str, form: Form, variants: Sequence[str] = ()) -> str:
    """Return README.md; `variants` are the instruction sets of which one is chosen at start."""
    graph = plan.graph
    forms = {
        "c": "C arrays",
        "binary": "included by the assembler",
        "file": "mapped at run time",
        "hdf5": "read from HDF5",
    }
    bound = "the least possible" if plan.optimal else f"the live-set lower bound is {plan.lower_bound}"
    return fill(
        (TEMPLATES / "README.md").read_text(),
        title=comment(graph.name) or "A network",
        target=f"{target.name}, for {', '.join(variants)}" if variants else target.name,
        needs=_needs(plan, form),
        symbol=symbol,
        inputs=", ".join(f"`{comment(v)}` {graph.types[v]}" for v in graph.inputs),
        outputs=", ".join(f"`{comment(v)}` {graph.types[v]}" for v in graph.outputs),
        weights=str(_weights_bytes(plan)),
        form=forms[form],
        arena=str(plan.arena_bytes),
        bound=bound,
        steps=f"{len(plan.steps)}{f', on {plan.threads} threads' if plan.threads > 1 else ''}",
        usage=_usage(symbol, graph.name, form),
    )


def _version(library: Library) -> str:
    here = library.found()
    return here.version if here else ""


def description(plan: Plan, target: Target, symbol: str, form: Form, units: Iterable[BundleUnit]) -> str:
    """Return bundle.json."""
    graph = plan.graph
    used = _libraries(plan)

    def values(names: Iterable[str]) -> list[dict[str, object]]:
        return [
            {
                "name": n,
                "shape": graph.types[n].shape,
                "dtype": graph.types[n].dtype,
                "layout": graph.types[n].layout,
                **({"pitch": graph.types[n].pitch} if graph.types[n].pitch else {}),
                "offset": plan.offsets[n],
                **vars(graph.formats.get(n, _UNKNOWN)),
            }
            for n in names
        ]

    return json.dumps(
        {
            "format": 1,
            "network": graph.name,
            "symbol": symbol,
            "target": target.name,
            "weights": form,
            "weights_bytes": _weights_bytes(plan),
            "threads": plan.threads,
            "arena_bytes": plan.arena_bytes,
            "lower_bound_bytes": plan.lower_bound,
            "inputs": values(graph.inputs),
            "outputs": values(graph.outputs),
            "steps": [
                {
                    "node": step.node.name,
                    "operator": step.node.op.NAME,
                    "plugin": step.plugin.name,
                    "primitive": step.primitive.name,
                    "outputs": values(step.node.outputs),
                }
                for step in plan.steps
            ],
            "libraries": {library.name: _version(library) for library in opened(used)},
            "links": _links(plan),
            "includes": [str(path) for path in includes(used)],
            "units": [{"name": u.name, "source": u.source, "flags": u.flags} for u in units],
        },
        indent=1,
    )


@contextmanager
def replacing(folder: Path, symbol: str) -> Iterator[Path]:
    """Give a folder to write a bundle to that becomes `folder`, whole or not at all."""
    if symbol != prefix(symbol):
        message = f"names in C cannot begin with {symbol!r}; {prefix(symbol)!r} is one that can"
        raise LpdnnError(message)
    if folder.exists() and not (folder / "bundle.json").exists() and any(folder.iterdir()):
        message = f"{folder} is not empty and is not a bundle; choose another folder"
        raise LpdnnError(message)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield partial
        partial.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_test(plan: Plan, folder: Path, symbol: str) -> None:
    """Write the test of a bundle."""
    test = folder / "test"
    _copy([TEMPLATES / "test" / "golden.h"], test)
    (test / "golden.c").write_text(fill((TEMPLATES / "test" / "golden.c").read_text(), symbol=symbol))
    (test / "golden_data.c").write_text(golden_source(plan.graph))


def write_bundle(
    plan: Plan, target: Target, folder: Path, *, symbol: str = "lpdnn", weights: Form = "c"
) -> Path:
    """Write the bundle and return its folder, whole or not at all; a bundle that is there is replaced."""
    with replacing(folder, symbol) as partial:
        units = write_sources(plan, partial, symbol, weights)
        write_test(plan, partial, symbol)
        (partial / "Makefile").write_text(makefile(target, units, symbol, weights, plan))
        (partial / "CMakeLists.txt").write_text(cmake(target, units, symbol, weights, plan))
        (partial / "README.md").write_text(readme(plan, target, symbol, weights))
        (partial / "bundle.json").write_text(description(plan, target, symbol, weights, units))
    return folder
