"""The server side of Groq's chat completions ("API reference"), below `/groq`.

Groq's URLs begin with `/openai/v1`, as Azure's do; the prefix distinguishes them.
"""

from typing import Any

import msgspec

from chatmodels.core import ChatResponse
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_ROOT = "/groq/"


class GroqChat(OpenAIChat):
    """OpenAI's wire format with Groq's service tiers, and usage in the last chunk of a stream."""

    _has_dates = False

    def generates(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to the path of chat completions below Groq's root."""
        return request.path.startswith(_ROOT) and super().generates(request)

    def other(
        self, request: ReceivedRequest, models: tuple[str, ...], /
    ) -> SimulatedResponse | None:
        """List the models, or return one."""
        return super().other(request, models) if request.path.startswith(_ROOT) else None

    def write(self, response: ChatResponse[Any], parsed: ParsedRequest, /) -> SimulatedResponse:
        """Encode a chat completion, or its chunks."""
        response = msgspec.structs.replace(
            response, service_tier=response.service_tier or "on_demand"
        )
        if not parsed.streamed:
            body = msgspec.json.decode(super().write(response, parsed).content)
            return json_response(body | {"x_groq": {"id": f"req_{response.id}"}})
        parsed = msgspec.structs.replace(parsed, stream_usage=True)
        encoded = super().write(response, parsed)
        *chunks, final, usage, done = encoded.body
        reported = _json(usage)["usage"]
        final = _event(_json(final) | {"x_groq": {"id": f"req_{response.id}", "usage": reported}})
        body = (*chunks, final, done)
        return msgspec.structs.replace(encoded, body=body, terminal=2)


def _json(event: bytes) -> dict[str, Any]:
    return msgspec.json.decode(event.removeprefix(b"data: "))


def _event(data: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)
