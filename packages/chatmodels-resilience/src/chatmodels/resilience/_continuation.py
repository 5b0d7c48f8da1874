"""Continues the text of a stream that broke after its first event."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    StreamEvent,
    TextPart,
    UnsupportedError,
    assistant,
)
from chatmodels.core.extending import CallInfo, Forward, Join, StartedStream
from chatmodels.resilience._rest import Rest


class Continuation:
    """The rules for the continuation of one call's stream.

    A text continues if the last message of the request is its beginning ("prefill"). Sources, of
    November 2026: Mistral's page "Prefix", whose example repeats the beginning in the response;
    Anthropic's pages "Prefill Claude's response" (no white space at its end, not with thinking),
    "Streaming messages" (error recovery: tool calls and thinking cannot be continued) and
    "Migration guide" (a beginning is refused since Claude 4.6).

    Args:
        call: The call.
        request: The request of the caller, or of the policies outside of this one.

    Attributes:
        has_started: Whether the last attempt has a stream that was forwarded.
    """

    def __init__(self, call: CallInfo, request: ChatRequest) -> None:
        self._call = call
        self._request = request
        self.has_started = False
        self._is_other = False

    def forward(self, outcome: object, /) -> Forward:
        """Return the effect of forwarding the outcome of an attempt."""
        self.has_started = True
        origin = outcome.origin if isinstance(outcome, StartedStream) else None
        self._is_other = origin is not None or self._call.is_delegated
        return Forward(outcome, self._join)

    def obstacle(self, partial: ChatResponse[Any], /) -> str:
        """Return the reason why a response cannot be continued; empty if it can."""
        if not partial.message.parts:
            return ""  # the request is sent again as it is
        call = self._call
        name, sent = f"{call.provider}:{call.model}", call.request
        if self._is_other:
            return f"the text is of another model than {name}"
        if call.profile.prefill == "none":
            return f"{name} does not continue a text"
        if not _is_text(partial):
            return "the response so far is not a single text without citations"
        if self._request.messages[-1].role == "assistant":
            return "the conversation ends with a message of the model"
        if sent.output is not None:
            return "the call has an output type"
        if sent.settings.reasons:
            return "the call requests reasoning"
        forced = sent.tool_choice is not None and sent.tool_choice.mode in {"required", "tool"}
        if forced or (sent.has_tools and call.profile.prefill == "repeats"):
            return f"{name} does not continue a text in a call with these tools"
        return ""

    def rest_request(self, partial: ChatResponse[Any], /) -> ChatRequest:
        """Return the request for the rest of a response.

        White space at the end of the text is omitted, since Anthropic refuses it.
        """
        self.has_started = False
        text = partial.text.rstrip()
        if not text:
            return self._request
        return replace(self._request, messages=(*self._request.messages, assistant(text)))

    def _join(self, partial: ChatResponse[Any], index: int, /) -> Join:
        """Return the function that converts the events of the rest; see `Joint`."""
        call = self._call
        is_refused = self._is_other and bool(partial.message.parts)
        rest = Rest(partial, index, repeats=call.profile.prefill == "repeats")

        def events(event: StreamEvent) -> Iterable[StreamEvent]:
            if is_refused:
                raise UnsupportedError(
                    f"another model cannot continue the text of {call.provider}:{call.model}; pass "
                    "Retry(resume=True) after the policy that calls other models"
                )
            return rest.events(event)

        return events


def _is_text(response: ChatResponse[Any]) -> bool:
    return response.message.parts == (TextPart(response.text),) and not response.logprobs
