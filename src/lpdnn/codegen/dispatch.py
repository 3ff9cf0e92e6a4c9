"""A bundle for several instruction sets: a variant of the network for each, one of them chosen at start."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from lpdnn.codegen.bundle import (
    TEMPLATES,
    BundleUnit,
    cmake,
    description,
    fill,
    makefile,
    readme,
    replacing,
    write_sources,
    write_test,
)
from lpdnn.codegen.libraries import opened, uses
from lpdnn.codegen.names import comment
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lpdnn.codegen.model import Form
    from lpdnn.planning import Plan
    from lpdnn.targets import Target

Variants = dict[str, tuple["Target", "Plan"]]
"""By the names of instruction sets, the least capable first."""


def _ordered(variants: Mapping[str, tuple[Target, Plan]]) -> Variants:
    """Return variants of which each has all instructions of the one before, and kernels of our own."""
    names = sorted(variants, key=lambda name: len(variants[name][0].features))
    for less, more in pairwise(names):
        if not variants[less][0].features < variants[more][0].features:
            message = f"{less} and {more} cannot be in one bundle: neither has all that the other has"
            raise LpdnnError(message)
    for name in names:
        used = uses((step.plugin, step.primitive.library) for step in variants[name][1].steps)
        if opened(used):
            message = (
                f"the variant {name} would open {opened(used)[0].name}; a bundle for several instruction sets "
                "has kernels of our own alone"
            )
            raise LpdnnError(message)
    return {name: variants[name] for name in names}


def _units(ordered: Variants, folder: Path, symbol: str, form: Form) -> list[BundleUnit]:
    """Write the sources of all variants; kernels get the flags of the least capable that uses them."""
    found: dict[str, BundleUnit] = {}
    for name, (target, plan) in ordered.items():
        flags = tuple(flag for flag in target.flags if not flag.startswith("-O"))
        for unit in write_sources(plan, folder, f"{symbol}_{name}", form):
            kernel = unit.source.startswith("kernels/")
            found.setdefault(unit.name, replace(unit, flags=(*unit.flags, *flags)) if kernel else unit)
    return list(found.values())


def _asked(plan: Plan) -> list[str]:
    """Return the functions that tell whether the libraries of a plan may be used."""
    used = uses((step.plugin, step.primitive.library) for step in plan.steps)
    return [library.allowed for _, library in used.values() if library.allowed]


def _chooser(ordered: Variants, symbol: str) -> str:
    includes, checks, rows, declared = [], [], [], []
    for name, (target, plan) in reversed(ordered.items()):
        own = f"{symbol}_{name}"
        includes += [f'#include "{own}_model.h"', f'#include "{own}_netspec.h"']
        asked = _asked(plan)
        declared += [f"int {function}(void);" for function in asked]
        # compilers cannot tell of AMX whether its system lets a program use it; what is made of it asks.
        # Old ones do not know F16C's name; every CPU with AVX2 has it.
        unknown = {"f16c"} if "avx2" in target.features else set()
        told = sorted(f for f in target.features - unknown if not f.startswith("amx_"))
        needs = " && ".join([*(f'__builtin_cpu_supports("{f}")' for f in told), *(f"{f}()" for f in asked)])
        checks.append(f"static int runs_{name}(void)\n{{\n    return {needs};\n}}\n")
        rows.append(f'    {{"{name}", &{own}_network_spec, &{own}_network_model, runs_{name}}},')
    return fill(
        (TEMPLATES / "dispatch.c").read_text(),
        symbol=symbol,
        includes="\n".join([*includes, *dict.fromkeys(declared)]),
        checks="\n".join(checks),
        rows="\n".join(rows),
    )


def _description(
    ordered: Variants, target: Target, symbol: str, form: Form, units: Sequence[BundleUnit]
) -> str:
    """Return bundle.json: of the least capable variant, and what differs in each."""
    each = {
        name: json.loads(description(plan, target, f"{symbol}_{name}", form, ()))
        for name, (_, plan) in ordered.items()
    }
    first = next(iter(each.values()))
    differs = ("symbol", "weights_bytes", "arena_bytes", "lower_bound_bytes", "inputs", "outputs", "steps")
    variants = {name: {key: told[key] for key in differs} for name, told in each.items()}
    built = [{"name": u.name, "source": u.source, "flags": u.flags} for u in units]
    return json.dumps({**first, "symbol": symbol, "variants": variants, "units": built}, indent=1)


def write_dispatch_bundle(
    variants: Mapping[str, tuple[Target, Plan]],
    target: Target,
    folder: Path,
    *,
    symbol: str = "lpdnn",
    weights: Form = "c",
) -> Path:
    """Write a bundle with a variant for each instruction set, and return its folder, whole or not at all.

    `target` is what runs on all CPUs: what is not a kernel is compiled for it.
    """
    if weights not in {"c", "binary"}:
        message = f"weights of several instruction sets are in the program, as c or binary, not {weights}"
        raise LpdnnError(message)
    ordered = _ordered(variants)
    plan = next(iter(ordered.values()))[1]
    words = {
        "symbol": symbol,
        "network": comment(plan.graph.name),
        "names": ", ".join(ordered),
        "guard": symbol.upper(),
    }
    with replacing(folder, symbol) as partial:
        units = _units(ordered, partial, symbol, weights)
        for kind in ("netspec", "model"):
            text = fill((TEMPLATES / f"dispatch_{kind}.h").read_text(), **words)
            (partial / f"{symbol}_{kind}.h").write_text(text)
        (partial / f"{symbol}_dispatch.c").write_text(_chooser(ordered, symbol))
        units.append(BundleUnit(f"{symbol}_dispatch", f"{symbol}_dispatch.c", ("-std=gnu11",)))
        write_test(plan, partial, symbol)
        (partial / "Makefile").write_text(makefile(target, units, symbol, weights, plan))
        (partial / "CMakeLists.txt").write_text(cmake(target, units, symbol, weights, plan))
        (partial / "README.md").write_text(readme(plan, target, symbol, weights, tuple(ordered)))
        (partial / "bundle.json").write_text(_description(ordered, target, symbol, weights, units))
    return folder
