"""Check of the fields of a request for a number of tokens."""

from collections.abc import Collection
from typing import Any

from chatmodels.testing._protocols.protocol import MalformedRequestError
from chatmodels.testing._protocols.request_body import read_body


def read_fields(data: bytes, accepted: Collection[str], message: str, /) -> dict[str, Any]:
    """Decode a body that has no other fields than those of an endpoint.

    Args:
        data: The body.
        accepted: The fields of the endpoint.
        message: The vendor's error message, with `{}` for the name of another field.

    Raises:
        MalformedRequestError: It is not a JSON object, or has another field.
    """
    body = read_body(data, dict[str, Any])
    for name in body:
        if name not in accepted:
            raise MalformedRequestError(message.format(name))
    return body
