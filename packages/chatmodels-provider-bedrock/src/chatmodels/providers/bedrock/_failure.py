"""What failures of Bedrock have beyond what failures of all vendors have.

Bodies are flat, and say no more than a message; of which kind a failure is, a header tells
("Troubleshooting Amazon Bedrock API Error Codes").
"""

from collections.abc import Mapping

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import Json, text_or_none
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME

KIND_HEADER = "x-amzn-errortype"

_CODES: Mapping[str, ErrorCode] = {
    word: code
    for code, words in {
        ErrorCode.AUTHENTICATION: (
            "expiredtokenexception expiredtoken unrecognizedclientexception "
            "invalidsignatureexception incompletesignatureexception invalidclienttokenid "
            "missingauthenticationtokenexception signaturedoesnotmatch"
        ),
        ErrorCode.PERMISSION_DENIED: "accessdeniedexception accessdenied",
        ErrorCode.RATE_LIMITED: "throttlingexception throttling toomanyrequestsexception",
        ErrorCode.QUOTA_EXCEEDED: "servicequotaexceededexception",
        ErrorCode.MODEL_NOT_FOUND: "resourcenotfoundexception",
        ErrorCode.TIMEOUT: "modeltimeoutexception",
        ErrorCode.INVALID_REQUEST: "validationexception conflictexception",
        ErrorCode.PROVIDER_UNAVAILABLE: (
            "internalserverexception serviceunavailableexception modelnotreadyexception "
            "modelerrorexception modelstreamerrorexception internalfailure"
        ),
    }.items()
    for word in words.split()
}

_PHRASES: Mapping[ErrorCode, tuple[str, ...]] = {
    ErrorCode.AUTHENTICATION: ("api key", "security token", "bearer token"),
    ErrorCode.QUOTA_EXCEEDED: ("tokens per day",),
    ErrorCode.RATE_LIMITED: ("please wait",),
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: (
        *("input is too long", "prompt is too long", "too many total text bytes"),
        *("context length", "context limit", "context window"),
        *("too many input tokens", "input tokens exceeded"),
    ),
    ErrorCode.CONTENT_FILTERED: ("content filter",),
    ErrorCode.MODEL_NOT_FOUND: ("model identifier is invalid", "end of its life"),
}
"""What kinds that stand for much mean, by the message."""
_COARSE = frozenset({"validationexception", "accessdeniedexception", "throttlingexception", ""})


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    # As in "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/".
    kind = failure.headers.get(KIND_HEADER, said.code or "").partition(":")[0].rpartition("#")[2]
    word, text = kind.lower(), said.message.lower()
    codes = _CODES
    if word in _COARSE:
        for code, phrases in _PHRASES.items():
            if any(phrase in text for phrase in phrases):
                codes = {**codes, word: code}
                break
    return standard_failure(failure, PROVIDER_NAME, codes=codes, body=replace(said, code=kind))


def words_of(body: dict[str, Json]) -> str | None:
    """Find out whether an object is an error: it has a message, and nothing of an answer."""
    if "output" in body:
        return None
    return text_or_none(body.get("message")) or text_or_none(body.get("Message"))
