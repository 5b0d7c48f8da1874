"""What is the same at a server whichever of the two dialects is spoken with it."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.http import Framer, HttpRequest, SseFramer
from chatmodels.openai_compatible._models import read_models


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where a vendor's API is, and what it knows its callers by.

    Attributes:
        name: The provider's registered name.
        models_path: Where the models are listed; None if they are not.
        health_path: The cheapest thing to fetch that proves address and credentials; None for
            the listing of models.
        key_header: The header that carries the key.
        key_prefix: What stands before the key in it.
        settings: The settings honoured: neutral name to the field of the body. A dot descends
            into an object, as in `"reasoning.effort"`.
    """

    name: str
    models_path: str | None = "/models"
    health_path: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    settings: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


D = TypeVar("D", bound=Server)


class ServerCodec(Generic[D]):
    """The half of a `ChatCodec` that both dialects have in common.

    Args:
        dialect: How the vendor speaks.
        headers: What its requests need besides, as for the account to bill.
    """

    __slots__ = ("_headers", "dialect")

    def __init__(self, dialect: D, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.dialect = dialect
        self._headers = headers

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: their neutral names, to those in the body."""
        return self.dialect.settings

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries the secret."""
        return ((self.dialect.key_header, self.dialect.key_prefix + secret),)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return SseFramer()

    def encode_models(self) -> HttpRequest | None:
        """Give the request that lists the models; None if the vendor has none."""
        path = self.dialect.models_path
        return None if path is None else self._get(path)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body, self.dialect.name)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves address and credentials."""
        path = self.dialect.health_path or self.dialect.models_path or "/models"
        return self._get(path)

    def _get(self, path: str) -> HttpRequest:
        return HttpRequest(method="GET", path=path, headers=self._headers)
