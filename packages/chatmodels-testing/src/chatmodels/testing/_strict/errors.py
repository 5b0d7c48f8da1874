"""Encoder of refusals: the error of each wire format."""

from typing import Any

from chatmodels.testing._simulated_response import SimulatedResponse, json_response
from chatmodels.testing._strict.rule import Refusal

_INVALID = "invalid_request_error"


def encode(refusal: Refusal, protocol: str, /) -> SimulatedResponse:
    """Encode a refusal in a wire format, by its name."""
    headers = {}
    if protocol == "bedrock.converse":
        headers = {"x_amzn_errortype": refusal.kind or "ValidationException"}
    return json_response(_body(refusal, protocol), status=refusal.status, **headers)


def _body(refusal: Refusal, protocol: str) -> dict[str, Any]:
    message, kind = refusal.message, refusal.kind
    match protocol:
        case "anthropic.messages":
            return {"type": "error", "error": {"type": kind or _INVALID, "message": message}}
        case "bedrock.converse":
            return {"message": message}
        case "cohere.chat_v2":
            return {"id": "simulated", "message": message}
        case "gemini.generate_content":
            status = kind or "INVALID_ARGUMENT"
            return {"error": {"code": refusal.status, "message": message, "status": status}}
        case "mistral.chat":
            return {
                "object": "error",
                "message": message,
                "type": kind or "invalid_request_error",
                "param": refusal.param,
                "code": refusal.code or "3051",
                "raw_status_code": refusal.status,
            }
        case "ollama.chat":
            return {"error": message}
        case _:
            error = {"message": message, "type": kind or _INVALID, "param": refusal.param}
            return {"error": error | {"code": refusal.code}}
