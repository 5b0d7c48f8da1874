"""The responses of a simulator: which one a request receives."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._batches import BATCH_APIS
from chatmodels.testing._batches.api import BatchApi, BatchCall
from chatmodels.testing._batches.batch import SimulatedBatches
from chatmodels.testing._connection import Connection, Sleep
from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._fault import Fault
from chatmodels.testing._fault_plan import FaultPlan, FaultRule, fault_of
from chatmodels.testing._faults import FAULTS
from chatmodels.testing._latency import LatencyModel
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._protocols.protocol import (
    CountingProtocol,
    MalformedRequestError,
    ParsedRequest,
    RetrievalRequest,
    StoredResponse,
    StoringProtocol,
    WireProtocol,
)
from chatmodels.testing._protocols.roles import Roles
from chatmodels.testing._rate_limit_headers import limit_error, limit_headers
from chatmodels.testing._recordings import Recording
from chatmodels.testing._refusals import (
    missing_model,
    refused_key,
    strict_refusal,
    unknown_model,
)
from chatmodels.testing._replies import Reply, simulate, to_response
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._state import SimulatorState
from chatmodels.testing._strict.listing import listed

FAULT_PREFIX = "fault-"
"""The prefix of model names that make the simulator apply a fault of the catalogue."""


class RespondingServer(LoopbackServer[Connection]):
    """A server on loopback that responds as the providers do, by the attributes of `Simulator`."""

    faults: FaultPlan | FaultRule | None
    latency: float | LatencyModel
    pace: float
    strict: bool
    as_of: str
    models: tuple[str, ...]
    stream_usage: bool
    batches: SimulatedBatches
    _accepts_all_models: bool
    _reply: Reply | None
    _protocols: tuple[Roles, ...]
    _sleep: Sleep
    _clock: Callable[[], float]
    _state: SimulatorState

    def _connect(self, connections: set[Connection]) -> Connection:
        return Connection(self._handle, connections, self._sleep)

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
                refused = refused_key(request, served)
                return served, refused or self._limited(request, served, number)
        if (batched := self._batch(request)) is not None:
            return batched
        for served in self._protocols:
            protocol, counting, storing = served.protocol, served.counting, served.storing
            if counting is not None and counting.counts(request):
                return served, refused_key(request, served) or self._count(request, counting)
            if storing is not None and (retrieval := storing.retrieve(request)):
                return served, refused_key(request, served) or self._stored(retrieval, storing)
            models = self._listed(request, protocol)
            if (response := protocol.other(request, models)) is not None:
                return served, refused_key(request, served) or response
        message = f"Unknown request URL: {request.method} {request.path}"
        return other, other.protocol.error(ErrorCode.INVALID_REQUEST, 404, message)

    def _listed(self, request: ReceivedRequest, protocol: WireProtocol) -> tuple[str, ...]:
        if not self.strict:
            return self.models
        return listed(self.models, protocol.name, request.path, self.as_of)

    def _batch(self, request: ReceivedRequest) -> tuple[Roles, SimulatedResponse] | None:
        """Return the response to a request about batches; None for other requests."""
        found: list[tuple[BatchApi, re.Match[str], Roles]] = []
        for api in BATCH_APIS:
            path = api.paths.fullmatch(request.path)
            if path is not None:
                call = ReceivedRequest(method="POST", target=api.calls(path), headers={})
                served = next(each for each in self._protocols if each.protocol.generates(call))
                found.append((api, path, served))
        if not found:
            return None
        having_key = (each for each in found if each[2].protocol.key(request))
        api, path, served = next(having_key, found[0])
        try:
            call = BatchCall(request, path, self.batches, self._answer_row)
            response = refused_key(request, served) or api.respond(call)
        except MalformedRequestError as error:
            response = str(error)
        if isinstance(response, str):
            response = served.protocol.error(ErrorCode.INVALID_REQUEST, 400, response)
        return served, response

    def _answer_row(self, row: ReceivedRequest) -> SimulatedResponse:
        return self._choose(row, next(self.batches.numbers))[1]

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
        refused = None if is_fault else self._refused(request, parsed, protocol)
        if refused is not None:
            return refused, 0
        fault = None
        if is_fault:
            fault = FAULTS.get(parsed.model.removeprefix(FAULT_PREFIX))
            if fault is None:
                return missing_model(parsed, protocol), 0
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

    def _refused(
        self, request: ReceivedRequest, parsed: ParsedRequest, protocol: WireProtocol
    ) -> SimulatedResponse | None:
        """Return the vendor's error for a request that it refuses, otherwise None."""
        if not (self._accepts_all_models or parsed.model in self.models):
            return unknown_model(parsed, protocol)
        if not self.strict:
            return None
        stored = self._state.stored if parsed.previous is not None else frozenset[str]()
        return strict_refusal(request, parsed.model, protocol, stored, self.as_of)

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
            return missing_model(parsed, protocol)
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
