"""Every x86-64 computer: what `--dispatch` adds faster variants to."""

from lpdnn.targets._cpu import cpu_features
from lpdnn.targets.target import Target

TARGET = Target(
    name="x86-64",
    summary="x86-64 of any age; with --dispatch avx2,avx512,amx the CPU's best, chosen at start",
    compilers=("gcc", "clang"),
    flags=("-O3",),
    runs_here="x86_64" in cpu_features(),
    declared=frozenset({"sse", "sse2"}),
)
