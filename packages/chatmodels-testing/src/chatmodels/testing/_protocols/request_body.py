"""Decoder of JSON request bodies."""

from typing import TypeVar

import msgspec

from chatmodels.testing._protocols.protocol import MalformedRequestError

T = TypeVar("T")


def read_body(data: bytes | str, schema: type[T], /) -> T:
    """Decode the JSON body of a request.

    Raises:
        MalformedRequestError: It is not JSON, or it does not match the schema of the API.
    """
    try:
        return msgspec.json.decode(data, type=schema)
    except msgspec.ValidationError as error:
        raise MalformedRequestError(f"the body does not match the API's schema: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedRequestError(f"the body is not valid JSON: {error}") from error
