"""Calls other models when a model fails."""

import time
from collections.abc import Callable, Collection
from typing import Any

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ChatRequest, ConfigurationError, ErrorCode
from chatmodels.core.extending import CallableModel, CallInfo, Flow, Send, error_facts, logger
from chatmodels.resilience._validation import code_problems

FALLBACK_CODES = frozenset(ErrorCode) - {
    ErrorCode.CANCELLED,
    ErrorCode.CONFIGURATION_INVALID,
    ErrorCode.INTERNAL,
    ErrorCode.INVALID_REQUEST,
    ErrorCode.TOOL_FAILED,
    ErrorCode.TOOL_LIMIT_REACHED,
}
"""The codes after which another model can succeed: all except defects of the program itself."""


class Fallback:
    """A policy that calls other models, in order, if the model of the call fails.

    Each model gets the request of the caller and applies its own default settings, policies and
    rules for what it does not support. Retries of a model come before its replacement if `Fallback`
    is outside of them, as it is by default: `with_policies` adds a policy outside of those that
    the model has. `failed_attempts` of the response or of the error lists the failed attempts.

    A call with something that the first model does not support raises `UnsupportedError` before any
    policy. Create the first model with `on_unsupported="warn"` to avoid that. If a later model does
    not support it, the next one is called.

    A request with `idempotent=False` is sent to one model only. A stream is replaced only before
    its first event. A total time limit of the call applies to all models together.

    Each replacement is logged to `chatmodels.resilience` as a warning, with the facts of the error.

    ```python
    model = first.with_policies(Fallback(second, third))
    ```

    Args:
        models: The models to call after the first one, in order.
        on: The codes of errors after which the next model is called.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: There are no models, something is not a model, or a code is unknown.
    """

    __slots__ = ("_clock", "models", "on")

    def __init__(
        self,
        *models: CallableModel,
        on: Collection[ErrorCode | str] = FALLBACK_CODES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        problems = [
            f"{type(model).__name__} is not a model; create one with create_chat_model(...)"
            for model in models
            if not isinstance(model, CallableModel)  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        ]
        if not models:
            problems.append("pass at least one model")
        if unknown := code_problems(on):
            problems.append(unknown)
        if problems:
            raise ConfigurationError(f"Fallback: {'; '.join(problems)}", op="configure")
        self.models = models
        self.on = frozenset(map(ErrorCode, on))
        self._clock = clock

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        remaining = iter(self.models)
        model: CallableModel | None = None
        while True:
            try:
                return (yield Send(request, model))
            except ChatModelError as error:
                model = next(remaining, None)
                if model is None or error.code not in self.on:
                    raise
                if reason := self._objection(call, request):
                    error.add_note(f"no other model was called: {reason}")
                    raise
                _log(call, error)
            request = self._within(call, request)

    def _objection(self, call: CallInfo, request: ChatRequest) -> str:
        if not request.idempotent:
            return "the request is not idempotent"
        if call.deadline is not None and self._clock() >= call.deadline:
            return f"the total timeout of {call.timeout.total} s is over"
        return ""

    def _within(self, call: CallInfo, request: ChatRequest) -> ChatRequest:
        """Limit the next model to the rest of the total time."""
        timeout = request.timeout
        if timeout is None or timeout.total is None or call.deadline is None:
            return request
        remaining = max(call.deadline - self._clock(), _LEAST)
        return replace(request, timeout=replace(timeout, total=remaining))

    def __repr__(self) -> str:
        return f"Fallback({', '.join(map(repr, self.models))})"


_LEAST = 1e-3


def _log(call: CallInfo, error: ChatModelError) -> None:
    facts = error_facts(error) | {"op": call.op}
    logger("chatmodels.resilience").warning(
        "%s of %r failed: %s; the next model is called",
        call.op,
        f"{error.provider}:{error.model}",
        facts["code"],
        extra=facts,
    )
