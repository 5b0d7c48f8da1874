"""A simulated provider: real HTTP on loopback, in a separate thread."""

import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Condition
from typing import Any, Literal

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._batches import BATCH_APIS
from chatmodels.testing._batches.batch import SimulatedBatches
from chatmodels.testing._connection import Connection
from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._fault import Fault
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.protocol import (
    CountingProtocol,
    IdentifyingProtocol,
    KeyRefusingProtocol,
    MalformedRequestError,
    ParsedRequest,
    RetrievalRequest,
    StoredResponse,
    StoringProtocol,
    WireProtocol,
)
from chatmodels.testing._recordings import Recording, recordings
from chatmodels.testing._replay import Replay
from chatmodels.testing._replies import Reply, simulate, to_response, validate_reply
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._strict import STRICT_RULES
from chatmodels.testing._strict.errors import encode
from chatmodels.testing._strict.rule import CheckedRequest

FAULT_PREFIX = "fault-"
"""The prefix of model names that make the simulator apply a fault of the catalogue."""

_MODELS = ("simulated-large", "simulated-small")


class Simulator(LoopbackServer[Connection]):
    """A provider of chat models on loopback, for tests, demonstrations and benchmarks.

    In this order of precedence, the response is that of its path (`respond`), the fault in the
    model name (`fault-rate-limited`), the next queued reply, a recorded exchange, the default
    `reply`, or a generated response: JSON that conforms to a requested schema, calls of the tools
    if there are tools without results, otherwise a text that repeats the prompt. Each word counts
    as one token, also at the endpoints that count tokens, for which no reply is used.
    Requests without an API key, or with one that starts with "bad", are refused.

    Use it in a `with` block, or with `start` and `stop`. It is thread-safe.

    Args:
        reply: The reply if none is queued; see `queue` for the accepted types.
        replay: Recorded exchanges: a file, a folder, or `Recording` values.
        latency: Seconds before the first byte of each response.
        pace: Seconds between the chunks of streamed responses.
        strict: Whether requests that the vendor refuses are refused, by `STRICT_RULES`; "all" for
            those as well that only hold for OpenAI itself, not for servers with the same API.
        port: The port to listen on; 0 for a free one.

    Attributes:
        latency: Can be changed at any time.
        pace: Can be changed at any time.
        strict: Can be changed at any time.
        models: The names in the model listing.
        stream_usage: Whether streams report their usage even if the request does not ask for it, as
            some vendors do. It can be changed at any time.
        recordings: The recorded exchanges that are replayed.
        batches: The batches of the vendors' batch APIs, and their faults.
    """

    _name = "simulator"

    def __init__(
        self,
        *,
        reply: Reply | None = None,
        replay: str | Path | Sequence[Recording] = (),
        latency: float = 0.0,
        pace: float = 0.0,
        strict: bool | Literal["all"] = True,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        exchanges = recordings(replay) if isinstance(replay, str | Path) else replay
        self.latency = latency
        self.pace = pace
        self.strict: bool | Literal["all"] = strict
        self.models: tuple[str, ...] = _MODELS
        self.stream_usage = False
        self._reply = None if reply is None else validate_reply(reply)
        self.recordings = tuple(exchanges)
        self.batches = SimulatedBatches()
        self._lock = Condition()
        self.reset()

    @property
    def base_url(self) -> str:
        """The `base_url` for most providers.

        Azure, Cohere and Ollama use `url`, Mistral uses `url + "/mistral/v1"`.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return f"{self.url}/v1"

    @property
    def refusing_url(self) -> str:
        """A URL at which connections are refused while the simulator runs.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return f"http://127.0.0.1:{self._running.refusing_port}/v1"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges since the start or the last `reset`, oldest first."""
        with self._lock:
            return tuple(self._exchanges)

    @property
    def requests(self) -> list[Any]:
        """The bodies of the requests as parsed JSON, oldest first."""
        return [exchange.request.json for exchange in self.exchanges]

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return 0 if self._service is None else len(self._service.connections)

    @property
    def accepted(self) -> int:
        """The number of connections that were accepted since the start.

        Raises:
            RuntimeError: The simulator has not been started.
        """
        return self._running.accepted

    def queue(self, *replies: Reply) -> None:
        """Set the replies to the next chat requests, one each.

        Args:
            replies: Texts, parts such as `ToolCall`, tuples of these, messages, responses,
                recordings, faults such as `FAULTS["redirect"]`, an `ErrorCode` for an error that
                the provider reports, or a `SimulatedResponse` for full control.

        Raises:
            TypeError: A reply has another type.
            ValueError: A reply is an error code that no provider reports.
        """
        accepted = [validate_reply(reply) for reply in replies]
        with self._lock:
            self._queue.extend(accepted)

    def respond(
        self, path: str, body: object, /, *, status: int = 200, headers: Mapping[str, str] = {}
    ) -> None:
        """Set the response to all requests to a path, also to those without a valid key.

        It is for endpoints with a format of their own, such as a vendor's list of models.

        Args:
            path: The path without the query, as in "/v1/models".
            body: The bytes of the body, or a value that is encoded as JSON.
            status: The status.
            headers: Further headers; the content type is "application/json" by default.

        Raises:
            TypeError: The body cannot be encoded as JSON.
            ValueError: The path does not begin with a slash.
        """
        if not path.startswith("/"):
            raise ValueError(f"a path begins with a slash, unlike {path!r}")
        response = SimulatedResponse(
            status=status,
            headers={"content-type": "application/json", **headers},
            body=(body if isinstance(body, bytes) else msgspec.json.encode(body),),
        )
        with self._lock:
            self._by_path[path] = response

    def reset(self) -> None:
        """Clear exchanges, queue, batches and responses of paths, and restart the recordings."""
        with self._lock:
            self.batches.reset()
            self._by_path: dict[str, SimulatedResponse] = {}
            self._queue: deque[Reply] = deque()
            self._exchanges: list[Exchange] = []
            self._replay = Replay(self.recordings)
            self._numbers = itertools.count(1)
            self._responses: dict[str, StoredResponse] = {}

    def _connect(self, connections: set[Connection]) -> Connection:
        return Connection(self._handle, connections)

    def wait(self, count: int = 1, timeout: float = 60.0) -> Exchange:
        """Wait until `count` requests have been received, and return the last exchange.

        Args:
            count: The number of requests.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Fewer requests were received in time.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._exchanges) >= count, timeout):
                received = len(self._exchanges)
                raise TimeoutError(f"received {received} of {count} requests within {timeout:g} s")
            return self._exchanges[count - 1]

    def _handle(self, exchange: Exchange) -> SimulatedResponse:
        """Return the response to a request; errors of the simulator are reported to the client."""
        with self._lock:
            self._exchanges.append(exchange)
            self._lock.notify_all()
            number = next(self._numbers)
        try:
            protocol, response = self._choose(exchange, number)
        except Exception as error:
            protocol = PROTOCOLS[-1]
            message = f"the simulator failed: {error!r}"
            response = protocol.error(ErrorCode.PROVIDER_UNAVAILABLE, 500, message)
        headers = {protocol.request_id_header: f"req_{number}", **response.headers}
        exchange.request_id = headers[protocol.request_id_header]
        if isinstance(protocol, IdentifyingProtocol):
            response = protocol.identify(response, exchange.request_id)
        return msgspec.structs.replace(
            response,
            headers=headers,
            latency=response.latency or self.latency,
            pace=response.pace or (self.pace if response.streamed else 0.0),
        )

    def _choose(self, exchange: Exchange, number: int) -> tuple[WireProtocol, SimulatedResponse]:
        request = exchange.request
        if (response := self._by_path.get(request.path)) is not None:
            return PROTOCOLS[-1], response
        if (batched := self._batch(exchange)) is not None:
            return batched
        for protocol in PROTOCOLS:
            if protocol.generates(request):
                return protocol, self._generate(exchange, protocol, number)
            if isinstance(protocol, CountingProtocol) and protocol.counts(request):
                return protocol, _refusal(exchange, protocol) or self._count(request, protocol)
            if isinstance(protocol, StoringProtocol) and (retrieval := protocol.retrieve(request)):
                return protocol, _refusal(exchange, protocol) or self._stored(retrieval, protocol)
            if (other := protocol.other(request, self.models)) is not None:
                return protocol, _refusal(exchange, protocol) or other
        message = f"Unknown request URL: {request.method} {request.path}"
        return PROTOCOLS[-1], PROTOCOLS[-1].error(ErrorCode.INVALID_REQUEST, 404, message)

    def _batch(self, exchange: Exchange) -> tuple[WireProtocol, SimulatedResponse] | None:
        for api in BATCH_APIS:
            path = api.paths.fullmatch(exchange.request.path)
            if path is None:
                continue
            protocol = next(each for each in PROTOCOLS if each.name == api.name)
            response = _refusal(exchange, protocol) or api.respond(
                exchange.request,
                path,
                self.batches,
                lambda request: self._choose(Exchange(request), next(self._numbers))[1],
            )
            if isinstance(response, str):
                response = protocol.error(ErrorCode.INVALID_REQUEST, 400, response)
            return protocol, response
        return None

    def _generate(
        self, exchange: Exchange, protocol: WireProtocol, number: int
    ) -> SimulatedResponse:
        refusal = _refusal(exchange, protocol)
        if refusal is not None:
            return refusal
        try:
            parsed = protocol.read(exchange.request)
        except MalformedRequestError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        if self.stream_usage:
            parsed = msgspec.structs.replace(parsed, stream_usage=True)
        if self.strict and (strictly := self._check(exchange.request, parsed, protocol)):
            return strictly
        reply: Reply | None
        if parsed.model.startswith(FAULT_PREFIX):
            reply = FAULTS.get(parsed.model.removeprefix(FAULT_PREFIX))
            if reply is None:
                return _unknown_model(parsed, protocol)
        else:
            reply = self._next_reply(exchange, parsed, protocol)
        identity = f"simulated-{number}"
        if isinstance(reply, Fault):
            whole: ChatResponse[Any] = simulate(parsed, identity)
            return reply.apply(protocol.write(whole, parsed), parsed, protocol)
        if isinstance(reply, SimulatedResponse):
            return reply
        if isinstance(reply, Recording):
            return reply.simulated_response()
        try:
            response = (
                simulate(parsed, identity)
                if reply is None
                else to_response(reply, parsed, identity)
            )
        except ValueError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        if parsed.stored and response.id is not None:
            with self._lock:
                stored = StoredResponse(response, parsed, exchange.request)
                self._responses[response.id] = stored
        return protocol.write(response, parsed)

    def _check(
        self, request: ReceivedRequest, parsed: ParsedRequest, protocol: WireProtocol
    ) -> SimulatedResponse | None:
        """Return the vendor's error for a request that it refuses, otherwise None."""
        with self._lock:
            stored = frozenset(self._responses) if parsed.previous is not None else frozenset[str]()
        checked = CheckedRequest(
            request.json, parsed.model, request.headers, len(request.body), stored
        )
        for rule in STRICT_RULES.get(protocol.name, ()):
            if not rule.default and self.strict != "all":
                continue
            if (refusal := rule.check(checked)) is not None:
                return encode(refusal, protocol.name)
        return None

    def _count(self, request: ReceivedRequest, protocol: CountingProtocol) -> SimulatedResponse:
        try:
            parsed = protocol.read_count(request)
        except MalformedRequestError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        counted = protocol.write_count(request, parsed.words)
        if not parsed.model.startswith(FAULT_PREFIX):
            return counted
        fault = FAULTS.get(parsed.model.removeprefix(FAULT_PREFIX))
        if fault is None:
            return _unknown_model(parsed, protocol)
        return fault.apply(counted, parsed, protocol)

    def _stored(self, retrieval: RetrievalRequest, protocol: StoringProtocol) -> SimulatedResponse:
        with self._lock:
            stored = self._responses.get(retrieval.id)
            if retrieval.operation == "delete":
                self._responses.pop(retrieval.id, None)
        if stored is None:
            message = f"Response with id '{retrieval.id}' not found."
            return protocol.error(ErrorCode.INVALID_REQUEST, 404, message)
        return protocol.write_stored(retrieval, stored)

    def _next_reply(
        self, exchange: Exchange, parsed: ParsedRequest, protocol: WireProtocol
    ) -> Reply | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            if len(self._replay):
                body = exchange.request.json
                return self._replay.choose(body, protocol.name, parsed.streamed) or self._reply
        return self._reply


def _unknown_model(parsed: ParsedRequest, protocol: WireProtocol) -> SimulatedResponse:
    message = f"The model '{parsed.model}' does not exist"
    return protocol.error(ErrorCode.MODEL_NOT_FOUND, 404, message)


def _refusal(exchange: Exchange, protocol: WireProtocol) -> SimulatedResponse | None:
    key = protocol.key(exchange.request)
    if key and not key.startswith("bad"):
        return None
    if isinstance(protocol, KeyRefusingProtocol):
        return protocol.refuse_key(exchange.request)
    message = "Incorrect API key provided" if key else "You didn't provide an API key"
    return protocol.error(ErrorCode.AUTHENTICATION, 401, message)
