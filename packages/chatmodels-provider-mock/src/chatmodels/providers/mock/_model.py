"""The mock model."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    HealthReport,
    ModelInfo,
    Prices,
    Settings,
    StreamEvent,
    Timeout,
    TokenCount,
)
from chatmodels.core.extending import (
    CallInfo,
    Capability,
    Observer,
    Policy,
    Prefill,
    Profile,
    StandardChatModel,
    running_library,
)
from chatmodels.providers.mock._arguments import Exhausted, Health, check
from chatmodels.providers.mock._delays import Delays
from chatmodels.providers.mock._events import events_of
from chatmodels.providers.mock._reply import Outcome, Reply, resolve
from chatmodels.providers.mock._script import MockCall, Rules, Script
from chatmodels.providers.mock._words import prompt_words

CAPABILITIES = frozenset(Capability)
"""All capabilities, because a script can contain any response."""

_ATTRIBUTES = frozenset({"api", "endpoint", "model", "provider"})  # set by core


class MockChatModel(StandardChatModel):
    """A chat model without a network, for tests of programs that use chat models.

    Without responses and rules, the model returns the text of the last message. Otherwise each
    attempt (including retries) uses the reply of the first matching rule, or the next response.
    A reply is one of these:

    - a `str`, a `ToolCall` or any other part, or a tuple of several parts
    - a `Message` or a `ChatResponse`, returned unchanged
    - an `ErrorCode`, a `ChatModelError` or a subclass, which is raised; as the last item of a
      tuple, it is raised after the preceding items have been streamed
    - a function that accepts the `ChatRequest` and returns a reply, or raises
    - any other value (a dict, a list, a dataclass, a Struct, a pydantic model), returned as JSON
      for calls with `output_type`

    Each word counts as one token, in `count_tokens` too, which is not among the recorded calls.
    Settings have no effect, but the recorded calls contain them.
    Threads and tasks can share the model. A copy made by `with_policies` shares the script and the
    calls; a deep copy or a pickled copy has its own.

    Args:
        model: The model's name.
        provider: The provider's name, to stand for a model of another one.
        responses: Replies in order: a list or a tuple. Anything else is a single reply, as in
            `responses="Yes."`, and a dict is one that is returned as JSON.
        rules: Replies by request: a mapping from matchers to replies, or pairs of both. A matcher
            is a pattern that is searched for in the text of the last message, or a function that
            accepts the request.
        on_exhausted: The reply after the last response: "error", "cycle" to start again, "last"
            to repeat the last response, or "echo". "echo" also applies if no rule matches.
        latency: Seconds before the response, or before the first event of a stream.
        interval: Seconds before each further event of a stream. Time limits apply to both delays.
        chunk_size: Characters per chunk of a streamed text; None to split at words.
        error_rate: The fraction of attempts that fail, from 0 to 1.
        error: The error of these attempts.
        seed: The random seed, which makes the same attempts fail each time.
        health: The status that `check_health` reports.
        input_tokens: The number that `count_tokens` returns; None to count the words.
        prefill: The content of a reply to a request that ends with the beginning of a text of the
            model: the "rest" of the text, or all of it ("repeats"); "none" if the model does not
            continue a text. `Retry(resume=True)` depends on it.
        capabilities: The capabilities that `model_info` reports.
        settings: The default settings of each call.
        timeout: The default time limits, or seconds for a whole call; None for core's defaults.
        supported_settings: The supported settings, to test refusals; None for all.
        on_unsupported: Whether other settings raise an error or are left out with a warning.
        unsupported: The former name of `on_unsupported`, until 0.3.
        prices: The prices of the model, for `response.cost`, or the names of models to them.
        policies: The policies of calls, the outermost first.
        observers: The observers of calls.
        sleep: The function for delays in sync calls.
        asleep: The function for delays in async calls; None for the time of the event loop.

    Raises:
        ConfigurationError: Arguments are invalid; the message lists every problem.
    """

    _input_tokens: int | None = None  # as in a pickle of 0.1.0

    def __init__(
        self,
        model: str = "mock",
        *,
        provider: str = "mock",
        responses: Sequence[Reply] | Reply = (),
        rules: Rules = (),
        on_exhausted: Exhausted = "error",
        latency: float = 0.0,
        interval: float = 0.0,
        chunk_size: int | None = None,
        error_rate: float = 0.0,
        error: ErrorCode | ChatModelError | type[ChatModelError] = ErrorCode.PROVIDER_UNAVAILABLE,
        seed: int = 0,
        health: Health = "healthy",
        input_tokens: int | None = None,
        prefill: Prefill = "rest",
        capabilities: frozenset[Capability] = CAPABILITIES,
        settings: Settings | None = None,
        timeout: Timeout | float | None = None,
        supported_settings: frozenset[str] | None = None,
        on_unsupported: Literal["error", "warn"] = "error",
        unsupported: Literal["error", "warn"] | None = None,
        prices: Prices | Mapping[str, Prices] | None = None,
        policies: Sequence[Policy] = (),
        observers: Sequence[Observer] = (),
        sleep: Callable[[float], object] = time.sleep,
        asleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        check(
            {
                "responses": responses,
                "rules": rules,
                "on_exhausted": on_exhausted,
                "latency": latency,
                "interval": interval,
                "chunk_size": chunk_size,
                "error_rate": error_rate,
                "error": error,
                "health": health,
                "input_tokens": input_tokens,
                "prefill": prefill,
            }
        )
        super().__init__(
            provider,
            model,
            settings=settings or Settings(),
            timeout=Timeout() if timeout is None else timeout,
            supported_settings=supported_settings,
            profile=Profile(prefill=prefill),
            on_unsupported=on_unsupported,
            unsupported=unsupported,
            prices=prices,
            policies=policies,
            observers=observers,
        )
        self._script = Script(responses, rules, on_exhausted, error_rate, error, seed)
        self._latency = latency
        self._interval = interval
        self._chunk_size = chunk_size
        self._health: Health = health
        self._input_tokens = input_tokens
        self._capabilities = capabilities
        self._sleep = sleep
        self._asleep = asleep

    @property
    def calls(self) -> tuple[MockCall, ...]:
        """The attempts so far, oldest first, including retries."""
        return self._script.calls

    def queue(self, *replies: Reply) -> None:
        """Add replies to return before those of the rules and the responses, one per attempt.

        >>> model = MockChatModel()
        >>> model.queue("Yes.", ErrorCode.RATE_LIMITED)
        >>> model.generate("Is it?").text
        'Yes.'
        """
        self._script.queue(replies)

    def reset(self) -> None:
        """Clear the calls and the queue, and start again with the first response."""
        self._script.reset()

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse names that the model does not have: a misspelt one would have no effect."""
        is_known = name.startswith("_") or name in _ATTRIBUTES or hasattr(self, name)
        if not is_known and type(self) is MockChatModel:  # subclasses can have more
            raise AttributeError(
                f"a MockChatModel has no attribute {name!r}; pass a script when you create it, or "
                "call queue(...)"
            )
        super().__setattr__(name, value)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Return a scripted response.

        Raises:
            ChatModelError: The script contains the error, or is exhausted.
        """
        outcome = self._outcome(request, call)
        for seconds in self._delays(call).before_response():
            self._sleep(seconds)
        return _result(outcome)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Return a scripted response: the async form of `respond`."""
        outcome = self._outcome(request, call)
        for seconds in self._delays(call).before_response():
            await self._wait(seconds)
        return _result(outcome)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        """Stream a scripted response."""
        outcome = self._outcome(request, call)
        for item in self._delays(call).between(events_of(outcome, self._chunk_size)):
            if isinstance(item, float | int):
                self._sleep(item)
            else:
                yield item

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        """Stream a scripted response: the async form of `events`."""
        outcome = self._outcome(request, call)
        for item in self._delays(call).between(events_of(outcome, self._chunk_size)):
            if isinstance(item, float | int):
                await self._wait(item)
            else:
                yield item

    def token_count(self, request: ChatRequest, /) -> TokenCount:
        """Return the number that was passed to the model, or count the words."""
        given = self._input_tokens
        tokens = prompt_words(request) if given is None else given
        return TokenCount(input_tokens=tokens, is_estimate=False, method="endpoint")

    async def atoken_count(self, request: ChatRequest, /) -> TokenCount:
        """Return a number of tokens: the async form of `token_count`."""
        return self.token_count(request)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the script as plain values: no private class is named."""
        return super().__getstate__() | {"_script": self._script.__getstate__()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        script: Any = state["_script"]
        if not isinstance(script, Script):  # as it is in a pickle of 0.1.0
            self._script = object.__new__(Script)
            self._script.__setstate__(script)

    def model_info(self) -> ModelInfo:
        """Return the metadata of the model."""
        return model_info(self.model, self._capabilities, provider=self.provider)

    def probe(self) -> HealthReport:
        """Report the health that was passed to the model."""
        message = "a mock, which reports the health that was passed to it"
        return HealthReport(
            provider=self.provider, status=self._health, latency=0.0, message=message
        )

    async def aprobe(self) -> HealthReport:
        """Report the health that was passed to the model: the async form of `probe`."""
        return self.probe()

    def _outcome(self, request: ChatRequest, call: CallInfo) -> Outcome:
        attempt = self._script.next_attempt(call.op, request)
        return resolve(attempt.reply, request, model=self.model, number=attempt.number)

    def _delays(self, call: CallInfo) -> Delays:
        return Delays(call, self._latency, self._interval)

    async def _wait(self, seconds: float) -> None:
        if self._asleep is not None:
            await self._asleep(seconds)
        else:
            await running_library().sleep(seconds)


def model_info(
    name: str,
    capabilities: frozenset[Capability] = CAPABILITIES,
    /,
    *,
    provider: str = "mock",
) -> ModelInfo:
    """Return the metadata of a mock model."""
    return ModelInfo(
        name=name,
        provider=provider,
        input_modalities=("text", "image", "audio", "file"),
        output_modalities=("text",),
        capabilities=capabilities,
    )


def _result(outcome: Outcome) -> ChatResponse[Any]:
    if outcome.error is not None:
        raise outcome.error
    return outcome.response
