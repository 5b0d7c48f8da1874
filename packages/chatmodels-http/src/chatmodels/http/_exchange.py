"""HTTP requests before their credentials are added, and failed responses."""

from collections.abc import Mapping

import msgspec

Headers = tuple[tuple[str, str], ...]


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request without its credentials.

    Attributes:
        method: As in "POST".
        path: The path after the model's base URL, beginning with "/"; or a full URL, for an API
            that has a second host.
        body: The encoded body; empty for none.
        headers: Headers of this request only; content type and accept are set for every request.
        idempotent: Whether it can be sent again if the server closed the connection before a
            response; not a request that creates something with a price.
    """

    method: str = "POST"
    path: str
    body: bytes = b""
    headers: Headers = ()
    idempotent: bool = True

    def __post_init__(self) -> None:
        """Check the values that a codec passes.

        Raises:
            TypeError: The body is not bytes.
            ValueError: The path is neither a path nor a URL.
        """
        if not isinstance(self.body, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise TypeError(
                f"the body of an HttpRequest is bytes, not {type(self.body).__name__}; encode it"
            )
        if not self.path.startswith(("/", "http://", "https://")):
            raise ValueError(
                f'the path of an HttpRequest begins with "/" or is a full URL, not {self.path!r}'
            )


class HttpFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failed response, read to its end or to the limit for error bodies.

    Attributes:
        status: The HTTP status; 200 for an error in the body of a success.
        headers: Lower-case name to value.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
