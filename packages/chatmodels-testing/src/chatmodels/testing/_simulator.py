"""A simulated provider: real HTTP on loopback, in a separate thread."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._batches import BATCH_APIS
from chatmodels.testing._batches.batch import SimulatedBatches
from chatmodels.testing._connection import Connection, Sleep
from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._fault import Fault
from chatmodels.testing._fault_plan import FaultPlan, FaultRule, fault_of
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._latency import LatencyModel
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.protocol import (
    CountingProtocol,
    DescribingProtocol,
    MalformedRequestError,
    ParsedRequest,
    RetrievalRequest,
    StoredResponse,
    StoringProtocol,
    WireProtocol,
)
from chatmodels.testing._protocols.roles import Roles, roles
from chatmodels.testing._rate_limit_headers import limit_error, limit_headers
from chatmodels.testing._rate_limits import RateLimits
from chatmodels.testing._recordings import Recording, recordings
from chatmodels.testing._replies import Reply, simulate, to_response, validate_reply
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._state import SimulatorState
from chatmodels.testing._strict import STRICT_RULES, UNKNOWN_MODELS
from chatmodels.testing._strict.errors import encode
from chatmodels.testing._strict.rule import CheckedRequest

FAULT_PREFIX = "fault-"
"""The prefix of model names that make the simulator apply a fault of the catalogue."""

_MODELS = ("simulated-large", "simulated-small")


class Simulator(LoopbackServer[Connection]):
    """A provider of chat models on loopback, for tests, demonstrations and benchmarks.

    In this order of precedence, the response is that of its path (`respond`), a refusal of the
    request, the fault in the model name (`fault-rate-limited`) or of `faults`, the next queued
    reply, a recorded exchange, the default `reply`, or a generated response: JSON that conforms to
    a requested schema, calls of the tools if there are tools without results, otherwise a text that
    repeats the prompt. Each word counts as one token, also at the endpoints that count tokens, for
    which no reply is used. Requests without an API key, or with one that starts with "bad", are
    refused.

    Use it in a `with` block, or with `start` and `stop`. It is thread-safe.

    Args:
        reply: The reply if none is queued; see `queue` for the accepted types.
        replay: Recorded exchanges: a file, a folder, or `Recording` values.
        faults: The faults of requests: a `FaultPlan`, or a function that returns the fault of a
            request, or None. A queued reply is kept for the next request without a fault.
        latency: Seconds before the first byte of each response, or a `LatencyModel`.
        pace: Seconds between the chunks of streamed responses.
        limits: The rate limits of each API key and model.
        models: The names of the models; any other one does not exist, except those of faults. By
            default there are two, and requests can use any name.
        strict: Whether requests that the vendor refuses are refused, by `STRICT_RULES`.
        history: The most exchanges and stored responses that are kept; None for all.
        sleep: Waits for delays, as `asyncio.sleep` does.
        clock: Returns the time in Unix seconds, for the rate limits.
        port: The port to listen on; 0 for a free one.
        protocols: Wire formats that the simulator does not know, see `chatmodels.testing.wire`.
            They take precedence over its own.

    Raises:
        TypeError: The reply has another type than those that can be queued.
        ValueError: The reply cannot be queued, or `models` is empty.

    Attributes:
        latency: Can be changed at any time.
        pace: Can be changed at any time.
        strict: Can be changed at any time.
        faults: Can be changed at any time.
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
        faults: FaultPlan | FaultRule | None = None,
        latency: float | LatencyModel = 0.0,
        pace: float = 0.0,
        limits: RateLimits | None = None,
        models: Sequence[str] | None = None,
        strict: bool = True,
        history: int | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.time,
        port: int = 0,
        protocols: Sequence[WireProtocol] = (),
    ) -> None:
        super().__init__(port)
        if models is not None and not models:
            raise ValueError("a simulator needs at least one model")
        exchanges = recordings(replay) if isinstance(replay, str | Path) else replay
        self.faults = faults
        self.latency = latency
        self.pace = pace
        self.strict = strict
        self.models: tuple[str, ...] = _MODELS if models is None else tuple(models)
        self.stream_usage = False
        self._accepts_all_models = models is None
        self._reply = None if reply is None else validate_reply(reply)
        self.recordings = tuple(exchanges)
        self._protocols = tuple(map(roles, (*protocols, *PROTOCOLS)))
        self.batches = SimulatedBatches()
        self._sleep = sleep
        self._clock = clock
        self._state = SimulatorState(self.recordings, limits, clock, history)

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
        """The kept exchanges since the start or the last `reset`, oldest first."""
        return self._state.exchanges

    @property
    def requests(self) -> list[Any]:
        """The bodies of the requests as parsed JSON, oldest first."""
        return [exchange.request.json for exchange in self.exchanges]

    def protocol_of(self, request: ReceivedRequest, /) -> WireProtocol | None:
        """Return the wire format of a chat request; None for other requests."""
        every = (served.protocol for served in self._protocols)
        return next((each for each in every if each.generates(request)), None)

    @property
    def sent_requests(self) -> list[SentRequest]:
        """The chat requests in neutral terms, oldest first.

        Raises:
            TypeError: A wire format does not describe its requests.
        """
        described: list[SentRequest] = []
        for exchange in self.exchanges:
            protocol = self.protocol_of(exchange.request)
            if isinstance(protocol, DescribingProtocol):
                described.append(protocol.describe(exchange.request))
            elif protocol is not None:
                raise TypeError(
                    f"the wire format {protocol.name} does not describe requests; implement "
                    "`features` and `describe` of DescribingProtocol"
                )
        return described

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
        self._state.queue([validate_reply(reply) for reply in replies])

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
        self._state.set_path(path, response)

    def reset(self) -> None:
        """Forget all requests, queued replies, batches and responses of paths.

        The recordings, the fault plan and the rate limits begin anew.
        """
        self._state.reset()
        self.batches.reset()

    def _connect(self, connections: set[Connection]) -> Connection:
        return Connection(self._handle, connections, self._sleep)

    def wait(self, count: int = 1, timeout: float = 60.0) -> Exchange:
        """Wait until `count` requests have been received, and return the last exchange.

        Args:
            count: The number of requests.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Fewer requests were received in time.
        """
        return self._state.wait(count, timeout)

    def _handle(self, exchange: Exchange) -> SimulatedResponse:
        """Return the response to a request; errors of the simulator are reported to the client."""
        number = self._state.record(exchange)
        try:
            served, response = self._choose(exchange.request, number)
        except Exception as error:
            served = self._protocols[-1]
            message = f"the simulator failed: {error!r}"
            response = served.protocol.error(ErrorCode.PROVIDER_UNAVAILABLE, 500, message)
        id_header = served.protocol.request_id_header
        headers = {id_header: f"req_{number}", **response.headers}
        exchange.request_id = headers[id_header]
        if served.identifying is not None:
            response = served.identifying.identify(response, exchange.request_id)
        latency = 0.0 if isinstance(self.latency, LatencyModel) else self.latency
        return msgspec.structs.replace(
            response,
            headers=headers,
            latency=response.latency or latency,
            pace=response.pace or (self.pace if response.streamed else 0.0),
        )

    def _choose(self, request: ReceivedRequest, number: int) -> tuple[Roles, SimulatedResponse]:
        other = self._protocols[-1]
        if (response := self._state.of_path(request.path)) is not None:
            return other, response
        for served in self._protocols:
            if served.protocol.generates(request):
                return served, _refusal(request, served) or self._limited(request, served, number)
        if (batched := self._batch(request)) is not None:
            return batched
        for served in self._protocols:
            protocol, counting, storing = served.protocol, served.counting, served.storing
            if counting is not None and counting.counts(request):
                return served, _refusal(request, served) or self._count(request, counting)
            if storing is not None and (retrieval := storing.retrieve(request)):
                return served, _refusal(request, served) or self._stored(retrieval, storing)
            if (response := protocol.other(request, self.models)) is not None:
                return served, _refusal(request, served) or response
        message = f"Unknown request URL: {request.method} {request.path}"
        return other, other.protocol.error(ErrorCode.INVALID_REQUEST, 404, message)

    def _batch(self, request: ReceivedRequest) -> tuple[Roles, SimulatedResponse] | None:
        """Return the response to a request about batches; None for other requests."""
        for api in BATCH_APIS:
            path = api.paths.fullmatch(request.path)
            if path is not None:
                call = ReceivedRequest(method="POST", target=api.calls(path), headers={})
                served = next(each for each in self._protocols if each.protocol.generates(call))
                response = _refusal(request, served) or api.respond(
                    request,
                    path,
                    self.batches,
                    lambda row: self._choose(row, next(self.batches.numbers))[1],
                )
                if isinstance(response, str):
                    response = served.protocol.error(ErrorCode.INVALID_REQUEST, 400, response)
                return served, response
        return None

    def _limited(self, request: ReceivedRequest, served: Roles, number: int) -> SimulatedResponse:
        """Return the response to a chat request, or the error of a rate limit."""
        protocol, limiter = served.protocol, self._state.limiter
        continuing = served.continuing
        try:
            if continuing is not None and (previous := continuing.continues(request)) is not None:
                stored = self._state.load(previous)
                if stored is None:
                    return continuing.refuse_to_continue(previous)
                request = continuing.join(request, stored)
            parsed = protocol.read(request)
        except MalformedRequestError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error))
        if limiter is None:
            return self._generate(request, parsed, protocol, number)[0]
        account = (protocol.key(request), parsed.model)
        refused = limiter.admit(account, parsed.words)
        if refused is not None:
            response = limit_error(protocol, refused, parsed.model)
        else:
            response, tokens = self._generate(request, parsed, protocol, number)
            limiter.subtract(account, tokens)
        reported = limit_headers(protocol, limiter.statuses(account), self._clock())
        return msgspec.structs.replace(response, headers={**reported, **response.headers})

    def _generate(
        self, request: ReceivedRequest, parsed: ParsedRequest, protocol: WireProtocol, number: int
    ) -> tuple[SimulatedResponse, int]:
        """Return the response to a chat request, and the number of its tokens."""
        if self.stream_usage:
            parsed = msgspec.structs.replace(parsed, stream_usage=True)
        is_fault = parsed.model.startswith(FAULT_PREFIX)
        refused = None if is_fault else self._check(request, parsed, protocol)
        if refused is not None:
            return refused, 0
        fault = None
        if is_fault:
            fault = FAULTS.get(parsed.model.removeprefix(FAULT_PREFIX))
            if fault is None:
                return _unknown_model(parsed, protocol), 0
        elif self.faults is not None:
            fault = fault_of(self.faults, request, number, streamed=parsed.streamed)
        reply = fault if fault is not None else self._next_reply(request, parsed, protocol)
        identity = f"simulated-{number}"
        if isinstance(reply, SimulatedResponse):
            return reply, 0
        if isinstance(reply, Recording):
            return reply.simulated_response(), 0
        try:
            response: ChatResponse[Any] = (
                simulate(parsed, identity)
                if reply is None or isinstance(reply, Fault)
                else to_response(reply, parsed, identity)
            )
        except ValueError as error:
            return protocol.error(ErrorCode.INVALID_REQUEST, 400, str(error)), 0
        tokens = response.usage.output_tokens or 0
        written = protocol.write(response, parsed)
        if isinstance(self.latency, LatencyModel):
            written = self.latency.apply(written, tokens, number)
        if isinstance(reply, Fault):
            return reply.apply(written, parsed, protocol), tokens
        if parsed.stored and response.id is not None:
            self._state.store(response.id, StoredResponse(response, parsed, request))
        return written, tokens

    def _check(
        self, request: ReceivedRequest, parsed: ParsedRequest, protocol: WireProtocol
    ) -> SimulatedResponse | None:
        """Return the vendor's error for a request that it refuses, otherwise None."""
        name, model = protocol.name, parsed.model
        if not (self._accepts_all_models or model in self.models):
            unknown = UNKNOWN_MODELS.get(name)
            if unknown is None:
                return _unknown_model(parsed, protocol)
            return encode(unknown(model), name)
        rules = STRICT_RULES.get(name, ()) if self.strict else ()
        if not rules:
            return None
        stored = self._state.stored if parsed.previous is not None else frozenset[str]()
        checked = CheckedRequest(request.json, model, request.headers, len(request.body), stored)
        for rule in rules:
            if (refusal := rule.check(checked)) is not None:
                return encode(refusal, name)
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
        stored = self._state.load(retrieval.id, remove=retrieval.operation == "delete")
        if stored is None:
            message = f"Response with id '{retrieval.id}' not found."
            return protocol.error(ErrorCode.INVALID_REQUEST, 404, message)
        return protocol.write_stored(retrieval, stored)

    def _next_reply(
        self, request: ReceivedRequest, parsed: ParsedRequest, protocol: WireProtocol
    ) -> Reply | None:
        reply = self._state.next_reply(request, protocol.name, streamed=parsed.streamed)
        return reply or self._reply


def _unknown_model(parsed: ParsedRequest, protocol: WireProtocol) -> SimulatedResponse:
    message = f"The model '{parsed.model}' does not exist"
    return protocol.error(ErrorCode.MODEL_NOT_FOUND, 404, message)


def _refusal(request: ReceivedRequest, served: Roles) -> SimulatedResponse | None:
    """Return the error for a missing or wrong key."""
    key = served.protocol.key(request)
    if key and not key.startswith("bad"):
        return None
    if served.refusing is not None:
        return served.refusing.refuse_key(request)
    message = "Incorrect API key provided" if key else "You didn't provide an API key"
    return served.protocol.error(ErrorCode.AUTHENTICATION, 401, message)
