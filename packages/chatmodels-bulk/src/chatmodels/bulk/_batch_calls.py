"""The calls of a run as rows of batches: encoded and decoded by the model, as calls are."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    OutputInvalidError,
    Prompt,
    UnsupportedError,
    assistant,
    from_json,
    to_json,
)
from chatmodels.core.extending import (
    BatchAnswer,
    BatchBackend,
    BatchingModel,
    CallInfo,
    Flow,
    StandardChatModel,
)


class BatchCalls:
    """Encodes and decodes the rows of batches, so that an answer is the response of a call.

    The policies of the model do not apply: there is no call that they could repeat.

    Args:
        model: The model.
        call: The options of the calls, and their `output_type`.

    Attributes:
        backend: The batch API of the model.

    Raises:
        UnsupportedError: The model has no batch API.
    """

    def __init__(self, model: ChatModel, call: Mapping[str, Any]) -> None:
        if not isinstance(model, StandardChatModel) or not isinstance(model, BatchingModel):
            raise UnsupportedError(
                f"{type(model).__name__} has no batch API; pass a model as 'provider:model', or "
                "via='calls'"
            )
        self.backend: BatchBackend = model.batch_backend()
        self._call = call
        self._output_type = call.get("output_type")
        self._id = ""
        self._encoded: tuple[bytes, bytes] | None = None
        self._answer = BatchAnswer(id="")
        # Encoding is no call that an observer should count; decoding is one.
        self._encoding = model.without_observers(*model.observers).with_policies(self._encode)
        self._decoding = model.with_policies(self._decode)

    async def encode(self, id_: str, prompt: Prompt | ChatRequest, /) -> tuple[bytes, bytes]:
        """Return a call as the row of a batch, and its request as JSON.

        Args:
            id_: The id of the row in the batch.
            prompt: The prompt, to which the options of the run apply.

        Raises:
            ChatModelError: The request is invalid, or the model does not support it.
        """
        return await self._encoded_call(id_, prompt, self._call)

    async def encode_again(self, id_: str, request: bytes, /) -> bytes:
        """Return a stored request as the row of a batch."""
        call = {"output_type": self._output_type}
        return (await self._encoded_call(id_, stored_request(request), call))[0]

    async def decode(
        self, answer: BatchAnswer, request: bytes, /
    ) -> ChatResponse[Any] | ChatModelError:
        """Return the response or the error that a call with a stored request has."""
        self._answer = answer
        try:
            return await self._decoding.agenerate(
                stored_request(request), output_type=self._output_type
            )
        except ChatModelError as error:
            return error

    async def _encoded_call(
        self, id_: str, prompt: Prompt | ChatRequest, call: Mapping[str, Any]
    ) -> tuple[bytes, bytes]:
        self._id, self._encoded = id_, None
        # The response below is no output of the type.
        with suppress(OutputInvalidError):
            await self._encoding.agenerate(prompt, **call)
        assert self._encoded is not None, "the policy was called"
        return self._encoded

    def _encode(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield from ()  # a policy is a generator
        row = self.backend.encode(self._id, request)
        self._encoded = row, to_json(call.full_request)
        return ChatResponse(message=assistant(""))

    def _decode(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield from ()
        return self.backend.decode(self._answer, request)


def stored_request(request: bytes, /) -> ChatRequest:
    """Return a stored request."""
    return from_json(request, ChatRequest)
