"""Signing of requests with AWS credentials through botocore, which is imported on first use.

The default credential chain: environment, profiles with roles and single sign-on, containers,
instances ("Configure the AWS SDK for Python: Credentials").
"""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec

from chatmodels.core import AuthenticationError, ChatModelError, ConfigurationError, Secret
from chatmodels.core.extending import MASK, ProviderOptions
from chatmodels.http import RequestHead, Signer
from chatmodels.providers.bedrock._regions import bucket_urls, text_option

if TYPE_CHECKING:
    from logging import LogRecord

SERVICE = "bedrock"
"""The service name in signatures, for both hosts of the API."""

_SIGNATURE_HEADERS = frozenset(
    {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
)


class FrozenCredentials(Protocol):
    """One consistent set of keys."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class Credentials(Protocol):
    """A botocore credentials object; those that expire also have `refresh_needed()`."""

    def get_frozen_credentials(self) -> FrozenCredentials: ...


class AwsSigner(msgspec.Struct, frozen=True):
    """A `Signer` by Signature Version 4, with keys, a region, and the URLs of buckets."""

    access_key: str
    secret_key: str
    token: str | None
    region: str
    bucket_urls: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AwsSigner({MASK!r}, region={self.region!r})"

    @property
    def secrets(self) -> Sequence[str]:
        """Values that must not appear in errors."""
        return (self.secret_key, *((self.token,) if self.token else ()))

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Sign the method, the URL, the host and the body.

        Other headers are not signed, because proxies can change them.
        """
        request = import_module("botocore.awsrequest").AWSRequest(head.method, head.url, data=body)
        auth = import_module("botocore.auth")
        if head.url.startswith(self.bucket_urls):
            auth.S3SigV4Auth(self, "s3", self.region).add_auth(request)
        else:
            auth.SigV4Auth(self, SERVICE, self.region).add_auth(request)
        return [
            (name, text)
            for name, text in request.headers.items()
            if name.lower() in _SIGNATURE_HEADERS
        ]


class AwsSigners:
    """A `SignerSource` of one region.

    Args:
        options: The options of the model, completed.
    """

    def __init__(self, options: ProviderOptions) -> None:
        self._options = options
        self._lock = Lock()
        self._credentials: Credentials | None = None
        self._signer: AwsSigner | None = None

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        if "credentials" in self._options.extra:
            raise ConfigurationError(
                "the model cannot be pickled, because it contains credentials that were passed; "
                "create the model in the process that uses it"
            )
        return AwsSigners, (self._options,)

    def ready(self) -> AwsSigner | None:
        """Return the keys that were fetched before, unless they are due for renewal."""
        return None if self._signer is None or _expires_soon(self._credentials) else self._signer

    def fetch(self, rejected: Signer | None = None, /) -> AwsSigner:
        """Fetch keys, or let botocore renew them; rejected credentials are looked up again.

        Raises:
            ConfigurationError: botocore is not installed, or there is no region.
            AuthenticationError: There are no credentials, or they are currently unavailable.
        """
        region = text_option(self._options, "region")
        if region is None:
            raise ConfigurationError(
                "bedrock cannot sign requests without a region; set AWS_REGION or pass region=..."
            )
        with self._lock:
            if self._credentials is None or (rejected is not None and rejected == self._signer):
                self._credentials = self._find()
                self._signer = None  # so that other rejected calls reuse the new credentials
            credentials = self._credentials
        try:
            keys = credentials.get_frozen_credentials()
        except Exception as error:  # credential providers raise errors of many types
            raise _unavailable(error) from error
        self._signer = AwsSigner(
            keys.access_key, keys.secret_key, keys.token, region, bucket_urls(self._options)
        )
        return self._signer

    def _find(self) -> Credentials:
        try:
            auth = import_module("botocore.auth")  # not in an event loop: imports block
            import_module("botocore.awsrequest")
            session = import_module("botocore.session")
        except ImportError as error:
            raise ConfigurationError(
                "bedrock needs botocore to sign requests; try: pip install "
                "'chatmodels-provider-bedrock[aws]', or use an API key: set "
                "AWS_BEARER_TOKEN_BEDROCK or pass api_key=..."
            ) from error
        auth.logger.addFilter(_mask_token)  # idempotent
        credentials = _passed_credentials(self._options)
        if credentials is not None:
            return credentials
        try:
            profile = text_option(self._options, "profile")
            credentials = session.Session(profile=profile).get_credentials()
        except Exception as error:  # such as a profile that does not exist
            raise _unavailable(error) from error
        if credentials is None:
            raise AuthenticationError(
                "bedrock has no credentials; set AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or pass api_key=... or profile=..."
            )
        return credentials


def _mask_token(record: "LogRecord") -> bool:
    """Mask the token in botocore's debug log records about signatures."""
    text = re.sub(r"(x-amz-security-token:)\S+", rf"\1{MASK}", record.getMessage())
    record.msg, record.args = text, ()
    return True


def _passed_credentials(options: ProviderOptions) -> Credentials | None:
    extra: dict[str, Any] = options.extra
    if "credentials" in extra:
        return extra["credentials"]
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    access, secret, token = (
        value.reveal() if isinstance(value := extra.get(name), Secret) else None for name in names
    )
    if not (access and secret):
        return None
    return import_module("botocore.credentials").Credentials(access, secret, token)


def _expires_soon(credentials: Credentials | None) -> bool:
    """Check whether credentials are due for renewal, which botocore does before they expire."""
    refresh_needed: Callable[[], bool] | None = getattr(credentials, "refresh_needed", None)
    return refresh_needed is not None and refresh_needed()


def _unavailable(error: Exception) -> ChatModelError:
    return AuthenticationError(
        f"bedrock: the AWS credentials are unavailable ({type(error).__name__}: {error}); "
        "check the profile with `aws sts get-caller-identity`"
    )
