"""The model that answers from a script."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    HealthReport,
    ModelInfo,
    Settings,
    StreamEvent,
    Timeout,
)
from chatmodels.core.extending import CallInfo, Capability, Observer, Policy, StandardChatModel
from chatmodels.providers.mock._arguments import Exhausted, Health, check
from chatmodels.providers.mock._pace import Pace
from chatmodels.providers.mock._pieces import events_of
from chatmodels.providers.mock._reply import Answer, Reply, answer
from chatmodels.providers.mock._script import MockCall, Rules, Script

CAPABILITIES = frozenset(Capability)
"""All of them: a script can play anything."""


class MockChatModel(StandardChatModel):
    """A chat model without a network, for the tests of programs that use chat models.

    With neither responses nor rules it answers with the text of the last message. Otherwise each
    attempt (a retry is one) takes the reply of the first rule that fits, else the next response.
    A reply is one of these:

    - a `str`, a `ToolCall` or any other part; several in one answer as a tuple of them
    - a `Message` or a `ChatResponse`, sent as it is
    - an `ErrorCode`, a `ChatModelError` or a class of it, raised; as the last item of a tuple,
      raised after the items before it have been streamed
    - a function of the `ChatRequest` that returns a reply, or raises
    - anything else (a dict, a list, a dataclass, a Struct, a pydantic model): sent as JSON, for
      calls with `output_type`

    Tokens are counted as words. Settings change nothing, but are in the recorded calls. The model
    may be shared by threads and tasks; a copy made by `with_policies` shares its script and calls,
    a deep copy or a pickled one has its own.

    Args:
        model: The model's name.
        responses: Replies in order.
        rules: Replies by what is asked: a mapping or pairs of what to look for (a pattern searched
            for in the text of the last message, or a test of the request) and the reply.
        on_exhausted: What follows the last response: "error", "cycle" through them again, the
            "last" one, or "echo". The latter is also what no rule fits.
        latency: Seconds before the answer, or before the first event of a stream.
        interval: Seconds before each further event of a stream. Both respect time limits.
        chunk_size: Characters in each piece of a streamed text; None for words.
        error_rate: Which part of the attempts fails, from 0 to 1.
        error: What those fail with.
        seed: Makes the same attempts fail each time.
        health: What `check_health` finds.
        capabilities: What `model_info` tells that the model can do.
        settings: Settings that hold for each call unless it says otherwise.
        timeout: Time limits likewise, or seconds for a whole call; None for core's defaults.
        supported_settings: The settings that are honoured, to try out refusals; None for all.
        on_unsupported: Whether others are refused or left out with a warning.
        unsupported: The former name of `on_unsupported`, until 0.3.
        policies: What decides how calls are made, the outermost first.
        observers: What watches calls.
        sleep: Waits, blocking.
        asleep: Waits, awaited; None for `anyio.sleep`.

    Raises:
        ConfigurationError: Arguments will not do; the message lists every problem.
    """

    def __init__(
        self,
        model: str = "mock",
        *,
        responses: Sequence[Reply] = (),
        rules: Rules = (),
        on_exhausted: Exhausted = "error",
        latency: float = 0.0,
        interval: float = 0.0,
        chunk_size: int | None = None,
        error_rate: float = 0.0,
        error: ErrorCode | ChatModelError | type[ChatModelError] = ErrorCode.PROVIDER_UNAVAILABLE,
        seed: int = 0,
        health: Health = "healthy",
        capabilities: frozenset[Capability] = CAPABILITIES,
        settings: Settings | None = None,
        timeout: Timeout | float | None = None,
        supported_settings: frozenset[str] | None = None,
        on_unsupported: Literal["error", "warn"] = "error",
        unsupported: Literal["error", "warn"] | None = None,
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
            }
        )
        super().__init__(
            "mock",
            model,
            settings=settings or Settings(),
            timeout=Timeout() if timeout is None else timeout,
            supported_settings=supported_settings,
            on_unsupported=on_unsupported,
            unsupported=unsupported,
            policies=policies,
            observers=observers,
        )
        self._script = Script(responses, rules, on_exhausted, error_rate, error, seed)
        self._latency = latency
        self._interval = interval
        self._chunk_size = chunk_size
        self._health: Health = health
        self._capabilities = capabilities
        self._sleep = sleep
        self._asleep = asleep

    @property
    def calls(self) -> tuple[MockCall, ...]:
        """What the model was asked so far, oldest first, retries included."""
        return self._script.calls

    def reset(self) -> None:
        """Forget the calls and begin again with the first response."""
        self._script.reset()

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Answer whole, as the script says.

        Raises:
            ChatModelError: The script says so, or it is exhausted.
        """
        due = self._answer(request, call)
        for seconds in self._pace(call).before_answer():
            self._sleep(seconds)
        return _given(due)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Answer whole, as the script says, awaited."""
        due = self._answer(request, call)
        for seconds in self._pace(call).before_answer():
            await self._awaited(seconds)
        return _given(due)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        """Answer in pieces, as the script says."""
        due = self._answer(request, call)
        for item in self._pace(call).between(events_of(due, self._chunk_size)):
            if isinstance(item, float | int):
                self._sleep(item)
            else:
                yield item

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        """Answer in pieces, as the script says, awaited."""
        due = self._answer(request, call)
        for item in self._pace(call).between(events_of(due, self._chunk_size)):
            if isinstance(item, float | int):
                await self._awaited(item)
            else:
                yield item

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
        """Describe the model."""
        return model_info(self.model, self._capabilities)

    def probe(self) -> HealthReport:
        """Report the health that the model was made with."""
        message = "a mock, whose health is what it was told to be"
        return HealthReport(provider="mock", status=self._health, latency=0.0, message=message)

    async def aprobe(self) -> HealthReport:
        """Report the health that the model was made with, awaited."""
        return self.probe()

    def _answer(self, request: ChatRequest, call: CallInfo) -> Answer:
        turn = self._script.take(call.op, request)
        return answer(turn.reply, request, model=self.model, number=turn.number)

    def _pace(self, call: CallInfo) -> Pace:
        return Pace(call, self._latency, self._interval)

    async def _awaited(self, seconds: float) -> None:
        if self._asleep is not None:
            await self._asleep(seconds)
        else:
            from anyio import sleep

            await sleep(seconds)


def model_info(name: str, capabilities: frozenset[Capability] = CAPABILITIES, /) -> ModelInfo:
    """Describe a model of the mock."""
    return ModelInfo(
        name=name,
        provider="mock",
        input_modalities=("text", "image", "audio", "file"),
        output_modalities=("text",),
        capabilities=capabilities,
    )


def _given(due: Answer) -> ChatResponse[Any]:
    if due.error is not None:
        raise due.error
    return due.response
