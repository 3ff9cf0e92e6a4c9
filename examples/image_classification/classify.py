"""Names what is in photos: classify.py deploy.prototxt weights.caffemodel labels.txt photo.jpg ..."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import lpdnn

MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet's red, green and blue


def main(prototxt: str, caffemodel: str, labels: str, *photos: str) -> None:
    """Print the five best answers for each photo."""
    net = lpdnn.load(prototxt, caffemodel)
    program = lpdnn.build(net, target="native")
    names = Path(labels).read_text("utf-8").splitlines()
    height, width = net.types[net.inputs[0]].shape[2:]
    for photo in photos:
        image = Image.open(photo).convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        x = (np.asarray(image, np.float32) - MEAN) / DEVIATION  # [H][W][3]
        y = np.ravel(program(x.transpose(2, 0, 1)[None]))
        print(photo)
        for best in y.argsort()[:-6:-1]:
            print(f"  {y[best]:.3f}  {names[best]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
