"""Sends the requests of a codec: address, headers, secrets, and what to make of refusals."""

from collections import deque
from collections.abc import Mapping

from chatmodels.core import AuthenticationError, ChatModelError, ConfigurationError, Secret
from chatmodels.core.extending import (
    MASK,
    HttpExchange,
    ProviderMetadata,
    ProviderOptions,
    is_credential,
)
from chatmodels.http._bodies import aread_failure, read_failure
from chatmodels.http._codec.codec import Codec
from chatmodels.http._credentials import afetched, arevealed, fetched, revealed
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.redaction import masked
from chatmodels.http._errors.response_errors import completed, key_rejected, not_sent
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http._plaintext import warn_if_plaintext
from chatmodels.http._signing import Signer, SignerSource
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

_STANDARD = {
    "accept-encoding": "identity",  # compressed streams come late
    "user-agent": "chatmodels",
}
_HEADS = 16  # as many are kept: for each path, stream or not, and for secrets that change
_REMEMBERED = 256  # of what was sent last: secrets and signatures, to mask them in errors


class Sender:
    """Reaches one provider with one set of options.

    Args:
        metadata: The provider.
        codec: Its wire format.
        options: Where it is, and what it knows the caller by.
        signers: Where credentials come from that are no fixed header.

    Raises:
        ConfigurationError: There is no base URL, or a client passed is of no known kind.
    """

    def __init__(
        self,
        metadata: ProviderMetadata,
        codec: Codec,
        options: ProviderOptions,
        signers: SignerSource | None = None,
    ) -> None:
        base_url = options.base_url or metadata.base_url
        if base_url is None:
            raise ConfigurationError(f"{metadata.name} has no address; pass base_url=...")
        self.base_url = base_url.rstrip("/")
        self.metadata = metadata
        self.codec = codec
        self._options = options
        self._signers = signers
        self._secret: Secret | None = options.api_key
        self._given = [
            value.rpartition(" ")[2]
            for name, value in options.headers.items()
            if is_credential(name)
        ]
        if self._secret is not None or signers is not None or self._given:
            warn_if_plaintext(self.base_url, metadata.name)
        self._sent: deque[str] = deque(maxlen=_REMEMBERED)
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
        more: Mapping[str, str] | None = None,
        exchanges: list[HttpExchange] | None = None,
    ) -> HttpResponse:
        """Send a request and give its success, the body unread.

        Args:
            request: What to send.
            limits: Those of the attempt.
            model: The model's name, for messages.
            stream: Whether a stream is asked for.
            more: Headers to send along this time.
            exchanges: Where each request is noted, if an observer wants it.

        Raises:
            ChatModelError: It did not succeed.
        """
        engine = self._injected or shared_engine(self._options.proxy)
        signers, again = self._signers, self._renewable
        signer = None if signers is None else signers.ready() or fetched(signers, limits)
        while True:
            secret = revealed(self._secret, limits)
            try:
                head = self._head(request, secret, more, stream=stream, signer=signer)
                exchange = None if exchanges is None else _noted(exchanges, head)
                answer = engine.send(head, request.body, limits)
            except TransferError as error:
                raise self._not_sent(error, request, limits) from error.__cause__
            except BaseException as error:
                forget_locals(error)
                raise
            if exchange is not None:
                exchange.status = answer.status
            if 200 <= answer.status < 300:
                return answer
            refusal = self._refused(answer, read_failure(answer, limits), model)
            if exchange is not None:
                exchange.end(refusal)
            if not again or not isinstance(refusal, AuthenticationError):
                raise refusal
            if signers is not None:
                refused, signer = signer, fetched(signers, limits, signer)
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
        more: Mapping[str, str] | None = None,
        exchanges: list[HttpExchange] | None = None,
    ) -> AsyncHttpResponse:
        """Send a request and give its success; the twin of `open`."""
        engine = self._async_injected or shared_async_engine(self._options.proxy)
        signers, again = self._signers, self._renewable
        signer = None if signers is None else signers.ready() or await afetched(signers, limits)
        while True:
            secret = await arevealed(self._secret, limits)
            try:
                head = self._head(request, secret, more, stream=stream, signer=signer)
                exchange = None if exchanges is None else _noted(exchanges, head)
                answer = await engine.send(head, request.body, limits)
            except TransferError as error:
                raise self._not_sent(error, request, limits) from error.__cause__
            except BaseException as error:
                forget_locals(error)
                raise
            if exchange is not None:
                exchange.status = answer.status
            if 200 <= answer.status < 300:
                return answer
            refusal = self._refused(answer, await aread_failure(answer, limits), model)
            if exchange is not None:
                exchange.end(refusal)
            if not again or not isinstance(refusal, AuthenticationError):
                raise refusal
            if signers is not None:
                refused, signer = signer, await afetched(signers, limits, signer)
                if signer == refused:
                    raise refusal
            again = False

    def explained(self, request: HttpRequest) -> tuple[str, dict[str, str]]:
        """Give the address and the headers of a request, secrets masked."""
        secret = None if self._secret is None else Secret(MASK)
        shown = {
            name: MASK if is_credential(name) else value
            for name, value in self._options.headers.items()
        }
        if self._signers is not None:
            shown = {"authorization": MASK} | shown
        return self._url(request), self._headers(request, secret, shown, stream=False)

    def finished(
        self, error: ChatModelError, answer: HttpResponse | AsyncHttpResponse
    ) -> ChatModelError:
        """Fill an error in from the head of its response, and take secrets out of it."""
        return self._masked(completed(error, answer))

    @property
    def _renewable(self) -> bool:
        # A secret that comes from a function may be another one when it is asked for again.
        return self._signers is not None or (self._secret is not None and not self._secret.static)

    def _masked(self, error: ChatModelError) -> ChatModelError:
        # Longer ones first: a signature may contain a key.
        return masked(error, sorted({*self._given, *self._sent}, key=len, reverse=True))

    def _url(self, request: HttpRequest) -> str:
        path = request.path
        return self.base_url + path if path.startswith("/") else path

    def _not_sent(
        self, error: TransferError, request: HttpRequest, limits: Limits
    ) -> ChatModelError:
        return self._masked(not_sent(error, limits, self.metadata.name, self._url(request)))

    def _refused(
        self, answer: HttpResponse | AsyncHttpResponse, body: bytes, model: str | None
    ) -> ChatModelError:
        failure = HttpFailure(status=answer.status, headers=answer.headers, body=body)
        error = completed(self.codec.failure(failure), answer)
        if self._signers is None:
            error = key_rejected(error, self.metadata, model)
        return self._masked(error)

    def _head(
        self,
        request: HttpRequest,
        secret: Secret | None,
        more: Mapping[str, str] | None,
        *,
        stream: bool,
        signer: Signer | None,
    ) -> RequestHead:
        key = (request.method, request.path, request.headers, not request.body, stream, secret)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _HEADS:
                self._heads.clear()
            given = self._options.headers
            headers = self._headers(request, secret, given, stream=stream)
            head = RequestHead(request.method, self._url(request), tuple(headers.items()))
            self._heads[key] = head
        if secret is not None and secret.reveal() not in self._sent:
            self._sent.append(secret.reveal())
        if signer is not None:
            head, proof = self._signed(head, request, secret, signer)
            shown = [value for name, value in proof if is_credential(name)]
            self._sent.extend((*signer.secrets, *shown))
            head = RequestHead(head.method, head.url, (*head.headers, *proof))
        if more is None:
            return head
        return RequestHead(head.method, head.url, (*head.headers, *more.items()))

    def _signed(
        self, head: RequestHead, request: HttpRequest, secret: Secret | None, signer: Signer
    ) -> tuple[RequestHead, list[tuple[str, str]]]:
        """Sign a head. Headers that were given count before the signature, the secret after it."""
        signature = signer.sign(head, request.body)
        names = {name.lower() for name, _ in signature}
        if secret is not None:
            chosen = {name.lower() for name in (*dict(request.headers), *self._options.headers)}
            proof = self.codec.authorization(secret.reveal())
            replaced = (names - chosen).intersection(name.lower() for name, _ in proof)
            if replaced:
                kept = tuple(each for each in head.headers if each[0] not in replaced)
                head = RequestHead(head.method, head.url, kept)
                signature = signer.sign(head, request.body)
        known = {name for name, _ in head.headers}
        return head, [each for each in signature if each[0].lower() not in known]

    def _headers(
        self, request: HttpRequest, secret: Secret | None, given: dict[str, str], *, stream: bool
    ) -> dict[str, str]:
        """Put the headers together: what is said last counts, however its name is written."""
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


def _noted(exchanges: list[HttpExchange], head: RequestHead) -> HttpExchange:
    exchange = HttpExchange(head.method, head.url)
    exchanges.append(exchange)
    return exchange
