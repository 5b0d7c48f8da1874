"""Calls other models when a model fails."""

import time
from collections.abc import Callable, Collection
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ConfigurationError, ErrorCode
from chatmodels.core.extending import CallableModel, CallInfo, Flow, Send
from chatmodels.resilience._replacement import can_replace, log_replacement, within_total
from chatmodels.resilience._validation import code_problems, model_problems

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

    If a model does not support something in the request, the next one is called, without a request
    to the first. Create a model with `on_unsupported="warn"` to omit it instead.

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
        problems = model_problems(models)
        if not models:
            problems.append("pass at least one model")
        if unknown := code_problems(on):
            problems.append(unknown)
        if problems:
            raise ConfigurationError(f"Fallback: {'; '.join(problems)}", op="configure")
        self.models = models
        self.on = frozenset(map(ErrorCode, on))
        self._clock = clock

    @property
    def handles_unsupported(self) -> bool:
        """True if another model is called after an `UnsupportedError`; see `Policy`."""
        return ErrorCode.UNSUPPORTED in self.on

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
                if not can_replace(call, request, error, self._clock):
                    raise
                log_replacement(call, error)
            request = within_total(call, request, self._clock)

    def __repr__(self) -> str:
        return f"Fallback({', '.join(map(repr, self.models))})"
