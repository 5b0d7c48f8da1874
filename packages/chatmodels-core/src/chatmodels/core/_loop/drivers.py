"""The sync and the async driver of a run, which perform its effects."""

from collections.abc import AsyncGenerator, Generator
from typing import Any

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._loop.effects import CallModel, Effect, Emit, Invoke, Start, Wait
from chatmodels.core._loop.flow import flow_of
from chatmodels.core._loop.plan import Plan
from chatmodels.core._loop.run import ToolRun
from chatmodels.core._loop.state import RunState
from chatmodels.core._loop.tasks import TaskRunner
from chatmodels.core._loop.threads import ThreadRunner
from chatmodels.core._loop.watching import RunWatching, ToolRunInfo
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.tool_events import ToolStreamEvent


class Running:
    """A run, before and while it is driven.

    Attributes:
        state: The state of the run.
        is_over: Whether it has ended by itself, not by an error.
    """

    def __init__(self, model: ChatModel, prompt: Prompt, plan: Plan) -> None:
        self.state = RunState(plan, prompt)
        self.is_over = False
        self._plan = plan
        self._observed = model
        limited = plan.max_seconds is not None
        self._model = model.with_policies(self.state.limit_time) if limited else model
        self._stream: ChatStream[Any] | AsyncChatStream[Any] | None = None

    def run(self) -> ToolRun[Any]:
        """Return the run so far."""
        return self.state.run(None if self._stream is None else self._stream.partial)

    def drive(self, *, streamed: bool) -> Generator[ToolStreamEvent]:
        """Perform the run; events are yielded only if it is streamed."""
        watching = self._watched()
        runner = ThreadRunner(self._plan.max_concurrency)
        flow = flow_of(self.state)
        outcome: Any = None
        error: Exception | None = None
        final_error: BaseException | None = None
        try:
            while True:
                effect = _resumed(flow, outcome, error)
                if effect is None:
                    break
                outcome = error = None
                watching.count(effect)
                try:
                    if isinstance(effect, Emit):
                        if streamed:
                            yield effect.event
                    elif isinstance(effect, CallModel) and streamed:
                        outcome = yield from self._streamed(effect, watching)
                    else:
                        with watching.working():
                            outcome = self._perform(effect, runner)
                except Exception as raised:
                    error = raised
            self.is_over = True
        except BaseException as raised:
            final_error = raised
            raise
        finally:
            flow.close()
            runner.close()
            watching.end(self.run(), _failure(final_error))

    async def adrive(self, *, streamed: bool) -> AsyncGenerator[ToolStreamEvent]:
        """Perform the run; the async version of `drive`."""
        watching = self._watched()
        runner = TaskRunner()
        flow = flow_of(self.state)
        outcome: Any = None
        error: Exception | None = None
        final_error: BaseException | None = None
        try:
            while True:
                effect = _resumed(flow, outcome, error)
                if effect is None:
                    break
                outcome = error = None
                watching.count(effect)
                try:
                    if isinstance(effect, Emit):
                        if streamed:
                            yield effect.event
                    elif isinstance(effect, CallModel) and streamed:
                        stream = self._stream = self._model.astream(
                            effect.messages, **self._options(effect)
                        )
                        with watching.working():
                            await stream.__aenter__()
                        try:
                            async for event in stream:
                                yield event
                        finally:
                            await stream.aclose()
                        outcome = stream.response
                        self._stream = None
                    else:
                        with watching.working():
                            outcome = await self._aperform(effect, runner)
                except Exception as raised:
                    error = raised
            self.is_over = True
        except BaseException as raised:
            final_error = raised
            raise
        finally:
            flow.close()
            try:
                await runner.aclose()
            finally:
                watching.end(self.run(), _failure(final_error))

    def _streamed(
        self, effect: CallModel, watching: RunWatching
    ) -> Generator[ToolStreamEvent, None, ChatResponse[Any]]:
        stream = self._stream = self._model.stream(effect.messages, **self._options(effect))
        with watching.working():
            stream.__enter__()
        try:
            yield from stream
        finally:
            stream.close()
        self._stream = None
        return stream.response

    def _perform(self, effect: CallModel | Start | Wait | Invoke, runner: ThreadRunner) -> Any:
        match effect:
            case CallModel():
                return self._model.generate(effect.messages, **self._options(effect))
            case Start():
                return runner.start(effect)
            case Wait():
                return runner.wait(effect.seconds)
            case Invoke():  # pragma: no branch - the last kind
                value = effect.hook(*effect.arguments)
                if hasattr(value, "__await__"):
                    getattr(value, "close", bool)()  # or Python warns that it was never awaited
                    raise ConfigurationError(
                        "a hook is async; use arun_tools or astream_tools", op="run_tools"
                    )
                return value

    async def _aperform(self, effect: CallModel | Start | Wait | Invoke, runner: TaskRunner) -> Any:
        match effect:
            case CallModel():
                return await self._model.agenerate(effect.messages, **self._options(effect))
            case Start():
                return runner.start(effect)
            case Wait():
                return await runner.wait(effect.seconds)
            case Invoke():  # pragma: no branch - the last kind
                value = effect.hook(*effect.arguments)
                return (await value) if hasattr(value, "__await__") else value

    def _options(self, effect: CallModel) -> dict[str, Any]:
        plan = self._plan
        options = {**plan.call_options, "output_type": plan.output_type}
        if plan.definitions:
            options |= {"tools": plan.definitions, "tool_choice": effect.tool_choice}
        return options

    def _watched(self) -> RunWatching:
        model = self._observed
        info = ToolRunInfo(
            provider=model.provider,
            model=model.model,
            name=self._plan.name,
            messages=tuple(self.state.messages),
            tools=self._plan.definitions,
        )
        return RunWatching(getattr(model, "observers", ()), info)


def _resumed(
    flow: Generator[Effect, Any, None], outcome: object, error: Exception | None
) -> Effect | None:
    """Resume a flow; None if it is over."""
    try:
        return flow.send(outcome) if error is None else flow.throw(error)
    except StopIteration:
        return None


def _failure(final_error: BaseException | None) -> BaseException | None:
    """Return why a run failed; leaving a stream early is not a failure."""
    return None if isinstance(final_error, GeneratorExit) else final_error
