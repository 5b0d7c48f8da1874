"""A simulated provider: real HTTP on loopback, in a separate thread."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from chatmodels.testing._batches.batch import SimulatedBatches
from chatmodels.testing._connection import Sleep
from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._fault_plan import FaultPlan, FaultRule
from chatmodels.testing._latency import LatencyModel
from chatmodels.testing._protocols.protocol import DescribingProtocol, WireProtocol
from chatmodels.testing._protocols.roles import known_roles, roles
from chatmodels.testing._rate_limits import RateLimits
from chatmodels.testing._recordings import Recording, recordings
from chatmodels.testing._replies import Reply, validate_reply
from chatmodels.testing._responding import RespondingServer
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._state import SimulatorState
from chatmodels.testing._strict.retirement import AS_OF

_MODELS = ("simulated-large", "simulated-small")


class Simulator(RespondingServer):
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
        as_of: The ISO date as of which strict mode refuses retired models. The default is the date
            on which the vendors' pages were read, so that a test has the same result on each day;
            a later one also refuses models whose retirement was announced by then.
        history: The most exchanges and stored responses that are kept; None for all.
        sleep: Waits for delays, as `asyncio.sleep` does.
        clock: Returns the time in Unix seconds, for the rate limits.
        port: The port to listen on; 0 for a free one.
        protocols: Wire formats that the simulator does not know, see `chatmodels.testing.wire`.
            They take precedence over its own.

    Raises:
        TypeError: The reply has another type than those that can be queued.
        ValueError: The reply cannot be queued, `models` is empty, or `as_of` is not an ISO date.

    Attributes:
        latency: Can be changed at any time.
        pace: Can be changed at any time.
        strict: Can be changed at any time.
        as_of: Can be changed at any time.
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
        as_of: str = AS_OF,
        history: int | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.time,
        port: int = 0,
        protocols: Sequence[WireProtocol] = (),
    ) -> None:
        super().__init__(port)
        if models is not None and not models:
            raise ValueError("a simulator needs at least one model")
        try:
            date.fromisoformat(as_of)
        except ValueError:
            raise ValueError(f"as_of is an ISO date, as in {AS_OF!r}, unlike {as_of!r}") from None
        exchanges = recordings(replay) if isinstance(replay, str | Path) else replay
        self.faults = faults
        self.latency = latency
        self.pace = pace
        self.strict = strict
        self.as_of = as_of
        self.models: tuple[str, ...] = _MODELS if models is None else tuple(models)
        self.stream_usage = False
        self._accepts_all_models = models is None
        self._reply = None if reply is None else validate_reply(reply)
        self.recordings = tuple(exchanges)
        self._protocols = (*map(roles, protocols), *known_roles())
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

    def wait(self, count: int = 1, timeout: float = 60.0) -> Exchange:
        """Wait until `count` requests have been received, and return the last exchange.

        Args:
            count: The number of requests.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Fewer requests were received in time.
        """
        return self._state.wait(count, timeout)
