"""What comes from the user besides the network: photos and labels."""

from lpdnn.data.images import Preprocessing, read_image
from lpdnn.data.labels import read_labels

__all__ = ["Preprocessing", "read_image", "read_labels"]
