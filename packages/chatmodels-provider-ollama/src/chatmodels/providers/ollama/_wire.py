"""Typed structures for the JSON of Ollama's API: a whole response equals a stream chunk.

Fields with content are typed, so that a defect raises an error. Other fields are parsed JSON and
are read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()


class WireFunction(Wire, frozen=True, gc=False):
    """The function of a call; the arguments are an object, not JSON text."""

    name: str | None = None
    arguments: msgspec.Raw = NOTHING


class WireCall(Wire, frozen=True, gc=False):
    """A tool call; servers of 2025 do not send ids."""

    id: str | None = None
    function: WireFunction = WireFunction()


class WireMessage(Wire, frozen=True, gc=False):
    """A message, or a delta of one."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[WireCall] | None = None


class WireChunk(Wire, frozen=True, gc=False):
    """A whole response, or a chunk of one."""

    message: WireMessage | None = None
    model: str | None = None
    created_at: Json = None
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: Json = None
    eval_count: Json = None
    logprobs: Json = None
    error: Json = None


class WireAlternative(Wire, frozen=True, gc=False):
    """A likely token at one position."""

    token: str
    logprob: float


class WireLogprob(Wire, frozen=True, gc=False):
    """The log probability of a token."""

    token: str
    logprob: float
    top_logprobs: list[WireAlternative] | None = None


class WireModel(Wire, frozen=True, gc=False):
    """A model of the listing."""

    name: str
    capabilities: Json = None


class WireModels(Wire, frozen=True, gc=False):
    """The model listing."""

    models: list[msgspec.Raw]


class WireProgress(Wire, frozen=True, gc=False):
    """The progress of a pull."""

    status: str | None = None
    digest: str | None = None
    completed: int | None = None
    total: int | None = None
    error: Json = None


chunk_decoder = msgspec.json.Decoder(WireChunk)
progress_decoder = msgspec.json.Decoder(WireProgress)
