"""MCP servers that are reached by streamable HTTP."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chatmodels.core import ConfigurationError, Secret
from chatmodels.core.extending import SecretSource

if TYPE_CHECKING:
    import httpx2

    from mcp.client._transport import TransportStreams

    Auth = SecretSource | Secret | httpx2.Auth
    """A bearer token, a function that returns the current one, or a flow of httpx2."""

_CONNECT_TIMEOUT = 30.0  # seconds, also to write and to wait for a connection


class HttpTransport:
    """Connects to the endpoint of a server.

    Args:
        url: The endpoint, such as "https://mcp.example/mcp".
        headers: Headers of every request.
        auth: The credentials.

    Raises:
        ConfigurationError: The URL is not one, or the credentials are of another type.
    """

    network: str | None = "tcp"

    def __init__(self, url: str, headers: Mapping[str, str] | None, auth: "Auth | None") -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            shown = parts._replace(netloc=parts.hostname or "", query="").geturl()
            raise ConfigurationError(
                f"an MCP server's URL begins with https:// or http:// and a host, not {shown!r}",
                op="mcp",
            )
        self._url = url
        self._headers = dict(headers or {})
        self._auth = _secret(auth)
        self.name = parts.hostname
        self.secrets = tuple(filter(None, (parts.password, parts.query, *self._headers.values())))

    @asynccontextmanager
    async def open(self) -> "AsyncGenerator[TransportStreams]":
        """Open connections to the endpoint, and end the session at the end."""
        import httpx2

        from chatmodels.mcp._bearer import BearerAuth
        from chatmodels.mcp._statuses import note_status
        from mcp.client.streamable_http import streamable_http_client

        auth = BearerAuth(self._auth) if isinstance(self._auth, Secret) else self._auth
        async with (
            httpx2.AsyncClient(
                headers=self._headers,
                auth=auth,
                # Calls have their own time limit, and a stream of notifications can be silent.
                timeout=httpx2.Timeout(_CONNECT_TIMEOUT, read=None),
                event_hooks={"response": [note_status]},
            ) as client,
            streamable_http_client(self._url, http_client=client) as streams,
        ):
            yield streams

    def diagnosis(self) -> str:
        """Return nothing: the status of a response is in its error."""
        return ""


def _secret(auth: Any) -> "Secret | httpx2.Auth | None":
    if auth is None or isinstance(auth, Secret) or hasattr(auth, "async_auth_flow"):
        return auth
    return Secret(auth)
