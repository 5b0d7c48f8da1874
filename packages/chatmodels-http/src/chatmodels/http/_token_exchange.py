"""Tokens that expire, requested in exchange for a long-lived key."""

import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Self

import msgspec

from chatmodels.core import ResponseInvalidError
from chatmodels.core.extending import MASK, published_in
from chatmodels.http._exchange import Headers, HttpRequest
from chatmodels.http._signing import Signer
from chatmodels.http._transport.engine import RequestHead


@published_in("chatmodels.http")
class BearerToken(msgspec.Struct, frozen=True, gc=False):
    """A `Signer` that sends a token as `Authorization: Bearer`.

    Attributes:
        token: The token.
    """

    token: str

    def __repr__(self) -> str:
        return f"BearerToken({MASK!r})"

    @property
    def secrets(self) -> Sequence[str]:
        """The token, to mask it in errors."""
        return (self.token,)

    def sign(self, head: RequestHead, body: bytes, /) -> Headers:
        """Return the header with the token."""
        return (("authorization", f"Bearer {self.token}"),)


@published_in("chatmodels.http")
class IssuedToken(msgspec.Struct, frozen=True):
    """A token from the response of an issuer.

    Attributes:
        token: The token.
        seconds: The time in seconds for which it is valid; None if it does not expire.
    """

    token: str
    seconds: float | None = None

    def __repr__(self) -> str:
        return f"IssuedToken({MASK!r}, {self.seconds!r})"


def read_oauth_token(body: bytes, /) -> IssuedToken:
    """Read `{"access_token": ..., "expires_in": ...}`, the response of OAuth 2.0 (RFC 6749, 5.1).

    Raises:
        ResponseInvalidError: There is no token in the body.
    """
    try:
        read = msgspec.json.decode(body, type=_OAuth)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResponseInvalidError(
            "the issuer of tokens responded without an access_token; check the URL of the request"
        ) from error
    return IssuedToken(read.access_token, read.expires_in)


class _OAuth(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


@published_in("chatmodels.http")
class TokenExchange:
    """A source of tokens that an issuer returns for a request, such as IBM's IAM or OAuth 2.0.

    The request uses the model's connections, proxy and time limits. Concurrent calls in threads or
    in one event loop share one request. A rejected token is requested once more. Pickles and deep
    copies contain the functions, but no token.

    Args:
        request: Returns the request, with a full URL as its path. It is called for each exchange,
            so that it can reveal a secret; the `Content-Type` is JSON unless its headers differ.
        read: Reads the body of the response; raises `ResponseInvalidError` if it is no token.
        margin: Seconds before its end at which a token is renewed. Half of its time is the limit.
        clock: Returns the time in seconds.

    Examples:
        >>> def request(options):
        ...     form = f"grant_type=client_credentials&client_secret={options.api_key.reveal()}"
        ...     headers = (("content-type", "application/x-www-form-urlencoded"),)
        ...     url = "https://iam.example/token"
        ...     return HttpRequest(path=url, body=form.encode(), headers=headers)
        >>> def signers(options):
        ...     return TokenExchange(partial(request, options))
    """

    def __init__(
        self,
        request: Callable[[], HttpRequest],
        read: Callable[[bytes], IssuedToken] = read_oauth_token,
        *,
        margin: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._read = read
        self._margin = margin
        self._clock = clock
        self._cached: tuple[BearerToken, float | None] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self._request, self._read, self._margin)

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def ready(self) -> BearerToken | None:
        """Return the token that was issued last, unless it expires soon."""
        cached = self._cached
        if cached is None:
            return None
        token, end = cached
        return token if end is None or self._clock() < end else None

    def exchange(
        self, rejected: Signer | None = None, /
    ) -> Generator[HttpRequest, bytes, BearerToken]:
        """Yield the request for a token, and return the token.

        Raises:
            ResponseInvalidError: The response is not a token.
        """
        current = self.ready()
        if current is not None and current != rejected:
            return current
        started = self._clock()
        issued = self._read((yield self._request()))
        token, end = BearerToken(issued.token), None
        if issued.seconds is not None:
            end = started + max(issued.seconds - self._margin, issued.seconds / 2)
        self._cached = (token, end)
        return token


def _rebuilt(
    request: Callable[[], HttpRequest], read: Callable[[bytes], IssuedToken], margin: float
) -> TokenExchange:
    return TokenExchange(request, read, margin=margin)
