"""Errors of requests and responses: no connection, a rejected key, a broken body."""

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


def send_error(error: TransferError, limits: Limits, provider: str, url: str) -> ChatModelError:
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
            return NetworkError(
                f"{provider}: the connection broke before the response began: {error}"
            )
        case "unusable":
            return ConfigurationError(f"{provider}: the request cannot be sent: {error}")
        case _:
            return limits.error(error)


def body_error(
    error: TransferError, limits: Limits, provider: str, *, started: bool
) -> ChatModelError:
    """Return the error for a body that was cut off.

    Args:
        error: The error of the engine.
        limits: The time limits of the attempt.
        provider: The provider's registered name.
        started: Whether events of a stream have been yielded already.
    """
    forget_locals(error)
    if error.kind == "timeout":
        return limits.error(error)
    if error.kind == "undecodable":
        return ResponseInvalidError(f"{provider}: the response cannot be read: {error}")
    if started:
        return StreamInterruptedError(f"{provider}: the connection broke in mid-stream: {error}")
    return NetworkError(
        f"{provider}: the connection broke before the response was complete: {error}"
    )


def fill_from_head(
    error: ChatModelError, response: HttpResponse | AsyncHttpResponse
) -> ChatModelError:
    """Add status, request id and retry delay from the head of a response, if they are missing."""
    if error.status is None:
        error.status = response.status
    if error.request_id is None:
        error.request_id = request_id(response.headers)
    if error.retry_after is None and response.status >= 400:
        error.retry_after = retry_after(response.headers)
    return error


def rejected_key_error(
    error: ChatModelError, metadata: ProviderMetadata, model: str | None
) -> ChatModelError:
    """Return an error about a rejected key with the remedy in its message."""
    if not isinstance(error, AuthenticationError) or error.status != 401:
        return error
    variables = next((option.env for option in metadata.options if option.name == "api_key"), ())
    remedy = f"set {' or '.join(variables)} or pass api_key=..." if variables else "check api_key"
    code = error.details.get("provider_code")
    message = error.details.get("provider_message")
    status = f"401 {code}" if code else "401"
    target = f" for model {model!r}" if model else ""
    quote = f': "{message}"' if message else ""
    error.message = f"{metadata.name} rejected the API key ({status}){target}; {remedy}{quote}"
    if error.request_id:
        error.message += f" (request {error.request_id})"
    error.args = (error.message,)
    return error


def not_json_error(
    response: HttpResponse | AsyncHttpResponse, body: bytes, provider: str
) -> ChatModelError | None:
    """Return the error for a body that is not JSON; None if the body looks like JSON."""
    kind = response.headers.get("content-type", "")
    if body.lstrip()[:1] in (b"{", b"[") and "html" not in kind:
        return None
    content = read_error_body(body[:65_536])
    known_id = request_id(response.headers)
    suffix = f" (request {known_id})" if known_id else ""
    what = "a web page" if content.page else kind.partition(";")[0] or "a body without a type"
    error = ResponseInvalidError(
        f"{provider}: {response.status} with {what} instead of JSON; check base_url, and whether "
        f'a proxy responded: "{excerpt(content.message)}"{suffix}',
        details={"body": excerpt(body)},
    )
    return fill_from_head(error, response)
