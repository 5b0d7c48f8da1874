"""Requests the listing of a provider's models, page by page."""

import time
from collections.abc import Sequence

from chatmodels.core import ChatModelError, ModelInfo, Timeout, UnsupportedError
from chatmodels.http._bodies import aread_body, read_body
from chatmodels.http._codec.listing import ListingPages
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import not_json
from chatmodels.http._sender import Sender
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse


def list_models(caller: Sender, within: Timeout, /) -> Sequence[ModelInfo]:
    """Request the models that the vendor lists; the total time limit holds for all pages.

    Raises:
        UnsupportedError: The vendor has no listing.
        ChatModelError: A request failed.
    """
    pages, name, deadline = _pages(caller), caller.metadata.name, _deadline(within)
    while pages.request is not None:
        limits = Limits(within, name, deadline=deadline)
        response = caller.open(pages.request, limits, None)
        _read(caller, pages, response, read_body(response, limits, name, caller.finished))
    return pages.models


async def alist_models(caller: Sender, within: Timeout, /) -> Sequence[ModelInfo]:
    """Request the models that the vendor lists, awaited; the twin of `list_models`."""
    pages, name, deadline = _pages(caller), caller.metadata.name, _deadline(within)
    while pages.request is not None:
        limits = Limits(within, name, deadline=deadline)
        response = await caller.aopen(pages.request, limits, None)
        _read(caller, pages, response, await aread_body(response, limits, name, caller.finished))
    return pages.models


def _pages(caller: Sender) -> ListingPages:
    name, listing = caller.metadata.name, caller.codec.models
    if listing is None:
        raise UnsupportedError(f"{name} has no listing of models; see its documentation")
    return ListingPages(listing, name)


def _read(
    caller: Sender, pages: ListingPages, response: HttpResponse | AsyncHttpResponse, body: bytes
) -> None:
    failure = not_json(response, body, caller.metadata.name)
    if failure is not None:
        raise caller.finished(failure, response)
    try:
        pages.read(body)
    except ChatModelError as error:
        caller.finished(error, response)
        raise


def _deadline(within: Timeout) -> float | None:
    return None if within.total is None else time.monotonic() + within.total
