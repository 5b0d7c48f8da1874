"""Finds the fields of a request that contain its settings."""

from collections.abc import Callable
from functools import reduce

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.core.extending import Profile
from chatmodels.http._exchange import HttpRequest
from chatmodels.http.wire._json import Json, is_object

_ABSENT = object()


def mapped_settings(
    request: ChatRequest,
    wire: HttpRequest,
    body: Json,
    profile: Profile,
    encode: Callable[[ChatRequest], HttpRequest],
    /,
) -> dict[str, str]:
    """Map the name of each setting that is sent to its field of the body, or to its header.

    A value can have another field than the one in the profile, as `reasoning_effort="none"` can.
    That field is found by a comparison with the request without the setting. Both are encoded
    without messages, which can be large.

    Args:
        request: The request.
        wire: The request, encoded.
        body: The body of the encoded request, decoded; None if it has none.
        profile: The abilities of the model.
        encode: Encodes a request.
    """
    mapped: dict[str, str] = {}
    for name, field in (profile.settings or {}).items():
        if getattr(request.settings, name) is None:
            continue
        if _is_sent(field, wire, body):
            mapped[name] = field
        else:
            bare = replace(request, messages=())
            without = replace(bare, settings=replace(bare.settings, **{name: None}))
            fields = _changed(_body(encode(without)), _body(encode(bare)))
            if fields:
                mapped[name] = ", ".join(fields)
    return mapped


def _is_sent(field: str, wire: HttpRequest, body: Json) -> bool:
    if any(field == name for name, _ in wire.headers):
        return True
    return reduce(_inner, field.split("."), body) is not _ABSENT


def _inner(value: Json, name: str) -> Json:
    return value.get(name, _ABSENT) if is_object(value) else _ABSENT


def _body(wire: HttpRequest) -> Json:
    return msgspec.json.decode(wire.body) if wire.body else {}


def _changed(before: Json, after: Json) -> list[str]:
    return [name for name, value in after.items() if before.get(name) != value]
