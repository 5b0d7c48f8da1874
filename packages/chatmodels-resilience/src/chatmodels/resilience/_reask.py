"""Requests structured output again if it is invalid."""

from typing import Any

from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    OutputInvalidError,
    Usage,
    user,
)
from chatmodels.core.extending import CallInfo, Collect, Flow, Send, error_facts, logger


class Reask:
    """A policy that shows invalid structured output to the model and requests it again.

    The model gets its response and the error, and responds again, up to `times` times. The last
    error is raised if no response is valid. Only calls with an `output_type` are affected. Their
    streams are read to the end before the first event is handed on, because an event cannot be
    taken back.

    The usage of the response, or of the error's `partial`, is that of all attempts. Each repetition
    is logged to `chatmodels.resilience` as a warning.

    >>> reask = Reask(times=1)  # for model.with_policies(reask)

    Args:
        times: How often the output is requested again, at least 1.

    Raises:
        ConfigurationError: `times` is not a positive integer.
    """

    __slots__ = ("times",)

    def __init__(self, times: int = 2) -> None:
        if type(times) is not int or times < 1:
            raise ConfigurationError(
                f"Reask: times must be an integer of at least 1, not {times!r}", op="configure"
            )
        self.times = times

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        if request.output is None:
            return (yield Send(request))
        spent: Usage | None = None
        remaining = self.times
        while True:
            try:
                response = yield Collect((yield Send(request)))
            except OutputInvalidError as error:
                if error.partial is None:
                    raise
                error.partial = _with_usage(error.partial, spent)
                if not remaining or not request.idempotent:
                    raise
                remaining -= 1
                spent = error.partial.usage
                _log(call, error)
                request = _repeated(request, error)
            else:
                return _with_usage(response, spent)

    def __repr__(self) -> str:
        return f"Reask({self.times})"


def _with_usage(response: ChatResponse[Any], spent: Usage | None) -> ChatResponse[Any]:
    return response if spent is None else replace(response, usage=spent + response.usage)


def _repeated(request: ChatRequest, error: OutputInvalidError) -> ChatRequest:
    response = error.partial.message
    correction = user(
        f"Your response is invalid: {error.message}. Respond again, with nothing but the "
        "corrected output."
    )
    # A response without any content is not a turn that vendors accept.
    turns = (response, correction) if response.parts else (correction,)
    return replace(request, messages=(*request.messages, *turns))


def _log(call: CallInfo, error: OutputInvalidError) -> None:
    facts = error_facts(error) | {"op": call.op, "provider": call.provider, "model": call.model}
    logger("chatmodels.resilience").warning(
        "the output of %r is invalid; it is requested again",
        f"{call.provider}:{call.model}",
        extra=facts,
    )
