"""A simulated provider: real HTTP on loopback, in a thread of its own."""

import itertools
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Condition
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._connection import Connection
from chatmodels.testing._exchange import Exchange
from chatmodels.testing._fault import Fault
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.protocol import (
    Ask,
    KeepingProtocol,
    MalformedRequestError,
    Recall,
    WireProtocol,
)
from chatmodels.testing._recordings import Recording, recordings
from chatmodels.testing._replay import Replay
from chatmodels.testing._replies import Reply, checked, simulated, written
from chatmodels.testing._response import Answer

FAULT_PREFIX = "fault-"
"""How the names of models begin that make the simulator commit a fault of the catalogue."""

_MODELS = ("simulated-large", "simulated-small")


class Simulator(LoopbackServer[Connection]):
    """A provider of chat models on loopback, for tests, demonstrations and benchmarks.

    It answers, in this order of precedence, with the fault that the model's name asks for
    (`fault-rate-limited`), the next reply that was queued, a recorded exchange, its standing
    `reply`, or an answer of its own: JSON that fits the schema if one is asked for, calls of the
    tools if there are tools and no results yet, else a text that repeats the question. Tokens are
    counted as words. Requests without an API key, or with one that begins with "bad", are refused.

    It is used in a `with` block, or by `start` and `stop`, and is safe to use from all threads.

    Args:
        reply: What is answered when nothing is queued; see `queue` for what it may be.
        replay: Recorded exchanges: a file or a folder of them, or the exchanges themselves.
        latency: Seconds before the first byte of each answer.
        pace: Seconds between the pieces of streamed answers.
        port: The port to listen on; 0 for a free one.

    Attributes:
        latency: May be changed at any time.
        pace: May be changed at any time.
        models: The names in the listing of models.
        recordings: The recorded exchanges that are replayed.
    """

    _name = "simulator"

    def __init__(
        self,
        *,
        reply: Reply | None = None,
        replay: str | Path | Sequence[Recording] = (),
        latency: float = 0.0,
        pace: float = 0.0,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        exchanges = recordings(replay) if isinstance(replay, str | Path) else replay
        self.latency = latency
        self.pace = pace
        self.models: tuple[str, ...] = _MODELS
        self._reply = None if reply is None else checked(reply)
        self.recordings = tuple(exchanges)
        self._lock = Condition()
        self.reset()

    @property
    def base_url(self) -> str:
        """The address to use as `base_url` of most providers.

        Azure's, Cohere's and Ollama's take `url`, Mistral's `url + "/mistral/v1"`.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return f"{self.url}/v1"

    @property
    def refusing_url(self) -> str:
        """An address at which connections are refused, for as long as the simulator runs.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return f"http://127.0.0.1:{self._running.refusing_port}/v1"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What came in since the start or the last `reset`, oldest first."""
        with self._lock:
            return tuple(self._exchanges)

    @property
    def requests(self) -> list[Any]:
        """The bodies of the requests as parsed JSON, oldest first."""
        return [exchange.request.json for exchange in self.exchanges]

    @property
    def connections(self) -> int:
        """How many clients are connected at this moment."""
        return 0 if self._service is None else len(self._service.connections)

    @property
    def accepted(self) -> int:
        """How many connections were made since the start.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return self._running.accepted

    def queue(self, *replies: Reply) -> None:
        """Say how the next requests for answers are to be answered, one each.

        Args:
            replies: Texts, parts such as `ToolCall`, tuples of these, messages, responses,
                recordings, faults such as `FAULTS["redirect"]`, an `ErrorCode` for the provider's
                report of it, or an `Answer` for full control.

        Raises:
            TypeError: One is none of these.
            ValueError: One is the code of an error that no provider reports.
        """
        accepted = [checked(reply) for reply in replies]
        with self._lock:
            self._queue.extend(accepted)

    def reset(self) -> None:
        """Forget what came in and what was queued, and begin recordings anew."""
        with self._lock:
            self._queue: deque[Reply] = deque()
            self._exchanges: list[Exchange] = []
            self._replay = Replay(self.recordings)
            self._numbers = itertools.count(1)
            self._kept: dict[str, tuple[ChatResponse[Any], Ask]] = {}

    def _connect(self, connections: set[Connection]) -> Connection:
        return Connection(self._handle, connections)

    def wait(self, count: int = 1, timeout: float = 60.0) -> Exchange:
        """Wait until so many requests have come in, and give the last of them.

        Args:
            count: How many.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Too few came.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._exchanges) >= count, timeout):
                came = len(self._exchanges)
                raise TimeoutError(f"{came} of {count} requests came within {timeout:g} s")
            return self._exchanges[count - 1]

    def _handle(self, exchange: Exchange) -> Answer:
        """Answer a request; whatever goes wrong is told to the client."""
        with self._lock:
            self._exchanges.append(exchange)
            self._lock.notify_all()
            number = next(self._numbers)
        try:
            protocol, answer = self._choose(exchange, number)
        except Exception as error:
            protocol = PROTOCOLS[-1]
            message = f"the simulator cannot answer: {error!r}"
            answer = protocol.error(ErrorCode.PROVIDER_UNAVAILABLE, 500, message)
        headers = {protocol.request_id_header: f"req_{number}", **answer.headers}
        exchange.request_id = headers[protocol.request_id_header]
        return msgspec.structs.replace(
            answer,
            headers=headers,
            latency=answer.latency or self.latency,
            pace=answer.pace or (self.pace if answer.streamed else 0.0),
        )

    def _choose(self, exchange: Exchange, number: int) -> tuple[WireProtocol, Answer]:
        request = exchange.request
        for protocol in PROTOCOLS:
            if protocol.generates(request):
                return protocol, self._generate(exchange, protocol, number)
            if isinstance(protocol, KeepingProtocol) and (wanted := protocol.recall(request)):
                return protocol, _refusal(exchange, protocol) or self._recalled(wanted, protocol)
            if (known := protocol.other(request, self.models)) is not None:
                return protocol, _refusal(exchange, protocol) or known
        message = f"Unknown request URL: {request.method} {request.path}"
        return PROTOCOLS[-1], PROTOCOLS[-1].error(ErrorCode.INVALID_REQUEST, 404, message)

    def _generate(self, exchange: Exchange, protocol: WireProtocol, number: int) -> Answer:
        refusal = _refusal(exchange, protocol)
        if refusal is not None:
            return refusal
        try:
            ask = protocol.read(exchange.request)
        except MalformedRequestError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        if ask.model.startswith(FAULT_PREFIX):
            reply: Reply | None = FAULTS.get(ask.model.removeprefix(FAULT_PREFIX))
            if reply is None:
                message = f"The model '{ask.model}' does not exist"
                return protocol.error(ErrorCode.MODEL_NOT_FOUND, 404, message)
        else:
            reply = self._next_reply(exchange, ask, protocol)
        identity = f"simulated-{number}"
        if isinstance(reply, Fault):
            whole: ChatResponse[Any] = simulated(ask, identity)
            return reply.commit(protocol.write(whole, ask), ask, protocol)
        if isinstance(reply, Answer):
            return reply
        if isinstance(reply, Recording):
            return reply.answer()
        try:
            response = simulated(ask, identity) if reply is None else written(reply, ask, identity)
        except ValueError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        if ask.kept and response.id is not None:
            with self._lock:
                self._kept[response.id] = response, ask
        return protocol.write(response, ask)

    def _recalled(self, wanted: Recall, protocol: WireProtocol) -> Answer:
        with self._lock:
            kept = self._kept.get(wanted.id)
        if kept is None:
            message = f"Response with id '{wanted.id}' not found."
            return protocol.error(ErrorCode.INVALID_REQUEST, 404, message)
        response, ask = kept
        ask = msgspec.structs.replace(ask, background=False, streamed=wanted.streamed)
        return protocol.write(response, ask)

    def _next_reply(self, exchange: Exchange, ask: Ask, protocol: WireProtocol) -> Reply | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            if len(self._replay):
                body = exchange.request.json
                return self._replay.choose(body, protocol.name, ask.streamed) or self._reply
        return self._reply


def _refusal(exchange: Exchange, protocol: WireProtocol) -> Answer | None:
    key = protocol.key(exchange.request)
    if key and not key.startswith("bad"):
        return None
    message = "Incorrect API key provided" if key else "You didn't provide an API key"
    return protocol.error(ErrorCode.AUTHENTICATION, 401, message)
