"""The vendor's endpoint that counts the input tokens of a request."""

from collections.abc import Callable, Sequence

import msgspec

from chatmodels.core import ChatRequest
from chatmodels.http._exchange import HttpRequest
from chatmodels.http.wire._json import NOT_JSON, Json, integer_or_none, is_list


class CountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that count the tokens of one call.

    Attributes:
        requests: The requests; the count is the sum of their numbers.
        estimated: The estimated tokens of the parts that the endpoint does not count.
        note: The names of these parts, as a sentence without a full stop; empty if there are none.
    """

    requests: Sequence[HttpRequest]
    estimated: int = 0
    note: str = ""


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's endpoint that counts the input tokens of a request.

    Attributes:
        plan: Returns the requests for a model, a call and its encoded request; None if the vendor
            does not count the tokens of this model.
        field: The field of the response that contains the number, or a list of tokens.
        texts_only: Whether the endpoint is a tokenizer of texts, so that the count is an estimate.
        at_root: Whether the paths begin at the root of the server: at the base URL without `/v1`
            at its end.
        refusal: A regular expression for the error message that the vendor does not count the
            tokens of a model; empty if `plan` reports it.
    """

    plan: Callable[[str, ChatRequest, HttpRequest], CountPlan | None]
    field: str
    texts_only: bool = False
    at_root: bool = False
    refusal: str = ""

    def read(self, body: bytes, /) -> int | None:
        """Read the number of tokens in a response; return None if there is none."""
        try:
            value = msgspec.json.decode(body, type=dict[str, Json]).get(self.field)
        except NOT_JSON:
            return None
        return len(value) if is_list(value) else integer_or_none(value)
