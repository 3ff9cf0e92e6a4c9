"""A bundle built for this computer, and called from Python."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lpdnn.ir import ELEMENT, LAYOUTS, RANGE, LpdnnError, Quantization, TensorType, from_memory
from lpdnn.targets import find
from lpdnn.toolchain.compilers import Unit, call, compile_units, compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lpdnn.ir import Array

STATUS = {
    1: "a bad argument",
    2: "a call out of turn",
    3: "a model of another network",
    4: "an arena in use",
    5: "a kernel that refused its operands",
    6: "a model file that is missing, short or of another network",
    7: "instructions that this CPU lacks, or that its system denies (AMX: Linux 5.16, ARCH_REQ_XCOMP_PERM)",
}


class Params(ctypes.Structure):
    """LpdnnNetParams."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("fingerprint", ctypes.c_uint32),
        ("step_count", ctypes.c_int32),
        ("steps", ctypes.c_void_p),
        ("input_count", ctypes.c_int32),
        ("output_count", ctypes.c_int32),
        ("blob_specs", ctypes.c_void_p),
        ("blobs", ctypes.c_void_p),
        ("tensor_count", ctypes.c_int32),
        ("arena", ctypes.c_void_p),
        ("arena_size", ctypes.c_size_t),
        ("inputs", ctypes.c_void_p),
        ("outputs", ctypes.c_void_p),
    )


class Model(ctypes.Structure):
    """LpdnnNetModel."""

    _fields_ = (
        ("fingerprint", ctypes.c_uint32),
        ("tensor_count", ctypes.c_int32),
        ("tensors", ctypes.POINTER(ctypes.c_void_p)),
    )


def read_description(bundle: Path) -> dict[str, Any]:
    """Return what bundle.json tells of a bundle."""
    try:
        description: dict[str, Any] = json.loads((bundle / "bundle.json").read_text())
        for key in ("network", "symbol", "target", "weights", "inputs", "outputs", "steps", "units"):
            description[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{bundle} is not a bundle (it has no readable bundle.json); make one with lpdnn generate"
        raise LpdnnError(message) from error
    return description


def build(bundle: Path) -> Path:
    """Compile a bundle into a shared library for this computer, or an archive for a board; return it."""
    description = read_description(bundle)
    target = find(description["target"])
    cc = compiler(target)
    includes: list[Path] = [bundle / "include", bundle]
    includes += [Path(path) for path in description["includes"]]
    hdf5 = description["weights"] == "hdf5"
    if hdf5:
        includes += [Path(flag.removeprefix("-I")) for flag in _hdf5("--cflags-only-I")]
    position = ("-fPIC",) if target.runs_here else ()
    units = [
        Unit(
            bundle / source,
            (*unit["flags"], *target.flags, *position),
            (bundle / f"{source.removesuffix('_data.S')}.bin",) if source.endswith(".S") else (),
        )
        for unit in description["units"]
        for source in [unit["source"]]
    ]
    objects = compile_units(cc, units, includes)
    folder = bundle / "build"
    folder.mkdir(exist_ok=True)
    if not target.runs_here:
        archive = folder / f"lib{description['symbol']}.a"
        archive.unlink(missing_ok=True)
        call([cc.replace("gcc", "ar"), "rcs", archive, *objects])
        return archive
    library = folder / f"lib{description['symbol']}.so"
    partial = library.with_suffix(f".{os.getpid()}")
    links = [*description["links"], *(_hdf5("--libs") if hdf5 else [])]
    call([cc, "-shared", "-Wl,-Bsymbolic", *objects, "-o", partial, *links])
    partial.rename(library)
    return library


def _hdf5(asked: str) -> list[str]:
    """Return what pkg-config says of the HDF5 library."""
    try:
        done = subprocess.run(["pkg-config", asked, "hdf5"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        message = (
            "weights in HDF5 need the HDF5 library for C and pkg-config: apt install libhdf5-dev pkg-config"
        )
        raise LpdnnError(message) from error
    return done.stdout.split()


def _format(value: Mapping[str, Any]) -> Quantization:
    return Quantization(float(value["scale"]), int(value["zero"]))


class Program:
    """A network in a shared library: call it with an array, or with a dict of arrays for several inputs.

    Where tensors are given, they are the weights, in place of those in the bundle: the arrays themselves, in
    the order of the plan, aligned as it asks. What is written into them later, the next inference reads.
    """

    def __init__(self, bundle: Path, library: Path, tensors: Sequence[Array] | None = None) -> None:
        self.bundle = bundle
        self.description = read_description(bundle)
        self.inputs: list[dict[str, Any]] = self.description["inputs"]
        self.outputs: list[dict[str, Any]] = self.description["outputs"]
        symbol = self.description["symbol"]
        # A library loaded twice from one path would share its state: each program loads a copy of its own.
        with tempfile.NamedTemporaryFile(suffix=".so") as copy:
            copy.write(library.read_bytes())
            copy.flush()
            self._library = ctypes.CDLL(copy.name)
        for name in ("LpdnnNetAlloc", "LpdnnNetInputBlobGet"):
            getattr(self._library, name).restype = ctypes.c_void_p
        if "variants" in self.description:
            self._choose()
            symbol = self.description["symbol"]
        self._params = Params.in_dll(self._library, f"{symbol}_network_spec")
        if tensors is None and self.description["weights"] in {"file", "hdf5"}:
            suffix = "h5" if self.description["weights"] == "hdf5" else "bin"
            load = getattr(self._library, f"{symbol}_network_model_load")
            self._check(load(str(bundle / f"{symbol}_model.{suffix}").encode()), "loading the weights")
        self._check(self._library.LpdnnInit(), "LpdnnInit")
        self._net = ctypes.c_void_p(self._library.LpdnnNetAlloc(b"net"))
        model = ctypes.addressof(ctypes.c_char.in_dll(self._library, f"{symbol}_network_model"))
        if tensors is not None:
            self._tensors = tuple(tensors)
            places = (ctypes.c_void_p * max(len(tensors), 1))(*(array.ctypes.data for array in tensors))
            self._model = Model(self._params.fingerprint, len(tensors), places)
            model = ctypes.addressof(self._model)
        self._check(
            self._library.LpdnnNetInit(self._net, ctypes.byref(self._params), ctypes.c_void_p(model)),
            "LpdnnNetInit",
        )
        self._blob = ctypes.c_void_p(self._library.LpdnnNetInputBlobGet(self._net))

    @classmethod
    def load(cls, bundle: Path, tensors: Sequence[Array] | None = None) -> Self:
        """Build a bundle (what is unchanged is not compiled again) and load it, with its weights or others."""
        target = read_description(bundle)["target"]
        if not find(target).runs_here:
            message = f"{bundle} is for target {target}, which does not run on this computer"
            raise LpdnnError(message)
        return cls(bundle, build(bundle), tensors)

    def _choose(self) -> None:
        """Take the variant that the program takes on this CPU for its description."""
        variants = self.description["variants"]
        asked = self._library[f"{self.description['symbol']}_network_variant"]
        asked.restype = ctypes.c_char_p
        name = asked()
        if name is None:
            message = f"this CPU can run none of the variants of {self.bundle}: {', '.join(variants)}"
            raise LpdnnError(message)
        self.description |= {"variant": name.decode(), **variants[name.decode()]}
        self.inputs, self.outputs = self.description["inputs"], self.description["outputs"]

    def _check(self, status: int, what: str) -> None:
        if status:
            message = f"{what} of {self.description['network']!r} ended with {STATUS.get(status, status)}"
            raise LpdnnError(message)

    def _view(self, value: Mapping[str, Any]) -> Array:
        """Return a copy of a value, in N, C, H, W order."""
        tensor = TensorType(tuple(value["shape"]), value["dtype"], value["layout"])
        data = ctypes.string_at(self._params.arena + value["offset"], tensor.bytes)
        return from_memory(np.frombuffer(data, ELEMENT[value["dtype"]]), tensor).copy()

    def _fill(self, x: Array | Mapping[str, Array], *, real: bool = False) -> None:
        arrays = x if isinstance(x, dict) else {self.inputs[0]["name"]: x}
        for value in self.inputs:
            if value["name"] not in arrays:
                names = ", ".join(v["name"] for v in self.inputs)
                message = f"input {value['name']!r} was not given; there are {names}"
                raise LpdnnError(message)
            tensor = TensorType(tuple(value["shape"]), value["dtype"])
            given = np.asarray(arrays[value["name"]])
            if real and tensor.dtype in RANGE:
                given = _format(value).quantize(given, tensor.dtype)
            array = tensor.holding(given, f"input {value['name']!r}")
            ctypes.memmove(self._params.arena + value["offset"], array.ctypes.data, array.nbytes)

    def run(self, x: Array | Mapping[str, Array], *, real: bool = False) -> dict[str, Array]:
        """Return every output by name; with `real`, what integers stand for is taken and given instead."""
        self._fill(x, real=real)
        self._check(self._library.LpdnnNetInfer(self._net, self._blob), "inference")
        outputs = {value["name"]: self._view(value) for value in self.outputs}
        if real:
            for value in self.outputs:
                if value["dtype"] in RANGE:
                    outputs[value["name"]] = _format(value).dequantize(outputs[value["name"]])
        return outputs

    def __call__(self, x: Array | Mapping[str, Array], *, real: bool = False) -> Array | dict[str, Array]:
        """Return the output, or a dict of outputs by name where there are several."""
        outputs = self.run(x, real=real)
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def trace(self, x: Array | Mapping[str, Array]) -> dict[str, Array]:
        """Return what every step wrote, by value name, each taken right after its step.

        A value that is only there in another layout (`conv1@nhwc`) is found by its own name, too.
        """
        values: dict[str, Array] = {}
        for written in self.steps(x):
            values.update((name, np.array(array, order="C")) for name, array in written.items())
        for name in list(values):
            plain, _, layout = name.rpartition("@")
            if layout in LAYOUTS:
                values.setdefault(plain, values[name])
        return values

    def steps(self, x: Array | Mapping[str, Array]) -> Iterator[dict[str, Array]]:
        """Yield what each step wrote, by value name, in N, C, H, W order: views, good until the next step."""
        self._fill(x)
        for index, step in enumerate(self.description["steps"]):
            self._check(self._library.LpdnnNetStep(self._net, index), f"step {step['node']}")
            yield {value["name"]: self._memory(value) for value in step["outputs"]}

    def _memory(self, value: Mapping[str, Any]) -> Array:
        """Return a value as it lies in the arena, seen in N, C, H, W order; blocked layouts are copied."""
        tensor = TensorType(tuple(value["shape"]), value["dtype"], value["layout"], value.get("pitch", 0))
        memory = (ctypes.c_ubyte * tensor.bytes).from_address(self._params.arena + value["offset"])
        flat = np.frombuffer(memoryview(memory), ELEMENT[value["dtype"]])
        if tensor.layout != "nhwc":
            return from_memory(flat, tensor)
        batch, channels, height, width = tensor.shape
        if tensor.pitch:
            strides = (np.array([height * width, 1, width, 1]) * tensor.pitch * flat.itemsize).tolist()
            strides[1] = flat.itemsize
            return np.lib.stride_tricks.as_strided(flat, tensor.shape, strides)
        return np.moveaxis(flat.reshape(batch, height, width, channels), 3, 1)

    def seconds(self, x: Array | Mapping[str, Array]) -> float:
        """Return the time of one inference, without what it takes to fill the inputs.

        It is processor time; of several threads, that of the clock on the wall.
        """
        clock = time.thread_time if self.description["threads"] == 1 else time.perf_counter
        self._fill(x)
        start = clock()
        status = self._library.LpdnnNetInfer(self._net, self._blob)
        taken = clock() - start
        self._check(status, "inference")
        return taken

    def profile(self, x: Array | Mapping[str, Array], repeats: int = 5) -> dict[str, float]:
        """Return the median processor time of every step in milliseconds, by node name."""
        steps = self.description["steps"]
        times = np.empty((repeats, len(steps)))
        for row in times:
            self._fill(x)
            for index in range(len(steps)):
                start = time.thread_time()
                self._library.LpdnnNetStep(self._net, index)
                row[index] = (time.thread_time() - start) * 1e3
        return dict(zip((step["node"] for step in steps), np.median(times, axis=0).tolist(), strict=True))
