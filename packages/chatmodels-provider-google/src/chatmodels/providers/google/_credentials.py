"""Access tokens from Google's credentials, renewed before they expire or after a refusal.

google-auth is imported on first use.
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
    """The attributes of `google.auth.credentials.Credentials` that chatmodels uses."""

    @property
    def token(self) -> str | None:
        """The token; None before the first refresh."""
        ...

    @property
    def valid(self) -> bool:
        """True if the token is valid for some more minutes."""
        ...

    def refresh(self, request: Any, /) -> None:
        """Fetch another token.

        Args:
            request: A `google.auth.transport.Request`.
        """
        ...


class AccessToken(msgspec.Struct, frozen=True, gc=False):
    """A `Signer` that sends a bearer token."""

    token: str

    def __repr__(self) -> str:
        return f"AccessToken({MASK!r})"

    @property
    def secrets(self) -> Sequence[str]:
        """Values that must not appear in errors."""
        return (self.token,)

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Return the header with the token."""
        return (("authorization", f"Bearer {self.token}"),)


class VertexTokens:
    """A `SignerSource` of access tokens from credentials.

    Pickles do not contain credentials. Application Default Credentials are loaded again after
    unpickling; other credentials are unavailable.

    Args:
        credentials: Credentials of google-auth; None to load them on first use.
        find: Loads credentials; the default loads Application Default Credentials.
    """

    def __init__(
        self, credentials: Credentials | None, find: Callable[[], Credentials] | None = None
    ) -> None:
        self._credentials = credentials
        self._find = find or (_default if credentials is None else _refuse_pickled)
        self._lock = Lock()

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return VertexTokens, (None, self._find)

    def ready(self) -> AccessToken | None:
        """Return the token of the credentials if they are valid."""
        credentials = self._credentials
        # The order matters: a token that another thread sets in between is newer.
        token = credentials.token if credentials is not None and credentials.valid else None
        return AccessToken(token) if token else None

    def fetch(self, rejected: Signer | None = None, /) -> AccessToken:
        """Return a valid token that differs from the rejected one; one thread renews it for all.

        Raises:
            AuthenticationError: There are no credentials, or no token is available for them.
            ConfigurationError: google-auth is not installed.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self._find()
            token = self.ready()
            if token is None or token == rejected:
                token = AccessToken(_refresh(self._credentials))
            return token


def _default() -> Credentials:
    auth = _import("google.auth")
    try:
        credentials: Credentials = auth.default(scopes=_SCOPES)[0]
    except Exception as error:
        raise AuthenticationError(
            "google-vertex found no Application Default Credentials; run `gcloud auth "
            "application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or pass "
            "credentials=... or api_key=..."
        ) from error
    return credentials


def _refuse_pickled() -> Credentials:
    raise AuthenticationError(
        "the credentials of google-vertex were passed in another process, and pickles do not "
        "contain them; create the model here, or use Application Default Credentials"
    )


_left_behind = _refuse_pickled  # the name in pickles of 0.1.0


def _refresh(credentials: Credentials) -> str:
    transport = _import("google.auth.transport.requests")
    try:
        credentials.refresh(transport.Request())
    except Exception as error:
        # The original message can quote the secret.
        raise AuthenticationError(
            f"google-vertex received no access token for the credentials ({type(error).__name__}); "
            "check whether they have expired or been revoked, and whether Google can be reached"
        ) from error
    if credentials.token is None:
        raise AuthenticationError(
            "google-vertex received no access token from the credentials; pass other credentials"
        )
    return credentials.token


def _import(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            "google-vertex needs google-auth for credentials; try: pip install "
            "'chatmodels-provider-google[vertex]', or pass a function that returns an access "
            "token as credentials=..., or api_key=..."
        ) from error
