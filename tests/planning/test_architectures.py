"""The arena of well-known architectures is the least possible for their order, and no order needs less."""

from __future__ import annotations

import pytest

import lpdnn
from lpdnn.planning import plan
from planning.networks import vanilla
from shared_data import SHARED, shared

FOLDER = "models/caffe_prototxts"


@pytest.mark.parametrize("name", sorted(path.name for path in (SHARED / FOLDER).glob("*.prototxt")))
def test_the_arena_is_the_bound(name: str) -> None:
    graph = lpdnn.simplify(lpdnn.load(shared(f"{FOLDER}/{name}"), fill="random"))
    made = plan(graph, vanilla(graph))
    assert made.arena_bytes == made.lower_bound == made.order_bound
    assert made.optimal
    assert made.lower_bound <= made.unaliased_bound <= made.naive_bytes


@pytest.mark.parametrize(
    ("name", "size", "bound"),
    [
        # The second normalization beside its input; the first convolution beside the first pooling.
        ("bvlc_googlenet.deploy.prototxt", 224, 4 * 2 * 192 * 56 * 56),
        ("squeezenet_v1.1.deploy.prototxt", 227, 4 * (64 * 113 * 113 + 64 * 56 * 56)),
    ],
)
def test_concats_of_a_batch_of_one_have_no_step(name: str, size: int, bound: int) -> None:
    loaded = lpdnn.load(shared(f"{FOLDER}/{name}"), fill="random", shapes={"data": (1, 3, size, size)})
    graph = lpdnn.simplify(loaded)
    made = plan(graph, vanilla(graph))
    assert not any(step.node.op.NAME == "concat" for step in made.steps)
    assert made.arena_bytes == made.order_bound == bound
