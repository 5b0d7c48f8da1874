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
