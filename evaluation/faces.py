"""The face SSD on portraits, in generated C: the boxes that OpenCV gave, or not.

    python evaluation/faces.py > docs/evaluation/faces.md

Model and expected boxes: $LPDNN_SHARED/models/face_ssd_yufacedetect (ref_detections.txt); photos:
$LPDNN_SHARED/data/photos (default ../shared).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import lpdnn
from lpdnn.data import Preprocessing, read_image

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
EXPECTED = {
    "obama.jpg": (0.9986, (371.7, 86.6, 600.8, 425.8)),
    "biden.jpg": (0.9308, (443.3, 124.1, 687.8, 583.3)),
}
"""Confidence and box in pixels, as in ref_detections.txt, which has one decimal."""
THRESHOLD = 0.3


def main() -> int:
    """Print the table; return 1 if a box is elsewhere."""
    folder = SHARED / "models" / "face_ssd_yufacedetect"
    graph = lpdnn.load(
        folder / "yufacedetectnet-open-v1.prototxt", folder / "yufacedetectnet-open-v1.caffemodel"
    )
    program = lpdnn.build(graph)
    preprocessing = Preprocessing(channels="bgr", mean=(104, 117, 123))
    print("# The face SSD, in generated C\n")
    print("Made by `python evaluation/faces.py > docs/evaluation/faces.md`.\n")
    print("| photo | confidence | expected | box | expected |\n|---|---|---|---|---|")
    failed = 0
    for name, (confidence, box) in EXPECTED.items():
        photo = read_image(SHARED / "data" / "photos" / name)
        height, width = photo.shape[:2]
        rows = np.asarray(
            program.run(preprocessing(photo, graph.types["data"].shape)[None])["detection_out"]
        ).reshape(-1, 7)
        faces = rows[(rows[:, 0] >= 0) & (rows[:, 2] > THRESHOLD)]
        found = [tuple(float(v) for v in row[3:] * (width, height, width, height)) for row in faces]
        good = (
            len(found) == 1 and np.allclose(found[0], box, atol=0.06) and abs(faces[0, 2] - confidence) < 6e-5
        )
        failed |= not good
        text = [", ".join(f"{v:.1f}" for v in b) for b in (*found, box)]
        print(f"| {name} | {faces[0, 2]:.4f} | {confidence} | {' and '.join(text[:-1])} | {text[-1]} |")
    return failed


if __name__ == "__main__":
    sys.exit(main())
