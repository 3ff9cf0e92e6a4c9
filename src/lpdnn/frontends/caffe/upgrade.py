"""The second generation of layers (V1, `layers`) in terms of the third (V2, `layer`)."""

from __future__ import annotations

from typing import Final

from lpdnn.frontends.caffe.caffe_pb2 import LayerParameter, V1LayerParameter

TYPES_V1: Final = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "NONE": "",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}
_SAME: Final = frozenset({"name", "bottom", "top", "include", "exclude", "loss_weight"})
_DATA_PARAMS: Final = ("data_param", "image_data_param", "window_data_param")


def upgraded(old: V1LayerParameter) -> LayerParameter:
    """Return a V1 layer as a V2 layer, without its blobs."""
    new = LayerParameter()
    for descriptor, value in old.ListFields():
        name = descriptor.name
        if name not in _SAME and not name.endswith("_param"):
            continue
        if descriptor.has_presence:
            if descriptor.message_type is not None:
                getattr(new, name).CopyFrom(value)
            else:
                setattr(new, name, value)
        else:
            getattr(new, name).MergeFrom(value)
    if old.HasField("type"):
        new.type = TYPES_V1[V1LayerParameter.LayerType.Name(old.type)]
    for shared in old.param:
        new.param.add(name=shared)
    _move_transformation(new)
    return new


def _move_transformation(layer: LayerParameter) -> None:
    """Move scale, mean and crop, which data layers once held themselves."""
    for name in _DATA_PARAMS:
        data = getattr(layer, name)
        for moved in ("scale", "mean_file", "crop_size"):
            if data.HasField(moved) and not layer.transform_param.HasField(moved):
                setattr(layer.transform_param, moved, getattr(data, moved))
