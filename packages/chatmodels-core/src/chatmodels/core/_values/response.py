"""The response of a model: message, finish reason, usage, timing and the vendor's payload."""

from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal

import msgspec

from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._values.cost import Cost
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue, Json, ProviderPart, RefusalPart, ToolCall
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.usage import Usage

if TYPE_CHECKING:  # before 3.13, only type checkers support the default of a type variable
    from collections.abc import Callable

    from typing_extensions import TypeVar

    T_co = TypeVar("T_co", default=None, covariant=True)
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)

FinishReason = Literal[
    "stop", "length", "tool_calls", "content_filter", "refusal", "paused", "error", "other"
]
"""The reason why a generation ended, with the same values for every vendor.

"paused" is the end of a part of a long response, such as one with many calls of the vendor's own
tools: append the message to the conversation and call the model again to continue. `run_tools`
does that.
"""

NO_PAYLOAD = msgspec.Raw(b"null")


class Timing(FrozenValue, frozen=True, kw_only=True):
    """The duration of a call, in seconds of the monotonic clock.

    Attributes:
        total: From the call to its end.
        first_event: From the call to the first event of a stream; None if not streamed.
        events: The number of events of a stream; 0 if not streamed.
        attempts: The number of requests sent, including retries.
        started_at: The start of the call, in seconds since 1970 by the clock of the machine; None
            for a response that no call has returned.
    """

    total: float
    first_event: float | None = None
    events: int = 0
    attempts: int = 1
    started_at: float | None = None


NO_TIMING = Timing(total=0.0, attempts=0)


class TokenLogprob(FrozenValue, frozen=True):
    """The log probability of a token.

    Attributes:
        token: The text of the token.
        logprob: The natural logarithm of its probability.
        top: The most likely tokens at its place, if they were requested.
    """

    token: str
    logprob: float
    top: "tuple[TokenLogprob, ...]" = ()


class ChatResponse(FrozenValue, Generic[T_co], frozen=True, kw_only=True, eq=False):
    """The response to one call, streamed or not.

    Two responses are equal if all fields are, except `failed_attempts`, `timing`, `payload`,
    `prices` and `requested_model`.

    Attributes:
        message: The message of the model.
        finish_reason: The reason why it ended, the same values for every vendor.
        raw_finish_reason: The vendor's own value of the finish reason.
        usage: The tokens used.
        model: The model that generated the response, as the vendor names it.
        id: The vendor's id of the response.
        request_id: The vendor's id of the HTTP request, for its support.
        provider: The provider's registered name; empty for a response that no call has returned.
        logprobs: The log probabilities of the output's tokens, if requested.
        service_tier: The processing tier that served the call, if the vendor reports it.
        warnings: The parts of the request that were omitted or changed, and other anomalies.
        parsed: The output as an instance of the call's `output_type`.
        failed_attempts: The attempts of the call that failed before, in order: retries and
            fallbacks.
        timing: The duration of the call; zero for a response that no call has returned.
        payload: The vendor's JSON; for a stream, the list of its events' JSON.
        prices: The prices that the model was created with; None for those of the price list.
        requested_model: The model that was called, by the name that it was created with; empty for
            a response that no call has returned.
    """

    message: Message
    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    usage: Usage = Usage()
    model: str | None = None
    id: str | None = None
    request_id: str | None = None
    provider: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    service_tier: str | None = None
    warnings: tuple[str, ...] = ()
    parsed: T_co = None  # type: ignore[assignment] - None is the default of T_co
    failed_attempts: tuple[FailedAttempt, ...] = ()
    timing: Timing = NO_TIMING
    payload: msgspec.Raw = NO_PAYLOAD
    prices: Prices | None = None
    requested_model: str = ""

    @property
    def text(self) -> str:
        """All visible text, joined; empty if there is none."""
        return self.message.text

    @property
    def reasoning(self) -> str:
        """All readable reasoning, joined; empty if there is none."""
        return self.message.reasoning

    @property
    def refusal(self) -> str | None:
        """The model's explanation why it refuses to respond, or None."""
        texts = [part.text for part in self.message.parts if isinstance(part, RefusalPart)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the model, in order."""
        return self.message.tool_calls

    @property
    def raw(self) -> Json:
        """The vendor's payload as parsed JSON, parsed on each access; None if there is none."""
        return msgspec.json.decode(self.payload)

    @property
    def cost(self) -> Cost:
        """The cost of the call, computed on each access.

        The first of these that is known applies: the prices that the model was created with, the
        cost that the vendor reports, and the price list `genai-prices` at the time of the call, if
        it is installed (`pip install "chatmodels-core[cost]"`). Otherwise, the amount is None, and
        `reason` explains it.
        """
        return _pricing()(
            self.usage,
            self.prices,
            provider=self.provider,
            models=(self.model, self.requested_model),
            service_tier=self.service_tier,
            started_at=self.timing.started_at,
            used_tools=ProviderPart in map(type, self.message.parts),
        )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __ne__(self, other: object) -> bool:
        return not self == other  # otherwise the comparison of structs would include all fields

    def __hash__(self) -> int:
        return hash((self.id, self.message.text))


@cache
def _pricing() -> "Callable[..., Cost]":
    # Most calls need no cost, and an import statement takes long each time.
    from chatmodels.core._values.response_cost import response_cost

    return response_cost


def _compared(response: ChatResponse[Any]) -> list[object]:
    return [getattr(response, name) for name in _COMPARED]


_COMPARED = tuple(
    name
    for name in ChatResponse.__struct_fields__
    if name not in {"failed_attempts", "timing", "payload", "prices", "requested_model"}
)
