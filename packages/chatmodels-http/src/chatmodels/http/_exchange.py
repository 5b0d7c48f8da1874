"""A request before its credentials are added, and a response that is not a success."""

from collections.abc import Mapping

import msgspec

Headers = tuple[tuple[str, str], ...]


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request without its credentials.

    Attributes:
        method: As in "POST".
        path: Appended to the model's base URL, beginning with "/"; or a whole address, for an API
            that has a second host.
        body: The encoded body; empty for none.
        headers: Headers of this request alone; content type and accept are set for all.
    """

    method: str = "POST"
    path: str
    body: bytes = b""
    headers: Headers = ()

    def __post_init__(self) -> None:
        """Check what a codec of somebody else may get wrong.

        Raises:
            TypeError: The body is not bytes.
            ValueError: The path is neither a path nor an address.
        """
        if not isinstance(self.body, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise TypeError(
                f"the body of an HttpRequest is bytes, not {type(self.body).__name__}; encode it"
            )
        if not self.path.startswith(("/", "http://", "https://")):
            raise ValueError(
                f'the path of an HttpRequest begins with "/" or is a whole address, not '
                f"{self.path!r}"
            )


class HttpFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A response that is not a success, read to its end (or to the limit of error bodies).

    Attributes:
        status: The HTTP status; 200 for an error inside a success.
        headers: Lower-case name to value.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
