"""x86-64 computers since 2013 (Intel Haswell, AMD Zen)."""

from lpdnn.targets._cpu import cpu_features
from lpdnn.targets.target import Target

TARGET = Target(
    name="x86-64-avx2",
    summary="x86-64 with AVX2 and FMA",
    compilers=("gcc", "clang"),
    flags=("-O3", "-mavx2", "-mfma", "-mf16c", "-mbmi2", "-ffp-contract=fast"),
    runs_here={"x86_64", "avx2", "fma", "f16c", "bmi2"} <= cpu_features(),
    declared=frozenset({"avx", "avx2", "fma", "f16c", "bmi2"}),
)
