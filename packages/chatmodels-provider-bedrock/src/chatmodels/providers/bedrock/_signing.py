"""Signs requests with the credentials of AWS, through botocore, imported when it is needed.

The default chain: environment, profiles with roles and single sign-on, containers, instances
("Configure the AWS SDK for Python: Credentials").
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
from chatmodels.providers.bedrock._regions import text_option

if TYPE_CHECKING:
    from logging import LogRecord

SERVICE = "bedrock"
"""The name that signatures are made for, on both hosts of the API."""

_SIGNED = frozenset({"authorization", "x-amz-date", "x-amz-security-token"})


class FrozenCredentials(Protocol):
    """Keys that belong together."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class Credentials(Protocol):
    """An object of botocore; those that expire have `refresh_needed()` besides."""

    def get_frozen_credentials(self) -> FrozenCredentials: ...


class AwsSigner(msgspec.Struct, frozen=True):
    """Keys and a region, as a `Signer` by Signature Version 4."""

    access_key: str
    secret_key: str
    token: str | None
    region: str

    def __repr__(self) -> str:
        return f"AwsSigner({MASK!r}, region={self.region!r})"

    @property
    def secrets(self) -> Sequence[str]:
        """What must appear in no error."""
        return (self.secret_key, *((self.token,) if self.token else ()))

    def sign(self, head: RequestHead, body: bytes, /) -> Sequence[tuple[str, str]]:
        """Sign method, address, host and body.

        The other headers are left unsigned: proxies may change them.
        """
        request = import_module("botocore.awsrequest").AWSRequest(head.method, head.url, data=body)
        import_module("botocore.auth").SigV4Auth(self, SERVICE, self.region).add_auth(request)
        return [(name, text) for name, text in request.headers.items() if name.lower() in _SIGNED]


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
                "the model cannot be pickled: the credentials that were passed are secret; create "
                "the model in the process that uses it"
            )
        return AwsSigners, (self._options,)

    def ready(self) -> AwsSigner | None:
        """Give the keys that were fetched before, unless they are due for renewal."""
        return None if self._signer is None or _due(self._credentials) else self._signer

    def fetch(self, rejected: Signer | None = None, /) -> AwsSigner:
        """Fetch keys, or have botocore renew them; what was rejected is looked up anew.

        Raises:
            ConfigurationError: botocore is not installed, or there is no region.
            AuthenticationError: There are no credentials, or they cannot be had now.
        """
        region = text_option(self._options, "region")
        if region is None:
            raise ConfigurationError(
                "bedrock has no region to sign for; set AWS_REGION or pass region=..."
            )
        with self._lock:
            if self._credentials is None or (rejected is not None and rejected == self._signer):
                self._credentials = self._find()
                self._signer = None  # so that others who were refused share what was found
            credentials = self._credentials
        try:
            keys = credentials.get_frozen_credentials()
        except Exception as error:  # whatever the many ways to credentials raise
            raise _unavailable(error) from error
        self._signer = AwsSigner(keys.access_key, keys.secret_key, keys.token, region)
        return self._signer

    def _find(self) -> Credentials:
        try:
            auth = import_module("botocore.auth")  # here, where no event loop waits
            import_module("botocore.awsrequest")
            session = import_module("botocore.session")
        except ImportError as error:
            raise ConfigurationError(
                "bedrock needs botocore to sign requests; try: pip install "
                "'chatmodels-provider-bedrock[aws]', or use an API key: set "
                "AWS_BEARER_TOKEN_BEDROCK or pass api_key=..."
            ) from error
        auth.logger.addFilter(_without_token)  # a second time does nothing
        found = _passed(self._options)
        if found is not None:
            return found
        try:
            found = session.Session(profile=text_option(self._options, "profile")).get_credentials()
        except Exception as error:  # such as a profile that there is not
            raise _unavailable(error) from error
        if found is None:
            raise AuthenticationError(
                "bedrock has no credentials; set AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or pass api_key=... or profile=..."
            )
        return found


def _without_token(record: "LogRecord") -> bool:
    """Mask the token in what botocore logs of signatures, at the level of debugging."""
    text = re.sub(r"(x-amz-security-token:)\S+", rf"\1{MASK}", record.getMessage())
    record.msg, record.args = text, ()
    return True


def _passed(options: ProviderOptions) -> Credentials | None:
    extra: dict[str, Any] = options.extra
    if "credentials" in extra:
        return extra["credentials"]
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    access, secret, token = (
        found.reveal() if isinstance(found := extra.get(name), Secret) else None for name in names
    )
    if not (access and secret):
        return None
    return import_module("botocore.credentials").Credentials(access, secret, token)


def _due(credentials: Credentials | None) -> bool:
    """Tell whether credentials are due for renewal, which botocore makes a while before the end."""
    needed: Callable[[], bool] | None = getattr(credentials, "refresh_needed", None)
    return needed is not None and needed()


def _unavailable(error: Exception) -> ChatModelError:
    return AuthenticationError(
        f"bedrock: the AWS credentials cannot be had now ({type(error).__name__}: {error}); "
        "`aws sts get-caller-identity` tells whether the profile is in order"
    )
