"""The interface for credentials other than a fixed header: signatures, and tokens that expire.

A provider passes a `SignerSource` instead of a secret. It is called before each request, retries
included. Slow functions run in a thread if an event loop is running.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from chatmodels.core.extending import ProviderOptions
from chatmodels.http._transport.engine import RequestHead


class Signer(Protocol):
    """Credentials that are valid now; immutable, and comparable if they can be rejected."""

    @property
    def secrets(self) -> Sequence[str]:
        """The keys and tokens to mask in errors."""
        ...

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Return the headers that authenticate a request, without any I/O.

        Args:
            head: The request with all of its other headers, except those of observers.
            body: Its body.
        """
        ...


class SignerSource(Protocol):
    """A source of credentials; shared by threads and tasks."""

    def ready(self) -> Signer | None:
        """Return cached credentials that do not expire soon; None if they must be fetched."""
        ...

    def fetch(self, rejected: Signer | None = None, /) -> Signer:
        """Fetch credentials, which can block; concurrent callers share one result.

        Args:
            rejected: Credentials that the vendor has just rejected. They are returned again if
                there are no others.

        Raises:
            ChatModelError: There are none, or they are not available now.
        """
        ...


SignerFactory = Callable[[ProviderOptions], SignerSource | None]
"""Returns the source for a model's options; None if a secret is sufficient."""
