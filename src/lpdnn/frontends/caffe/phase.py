"""Which layers make the network at inference: Caffe's phase rules, then what to do with losses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lpdnn.frontends.caffe.caffe_pb2 import TEST, LayerParameter
from lpdnn.frontends.caffe.inputs import is_source
from lpdnn.frontends.caffe.report import about

if TYPE_CHECKING:
    from lpdnn.frontends.caffe.caffe_pb2 import NetState, NetStateRule
    from lpdnn.frontends.caffe.definition import Definition, Layer

_TRAINING_ONLY: Final = frozenset(
    {
        "Accuracy",
        "ContrastiveLoss",
        "DetectionEvaluate",
        "EuclideanLoss",
        "HDF5Output",
        "HingeLoss",
        "InfogainLoss",
        "MultiBoxLoss",
        "MultinomialLogisticLoss",
        "SigmoidCrossEntropyLoss",
        "SmoothL1Loss",
    }
)
_FIRST_LABEL: Final[dict[str, int]] = {"HDF5Output": 99, "MultiBoxLoss": 3}
"""The first bottom that is no result of the network; 1 for those not listed."""


def at_inference(definition: Definition) -> list[Layer]:
    """Return the layers of phase TEST, with losses turned into what they apply or dropped."""
    kept: list[Layer] = []
    left: list[Layer] = []
    for layer in definition.layers:
        (kept if _included(layer, definition.net.state) else left).append(layer)
    # A network saved by its training has the data layer of the training; as inputs, its tops are as good.
    made = {top for layer in kept for top in layer.param.top}.union(definition.net.input)
    for layer in left:
        if is_source(layer) and made.isdisjoint(layer.param.top):
            kept.append(layer)
            made.update(layer.param.top)
    return _without_losses([_loss_as_softmax(layer) for layer in kept])


def _included(layer: Layer, state: NetState) -> bool:
    include, exclude = layer.param.include, layer.param.exclude
    if include and exclude:
        raise about(layer.place, "has include and exclude rules; Caffe takes one kind in a layer")
    if include:
        return any(_meets(rule, state) for rule in include)
    return not any(_meets(rule, state) for rule in exclude)


def _meets(rule: NetStateRule, state: NetState) -> bool:
    return (
        not (rule.HasField("phase") and rule.phase != TEST)
        and not (rule.HasField("min_level") and state.level < rule.min_level)
        and not (rule.HasField("max_level") and state.level > rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and set(rule.not_stage).isdisjoint(state.stage)
    )


def _loss_as_softmax(layer: Layer) -> Layer:
    """SoftmaxWithLoss is a softmax of its first bottom, whose result a second top may name."""
    if layer.param.type != "SoftmaxWithLoss" or not layer.param.bottom:
        return layer
    param = LayerParameter(name=layer.param.name, type="Softmax", softmax_param=layer.param.softmax_param)
    param.bottom.append(layer.param.bottom[0])
    param.top.append((*layer.param.top, layer.param.name)[1 if len(layer.param.top) > 1 else 0])
    return replace(layer, param=param, notes=())


def _without_losses(layers: list[Layer]) -> list[Layer]:
    """Drop losses and measurements that only others of them read, and what prepares labels for them."""
    kept: list[Layer] = []
    read: set[str] = set()
    labels: set[str] = set()
    for layer in reversed(layers):
        param = layer.param
        unread = read.isdisjoint(param.top)
        if unread and param.type in _TRAINING_ONLY:
            labels.update(param.bottom[_FIRST_LABEL.get(param.type, 1) :])
        elif unread and param.top and labels.issuperset(param.top):
            labels.update(param.bottom)
        else:
            kept.append(layer)
            read.update(param.bottom)
    return kept[::-1]
