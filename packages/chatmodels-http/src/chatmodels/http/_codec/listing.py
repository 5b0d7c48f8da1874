"""The vendor's list of models and its pagination."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chatmodels.core import ModelInfo, ResponseInvalidError
from chatmodels.http._exchange import HttpRequest

_MAX_PAGES = 100


class PageToken(msgspec.Struct, frozen=True):
    """The token in one page of a list that identifies the next page.

    Attributes:
        field: The field of the body that contains it; absent, null or empty on the last page.
        parameter: The query parameter that requests the next page with it.
        more: The field that is false on the last page, if that page has a token too; None if the
            API has no such field.
    """

    field: str
    parameter: str
    more: str | None = None


class Listing(msgspec.Struct, frozen=True):
    """The vendor's list of models.

    Attributes:
        request: The request that returns the list, or its first page.
        read: Translates the body; raises `ResponseInvalidError` if it is not a list of models.
        page_token: The token of the next page, in a body that is a JSON object; None if the list
            has only one page.
    """

    request: HttpRequest
    read: Callable[[bytes], Sequence[ModelInfo]]
    page_token: PageToken | None = None


class ListingPages:
    """The pages of a list of models, read one after the other.

    Args:
        listing: The listing.
        provider: The provider's registered name, for messages.

    Attributes:
        models: The models of the pages read so far.
        request: The request for the next page; None after the last one.
    """

    def __init__(self, listing: Listing, provider: str, /) -> None:
        self.models: list[ModelInfo] = []
        self.request: HttpRequest | None = listing.request
        self._listing = listing
        self._provider = provider
        self._tokens: set[str] = set()

    def read(self, body: bytes, /) -> None:
        """Read a page.

        Raises:
            ResponseInvalidError: The body is not a page of the list, or the pages do not end.
        """
        self.models.extend(self._listing.read(body))
        names = self._listing.page_token
        token = None if names is None else _token(names, body)
        if names is None or token is None:
            self.request = None
            return
        if token in self._tokens or len(self._tokens) >= _MAX_PAGES - 1:
            raise ResponseInvalidError(
                f"{self._provider}: the list of models does not end after "
                f"{len(self._tokens) + 1} pages"
            )
        self._tokens.add(token)
        from urllib.parse import quote  # few lists have several pages

        first = self._listing.request
        separator = "&" if "?" in first.path else "?"
        path = f"{first.path}{separator}{names.parameter}={quote(token, safe='')}"
        self.request = msgspec.structs.replace(first, path=path)


def _token(names: PageToken, body: bytes) -> str | None:
    page: dict[str, Any] = msgspec.json.decode(body)
    if names.more is not None and not page.get(names.more):
        return None
    token = page.get(names.field)
    return token if isinstance(token, str) and token else None
