"""Refusals of requests as the vendors refuse them: the key, the model, the rules of strict mode."""

from chatmodels.core import ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.gemini_request import camel_case
from chatmodels.testing._protocols.protocol import ParsedRequest, WireProtocol
from chatmodels.testing._protocols.roles import Roles
from chatmodels.testing._simulated_response import SimulatedResponse
from chatmodels.testing._strict import STRICT_RULES, UNKNOWN_MODELS
from chatmodels.testing._strict.errors import encode
from chatmodels.testing._strict.rule import CheckedRequest

_TWO_FORMS = "gemini.generate_content"


def refused_key(request: ReceivedRequest, served: Roles, /) -> SimulatedResponse | None:
    """Return the error for a missing or wrong key."""
    key = served.protocol.key(request)
    if key and not key.startswith("bad"):
        return None
    if served.refusing is not None:
        return served.refusing.refuse_key(request)
    message = "Incorrect API key provided" if key else "You didn't provide an API key"
    return served.protocol.error(ErrorCode.AUTHENTICATION, 401, message)


def missing_model(parsed: ParsedRequest, protocol: WireProtocol, /) -> SimulatedResponse:
    """Return the error for a model that does not exist, in the terms of the wire format alone."""
    message = f"The model '{parsed.model}' does not exist"
    return protocol.error(ErrorCode.MODEL_NOT_FOUND, 404, message)


def unknown_model(parsed: ParsedRequest, protocol: WireProtocol, /) -> SimulatedResponse:
    """Return the vendor's error for a model that does not exist."""
    unknown = UNKNOWN_MODELS.get(protocol.name)
    if unknown is None:
        return missing_model(parsed, protocol)
    return encode(unknown(parsed.model), protocol.name)


def strict_refusal(
    request: ReceivedRequest,
    model: str,
    protocol: WireProtocol,
    stored: frozenset[str],
    as_of: str,
    /,
) -> SimulatedResponse | None:
    """Return the vendor's error for a request that a rule of strict mode refuses."""
    rules = STRICT_RULES.get(protocol.name)
    if rules is None:
        return None
    body = camel_case(request.json) if protocol.name == _TWO_FORMS else request.json
    checked = CheckedRequest(
        body, model, request.headers, len(request.body), stored, request.path, as_of
    )
    for rule in rules:
        if (refusal := rule.check(checked)) is not None:
            return encode(refusal, protocol.name)
    return None
