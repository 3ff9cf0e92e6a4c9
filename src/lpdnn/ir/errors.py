"""The one exception that users see."""


class LpdnnError(Exception):
    """A problem the user can act on: one clear sentence that names the file, line or layer, and what to do."""
