"""Finds out whether an injected client sent a request on a kept connection.

httpx passes the trace events of httpcore on ("Trace" in httpcore's documentation), such as
"connection.connect_tcp.started", "http11.send_request_headers.started" and
"http11.receive_response_headers.complete". Transports that are not httpcore's report none.
"""


class Reuse:
    """The course of one request.

    Attributes:
        stale: Whether the request was sent on a kept connection and no head has arrived. A
            connection that breaks then had been closed by the server. Only HTTP/1.1 counts: the
            other requests on a connection of HTTP/2 would break as well.
    """

    __slots__ = ("_connected", "stale")

    def __init__(self) -> None:
        self._connected = False
        self.stale = False

    def note(self, event: str) -> None:
        """Receive the name of an event."""
        if ".connect_" in event:
            self._connected = True
        elif event == "http11.send_request_headers.started":
            self.stale = not self._connected
        elif event == "http11.receive_response_headers.complete":
            self.stale = False

    def trace(self, event: str, info: object) -> None:
        """Receive an event of a sync client."""
        self.note(event)
