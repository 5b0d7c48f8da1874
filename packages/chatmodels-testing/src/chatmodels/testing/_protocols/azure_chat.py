"""The server side of Azure's chat completions, with the results of its content filters.

A separate chunk at the start of a stream contains the results for the prompt, and each choice
those for the output ("Content filtering", Microsoft Foundry; recorded responses).
"""

from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_V1 = "/openai/v1/"
_DATED = "/openai/"
_INFERENCE = "/models/"

_SAFE = {"filtered": False, "severity": "safe"}
_FILTER_RESULTS = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), _SAFE)
_PROMPT_RESULTS = {
    "prompt_index": 0,
    "content_filter_results": _FILTER_RESULTS
    | {"jailbreak": {"filtered": False, "detected": False}},
}
_FIRST_CHUNK: dict[str, Any] = {"id": "", "object": "", "created": 0, "model": "", "choices": []}
_BLOCKED = {"jailbreak": {"filtered": True, "detected": True}} | _FILTER_RESULTS

_ERROR_TYPES = {
    ErrorCode.MODEL_NOT_FOUND: "DeploymentNotFound",
    ErrorCode.CONTENT_FILTERED: "content_filter",
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "context_length_exceeded",
    ErrorCode.QUOTA_EXCEEDED: "insufficient_quota",
    ErrorCode.PERMISSION_DENIED: "PermissionDenied",
}


class AzureChat(OpenAIChat):
    """A `WireProtocol` for the three kinds of endpoints of a resource.

    The endpoints are `/openai/v1/...`, `/openai/deployments/NAME/...?api-version=DATE`, and
    `/models/...?api-version=DATE`.
    """

    request_id_header = "apim-request-id"
    _has_dates = False  # Azure has others than OpenAI

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of chat completions at one of the endpoints."""
        return _is_served(request) and super().generates(request)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or return the deployed one."""
        if not _is_served(request):
            return None
        if request.method == "GET" and request.path == f"{_INFERENCE}info":
            return json_response({"model_name": models[0], "model_type": "chat-completion"})
        return super().other(request, models)

    def key(self, request: ReceivedRequest, /) -> str:
        """Return the API key, or the token if there is no key."""
        return request.headers.get("api-key", "") or super().key(request)

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a chat completion, or its chunks, with the filter results."""
        encoded = super().write(response, parsed)
        if not parsed.streamed:
            body = msgspec.json.decode(encoded.content)
            choice = {"content_filter_results": _FILTER_RESULTS, **body["choices"][0]}
            body = {"prompt_filter_results": [_PROMPT_RESULTS], **body, "choices": [choice]}
            return json_response(body)
        first = msgspec.json.encode(_FIRST_CHUNK | {"prompt_filter_results": [_PROMPT_RESULTS]})
        return msgspec.structs.replace(encoded, body=(b"data: %b\n\n" % first, *encoded.body))

    def error(self, code: ErrorCode, status: int, message: str, /) -> SimulatedResponse:
        """Encode an error."""
        return json_response(_error(code, message, str(status)), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Encode an error as a stream event."""
        return b"data: %b\n\n" % msgspec.json.encode(_error(code, message, code.value))


def _is_served(request: ReceivedRequest) -> bool:
    """Check whether a path belongs to an endpoint, and has a version if one is required."""
    if request.path.startswith(_V1):
        return True
    return request.path.startswith((_DATED, _INFERENCE)) and "api-version" in request.query


def _error(code: ErrorCode, message: str, number: str) -> dict[str, Any]:
    error: dict[str, Any] = {"code": _ERROR_TYPES.get(code, number), "message": message}
    if code is ErrorCode.CONTENT_FILTERED:
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": _BLOCKED}
        error |= {"param": "prompt", "status": 400, "innererror": inner}
    return {"error": error}
