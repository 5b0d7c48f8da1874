"""Requests other than chat whose response is one body, such as the properties of a server."""

from collections.abc import Callable
from typing import TypeVar

from chatmodels.core import ChatModelError, Timeout
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._deadlines import single_attempt_limits
from chatmodels.http._errors.response_errors import not_json_error
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse

T = TypeVar("T")


def fetch(sender: Sender, request: HttpRequest, decode: Callable[[bytes], T], within: Timeout) -> T:
    """Send a request and return its decoded body.

    Raises:
        ChatModelError: The request failed, or a time limit passed.
    """
    limits = single_attempt_limits(within, sender.metadata.name)
    response = sender.open(request, limits, None)
    body = read_body(response, limits, sender.metadata.name, sender.complete_error)
    return _decoded(sender, response, body, decode)


async def afetch(
    sender: Sender, request: HttpRequest, decode: Callable[[bytes], T], within: Timeout
) -> T:
    """Async version of `fetch`."""
    limits = single_attempt_limits(within, sender.metadata.name)
    response = await sender.aopen(request, limits, None)
    body = await aread_body(response, limits, sender.metadata.name, sender.complete_error)
    return _decoded(sender, response, body, decode)


def _decoded(
    sender: Sender,
    response: HttpResponse | AsyncHttpResponse,
    body: bytes,
    decode: Callable[[bytes], T],
) -> T:
    failure = not_json_error(response, body, sender.metadata.name)
    if failure is not None:
        raise sender.complete_error(failure, response)
    try:
        return decode(body)
    except ChatModelError as error:
        sender.complete_error(error, response)
        raise
