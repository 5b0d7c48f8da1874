"""Requests the number of input tokens from the vendor, or estimates it."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ErrorCode, Timeout, TokenCount
from chatmodels.core.extending import estimated_tokens
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._codec.counting import Counting, CountPlan
from chatmodels.http._codec.schema_support import TranslatedRequest
from chatmodels.http._deadlines import single_attempt_limits
from chatmodels.http._errors.response_errors import not_json_error
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse
from chatmodels.http.wire._invalid_body import raise_for_body

_NO_ENDPOINT = frozenset({404, 405, 501})


def count_tokens(
    sender: Sender, model: str, request: TranslatedRequest, within: Timeout, /
) -> TokenCount:
    """Count the tokens of a request; the total time limit applies to all requests together.

    Raises:
        ChatModelError: The request cannot be expressed, or the vendor did not count it.
    """
    count = _Count(sender, model, request)
    limits = single_attempt_limits(within, sender.metadata.name)
    try:
        for part in count.requests():
            response = sender.open(part, limits, model)
            body = read_body(response, limits, sender.metadata.name, sender.complete_error)
            count.add(response, body)
    except ChatModelError as error:
        return count.estimate_after(error)
    return count.result()


async def acount_tokens(
    sender: Sender, model: str, request: TranslatedRequest, within: Timeout, /
) -> TokenCount:
    """Async version of `count_tokens`."""
    count = _Count(sender, model, request)
    limits = single_attempt_limits(within, sender.metadata.name)
    try:
        for part in count.requests():
            response = await sender.aopen(part, limits, model)
            body = await aread_body(response, limits, sender.metadata.name, sender.complete_error)
            count.add(response, body)
    except ChatModelError as error:
        return count.estimate_after(error)
    return count.result()


class _Count:
    """The count of one request: its requests to the vendor, and the sum of their numbers."""

    def __init__(self, sender: Sender, model: str, request: TranslatedRequest) -> None:
        self._sender = sender
        self._request = request
        self._tokens = 0
        wire = sender.codec.encode(model, request.request, stream=False)  # checks it in any case
        self._counting: Counting | None = sender.codec.counting
        self._plan: CountPlan | None = None
        if self._counting is not None:
            self._plan = self._counting.plan(model, request.request, wire)

    def requests(self) -> Iterator[HttpRequest]:
        """Yield the requests to send."""
        if self._counting is None or self._plan is None:
            return
        root = self._sender.base_url.removesuffix("/v1") if self._counting.at_root else ""
        for request in self._plan.requests:
            yield replace(request, path=root + request.path)

    def add(self, response: HttpResponse | AsyncHttpResponse, body: bytes) -> None:
        """Add the number in a response.

        Raises:
            ChatModelError: The response reports an error, or does not contain the number.
        """
        assert self._counting is not None, "there was a request"
        failure = not_json_error(response, body, self._sender.metadata.name)
        if failure is not None:
            raise self._sender.complete_error(failure, response)
        tokens = self._counting.read(body)
        if tokens is None:
            name, why = self._sender.metadata.name, f"no number as {self._counting.field!r}"
            try:
                raise_for_body(body, name, "a count of tokens", why, self._sender.codec.failure)
            except ChatModelError as error:
                self._sender.complete_error(error, response)
                raise
        self._tokens += tokens

    def result(self) -> TokenCount:
        """Return the count."""
        counting, plan = self._counting, self._plan
        if counting is None:
            return self._estimate("has no endpoint that counts tokens")
        if plan is None:
            return self._estimate("does not count the tokens of this model")
        return TokenCount(
            input_tokens=self._tokens + plan.estimated,
            is_estimate=counting.texts_only or bool(plan.note),
            method="tokenizer" if counting.texts_only else "endpoint",
            note=plan.note,
            warnings=self._request.warnings,
        )

    def estimate_after(self, error: ChatModelError) -> TokenCount:
        """Return an estimate if the server has no such endpoint; otherwise raise the error."""
        refusal = self._counting.refusal if self._counting is not None else ""
        if refusal and re.search(refusal, error.message):
            return self._estimate("does not count the tokens of this model")
        if error.status in _NO_ENDPOINT and error.code is not ErrorCode.MODEL_NOT_FOUND:
            return self._estimate(f"has no endpoint that counts tokens: {error.message}")
        raise error

    def _estimate(self, reason: str) -> TokenCount:
        api = self._sender.codec.api
        name = self._sender.metadata.name
        return TokenCount(
            input_tokens=estimated_tokens(self._request.request),
            is_estimate=True,
            method="estimate",
            note=f"{name}{f' ({api})' if api else ''} {reason}",
            warnings=self._request.warnings,
        )
