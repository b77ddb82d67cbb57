"""What goes wrong with dumps."""


class DumpError(Exception):
    """A dump cannot be read, or is none; the message names the file or the call, the place, and what to do."""
