"""The arena of well-known architectures is the least possible for their order, and no order needs less."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import lpdnn
from lpdnn.planning import plan
from lpdnn.selection import choose
from lpdnn.targets import find

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parents[2] / ".." / "shared"))
FOLDER = SHARED / "models" / "caffe_prototxts"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"{FOLDER} is missing (LPDNN_SHARED names its root)"
)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.prototxt")))
def test_the_arena_is_the_bound(name: str) -> None:
    graph = lpdnn.simplify(lpdnn.load(FOLDER / name, fill="random"))
    made = plan(graph, choose(graph, find("native")))
    assert made.arena_bytes == made.lower_bound == made.order_bound
    assert made.optimal
    assert made.lower_bound <= made.unaliased_bound <= made.naive_bytes


@pytest.mark.parametrize(
    ("name", "size", "bound"),
    [
        # conv2 (64 x 56 x 56) by 3 x 3 to 192 channels; fire2's expansions beside its squeezed 16 channels and conv1
        ("bvlc_googlenet.deploy.prototxt", 224, 4 * (64 * 112 * 112 + 64 * 56 * 56)),
        ("squeezenet_v1.1.deploy.prototxt", 227, 4 * (64 * 113 * 113 + 64 * 56 * 56)),
    ],
)
def test_concats_of_a_batch_of_one_have_no_step(name: str, size: int, bound: int) -> None:
    loaded = lpdnn.load(FOLDER / name, fill="random", shapes={"data": (1, 3, size, size)})
    graph = lpdnn.simplify(loaded)
    made = plan(graph, choose(graph, find("native")))
    assert not any(step.node.op.NAME == "concat" for step in made.steps)
    assert made.arena_bytes == made.order_bound
    print(made.arena_bytes, bound)
