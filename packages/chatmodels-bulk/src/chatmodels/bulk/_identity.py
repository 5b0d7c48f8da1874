"""The identity of a request: a hash of the model, its options and the messages."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from msgspec import json
from msgspec.structs import replace

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    Message,
    assistant,
    to_json,
)
from chatmodels.core.extending import CallInfo, Flow

KEY_BYTES = 16


class RunIdentity:
    """The part of the identity that all rows of a run share: the model and the options.

    Attributes:
        model: The model, as `"provider:model"`.
        digest: The hash of the model, its endpoint and the options, the output schema included.
    """

    def __init__(self, call: CallInfo, request: ChatRequest) -> None:
        self.model = f"{call.provider}:{call.model}"
        facts = json.encode([call.provider, call.model, call.endpoint, call.api])
        # The supported request has the default settings of the model, the full one has not.
        texts = [_request_json(each, ()) for each in (call.full_request, request)]
        self.digest = blake2b(b"\n".join((facts, *texts)), digest_size=KEY_BYTES).digest()
        self._run_hash = blake2b(self.digest, digest_size=KEY_BYTES)

    def key(self, row: str, sample: int, prompt: tuple[Message, ...] | ChatRequest) -> bytes:
        """Return the hash of one request, without its time limit, and of the id of its row.

        Raises:
            ChatModelError: The prompt has no JSON form.
        """
        if isinstance(prompt, ChatRequest):
            text = _request_json(prompt, prompt.messages)
        else:
            text = to_json(prompt)
        hashed = self._run_hash.copy()
        hashed.update(b"\n%b\n%b" % (json.encode([row, sample]), text))
        return hashed.digest()


async def identify(
    model: ChatModel, output_type: Any, options: Mapping[str, Any], /
) -> RunIdentity:
    """Find the identity of a run, without sending a request.

    A policy around the model receives the request of one call, and returns a response itself.

    Raises:
        ChatModelError: The options are invalid, or the model does not support them.
    """
    found: list[RunIdentity] = []

    def probe(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield from ()  # a policy is a generator
        found.append(RunIdentity(call, request))
        return ChatResponse(message=assistant("{}"))

    try:
        probed = model.with_policies(probe)
        await probed.agenerate("?", output_type=output_type, **options)
    except ChatModelError:
        if not found:
            raise  # else the text is no output of the type, which does not matter
    return found[0]


def _request_json(request: ChatRequest, messages: tuple[Message, ...]) -> bytes:
    return to_json(replace(request, messages=messages, timeout=None))
