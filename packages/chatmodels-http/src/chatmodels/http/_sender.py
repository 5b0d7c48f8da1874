"""Sends the requests of a codec: address, headers, credentials, and errors of responses."""

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatmodels.core import AuthenticationError, ChatModelError, ConfigurationError, Secret
from chatmodels.core.extending import (
    MASK,
    CallInfo,
    HttpExchange,
    ProviderMetadata,
    ProviderOptions,
    is_credential,
)
from chatmodels.http._bodies import aread_failure, read_failure
from chatmodels.http._codec.codec import Codec
from chatmodels.http._credentials import acurrent_key, current_key
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.redaction import mask_secrets
from chatmodels.http._errors.response_errors import fill_from_head, rejected_key_error, send_error
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http._plaintext import warn_if_plaintext
from chatmodels.http._tracebacks import forget_locals
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.engines import shared_async_engine, shared_engine
from chatmodels.http._transport.interception import async_intercepted, intercepted
from chatmodels.http._transport.resending import asend, send

if TYPE_CHECKING:
    from chatmodels.http._signer_fetching import SignerFetcher
    from chatmodels.http._signing import AnySource, Signer

_STANDARD = {
    "accept-encoding": "identity",  # compression delays the events of streams
    "user-agent": "chatmodels",
}
_MAX_HEADS = 16  # cached: for each path, stream or not, and for secrets that change
_MAX_SENT = 256  # secrets and signatures that were sent last, to mask them in errors


class Sender:
    """Sends requests to one provider with one set of options.

    Args:
        metadata: The provider.
        codec: Its wire format.
        options: Its base URL, credentials, headers and clients.
        signers: The source of credentials other than a fixed header.

    Raises:
        ConfigurationError: There is no base URL, or a client is of an unknown type.
    """

    def __init__(
        self,
        metadata: ProviderMetadata,
        codec: Codec,
        options: ProviderOptions,
        signers: "AnySource | None" = None,
    ) -> None:
        base_url = options.base_url or metadata.base_url
        if base_url is None:
            raise ConfigurationError(f"{metadata.name} has no base URL; pass base_url=...")
        self.base_url = base_url.rstrip("/")
        self.metadata = metadata
        self.codec = codec
        self._options = options
        self._signers = signers
        # A signer replaces the key, which is neither sent nor asked for then.
        self._secret: Secret | None = options.api_key if signers is None else None
        self._given = [
            value.rpartition(" ")[2]
            for name, value in options.headers.items()
            if is_credential(name)
        ]
        if options.api_key is not None or signers is not None or self._given:
            warn_if_plaintext(self.base_url, metadata.name)
        self._sent: deque[str] = deque(maxlen=_MAX_SENT)
        self._fetcher: SignerFetcher | None = None
        if signers is not None:
            from chatmodels.http import _signer_fetching

            self._fetcher = _signer_fetching.SignerFetcher(
                signers, metadata.name, self._mask_secrets
            )
            if options.api_key is not None and options.api_key.static:
                self._given.append(options.api_key.reveal())
        self._heads: dict[object, RequestHead] = {}
        self._injected: Engine | None = None
        self._async_injected: AsyncEngine | None = None
        if options.http_client is not None or options.async_http_client is not None:
            from chatmodels.http._transport.injected import async_injected_engine, injected_engine

            if options.http_client is not None:
                self._injected = injected_engine(options.http_client)
            if options.async_http_client is not None:
                self._async_injected = async_injected_engine(options.async_http_client)

    def __reduce__(self) -> tuple[object, ...]:
        return Sender, (self.metadata, self.codec, self._options, self._signers)

    def open(
        self,
        request: HttpRequest,
        limits: Limits,
        model: str | None,
        *,
        stream: bool = False,
        call: CallInfo | None = None,
    ) -> HttpResponse:
        """Send a request and return its successful response with the body unread.

        Args:
            request: The request.
            limits: The time limits of the attempt.
            model: The model's name, for messages.
            stream: Whether a stream is requested.
            call: The call that the request is for: its `headers` are added, and its `exchanges` and
                `response_headers` are set.

        Raises:
            ChatModelError: The request failed.
        """
        engine = self._injected or shared_engine(self._options.proxy)
        engine = intercepted(engine, self.metadata.name, call)
        fetcher, again = self._fetcher, self._renewable
        signer = None if fetcher is None else fetcher.ready() or fetcher.fetch(engine, limits)
        while True:
            secret = current_key(self._secret, limits)
            try:
                extra = None if call is None else call.headers
                head = self._head(request, secret, extra, stream=stream, signer=signer)
                exchange = _start_exchange(call, head)
                response = send(
                    engine, head, request.body, limits, idempotent=_is_idempotent(request, call)
                )
            except TransferError as error:
                raise self._send_error(error, request, limits) from error.__cause__
            except BaseException as error:
                forget_locals(error)
                raise
            if call is not None:
                call.response_headers = response.headers
            if exchange is not None:
                exchange.status = response.status
            if 200 <= response.status < 300:
                return response
            refusal = self._response_error(response, read_failure(response, limits), model)
            if exchange is not None:
                exchange.end(refusal)
            if not again or not isinstance(refusal, AuthenticationError):
                raise refusal
            if fetcher is not None:
                refused, signer = signer, fetcher.fetch(engine, limits, signer)
                if signer == refused:
                    raise refusal
            again = False

    async def aopen(
        self,
        request: HttpRequest,
        limits: Limits,
        model: str | None,
        *,
        stream: bool = False,
        call: CallInfo | None = None,
    ) -> AsyncHttpResponse:
        """Async version of `open`."""
        engine = self._async_injected or shared_async_engine(self._options.proxy)
        engine = async_intercepted(engine, self.metadata.name, call)
        fetcher, again = self._fetcher, self._renewable
        signer = (
            None if fetcher is None else fetcher.ready() or await fetcher.afetch(engine, limits)
        )
        while True:
            secret = await acurrent_key(self._secret, limits)
            try:
                extra = None if call is None else call.headers
                head = self._head(request, secret, extra, stream=stream, signer=signer)
                exchange = _start_exchange(call, head)
                response = await asend(
                    engine, head, request.body, limits, idempotent=_is_idempotent(request, call)
                )
            except TransferError as error:
                raise self._send_error(error, request, limits) from error.__cause__
            except BaseException as error:
                forget_locals(error)
                raise
            if call is not None:
                call.response_headers = response.headers
            if exchange is not None:
                exchange.status = response.status
            if 200 <= response.status < 300:
                return response
            refusal = self._response_error(response, await aread_failure(response, limits), model)
            if exchange is not None:
                exchange.end(refusal)
            if not again or not isinstance(refusal, AuthenticationError):
                raise refusal
            if fetcher is not None:
                refused, signer = signer, await fetcher.afetch(engine, limits, signer)
                if signer == refused:
                    raise refusal
            again = False

    def preview(self, request: HttpRequest, *, stream: bool) -> tuple[str, dict[str, str]]:
        """Return the address and the headers of a request, with secrets masked."""
        secret = None if self._secret is None else Secret(MASK)
        shown = {
            name: MASK if is_credential(name) else value
            for name, value in self._options.headers.items()
        }
        if self._signers is not None:
            shown = {"authorization": MASK} | shown
        return self._url(request), self._headers(request, secret, shown, stream=stream)

    def complete_error(
        self, error: ChatModelError, response: HttpResponse | AsyncHttpResponse
    ) -> ChatModelError:
        """Complete an error from the head of its response, and mask its secrets."""
        return self._mask_secrets(fill_from_head(error, response))

    @property
    def _renewable(self) -> bool:
        # A function can return another secret when it is called again.
        return self._signers is not None or (self._secret is not None and not self._secret.static)

    def _mask_secrets(self, error: ChatModelError) -> ChatModelError:
        # Longer ones first: a signature can contain a key.
        return mask_secrets(error, sorted({*self._given, *self._sent}, key=len, reverse=True))

    def _url(self, request: HttpRequest) -> str:
        path = request.path
        return self.base_url + path if path.startswith("/") else path

    def _send_error(
        self, error: TransferError, request: HttpRequest, limits: Limits
    ) -> ChatModelError:
        return self._mask_secrets(send_error(error, limits, self.metadata.name, self._url(request)))

    def _response_error(
        self, response: HttpResponse | AsyncHttpResponse, body: bytes, model: str | None
    ) -> ChatModelError:
        failure = HttpFailure(status=response.status, headers=response.headers, body=body)
        error = fill_from_head(self.codec.failure(failure), response)
        if self._signers is None:
            error = rejected_key_error(error, self.metadata, model)
        return self._mask_secrets(error)

    def _head(
        self,
        request: HttpRequest,
        secret: Secret | None,
        extra_headers: Mapping[str, str] | None,
        *,
        stream: bool,
        signer: "Signer | None",
    ) -> RequestHead:
        key = (request.method, request.path, request.headers, not request.body, stream, secret)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            given = self._options.headers
            headers = self._headers(request, secret, given, stream=stream)
            head = RequestHead(request.method, self._url(request), tuple(headers.items()))
            self._heads[key] = head
        if secret is not None and secret.reveal() not in self._sent:
            self._sent.append(secret.reveal())
        if signer is not None:
            head, proof = self._signed(head, request, signer)
            shown = [value for name, value in proof if is_credential(name)]
            self._sent.extend((*signer.secrets, *shown))
            head = RequestHead(head.method, head.url, (*head.headers, *proof))
        if extra_headers is None:
            return head
        return RequestHead(head.method, head.url, (*head.headers, *extra_headers.items()))

    def _signed(
        self, head: RequestHead, request: HttpRequest, signer: "Signer"
    ) -> tuple[RequestHead, list[tuple[str, str]]]:
        """Sign a head. The user's headers override the signature, and the signature all others."""
        signature = signer.sign(head, request.body)
        chosen = {name.lower() for name in self._options.headers}
        replaced = {name.lower() for name, _ in signature} - chosen
        others = tuple(each for each in head.headers if each[0] not in replaced)
        if len(others) != len(head.headers):
            head = RequestHead(head.method, head.url, others)
            signature = signer.sign(head, request.body)
        return head, [each for each in signature if each[0].lower() not in chosen]

    def _headers(
        self, request: HttpRequest, secret: Secret | None, given: dict[str, str], *, stream: bool
    ) -> dict[str, str]:
        """Merge the headers, with names in lower case; later ones override earlier ones."""
        headers = dict(_STANDARD)
        headers["accept"] = "text/event-stream, application/json" if stream else "application/json"
        if request.body:
            headers["content-type"] = "application/json"
        if secret is not None:
            proof = self.codec.authorization(secret.reveal())
            headers |= {name.lower(): value for name, value in proof}
        headers |= {name.lower(): value for name, value in request.headers}
        headers |= {name.lower(): value for name, value in given.items()}
        return headers


def _start_exchange(call: CallInfo | None, head: RequestHead) -> HttpExchange | None:
    if call is None:
        return None
    call.response_headers = None  # of an earlier attempt
    if call.exchanges is None:
        return None
    exchange = HttpExchange(head.method, head.url)
    call.exchanges.append(exchange)
    return exchange


def _is_idempotent(request: HttpRequest, call: CallInfo | None) -> bool:
    return request.idempotent and (call is None or call.request.idempotent)
