"""The token of a service account, in a file that its cluster renews.

See "Workload identity federation" (Admin); the order of credentials is that of the vendor's SDK.
"""

import msgspec
from msgspec.structs import replace

from chatmodels.core import AuthenticationError, Secret
from chatmodels.core.extending import ProviderOptions


class TokenFile(msgspec.Struct, frozen=True, gc=False):
    """Gives what stands in a file, read anew for each request."""

    path: str

    def __call__(self) -> str:
        """Read it.

        Raises:
            AuthenticationError: It cannot be read.
        """
        try:
            with open(self.path, encoding="ascii", errors="replace") as file:
                return file.read().strip()
        except (OSError, ValueError) as error:
            raise AuthenticationError(
                f"mistral cannot read the token in {self.path!r}, a {type(error).__name__}; see "
                "MISTRAL_SA_TOKEN_PATH or pass another token_path=..."
            ) from error


def authorized(options: ProviderOptions) -> ProviderOptions:
    """Put the token of a service account where the key is.

    A key that is passed counts before the file, and the file before a key of the environment.

    Raises:
        AuthenticationError: There is neither key nor file.
    """
    key, path = options.api_key, options.extra.get("token_path")
    if path and (key is None or key.origin is not None):
        return replace(options, api_key=Secret(TokenFile(str(path))))
    if key is None:
        raise AuthenticationError(
            "mistral has no API key; set MISTRAL_API_KEY or pass api_key=..., or token_path=... "
            "for a service account"
        )
    return options
