"""The rules that classify failures, as data, and their order, which all vendors share."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.http._errors.body import ErrorBody
from chatmodels.http._errors.phrases import CODES, PHRASES


class FailureRules(msgspec.Struct, frozen=True, kw_only=True):
    """The meaning of statuses, codes and messages in one API, beside the rules of all APIs.

    The order is the same for all vendors, and in each step the first match wins:

    1. The status selects the class of the error: 401 is a rejected key, 429 a rate limit.
    2. A machine-readable code, and then a type, refines the class.
    3. A phrase in the message refines a class that is still general.

    The class restricts the steps after it. A phrase never turns a 401 into an outage, and a 429 is
    a rate limit or an exhausted quota. A 400 can be anything, and so can a 500, since servers
    report mistakes of the caller with it. Other 5xx are not classified by phrases.

    Attributes:
        codes: Machine-readable codes and types, in lower case.
        statuses: Statuses.
        phrases: Regular expressions and their codes. They are searched in the message and ignore
            case.
    """

    codes: Mapping[str, ErrorCode] = {}
    statuses: Mapping[int, ErrorCode] = {}
    phrases: Sequence[tuple[str, ErrorCode]] = ()

    def classify(self, status: int, body: ErrorBody, /) -> ErrorCode:
        """Return the code of a failure.

        Args:
            status: The status of the response; below 300 for an error in the body of a success.
            body: The content of the body.
        """
        code = self._class(status, body)
        for finer in (self._coded(body), self._phrased(status, body)):
            code = _refined(code, finer, _WITHIN.get(status, _ANY))
        return code

    def _class(self, status: int, body: ErrorBody) -> ErrorCode:
        code = self.statuses.get(status) or _STATUSES.get(status)
        if code:
            return code
        # An error in a success that is not a mistake of the caller is one of the provider.
        faulty = status >= 300 or body.type == "invalid_request_error"
        return _INVALID if faulty and status < 500 else ErrorCode.PROVIDER_UNAVAILABLE

    def _coded(self, body: ErrorBody) -> Iterable[ErrorCode]:
        for word in (body.code, body.type):
            code = word and (self.codes.get(word.lower()) or CODES.get(word.lower()))
            if code:
                yield code

    def _phrased(self, status: int, body: ErrorBody) -> Iterable[ErrorCode]:
        if status <= 500 and not body.page:
            for pattern, code in (*self.phrases, *PHRASES):
                if re.search(pattern, body.message, re.IGNORECASE):
                    yield code


def _refined(
    code: ErrorCode, finer: Iterable[ErrorCode], within: frozenset[ErrorCode]
) -> ErrorCode:
    allowed = {code, *(within & _REFINEMENTS.get(code, _NONE))}
    return next((each for each in finer if each in allowed), code)


_NONE: frozenset[ErrorCode] = frozenset()
_ANY = frozenset(ErrorCode)
_INVALID = ErrorCode.INVALID_REQUEST

_STATUSES: Mapping[int, ErrorCode] = {
    401: ErrorCode.AUTHENTICATION,
    402: ErrorCode.QUOTA_EXCEEDED,
    403: ErrorCode.PERMISSION_DENIED,
    407: ErrorCode.CONFIGURATION_INVALID,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.PROVIDER_UNAVAILABLE,  # another request holds a lock: the same may pass later
    425: ErrorCode.PROVIDER_UNAVAILABLE,
    429: ErrorCode.RATE_LIMITED,
    498: ErrorCode.PROVIDER_UNAVAILABLE,  # Groq's "Flex Tier Capacity Exceeded"
}
"""Classes of statuses; other 4xx are invalid requests, 5xx an unavailable provider."""

_REFINEMENTS: Mapping[ErrorCode, frozenset[ErrorCode]] = {
    ErrorCode.INVALID_REQUEST: _ANY,
    ErrorCode.PROVIDER_UNAVAILABLE: _ANY,
    ErrorCode.AUTHENTICATION: frozenset({ErrorCode.PERMISSION_DENIED}),  # no role, at Azure
    ErrorCode.RATE_LIMITED: frozenset({ErrorCode.QUOTA_EXCEEDED}),
    ErrorCode.PERMISSION_DENIED: frozenset(
        {
            ErrorCode.AUTHENTICATION,  # an expired token, at AWS
            ErrorCode.CONTENT_FILTERED,  # OpenRouter's moderation
            ErrorCode.MODEL_NOT_FOUND,  # a model that is not allowed for the project, at OpenAI
            ErrorCode.QUOTA_EXCEEDED,  # no credits, at xAI
        }
    ),
}
"""General codes and their refinements; all other codes are final."""

_WITHIN: Mapping[int, frozenset[ErrorCode]] = {
    404: frozenset({ErrorCode.MODEL_NOT_FOUND, ErrorCode.UNSUPPORTED}),
    413: frozenset({ErrorCode.CONTEXT_LENGTH_EXCEEDED}),
}
"""Statuses that restrict the refinements of their class further."""
