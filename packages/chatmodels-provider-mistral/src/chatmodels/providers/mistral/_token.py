"""The token of a service account, from a file that is renewed by a cluster.

See "Workload identity federation" (Admin). The order of credentials is that of Mistral's SDK.
"""

import msgspec
from msgspec.structs import replace

from chatmodels.core import AuthenticationError, Secret
from chatmodels.core.extending import ProviderOptions


class TokenFile(msgspec.Struct, frozen=True, gc=False):
    """A function that returns the content of a file, which is read for each request."""

    path: str

    def __call__(self) -> str:
        """Read the file.

        Raises:
            AuthenticationError: The file cannot be read.
        """
        try:
            with open(self.path, encoding="ascii", errors="replace") as file:
                return file.read().strip()
        except (OSError, ValueError) as error:
            raise AuthenticationError(
                f"mistral cannot read the token in {self.path!r} ({type(error).__name__}); check "
                "MISTRAL_SA_TOKEN_PATH or pass another token_path=..."
            ) from error


def with_token(options: ProviderOptions) -> ProviderOptions:
    """Return options with the token of a service account as the key.

    A passed key takes precedence over the file, and the file over a key from the environment.

    Raises:
        AuthenticationError: There is neither a key nor a file.
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
