"""What a model answers: the message, why it ended, what it cost, and the vendor's own payload."""

from typing import TYPE_CHECKING, Any, Generic, Literal

import msgspec
from msgspec.structs import force_setattr

from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue, Json, RefusalPart, ToolCall

if TYPE_CHECKING:  # the default of a type variable exists only for type checkers before 3.13
    from typing_extensions import TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")

FinishReason = Literal[
    "stop", "length", "tool_calls", "content_filter", "refusal", "error", "other"
]
"""Why a generation ended, the same words for every vendor."""

NO_PAYLOAD = msgspec.Raw(b"null")


class Usage(FrozenValue, frozen=True, kw_only=True):
    """Tokens used; None where the vendor reported nothing, which is not the same as 0.

    `a + b` and `sum(usages, Usage())` add up what was reported. A number of the sum is None if no
    usage reports it. If only some of them do, it counts those alone and is a lower bound.

    Attributes:
        input_tokens: All of the input, cached and cache-written tokens included.
        output_tokens: All of the output, reasoning included.
        total_tokens: As reported, else the sum of both.
        cached_input_tokens: The part of the input that was read from a cache.
        cache_write_tokens: The part of the input that was written to a cache.
        reasoning_tokens: The part of the output that was reasoning.
        input_audio_tokens: The part of the input that was sound.
        output_audio_tokens: The part of the output that was sound.
        accepted_prediction_tokens: How much of a `prediction` came true.
        rejected_prediction_tokens: How much of it did not, and is billed all the same.
        billed_input_tokens: How much of the input is paid for, where the vendor counts that apart.
        billed_output_tokens: How much of the output is paid for, likewise.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    billed_input_tokens: int | None = None
    billed_output_tokens: int | None = None

    def __post_init__(self) -> None:
        into, out = self.input_tokens, self.output_tokens
        if self.total_tokens is None and into is not None and out is not None:
            force_setattr(self, "total_tokens", into + out)

    def __add__(self, other: "Usage", /) -> "Usage":
        if not isinstance(other, Usage):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            return NotImplemented
        return Usage(
            **{
                name: _sum(getattr(self, name), getattr(other, name))
                for name in self.__struct_fields__
            }
        )

    def __radd__(self, other: Literal[0], /) -> "Usage":
        """Be the first summand of `sum(usages)`, which starts from 0."""
        return self if other == 0 else NotImplemented


def _sum(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


class Timing(FrozenValue, frozen=True, kw_only=True):
    """How long a call took, in seconds by the monotonic clock.

    Attributes:
        total: From the call to its end.
        first_event: From the call to the first event of a stream; None for a whole call.
        events: How many events a stream had; 0 for a whole call.
        attempts: How often the provider was asked, retries included.
    """

    total: float
    first_event: float | None = None
    events: int = 0
    attempts: int = 1


class TokenLogprob(FrozenValue, frozen=True):
    """How likely a token was.

    Attributes:
        token: Its text.
        logprob: The natural logarithm of its probability.
        top: The likeliest tokens at its place, where they were asked for.
    """

    token: str
    logprob: float
    top: "tuple[TokenLogprob, ...]" = ()


class ChatResponse(FrozenValue, Generic[T], frozen=True, kw_only=True, eq=False):
    """The answer to one call, the same whether it came whole or in a stream.

    Two responses are equal if they say the same; `timing` and `payload`, which tell how it
    came, do not count.

    Attributes:
        message: What the model said.
        finish_reason: Why it ended, normalised.
        raw_finish_reason: The vendor's word for it.
        usage: The tokens used.
        model: The model that answered, as the vendor names it.
        id: The vendor's id of the response.
        request_id: The vendor's id of the HTTP request, for its support.
        provider: The provider's registered name.
        logprobs: The probabilities of the output's tokens, where asked for.
        service_tier: The processing tier that served the call, where the vendor tells.
        warnings: What could not be honoured, or was odd, in words.
        parsed: The answer as an instance of the call's `output_type`.
        timing: How long it took.
        payload: The vendor's JSON; of a stream, the list of its events' JSON.
    """

    message: Message
    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    usage: Usage = Usage()
    model: str | None = None
    id: str | None = None
    request_id: str | None = None
    provider: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    service_tier: str | None = None
    warnings: tuple[str, ...] = ()
    parsed: T = None  # type: ignore[assignment] - None is the default of T
    timing: Timing | None = None
    payload: msgspec.Raw = NO_PAYLOAD

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
        """The model's words for why it will not answer, or None."""
        texts = [part.text for part in self.message.parts if isinstance(part, RefusalPart)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model wants to have run, in order."""
        return self.message.tool_calls

    @property
    def raw(self) -> Json:
        """The vendor's payload as parsed JSON, made anew each time; None if there was none."""
        return msgspec.json.decode(self.payload)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _compared(self) == _compared(other)

    def __ne__(self, other: object) -> bool:
        return not self == other  # or the comparison of structs would answer, by all fields

    def __hash__(self) -> int:
        return hash((self.id, self.message.text))


def _compared(response: ChatResponse[Any]) -> list[object]:
    return [getattr(response, name) for name in _COMPARED]


_COMPARED = tuple(
    name for name in ChatResponse.__struct_fields__ if name not in {"timing", "payload"}
)
