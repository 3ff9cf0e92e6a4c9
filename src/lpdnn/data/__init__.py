"""What comes from the user besides the network: photos, arrays, labels, labelled data, and what is good."""

from lpdnn.data.arrays import read_array
from lpdnn.data.datasets import Dataset, Example, read_dataset
from lpdnn.data.images import SUFFIXES, Channels, Preprocessing, read_image
from lpdnn.data.labels import read_labels
from lpdnn.data.metrics import METRICS, Metric, metric

__all__ = [
    "METRICS",
    "SUFFIXES",
    "Channels",
    "Dataset",
    "Example",
    "Metric",
    "Preprocessing",
    "metric",
    "read_array",
    "read_dataset",
    "read_image",
    "read_labels",
]
