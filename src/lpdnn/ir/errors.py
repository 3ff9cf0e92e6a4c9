"""The one exception that users see."""


class LpdnnError(Exception):
    """A problem to act on: one clear sentence that names the file, line or layer, and what to do."""
