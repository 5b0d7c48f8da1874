"""A rule by which a vendor refuses requests, and a refusal."""

from collections.abc import Callable
from typing import Any

import msgspec

from chatmodels.testing._strict.retirement import AS_OF


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The error that a vendor reports for a request.

    Attributes:
        message: The message.
        status: The status.
        kind: The vendor's type of the error; empty for that of an invalid request.
        code: The code, if the API has one.
        param: The name of the wrong field, if the API reports it.
    """

    message: str
    status: int = 400
    kind: str = ""
    code: str | None = None
    param: str | None = None


class CheckedRequest(msgspec.Struct, frozen=True):
    """A request as rules check it.

    Attributes:
        body: The body; a field with another JSON type than the API's has been refused before, and
            the names of Google's API, which accepts two forms of them, are in camel case.
        model: The model's name.
        headers: The headers by lower-case name.
        size: The size of the body in bytes.
        stored: The ids of the responses that the simulator has stored.
        path: The path.
        as_of: The ISO date as of which models are retired.
    """

    body: dict[str, Any]
    model: str
    headers: dict[str, str]
    size: int
    stored: frozenset[str] = frozenset()
    path: str = ""
    as_of: str = AS_OF


class StrictRule(msgspec.Struct, frozen=True):
    """A rule by which a vendor refuses requests.

    Attributes:
        name: The name in kebab case.
        description: The requests that are refused.
        source: The page of the vendor, or the recorded exchange, that the rule comes from.
        check: Returns the refusal of a request, or None if the vendor accepts it.
    """

    name: str
    description: str
    source: str
    check: Callable[[CheckedRequest], Refusal | None]
