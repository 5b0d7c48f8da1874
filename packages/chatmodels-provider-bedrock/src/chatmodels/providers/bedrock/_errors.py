"""Error rules of Bedrock, in addition to those of all APIs.

An error body is a flat object with a message. A header contains the error type
("Troubleshooting Amazon Bedrock API Error Codes"). An error of S3 is an XML document ("Error
responses").
"""

import re
from html import unescape

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import FailureRules, HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import Json, text_or_none
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME

TYPE_HEADER = "x-amzn-errortype"

_CODES = {
    word: code
    for code, words in {
        ErrorCode.AUTHENTICATION: (
            "expiredtokenexception expiredtoken unrecognizedclientexception "
            "invalidsignatureexception incompletesignatureexception invalidclienttokenid "
            "missingauthenticationtokenexception signaturedoesnotmatch invalidaccesskeyid"
        ),
        ErrorCode.PERMISSION_DENIED: "accessdeniedexception accessdenied",
        ErrorCode.RATE_LIMITED: "throttlingexception throttling toomanyrequestsexception slowdown",
        ErrorCode.QUOTA_EXCEEDED: "servicequotaexceededexception",
        ErrorCode.MODEL_NOT_FOUND: "resourcenotfoundexception",
        ErrorCode.TIMEOUT: "modeltimeoutexception",
        ErrorCode.INVALID_REQUEST: (
            "validationexception conflictexception nosuchbucket nosuchkey permanentredirect"
        ),
        ErrorCode.PROVIDER_UNAVAILABLE: (
            "internalserverexception serviceunavailableexception modelnotreadyexception "
            "modelerrorexception modelstreamerrorexception internalfailure"
        ),
    }.items()
    for word in words.split()
}

_RULES = FailureRules(
    codes=_CODES,
    phrases=(
        ("tokens per day", ErrorCode.QUOTA_EXCEEDED),
        ("please wait", ErrorCode.RATE_LIMITED),
        ("api key|(security|bearer) token", ErrorCode.AUTHENTICATION),
    ),
)

_S3_ERROR = re.compile(rb"<Error>.*?<Code>([^<]*)</Code>.*?<Message>([^<]*)</Message>", re.DOTALL)


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Convert a failed response, or an error inside a successful one, to an exception."""
    body = read_error_body(failure.body)
    if found := _S3_ERROR.search(failure.body):
        code, message = (unescape(text.decode(errors="replace")) for text in found.groups())
        body = replace(body, code=code, message=message)
    # For example "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/".
    kind = failure.headers.get(TYPE_HEADER, body.code or "").partition(":")[0].rpartition("#")[2]
    return standard_failure(
        failure, PROVIDER_NAME, rules=_RULES, body=replace(body, code=kind or None)
    )


def error_message(body: dict[str, Json]) -> str | None:
    """Return the message of an error; None if the object is a response."""
    if "output" in body:
        return None
    return text_or_none(body.get("message")) or text_or_none(body.get("Message"))
