"""The seam for credentials that are no fixed header: signatures, and tokens that expire.

A vendor's provider gives a `SignerSource` instead of a secret. It is asked before each request,
retries included; what takes time is done in a thread while an event loop runs.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from chatmodels.core.extending import ProviderOptions
from chatmodels.http._transport.engine import RequestHead


class Signer(Protocol):
    """Credentials that are valid now; immutable, and comparable if they can be refused."""

    @property
    def secrets(self) -> Sequence[str]:
        """What must appear in no error: keys and tokens."""
        ...

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Give the headers that prove who sends a request, by arithmetic alone.

        Args:
            head: The request with all of its other headers, those of observers excepted.
            body: Its body.
        """
        ...


class SignerSource(Protocol):
    """Where credentials come from; shared by threads and tasks."""

    def ready(self) -> Signer | None:
        """Give the credentials if they are at hand and will last; None if they must be fetched."""
        ...

    def fetch(self, rejected: Signer | None = None, /) -> Signer:
        """Give credentials, however long that takes; those that wait for others share the result.

        Args:
            rejected: Credentials that the vendor has just refused. Where there are no others,
                they are given again.

        Raises:
            ChatModelError: There are none, or they cannot be had now.
        """
        ...


SignerFactory = Callable[[ProviderOptions], SignerSource | None]
"""Gives the source for a model's options; None where a secret is all that is needed."""
