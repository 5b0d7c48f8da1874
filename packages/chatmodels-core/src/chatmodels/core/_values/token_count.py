"""The number of input tokens of a request that has not been sent."""

from typing import Literal

from chatmodels.core._public import published_in
from chatmodels.core._values.parts import FrozenValue

CountMethod = Literal["endpoint", "tokenizer", "estimate"]
"""The way to a number of tokens: see `TokenCount.method`."""


@published_in("chatmodels.core")
class TokenCount(FrozenValue, frozen=True, kw_only=True):
    """The number of input tokens of a request: messages, tools, media and output schema.

    Attributes:
        input_tokens: The number of tokens.
        is_estimate: Whether any part of the number is estimated by chatmodels. If not, it is the
            vendor's own number for the whole request.
        method: "endpoint" if the vendor has counted the request; "tokenizer" if the vendor's
            tokenizer has counted the texts, and the rest is estimated; "estimate" if chatmodels
            has estimated all of it, without a request.
        note: The reason why the number is an estimate, or the parts of it that are; empty for a
            count of the vendor.
        warnings: The parts of the request that the call would omit or change, as in a response.
    """

    input_tokens: int
    is_estimate: bool
    method: CountMethod
    note: str = ""
    warnings: tuple[str, ...] = ()
