"""The JSON of Ollama's API as typed structures: a whole answer is like the chunk of a stream.

What carries the answer is typed, so that a defect is an error. What accompanies it is taken as
parsed JSON and read leniently. Unknown fields are ignored.
"""

import msgspec

from chatmodels.http.wire import Json, Wire

NOTHING = msgspec.Raw()


class WireFunction(Wire, frozen=True, gc=False):
    """What is called; the arguments are an object, and not its text."""

    name: str | None = None
    arguments: msgspec.Raw = NOTHING


class WireCall(Wire, frozen=True, gc=False):
    """A tool call; the servers of 2025 give no ids."""

    id: str | None = None
    function: WireFunction = WireFunction()


class WireMessage(Wire, frozen=True, gc=False):
    """A message, or some more of one."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[WireCall] | None = None


class WireChunk(Wire, frozen=True, gc=False):
    """A whole answer, or some more of one."""

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
    """A token that was likely at some place."""

    token: str
    logprob: float


class WireLogprob(Wire, frozen=True, gc=False):
    """How likely a token was."""

    token: str
    logprob: float
    top_logprobs: list[WireAlternative] | None = None


class WireModel(Wire, frozen=True, gc=False):
    """A model in the listing."""

    name: str
    capabilities: Json = None


class WireModels(Wire, frozen=True, gc=False):
    """The listing."""

    models: list[msgspec.Raw]


class WireProgress(Wire, frozen=True, gc=False):
    """How far a pull is."""

    status: str | None = None
    digest: str | None = None
    completed: int | None = None
    total: int | None = None
    error: Json = None


chunk_decoder = msgspec.json.Decoder(WireChunk)
progress_decoder = msgspec.json.Decoder(WireProgress)
