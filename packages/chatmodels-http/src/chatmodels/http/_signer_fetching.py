"""Fetches credentials from any source, within the time limits of the attempt."""

from collections.abc import Callable
from threading import Lock

from chatmodels.core import ChatModelError
from chatmodels.core.extending import running_library
from chatmodels.http._bodies import aread_body, aread_failure, read_body, read_failure
from chatmodels.http._credentials import awithin, within
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.failures import standard_failure
from chatmodels.http._errors.response_errors import fill_from_head, send_error
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http._exchanging import aexchange, exchange
from chatmodels.http._plaintext import warn_if_plaintext
from chatmodels.http._signing import (
    AnySource,
    AsyncSignerSource,
    ExchangingSource,
    Signer,
    TimedSignerSource,
)
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.resending import asend, send

_STANDARD = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "chatmodels",
}


class SignerFetcher:
    """Fetches the credentials of one model.

    Args:
        source: The source.
        provider: The provider's registered name, for messages.
        mask: Masks secrets in an error.
    """

    def __init__(
        self,
        source: AnySource,
        provider: str,
        mask: Callable[[ChatModelError], ChatModelError],
    ) -> None:
        self.ready = source.ready
        self._source = source
        self._provider = provider
        self._mask = mask
        self._lock = Lock()

    def fetch(self, engine: Engine, limits: Limits, rejected: Signer | None = None) -> Signer:
        """Fetch credentials.

        Args:
            engine: Sends the requests of an exchange.
            limits: The time limits of the attempt.
            rejected: Credentials that the vendor has just rejected.

        Raises:
            ChatModelError: There are none, or they are not available now.
            CallTimeoutError: They were not available in time.
        """
        source = self._source
        if isinstance(source, ExchangingSource):
            left = limits.left()
            if not self._lock.acquire(timeout=-1 if left is None else left):
                raise limits.key_timeout()
            try:
                signer = exchange(
                    source, lambda request: self._body(engine, request, limits), rejected
                )
            finally:
                self._lock.release()
            limits.connecting()
            return signer
        if isinstance(source, TimedSignerSource):
            return within(limits, lambda: source.fetch_within(limits.left(), rejected))
        return within(limits, lambda: source.fetch(rejected))

    async def afetch(
        self, engine: AsyncEngine, limits: Limits, rejected: Signer | None = None
    ) -> Signer:
        """Async version of `fetch`; a source without an async form runs in a thread."""
        source = self._source
        if isinstance(source, ExchangingSource):
            return await awithin(limits, lambda: self._aexchange(source, engine, limits, rejected))
        if isinstance(source, AsyncSignerSource):
            return await awithin(limits, lambda: source.afetch(rejected))

        def fetch() -> Signer:
            if isinstance(source, TimedSignerSource):
                return source.fetch_within(limits.left(), rejected)
            return source.fetch(rejected)

        return await awithin(limits, lambda: running_library().in_thread(fetch))

    async def _aexchange(
        self,
        source: ExchangingSource,
        engine: AsyncEngine,
        limits: Limits,
        rejected: Signer | None,
    ) -> Signer:
        from chatmodels.http._loop_locks import loop_lock

        async with loop_lock(self):
            return await aexchange(
                source, lambda request: self._abody(engine, request, limits), rejected
            )

    def _body(self, engine: Engine, request: HttpRequest, limits: Limits) -> bytes:
        try:
            response = send(engine, self._head(request), request.body, limits, idempotent=True)
        except TransferError as error:
            raise self._send_error(error, request, limits) from error.__cause__
        if not 200 <= response.status < 300:
            raise self._failure(response, read_failure(response, limits))
        return read_body(response, limits, self._provider, self._complete)

    async def _abody(self, engine: AsyncEngine, request: HttpRequest, limits: Limits) -> bytes:
        try:
            response = await asend(
                engine, self._head(request), request.body, limits, idempotent=True
            )
        except TransferError as error:
            raise self._send_error(error, request, limits) from error.__cause__
        if not 200 <= response.status < 300:
            raise self._failure(response, await aread_failure(response, limits))
        return await aread_body(response, limits, self._provider, self._complete)

    def _head(self, request: HttpRequest) -> RequestHead:
        warn_if_plaintext(request.path, self._provider)
        headers = _STANDARD | {name.lower(): value for name, value in request.headers}
        return RequestHead(request.method, request.path, tuple(headers.items()))

    def _send_error(
        self, error: TransferError, request: HttpRequest, limits: Limits
    ) -> ChatModelError:
        return self._mask(send_error(error, limits, self._provider, request.path))

    def _failure(self, response: HttpResponse | AsyncHttpResponse, body: bytes) -> ChatModelError:
        failure = HttpFailure(status=response.status, headers=response.headers, body=body)
        error = standard_failure(failure, self._provider)
        prefix = f"{self._provider}: "
        error.message = f"{prefix}no token: {error.message.removeprefix(prefix)}"
        error.args = (error.message,)
        return self._complete(error, response)

    def _complete(
        self, error: ChatModelError, response: HttpResponse | AsyncHttpResponse
    ) -> ChatModelError:
        return self._mask(fill_from_head(error, response))
