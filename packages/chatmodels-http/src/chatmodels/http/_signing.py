"""The interface for credentials other than a fixed header: signatures, and tokens that expire.

A provider passes a `SignerSource` instead of a secret. It is called before each request, retries
included, and its signer replaces the headers of `Codec.authorization`. Slow functions run in a
thread if an event loop is running.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, runtime_checkable

from chatmodels.core.extending import ProviderOptions, published_in
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._transport.engine import RequestHead


@published_in("chatmodels.http")
class Signer(Protocol):
    """Credentials that are valid now; immutable, and comparable if they can be rejected."""

    @property
    def secrets(self) -> Sequence[str]:
        """The keys and tokens to mask in errors."""
        ...

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Return the headers that authenticate a request, without any I/O.

        They replace headers of the codec with the same names. Only the headers that the user
        passed to the model override them.

        Args:
            head: The request with all of its other headers, except those of observers.
            body: Its body.
        """
        ...


@published_in("chatmodels.http")
class SignerSource(Protocol):
    """A source of credentials; shared by threads and tasks.

    A source that sends requests is better an `ExchangingSource`, such as `TokenExchange`: its
    requests use the connections, the proxy, the TLS settings and the time limits of the model.
    """

    def ready(self) -> Signer | None:
        """Return cached credentials that do not expire soon; None if they must be fetched."""
        ...

    def fetch(self, rejected: Signer | None = None, /) -> Signer:
        """Fetch credentials, which can block; concurrent callers share one result.

        A call that runs out of time goes on without waiting for the result.

        Args:
            rejected: Credentials that the vendor has just rejected. They are returned again if
                there are no others.

        Raises:
            ChatModelError: There are none, or they are not available now.
        """
        ...


@published_in("chatmodels.http")
@runtime_checkable
class TimedSignerSource(SignerSource, Protocol):
    """A source that can stop in time; `fetch_within` is called instead of `fetch`."""

    def fetch_within(self, seconds: float | None, rejected: Signer | None = None, /) -> Signer:
        """Fetch credentials as `fetch` does.

        Args:
            seconds: The time that is left for it; None for no limit.
            rejected: As for `fetch`.

        Raises:
            ChatModelError: There are none, or they are not available now.
        """
        ...


@published_in("chatmodels.http")
@runtime_checkable
class AsyncSignerSource(SignerSource, Protocol):
    """A source with an async form, which async calls await instead of a thread."""

    async def afetch(self, rejected: Signer | None = None, /) -> Signer:
        """Async version of `fetch`; it is cancelled when the time of the call has passed."""
        ...


@published_in("chatmodels.http")
@runtime_checkable
class ExchangingSource(Protocol):
    """A source whose credentials are in the responses to requests, sent by the model's engine."""

    def ready(self) -> Signer | None:
        """Return cached credentials that do not expire soon; None if they must be requested."""
        ...

    def exchange(self, rejected: Signer | None = None, /) -> Generator[HttpRequest, bytes, Signer]:
        """Yield each request, receive the body of its response, and return the credentials.

        It runs for one caller at a time: it begins with a look at the cached credentials, which
        another caller may have renewed. A request has a full URL as its path. A response without
        success is raised at the `yield`, as an error of the model's call.

        Args:
            rejected: Credentials that the vendor has just rejected. They are returned again if
                there are no others.

        Raises:
            ChatModelError: There are no credentials.
        """
        ...


AnySource = SignerSource | ExchangingSource
"""Any source of credentials."""

SignerFactory = Callable[[ProviderOptions], AnySource | None]
"""Returns the source for a model's options; None if a secret is sufficient."""
