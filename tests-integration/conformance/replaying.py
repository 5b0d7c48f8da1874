"""Engines that return one recorded response, or capture one request."""

import json
from dataclasses import dataclass
from typing import Protocol

from chatmodels.core import ChatModel, ChatModelError, ChatRequest
from chatmodels.http import AsyncEngine, Deadlines, Engine, RequestHead, TransferError
from chatmodels.testing import Recording
from conformance.exchanges import Json, pieces


class ModelFactory(Protocol):
    """Makes a model that calls through one of these engines and does not retry."""

    def __call__(
        self, *, http_client: Engine | None = None, async_http_client: AsyncEngine | None = None
    ) -> ChatModel: ...


@dataclass(frozen=True, slots=True)
class Response:
    """A response to replay, in pieces of so many bytes."""

    status: int
    headers: dict[str, str]
    content: bytes
    size: int


def response_of(exchange: Recording, size: int) -> Response:
    """Return the recorded response, without a content type if the recorded one is empty."""
    recorded = exchange.response
    headers = {name.lower(): value for name, value in recorded.headers.items()}
    if not headers.setdefault("content-type", recorded.content_type):
        del headers["content-type"]
    return Response(recorded.status, headers, recorded.content, size)


class Replaying(Engine):
    """Answers every request with the same response."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> "_Answer":
        return _Answer(self._response)


class AsyncReplaying(AsyncEngine):
    """The twin of `Replaying`."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> "_AsyncAnswer":
        return _AsyncAnswer(self._response)


class _Replayed:
    exact = True

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.headers = response.headers
        self._pieces = iter(pieces(response.content, response.size))


class _Answer(_Replayed):
    def read(self) -> bytes | None:
        return next(self._pieces, None)

    def close(self) -> None:
        """Nothing is open."""


class _AsyncAnswer(_Replayed):
    async def read(self) -> bytes | None:
        return next(self._pieces, None)

    async def aclose(self) -> None:
        """Nothing is open."""


class Capturing(Engine):
    """Keeps the request and sends nothing.

    Attributes:
        url: The address of the request.
        body: Its body, parsed.
    """

    def __init__(self) -> None:
        self.url = ""
        self.body: Json = None

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> "_Answer":
        self.url, self.body = head.url, json.loads(body)
        raise TransferError("unusable", "captured")

    def capture(self, model: ChatModel, request: ChatRequest, *, stream: bool) -> None:
        """Make a call with a model that calls through this engine.

        Raises:
            ChatModelError: The model refuses the request.
        """
        try:
            if stream:
                model.stream(request).collect()
            else:
                model.generate(request)
        except ChatModelError:
            if not self.url:
                raise
