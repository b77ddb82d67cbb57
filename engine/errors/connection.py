"""A connection that breaks, as a scripted fault has it: no answer of AWS's, but what a caller sees of none."""


class ConnectionDropped(Exception):
    """The connection was closed without an answer, because a scripted fault says so.

    Whoever speaks to the caller carries it out: the HTTP server closes the socket, a client in Python raises this.

    Args:
        operation: the operation that was called.
        after_change: whether the call had been carried out, and only its answer was lost.
    """

    def __init__(self, operation: str, after_change: bool) -> None:
        self.operation = operation
        self.after_change = after_change
        when = "after the call was carried out" if after_change else "before anything happened"
        super().__init__(f"the connection of {operation} was closed {when}, as a scripted fault says")
