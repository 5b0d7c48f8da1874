"""Access tokens from Google's credentials, renewed before they expire or once they are refused.

google-auth is imported when the first token is needed.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any, Protocol, Self, runtime_checkable

import msgspec

from chatmodels.core import AuthenticationError, ConfigurationError
from chatmodels.core.extending import MASK
from chatmodels.http import RequestHead, Signer

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@runtime_checkable
class Credentials(Protocol):
    """What is used of `google.auth.credentials.Credentials`."""

    @property
    def token(self) -> str | None:
        """The token; None before the first refresh."""
        ...

    @property
    def valid(self) -> bool:
        """Whether the token will last for some minutes."""
        ...

    def refresh(self, request: Any, /) -> None:
        """Fetch another token.

        Args:
            request: A `google.auth.transport.Request`.
        """
        ...


class AccessToken(msgspec.Struct, frozen=True, gc=False):
    """A token, as a `Signer`."""

    token: str

    def __repr__(self) -> str:
        return f"AccessToken({MASK!r})"

    @property
    def secrets(self) -> Sequence[str]:
        """What must appear in no error."""
        return (self.token,)

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Give the header that carries the token."""
        return (("authorization", f"Bearer {self.token}"),)


class VertexTokens:
    """A `SignerSource` of the tokens that credentials have.

    A pickle carries no credentials: Application Default Credentials are found again where it is
    unpickled, others are missing there.

    Args:
        credentials: Those of google-auth; None for those that are found when they are needed.
        find: Finds them.
    """

    def __init__(
        self, credentials: Credentials | None, find: Callable[[], Credentials] | None = None
    ) -> None:
        self._credentials = credentials
        self._find = find or (_default if credentials is None else _left_behind)
        self._lock = Lock()

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return VertexTokens, (None, self._find)

    def ready(self) -> AccessToken | None:
        """Give the token of credentials that are valid."""
        credentials = self._credentials
        # In this order: a token that another thread puts in place in between is a newer one.
        token = credentials.token if credentials is not None and credentials.valid else None
        return AccessToken(token) if token else None

    def fetch(self, rejected: Signer | None = None, /) -> AccessToken:
        """Give a valid token, another than the rejected one; one thread renews it for all.

        Raises:
            AuthenticationError: There are no credentials, or no token for them.
            ConfigurationError: google-auth is not installed.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self._find()
            present = self.ready()
            if present is None or present == rejected:
                present = AccessToken(_refreshed(self._credentials))
            return present


def _default() -> Credentials:
    auth = _imported("google.auth")
    try:
        found: Credentials = auth.default(scopes=_SCOPES)[0]
    except Exception as error:
        raise AuthenticationError(
            "google-vertex found no Application Default Credentials; run `gcloud auth "
            "application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or pass "
            "credentials=... or api_key=..."
        ) from error
    return found


def _left_behind() -> Credentials:
    raise AuthenticationError(
        "the credentials of google-vertex were given in another process and do not travel in a "
        "pickle; create the model here, or use Application Default Credentials"
    )


def _refreshed(credentials: Credentials) -> str:
    transport = _imported("google.auth.transport.requests")
    try:
        credentials.refresh(transport.Request())
    except Exception as error:
        # Its own words may quote what the server of tokens said of the secret.
        raise AuthenticationError(
            f"google-vertex got no access token for the credentials ({type(error).__name__}); see "
            "whether they have expired or been revoked, and whether Google can be reached"
        ) from error
    if credentials.token is None:
        raise AuthenticationError(
            "google-vertex got no access token from the credentials; pass others"
        )
    return credentials.token


def _imported(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            "google-vertex needs google-auth for credentials; try: pip install "
            "'chatmodels-provider-google[vertex]', or pass a function that gives an access token "
            "as credentials=..., or api_key=..."
        ) from error
