"""What comes from the user besides the network: photos, arrays and labels."""

from lpdnn.data.arrays import read_array
from lpdnn.data.images import SUFFIXES, Channels, Preprocessing, read_image
from lpdnn.data.labels import read_labels

__all__ = ["SUFFIXES", "Channels", "Preprocessing", "read_array", "read_image", "read_labels"]
