"""The headers in which the vendors report their rate limits, and their errors when one is reached.

The names and formats are those on the pages "Rate limits" of OpenAI, Anthropic and Groq, of
recorded responses of OpenAI, Azure, Groq, Mistral and Anthropic, and of a recorded error of Gemini.
Bedrock, Cohere and Ollama report no limits.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._protocols.anthropic_messages import AnthropicMessages
from chatmodels.testing._protocols.azure_chat import AzureChat
from chatmodels.testing._protocols.compatible_chat import CompatibleChat
from chatmodels.testing._protocols.gemini import Gemini
from chatmodels.testing._protocols.mistral_chat import MistralChat
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.openai_responses import OpenAIResponses
from chatmodels.testing._protocols.protocol import WireProtocol
from chatmodels.testing._rate_limits import LimitStatus
from chatmodels.testing._simulated_response import SimulatedResponse

Headers = dict[str, str]

_WITH_SECONDS = (AnthropicMessages, OpenAIChat, OpenAIResponses)
_WITH_MILLISECONDS = (AzureChat, CompatibleChat, OpenAIResponses)


def limit_headers(
    protocol: WireProtocol, limits: Sequence[LimitStatus], now: float, /
) -> dict[str, str]:
    """Return the headers that report the limits, if the vendor has any.

    Args:
        protocol: The wire format.
        limits: The limits.
        now: The time in Unix seconds.
    """
    for kind, write in _WRITERS.items():
        if isinstance(protocol, kind):
            return write(limits, now)
    return {}


def limit_error(protocol: WireProtocol, refused: LimitStatus, model: str, /) -> SimulatedResponse:
    """Return the vendor's error for a request that has to wait for a limit.

    Args:
        protocol: The wire format.
        refused: The limit.
        model: The model of the request.
    """
    message = (
        f"Rate limit reached for {model} on {refused.name.replace('-', ' ')} per minute: limit "
        f"{refused.limit}, remaining {refused.remaining}. Please try again in {refused.wait:.3f}s."
    )
    response = protocol.error(ErrorCode.RATE_LIMITED, 429, message)
    if isinstance(protocol, Gemini):
        return _with_retry_info(response, refused.wait)
    return msgspec.structs.replace(
        response, headers={**response.headers, **_advice(protocol, refused.wait)}
    )


def _advice(protocol: WireProtocol, wait: float) -> Headers:
    headers: Headers = {}
    if isinstance(protocol, _WITH_SECONDS):
        headers["retry-after"] = str(math.ceil(wait))
    if isinstance(protocol, _WITH_MILLISECONDS):
        headers["retry-after-ms"] = str(math.ceil(wait * 1000))
    return headers


def _openai(limits: Sequence[LimitStatus], now: float) -> Headers:
    headers: Headers = {}
    for limit in _common(limits):
        headers[f"x-ratelimit-limit-{limit.name}"] = str(limit.limit)
        headers[f"x-ratelimit-remaining-{limit.name}"] = str(limit.remaining)
        headers[f"x-ratelimit-reset-{limit.name}"] = _duration(limit.reset)
    return headers


def _azure(limits: Sequence[LimitStatus], now: float) -> Headers:
    headers = _openai(limits, now)
    for limit in _common(limits):
        headers[f"x-ratelimit-renewalperiod-{limit.name}"] = "60"
        headers[f"x-ratelimit-reset-{limit.name}"] = str(math.ceil(limit.reset))
    return headers


def _anthropic(limits: Sequence[LimitStatus], now: float) -> Headers:
    headers: Headers = {}
    for limit in limits:
        moment = datetime.fromtimestamp(math.ceil(now + limit.reset), UTC)
        headers[f"anthropic-ratelimit-{limit.name}-limit"] = str(limit.limit)
        headers[f"anthropic-ratelimit-{limit.name}-remaining"] = str(limit.remaining)
        headers[f"anthropic-ratelimit-{limit.name}-reset"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return headers


def _mistral(limits: Sequence[LimitStatus], now: float) -> Headers:
    headers: Headers = {}
    for limit in _common(limits):
        name = {"requests": "req-minute", "tokens": "tokens-minute"}[limit.name]
        headers[f"x-ratelimit-limit-{name}"] = str(limit.limit)
        headers[f"x-ratelimit-remaining-{name}"] = str(limit.remaining)
    return headers


def _common(limits: Sequence[LimitStatus]) -> list[LimitStatus]:
    return [limit for limit in limits if limit.name in {"requests", "tokens"}]


def _duration(seconds: float) -> str:
    """Write a duration as OpenAI does: `6m0s`, `1.5s`, `20ms`, `0s`."""
    milliseconds = math.ceil(seconds * 1000)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds / 1000, 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"


def _with_retry_info(response: SimulatedResponse, wait: float) -> SimulatedResponse:
    """Add the delay to an error of Google, which has no header for it."""
    body = msgspec.json.decode(response.content)
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:.9g}s"}
    error = body["error"]
    error["details"] = [*error.get("details", ()), delay]
    return msgspec.structs.replace(response, body=(msgspec.json.encode(body),))


_WRITERS: dict[type, Callable[[Sequence[LimitStatus], float], Headers]] = {
    AnthropicMessages: _anthropic,
    AzureChat: _azure,
    MistralChat: _mistral,
    OpenAIChat: _openai,
    OpenAIResponses: _openai,
}
"""The writers by wire format; Azure's is a kind of OpenAI's."""
