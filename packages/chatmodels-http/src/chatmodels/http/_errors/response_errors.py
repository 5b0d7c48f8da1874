"""What comes back instead of an answer, as errors: no connection, a refusal, a broken body."""

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ConfigurationError,
    NetworkError,
    ResponseInvalidError,
    StreamInterruptedError,
)
from chatmodels.core.extending import ProviderMetadata
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.body import excerpt, read_error_body
from chatmodels.http._errors.headers import request_id, retry_after
from chatmodels.http._tracebacks import forget_locals
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse, TransferError


def not_sent(error: TransferError, limits: Limits, provider: str, url: str) -> ChatModelError:
    """Return the error for a response that did not arrive."""
    forget_locals(error)
    host = url.partition("//")[2].partition("/")[0]
    match error.kind:
        case "certificate":
            return ConfigurationError(
                f"{provider}: the TLS certificate for {host} cannot be verified: {error}; set "
                "SSL_CERT_FILE or SSL_CERT_DIR to the certificates of the authority that signed "
                "it, or pass http_client=... and async_http_client=... with an SSL context"
            )
        case "connect":
            return NetworkError(
                f"{provider}: no connection to {host}: {error}; check base_url, the network and "
                "the proxy"
            )
        case "broken":
            return NetworkError(f"{provider}: the connection broke before an answer came: {error}")
        case "unusable":
            return ConfigurationError(f"{provider}: the request cannot be sent: {error}")
        case _:
            return limits.error(error)


def broken_off(
    error: TransferError, limits: Limits, provider: str, *, begun: bool
) -> ChatModelError:
    """Tell why a body did not come to its end.

    Args:
        error: What the engine says.
        limits: Those of the attempt.
        provider: The provider's registered name.
        begun: Whether events of a stream have been passed on already.
    """
    forget_locals(error)
    if error.kind == "timeout":
        return limits.error(error)
    if error.kind == "undecodable":
        return ResponseInvalidError(f"{provider}: the response cannot be read: {error}")
    if begun:
        return StreamInterruptedError(f"{provider}: the connection broke in mid-stream: {error}")
    return NetworkError(f"{provider}: the connection broke before the answer was whole: {error}")


def completed(error: ChatModelError, answer: HttpResponse | AsyncHttpResponse) -> ChatModelError:
    """Fill in what the head of a response tells and an error does not know yet."""
    if error.status is None:
        error.status = answer.status
    if error.request_id is None:
        error.request_id = request_id(answer.headers)
    if error.retry_after is None and answer.status >= 400:
        error.retry_after = retry_after(answer.headers)
    return error


def key_rejected(
    error: ChatModelError, metadata: ProviderMetadata, model: str | None
) -> ChatModelError:
    """Put into an error about credentials where they come from."""
    if not isinstance(error, AuthenticationError) or error.status != 401:
        return error
    variables = next((option.env for option in metadata.options if option.name == "api_key"), ())
    remedy = f"set {' or '.join(variables)} or pass api_key=..." if variables else "check api_key"
    code = error.details.get("provider_code")
    words = error.details.get("provider_message")
    what = f"401 {code}" if code else "401"
    where = f" for model {model!r}" if model else ""
    said = f': "{words}"' if words else ""
    error.message = f"{metadata.name} rejected the API key ({what}){where}; {remedy}{said}"
    if error.request_id:
        error.message += f" (request {error.request_id})"
    error.args = (error.message,)
    return error


def not_json(
    answer: HttpResponse | AsyncHttpResponse, body: bytes, provider: str
) -> ChatModelError | None:
    """Tell that a body is no JSON; None if it looks like some."""
    kind = answer.headers.get("content-type", "")
    if body.lstrip()[:1] in (b"{", b"[") and "html" not in kind:
        return None
    said = read_error_body(body[:65_536])
    known_id = request_id(answer.headers)
    which = f" (request {known_id})" if known_id else ""
    what = "a web page" if said.page else kind.partition(";")[0] or "something without a type"
    error = ResponseInvalidError(
        f"{provider}: {answer.status} with {what} instead of JSON; is base_url right, or a proxy "
        f'in between? "{excerpt(said.message)}"{which}',
        details={"body": excerpt(body)},
    )
    return completed(error, answer)
