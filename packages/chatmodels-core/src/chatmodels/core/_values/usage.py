"""The tokens that a call used, and their sums."""

from decimal import Decimal
from typing import TypeVar

from msgspec.structs import force_setattr

from chatmodels.core._values.parts import FrozenValue

Number = TypeVar("Number", int, Decimal)


class Usage(FrozenValue, frozen=True, kw_only=True):
    """The numbers of tokens used; None if the vendor did not report a number, unlike 0.

    `a + b` and `sum(usages, Usage())` add up what was reported. A number of the sum is None if no
    usage reports it. If only some of them do, it counts those alone and is a lower bound.

    Attributes:
        input_tokens: All input tokens, including cached and cache-written ones.
        output_tokens: All output tokens, including reasoning.
        total_tokens: The reported total, else the sum of both.
        cached_input_tokens: Input tokens that were read from a cache.
        cache_write_tokens: Input tokens that were written to a cache.
        cache_write_1h_tokens: Those of them that were written to a cache for an hour, which costs
            more than five minutes.
        reasoning_tokens: Output tokens of reasoning.
        input_audio_tokens: Input tokens of audio.
        output_audio_tokens: Output tokens of audio.
        accepted_prediction_tokens: Tokens of the `prediction` that the response contains.
        rejected_prediction_tokens: Tokens of the `prediction` that it does not; they are billed.
        billed_input_tokens: Input tokens that are billed, if the vendor reports them separately.
        billed_output_tokens: Output tokens that are billed, if the vendor reports them separately.
        reported_cost: The cost in US dollars, if the vendor reports it.
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
    cache_write_1h_tokens: int | None = None
    reported_cost: Decimal | None = None

    def __post_init__(self) -> None:
        input_tokens, output_tokens = self.input_tokens, self.output_tokens
        if self.total_tokens is None and input_tokens is not None and output_tokens is not None:
            force_setattr(self, "total_tokens", input_tokens + output_tokens)

    def __add__(self, other: "Usage", /) -> "Usage":
        if not isinstance(other, Usage):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            return NotImplemented
        return Usage(
            **{
                name: _sum(getattr(self, name), getattr(other, name))
                for name in self.__struct_fields__
            }
        )

    def __radd__(self, other: int, /) -> "Usage":
        """Be the first summand of `sum(usages)`, which starts from 0."""
        return self if other == 0 else NotImplemented


def _sum(first: Number | None, second: Number | None) -> Number | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
