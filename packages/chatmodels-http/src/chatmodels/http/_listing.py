"""Requests a provider's list of models, page by page."""

import time
from collections.abc import Sequence

from chatmodels.core import ChatModelError, ModelInfo, Timeout, UnsupportedError
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._codec.listing import ListingPages
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import not_json_error
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse


def list_models(sender: Sender, within: Timeout, /) -> Sequence[ModelInfo]:
    """Request the vendor's list of models; the total time limit applies to all pages together.

    Raises:
        UnsupportedError: The vendor does not list its models.
        ChatModelError: A request failed.
    """
    pages, name, deadline = _pages(sender), sender.metadata.name, _deadline(within)
    while pages.request is not None:
        limits = Limits(within, name, deadline=deadline)
        response = sender.open(pages.request, limits, None)
        body = read_body(response, limits, name, sender.complete_error)
        _read(sender, pages, response, body)
    return pages.models


async def alist_models(sender: Sender, within: Timeout, /) -> Sequence[ModelInfo]:
    """Async version of `list_models`."""
    pages, name, deadline = _pages(sender), sender.metadata.name, _deadline(within)
    while pages.request is not None:
        limits = Limits(within, name, deadline=deadline)
        response = await sender.aopen(pages.request, limits, None)
        _read(
            sender, pages, response, await aread_body(response, limits, name, sender.complete_error)
        )
    return pages.models


def _pages(sender: Sender) -> ListingPages:
    name, listing = sender.metadata.name, sender.codec.models
    if listing is None:
        raise UnsupportedError(f"{name} does not list its models; see its documentation")
    return ListingPages(listing, name)


def _read(
    sender: Sender, pages: ListingPages, response: HttpResponse | AsyncHttpResponse, body: bytes
) -> None:
    failure = not_json_error(response, body, sender.metadata.name)
    if failure is not None:
        raise sender.complete_error(failure, response)
    try:
        pages.read(body)
    except ChatModelError as error:
        sender.complete_error(error, response)
        raise


def _deadline(within: Timeout) -> float | None:
    return None if within.total is None else time.monotonic() + within.total
