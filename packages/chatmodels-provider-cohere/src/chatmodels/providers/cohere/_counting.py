"""The tokenizer endpoint ("Tokenize", API reference).

It splits a text of at most 65,536 characters, and neither a conversation nor an image. The texts,
the tools and the output schema are sent; the template around them and the images are estimated.
"""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest, ImagePart
from chatmodels.core.extending import estimated_tokens
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json, is_list, is_object

_MAX_CHARACTERS = 65_536
_NO_TEXTS = frozenset({"id", "image_url", "role", "tool_call_id", "type"})
"""Fields of messages and documents without text for the model."""


def _plan(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    body: dict[str, Json] = msgspec.json.decode(call.body)
    text = "\n".join(_texts(body))
    chunks = [
        text[start : start + _MAX_CHARACTERS] for start in range(0, len(text), _MAX_CHARACTERS)
    ]
    requests = [
        HttpRequest(path="/v1/tokenize", body=msgspec.json.encode({"model": model, "text": chunk}))
        for chunk in chunks
    ]
    return CountPlan(
        requests=requests,
        estimated=estimated_tokens(_without_texts(request)),
        note="the template of the conversation and images are estimated",
    )


def _texts(body: Mapping[str, Json]) -> Iterator[str]:
    for name in ("messages", "documents"):
        yield from _leaves(body.get(name, []))
    for value in (*body.get("tools", ()), body.get("response_format", {}).get("schema")):
        if value is not None:
            yield msgspec.json.encode(value).decode()


def _leaves(value: Json) -> Iterator[str]:
    """Yield the texts and the other values in parsed JSON."""
    if is_list(value):
        for item in value:
            yield from _leaves(item)
    elif is_object(value):
        for name, item in value.items():
            if name not in _NO_TEXTS:
                yield from _leaves(item)
    else:
        yield value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _without_texts(request: ChatRequest) -> ChatRequest:
    """Return a request with the messages and images of another one, but without texts."""
    messages = [
        replace(message, parts=tuple(part for part in message.parts if type(part) is ImagePart))
        for message in request.messages
    ]
    return ChatRequest(messages=tuple(messages))


COUNTING = Counting(plan=_plan, field="tokens", texts_only=True)
"""Counts with `POST /v1/tokenize`."""
