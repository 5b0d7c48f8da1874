"""The bearer token of the requests to a server."""

from collections.abc import AsyncGenerator

import httpx2

from chatmodels.core import Secret

_UNAUTHORIZED = 401


class BearerAuth(httpx2.Auth):
    """Adds a token to each request, and requests a new one after a 401.

    Args:
        secret: The token, or the function that returns it.
    """

    def __init__(self, secret: Secret, /) -> None:
        self._secret = secret

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token, at most twice."""
        request.headers["Authorization"] = f"Bearer {await self._secret.areveal()}"
        response = yield request
        if response.status_code == _UNAUTHORIZED and not self._secret.static:
            request.headers["Authorization"] = f"Bearer {await self._secret.areveal()}"
            yield request
