"""Access tokens from Google's credentials, renewed before they expire, once for all who wait.

google-auth is imported when the first token is needed. It blocks: awaited calls have tokens
renewed in a worker thread.
"""

from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from chatmodels.core import AuthenticationError, ConfigurationError, Secret

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


def secret_of(credentials: Credentials | None) -> "CredentialsSecret":
    """Give the secret of credentials: one for all models that have them, and so one renewal.

    Args:
        credentials: Those of google-auth; None for Application Default Credentials.
    """
    with _LOCK:
        secret = _SECRETS.get(id(credentials))
        if secret is None:
            secret = _SECRETS[id(credentials)] = CredentialsSecret(credentials)
        return secret


class CredentialsSecret(Secret):
    """A secret that credentials give; `secret_of` makes it.

    A pickle carries no credentials: Application Default Credentials are found again where it is
    unpickled, others are missing there.

    Args:
        credentials: Those of google-auth; None for Application Default Credentials.
    """

    __slots__ = ("__weakref__", "_credentials", "_default", "_lock")

    def __init__(self, credentials: Credentials | None) -> None:
        super().__init__(self._renewed)
        self._credentials = credentials
        self._default = credentials is None
        self._lock = Lock()

    def reveal(self) -> str:
        """Give a valid token, renewed if need be; threads wait while one of them renews it.

        Raises:
            AuthenticationError: There are no credentials, or no token for them.
            ConfigurationError: google-auth is not installed.
        """
        return self._present() or super().reveal()

    async def areveal(self) -> str:
        """Give a valid token, awaited; the twin of `reveal`."""
        token = self._present()
        if token is not None:
            return token
        from anyio import to_thread

        return await to_thread.run_sync(super().reveal, abandon_on_cancel=True)

    def _present(self) -> str | None:
        credentials = self._credentials
        # In this order: a token that another thread puts in place in between is a newer one.
        return credentials.token if credentials is not None and credentials.valid else None

    def _renewed(self) -> str:
        with self._lock:
            if self._credentials is None:
                self._credentials = _default()
            return self._present() or _refreshed(self._credentials)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (secret_of, (None,)) if self._default else super().__reduce__()


# By the ids of credentials, which last as long as the secrets that hold them.
_SECRETS: WeakValueDictionary[int, CredentialsSecret] = WeakValueDictionary()
_LOCK = Lock()


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
