"""LPDNN in the peer harness: a class for each way that it is measured (bench/README.md).

bench_peers.py prepare --adapter bench/adapter.py:Lpdnn -r lpdnn
bench_peers.py run     --adapter bench/adapter.py:Lpdnn -r onnxruntime openvino lpdnn
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from adapters import Adapter, OpenVino, load_io, save_io

HERE = Path(__file__).resolve().parent
OWN = ("*=cpu_simd",)
"""What is measured: kernels of ours, where there are fast ones."""


class Lpdnn(Adapter):
    """The default selection: estimates, and what is shipped for known CPUs."""

    name = "lpdnn"
    variants = ("fp32", "int8")
    python = os.environ.get("LPDNN_PYTHON", str(HERE.parent / ".venv" / "bin" / "python"))
    target = "native"
    tuned = False

    def prepare(self, path: str, work: str) -> None:
        """Compile the model into `work`."""
        import lpdnn
        from lpdnn.bench.harness import harness

        save_io(path, work)
        graph = lpdnn.load(self.onnx_file(path))
        selection = None
        if self.tuned:
            costs = Path(work) / "costs.json"
            lpdnn.tune(graph, target=self.target, costs=costs, use=OWN)
            selection = lpdnn.select(graph, target=self.target, costs=costs)
        bundle = Path(work) / "bundle"
        lpdnn.generate(graph, bundle, target=self.target, weights="file", selection=selection)
        harness(bundle)

    def artefacts(self, path: str, work: str) -> list[str]:
        """Return the file of weights, as the kernels want them."""
        return [str(Path(work) / "bundle" / "lpdnn_model.bin")]

    def load(self, path: str, work: str) -> None:
        """Open the library and map the weights."""
        build = Path(work) / "bundle" / "build"
        self.program = build / "liblpdnn.so"
        harness = ctypes.CDLL(str(build / "libharness.so"))
        harness.bench_load.restype = ctypes.c_void_p
        self.net = ctypes.c_void_p(harness.bench_load(self.artefacts(path, work)[0].encode()))
        if not self.net:
            message = "bench_load failed"
            raise RuntimeError(message)
        self.out = [np.zeros(shape, np.float32) for shape in load_io(work)["o"]]
        self.pointers = (ctypes.c_void_p * len(self.out))(*[array.ctypes.data for array in self.out])
        self.infer = harness.bench_run

    def native_input(self, x: np.ndarray) -> ctypes.c_void_p:
        """Return the address of the input."""
        self.kept = x
        return ctypes.c_void_p(x.ctypes.data)

    def run(self, x: ctypes.c_void_p) -> list[Any]:
        """Run one inference."""
        if self.infer(self.net, x, self.pointers):
            message = "bench_run failed"
            raise RuntimeError(message)
        return self.out

    def version(self) -> str:
        """Return the commit."""
        done = subprocess.run(
            ["git", "-C", str(HERE), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or "unknown"

    def runtime_bytes(self) -> int:
        """Return the size of the whole program, runtime and kernels, without weights."""
        return self.program.stat().st_size


class LpdnnTuned(Lpdnn):
    """The selection by what `lpdnn tune` measures here: prepare it on the core that it will run on."""

    name = "lpdnn-tuned"
    tuned = True


class LpdnnAvx2(Lpdnn):
    """The default selection, of AVX2 kernels alone."""

    name = "lpdnn-avx2"
    target = "x86-64-avx2"


class LpdnnTunedAvx2(LpdnnTuned):
    """The selection by measurement, of AVX2 kernels alone."""

    name = "lpdnn-tuned-avx2"
    target = "x86-64-avx2"


class OpenVinoAvx2(OpenVino):
    """OpenVINO without AVX-512: for the class before."""

    name = "openvino-avx2"
    variants = ("fp32",)

    def load(self, path: str, work: str) -> None:
        """Say so before its library is loaded."""
        os.environ["ONEDNN_MAX_CPU_ISA"] = os.environ["DNNL_MAX_CPU_ISA"] = "AVX2"
        super().load(path, work)
