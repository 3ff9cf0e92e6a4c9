"""Trained parameters: from binary and HDF5 files, in every form, and what is wrong with some."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from caffe_files import layer, network, write
from lpdnn.frontends.caffe import import_caffe, write_caffemodel
from lpdnn.frontends.caffe.caffe_pb2 import NetParameter
from lpdnn.frontends.caffe.weights import open_weights
from lpdnn.ir import Array, LpdnnError
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path


PRODUCT = network((1, 3), layers=layer("InnerProduct", "inner_product_param { num_output: 2 }", name="ip"))
WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3) - 2.5
BIAS = np.array([0.25, -1], np.float32)


def constants(folder: Path, weights: Path, text: str = PRODUCT) -> list[Array]:
    return list(import_caffe(write(folder, text), weights).constants.values())


def saved(path: Path, net: NetParameter) -> Path:
    path.write_bytes(net.SerializeToString())
    return path


def blobs(net: NetParameter, *shapes: tuple[int, ...], name: str = "ip") -> NetParameter:
    one = net.layer.add(name=name, type="InnerProduct")
    for shape, values in zip(shapes, (WEIGHT, BIAS), strict=False):
        blob = one.blobs.add(data=values.reshape(-1))
        blob.shape.dim.extend(shape)
    return net


def test_writing_and_reading(tmp_path: Path) -> None:
    write_caffemodel(tmp_path / "w", {"ip": [WEIGHT, BIAS]}, types={"ip": "InnerProduct"}, name="n")
    net = NetParameter.FromString((tmp_path / "w").read_bytes())
    assert (net.name, net.layer[0].name, net.layer[0].type) == ("n", "ip", "InnerProduct")
    assert [list(b.shape.dim) for b in net.layer[0].blobs] == [[2, 3], [2]]
    weight, bias = constants(tmp_path, tmp_path / "w")
    assert np.array_equal(weight, WEIGHT)
    assert np.array_equal(bias, BIAS)
    assert weight.dtype == np.float32


def test_legacy_dimensions(tmp_path: Path) -> None:
    net = NetParameter()
    one = net.layers.add(name="ip", type="INNER_PRODUCT")
    one.blobs.add(num=1, channels=1, height=2, width=3, data=WEIGHT.reshape(-1))
    one.blobs.add(num=1, channels=1, height=1, width=2, data=BIAS)
    weight, bias = constants(tmp_path, saved(tmp_path / "w", net))
    assert np.array_equal(weight, WEIGHT)
    assert np.array_equal(bias, BIAS)


def test_doubles_and_diffs(tmp_path: Path) -> None:
    net = NetParameter()
    one = net.layer.add(name="ip")
    one.blobs.add(double_data=WEIGHT.reshape(-1)).shape.dim.extend((2, 3))
    one.blobs.add(data=BIAS).shape.dim.append(2)
    raw = net.SerializeToString()
    weight, bias = constants(tmp_path, saved(tmp_path / "w", NetParameter.FromString(raw)))
    assert np.array_equal(weight, WEIGHT)
    diff = b"\x32\x08" + bytes(8)  # field 6, packed: as long as the bias
    blob = struct.pack("<BBff", 0x2A, 8, *BIAS) + b"\x3a\x03\x0a\x01\x02" + diff
    weight_blob = one.blobs[0].SerializeToString()
    body = b"\x0a\x02ip" + b"".join(b"\x3a" + bytes([len(b)]) + b for b in (weight_blob, blob))
    (tmp_path / "w").write_bytes(b"\xa2\x06" + bytes([len(body)]) + body)
    assert np.array_equal(constants(tmp_path, tmp_path / "w")[1], bias)


def test_values_that_are_not_packed(tmp_path: Path) -> None:
    floats = b"".join(struct.pack("<Bf", 0x2D, value) for value in WEIGHT.reshape(-1))
    weight_blob = floats + b"\x3a\x04\x08\x02\x08\x03"
    bias_blob = b"".join(struct.pack("<Bf", 0x2D, value) for value in BIAS) + b"\x3a\x02\x08\x02"
    body = b"\x0a\x02ip" + b"".join(b"\x3a" + bytes([len(b)]) + b for b in (weight_blob, bias_blob))
    (tmp_path / "w").write_bytes(b"\xa2\x06" + bytes([len(body)]) + body)
    weight, bias = constants(tmp_path, tmp_path / "w")
    assert np.array_equal(weight, WEIGHT)
    assert np.array_equal(bias, BIAS)


def test_transposed_weights(tmp_path: Path) -> None:
    text = PRODUCT.replace("num_output: 2", "num_output: 2 transpose: true")
    net = blobs(NetParameter(), (3, 2), (2,))
    assert np.array_equal(constants(tmp_path, saved(tmp_path / "w", net), text)[0], WEIGHT.reshape(3, 2).T)


def test_batch_norm_divides_by_its_factor(tmp_path: Path) -> None:
    text = network((1, 2, 1, 1), layers=layer("BatchNorm", name="bn"))
    mean, variance = np.array([2, -4], np.float32), np.array([8, 1], np.float32)
    write_caffemodel(tmp_path / "w", {"bn": [mean, variance, np.array([4], np.float32)]})
    assert [a.tolist() for a in constants(tmp_path, tmp_path / "w", text)] == [[0.5, -1.0], [2.0, 0.25]]
    write_caffemodel(tmp_path / "w", {"bn": [mean, variance, np.array([0], np.float32)]})
    assert [a.tolist() for a in constants(tmp_path, tmp_path / "w", text)] == [[0.0, 0.0], [0.0, 0.0]]


def test_both_forms_of_arms_network_hold_the_same() -> None:
    folder = shared("models/cifar10_arm_cmsisnn")
    for size in ("m4", "m7"):
        with (
            open_weights(next(folder.glob(f"cifar10_{size}*.h5"))) as hdf5,
            open_weights(folder / f"cifar10_{size}_fp32.caffemodel") as binary,
        ):
            assert set(hdf5) == set(binary)
            for name, ours in hdf5.items():
                for one, other in zip(ours, binary[name], strict=True):
                    assert one.shape == other.shape
                    assert np.array_equal(one.load(), other.load())


def test_all_real_weights_fit_their_networks() -> None:
    models = shared("models")
    pairs = [
        (
            "cifar10_arm_cmsisnn/cifar10_m4_deploy.prototxt",
            "cifar10_arm_cmsisnn/cifar10_m4_iter_70000.caffemodel.h5",
        ),
        (
            "cifar10_arm_cmsisnn/cifar10_m4_deploy.prototxt",
            "cifar10_arm_cmsisnn/quantized_cifar10_m4_iter_70000.caffemodel",
        ),
        (
            "cifar10_arm_cmsisnn/cifar10_m7_deploy.prototxt",
            "cifar10_arm_cmsisnn/cifar10_m7_iter_300000.caffemodel.h5",
        ),
        (
            "cifar10_arm_cmsisnn/cifar10_m7_deploy.prototxt",
            "cifar10_arm_cmsisnn/quantized_cifar10_m7_iter_300000.caffemodel",
        ),
        ("cifar10_bvlc/cifar10_full.prototxt", "cifar10_bvlc/cifar10_full_iter_70000.caffemodel"),
        ("cifar10_bvlc/cifar10_quick.prototxt", "cifar10_bvlc/cifar10_quick_iter_5000.caffemodel"),
        (
            "face_ssd_yufacedetect/yufacedetectnet-open-v1.prototxt",
            "face_ssd_yufacedetect/yufacedetectnet-open-v1.caffemodel",
        ),
        ("lenet_bvlc/lenet.prototxt", "lenet_bvlc/lenet_iter_10000.caffemodel"),
        (
            "mobilenet_v1_0.75_224/mobilenet_v1_0.75_224.prototxt",
            "mobilenet_v1_0.75_224/mobilenet_v1_0.75_224.caffemodel",
        ),
        (
            "mobilenet_v2_torchvision/mobilenet_v2.prototxt",
            "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        ),
        (
            "mobilenet_v2_torchvision/mobilenet_v2_clip.prototxt",
            "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        ),
        ("squeezenet_v1.0_dc/SqueezeNet_deploy.prototxt", "squeezenet_v1.0_dc/squeezenet_v1.0_dc.caffemodel"),
    ]
    for model, weights in pairs:
        told: list[str] = []
        import_caffe(models / model, models / weights, report=told.append)
        assert not told, (model, told)


def test_layers_the_network_lacks_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    net = blobs(blobs(NetParameter(), (2, 3), (2,)), (6,), name="other")
    import_caffe(write(tmp_path, PRODUCT), saved(tmp_path / "w.caffemodel", net), report=told.append)
    assert told == ["w.caffemodel: the weights of layer 'other' are not used"]


@pytest.mark.parametrize(
    ("net", "sentence"),
    [
        (
            blobs(NetParameter(), (3, 2), (2,)),
            "w: blob 0 of layer 'ip' (deploy.prototxt:3) must have the shape 2x3, but has 3x2",
        ),
        (
            blobs(NetParameter(), (2, 3)),
            "blob 1 of layer 'ip' (deploy.prototxt:3) must have the shape 2, but the layer has only 1 blobs",
        ),
        (
            blobs(NetParameter(), (2, 3), (2,), name="pi"),
            "blob 0 of layer 'ip' (deploy.prototxt:3) must have the shape 2x3, but the layer has none here",
        ),
        (
            blobs(NetParameter(), (2, 4), (2,)),
            "w: layer 'ip', blob 0: holds 6 values, but its shape [2, 4] wants 8",
        ),
        (
            blobs(NetParameter(), (-2, -3), (2,)),
            "w: layer 'ip', blob 0: its shape [-2, -3] is not one a blob can have",
        ),
        (blobs(NetParameter(), (1,) * 33, (2,)), "is not one a blob can have"),
        (blobs(NetParameter(), (2**40, 2**40), (2,)), "holds 6 values, but its shape"),
    ],
)
def test_wrong_weights(tmp_path: Path, net: NetParameter, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        constants(tmp_path, saved(tmp_path / "w", net))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_must_be_numbers(tmp_path: Path, value: float) -> None:
    write_caffemodel(tmp_path / "w", {"ip": [WEIGHT, np.array([1, value], np.float32)]})
    with pytest.raises(LpdnnError, match=r"blob 1 of layer 'ip' \(.*:3\) holds values that are not numbers"):
        constants(tmp_path, tmp_path / "w")


def test_too_many_blobs_are_a_layer_of_a_fork(tmp_path: Path) -> None:
    write_caffemodel(tmp_path / "w", {"ip": [WEIGHT, BIAS, BIAS]})
    with pytest.raises(
        LpdnnError, match="w: the layer 'ip' has 3 blobs, but the network's has 2; is this the right"
    ):
        constants(tmp_path, tmp_path / "w")


def test_a_forks_half_precision_is_refused(tmp_path: Path) -> None:
    blob = b"\x3a\x02\x0a\x00" + b"\x50\x01" + b"\x62\x02\x00\x3c"  # NVCaffe: raw_data_type, raw_data
    body = b"\x0a\x02ip\x3a" + bytes([len(blob)]) + blob
    (tmp_path / "w").write_bytes(b"\xa2\x06" + bytes([len(body)]) + body)
    with pytest.raises(
        LpdnnError, match=r"w: layer 'ip', blob 0: the values are in a form of a Caffe fork \(field 10"
    ):
        constants(tmp_path, tmp_path / "w")


def test_the_first_generation_is_refused(tmp_path: Path) -> None:
    net = NetParameter()
    net.layers.add().layer.SetInParent()
    with pytest.raises(LpdnnError, match="w: layers of Caffe's first generation"):
        constants(tmp_path, saved(tmp_path / "w", net))


def test_no_weights_at_all(tmp_path: Path) -> None:
    with pytest.raises(
        LpdnnError, match=r"deploy.prototxt:3: the layer 'ip' needs weights; give the network's"
    ):
        import_caffe(write(tmp_path, PRODUCT))
    with pytest.raises(LpdnnError, match="w: is a file of weights; there is none to make up"):
        import_caffe(write(tmp_path, PRODUCT), tmp_path / "w", fill="random")
    with pytest.raises(LpdnnError, match="fill='zero': not a way to make weights"):
        import_caffe(write(tmp_path, PRODUCT), fill="zero")


def hdf5(path: Path) -> h5py.File:
    return h5py.File(path, "w")


def test_hdf5_with_slashes_in_names(tmp_path: Path) -> None:
    text = PRODUCT.replace('name: "ip"', 'name: "a/ip"')
    with hdf5(tmp_path / "w") as file:
        file["data/a/ip/0"] = WEIGHT
        file["data/a/ip/1"] = BIAS.astype(np.float64)
        file["data/a/0"] = BIAS
        file.create_group("data/relu")
        file["diff/a/ip/0"] = WEIGHT
    weight, bias = constants(tmp_path, tmp_path / "w", text)
    assert np.array_equal(weight, WEIGHT)
    assert np.array_equal(bias, BIAS)


def _links(file: h5py.File, link: object) -> None:
    file["data/ip/1"] = BIAS
    file["data/ip/0"] = link


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2, 3))
    file.create_group("data/ip").create_virtual_dataset("0", layout)


def _external(file: h5py.File) -> None:
    file.create_group("data/ip").create_dataset("0", (2, 3), "f4", external=[("/etc/passwd", 0, 24)])


def _circle(file: h5py.File) -> None:
    file["data/ip/0"] = WEIGHT
    file["data/ip/again"] = file["data"]


HDF5_FAULTS = {
    "external link": (
        lambda f: _links(f, h5py.ExternalLink("/etc/passwd", "/x")),
        "/data/ip/0 is a link to elsewhere",
    ),
    "soft link": (lambda f: _links(f, h5py.SoftLink("/data/ip/1")), "/data/ip/0 is a link to elsewhere"),
    "linked root": (lambda f: f.__setitem__("data", h5py.SoftLink("/other")), "/data is a link to elsewhere"),
    "data set as root": (
        lambda f: f.__setitem__("data", BIAS),
        "has no group /data, so it is not a Caffe model",
    ),
    "empty": (lambda _: None, "has no group /data, so it is not a Caffe model"),
    "virtual": (_virtual, "w: layer 'ip', blob 0: its values are in another file"),
    "external": (_external, "w: layer 'ip', blob 0: its values are in another file"),
    "circle": (_circle, "the group /data/ip/again is reached twice"),
    "integers": (
        lambda f: f.__setitem__("data/ip/0", WEIGHT.astype(np.int32)),
        "blob 0: holds int32, not float",
    ),
    "halves": (lambda f: f.__setitem__("data/ip/0", WEIGHT.astype(np.float16)), "blob 0: holds float16"),
    "text": (lambda f: f.__setitem__("data/ip/0", "text"), "blob 0: holds object"),
    "gap": (lambda f: f.__setitem__("data/ip/1", BIAS), "the blobs of layer 'ip' are not numbered from 0 on"),
    "huge": (
        lambda f: f.create_dataset("data/ip/0", (2**40,), "f4", chunks=(8,)),
        "is not one a blob can have",
    ),
    "deep": (lambda f: f.__setitem__("data/" + "a/" * 40 + "0", BIAS), "groups nest deeper than 16 levels"),
}


@pytest.mark.parametrize("fault", HDF5_FAULTS)
def test_wrong_hdf5(tmp_path: Path, fault: str) -> None:
    spoil, sentence = HDF5_FAULTS[fault]
    with hdf5(tmp_path / "w") as file:
        spoil(file)
    with pytest.raises(LpdnnError) as caught:
        constants(tmp_path, tmp_path / "w")
    assert sentence in str(caught.value)


def test_hdf5_is_no_model(tmp_path: Path) -> None:
    with hdf5(tmp_path / "net.caffemodel.h5") as file:
        file["data/ip/0"] = WEIGHT
    with pytest.raises(LpdnnError, match=r"HDF5 holds weights only; give the network's .prototxt"):
        import_caffe(tmp_path / "net.caffemodel.h5")
