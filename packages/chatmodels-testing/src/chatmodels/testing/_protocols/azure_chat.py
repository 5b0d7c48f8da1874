"""OpenAI's chat completions as Azure serves them, with what its content filters find.

They are told of the prompt in a chunk of its own at the beginning of a stream, and of the answer
with every choice ("Content filtering", Microsoft Foundry; recorded answers).
"""

from typing import Any

import msgspec

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.protocol import Ask
from chatmodels.testing._response import Answer, json_answer

_V1 = "/openai/v1/"
_DATED = "/openai/"
_INFERENCE = "/models/"

_SAFE = {"filtered": False, "severity": "safe"}
_FOUND = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), _SAFE)
_OF_PROMPT = {
    "prompt_index": 0,
    "content_filter_results": _FOUND | {"jailbreak": {"filtered": False, "detected": False}},
}
_FIRST: dict[str, Any] = {"id": "", "object": "", "created": 0, "model": "", "choices": []}
_CAUGHT = {"jailbreak": {"filtered": True, "detected": True}} | _FOUND

_WORDS = {
    ErrorCode.MODEL_NOT_FOUND: "DeploymentNotFound",
    ErrorCode.CONTENT_FILTERED: "content_filter",
    ErrorCode.CONTEXT_LENGTH_EXCEEDED: "context_length_exceeded",
    ErrorCode.QUOTA_EXCEEDED: "insufficient_quota",
    ErrorCode.PERMISSION_DENIED: "PermissionDenied",
}


class AzureChat(OpenAIChat):
    """A `WireProtocol` for the three kinds of endpoints of a resource.

    They are `/openai/v1/...`, `/openai/deployments/NAME/...?api-version=DATE`, and
    `/models/...?api-version=DATE`.
    """

    request_id_header = "apim-request-id"

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Tell whether it is a post to the path of chat completions of one of the endpoints."""
        return _is_served(request) and super().generates(request)

    def other(self, request: ReceivedRequest, models: tuple[str, ...], /) -> Answer | None:
        """List the models, or describe the one that is deployed."""
        if not _is_served(request):
            return None
        if request.method == "GET" and request.path == f"{_INFERENCE}info":
            return json_answer({"model_name": models[0], "model_type": "chat-completion"})
        return super().other(request, models)

    def key(self, request: ReceivedRequest, /) -> str:
        """Give the key; or the token, where there is none."""
        return request.headers.get("api-key", "") or super().key(request)

    def write(self, response: ChatResponse[Any], ask: Ask, /) -> Answer:
        """Write a chat completion, or its chunks, with what the filters found."""
        answer = super().write(response, ask)
        if not ask.streamed:
            body = msgspec.json.decode(answer.content)
            choice = {"content_filter_results": _FOUND, **body["choices"][0]}
            told = {"prompt_filter_results": [_OF_PROMPT], **body, "choices": [choice]}
            return json_answer(told)
        first = msgspec.json.encode(_FIRST | {"prompt_filter_results": [_OF_PROMPT]})
        return msgspec.structs.replace(answer, body=(b"data: %b\n\n" % first, *answer.body))

    def error(self, code: ErrorCode, status: int, message: str, /) -> Answer:
        """Write a failure."""
        return json_answer(_error(code, message, str(status)), status=status)

    def error_event(self, code: ErrorCode, message: str, /) -> bytes:
        """Write a failure as an event of a stream."""
        return b"data: %b\n\n" % msgspec.json.encode(_error(code, message, code.value))


def _is_served(request: ReceivedRequest) -> bool:
    """Tell whether a path belongs to an endpoint, and has a version where one is needed."""
    if request.path.startswith(_V1):
        return True
    return request.path.startswith((_DATED, _INFERENCE)) and "api-version" in request.query


def _error(code: ErrorCode, message: str, number: str) -> dict[str, Any]:
    error: dict[str, Any] = {"code": _WORDS.get(code, number), "message": message}
    if code is ErrorCode.CONTENT_FILTERED:
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": _CAUGHT}
        error |= {"param": "prompt", "status": 400, "innererror": inner}
    return {"error": error}
