"""Chat models of many vendors behind one typed surface: protocols, messages, registry, errors."""

from typing import TYPE_CHECKING

from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._errors.classes import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    CircuitOpenError,
    ConfigurationError,
    ContentFilteredError,
    ContextLengthError,
    InternalError,
    InvalidRequestError,
    ModelNotFoundError,
    NetworkError,
    OutputInvalidError,
    PermissionDeniedError,
    ProviderConflictError,
    ProviderImportError,
    ProviderNotFoundError,
    ProviderUnavailableError,
    QuotaExceededError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
    ToolArgumentsError,
    ToolFailedError,
    ToolLimitError,
    UnsupportedError,
)
from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._errors.rules import is_retryable
from chatmodels.core._former import register_former_modules
from chatmodels.core._public import import_lazily, publish
from chatmodels.core._values.cost import Cost, CostPart
from chatmodels.core._values.messages import Message, Prompt, assistant, system, tool_result, user
from chatmodels.core._values.parts import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.request import ChatRequest, ToolChoice
from chatmodels.core._values.response import ChatResponse, FinishReason, Timing, TokenLogprob
from chatmodels.core._values.secret import Secret
from chatmodels.core._values.settings import AudioOutput, Settings
from chatmodels.core._values.timeout import Timeout
from chatmodels.core._values.usage import Usage
from chatmodels.core._version import VERSION

if TYPE_CHECKING:
    from chatmodels.core._calls.model_prices import prices_of
    from chatmodels.core._calls.protocols import ChatModel
    from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
    from chatmodels.core._loop.front import arun_tools, astream_tools, run_tools, stream_tools
    from chatmodels.core._loop.repair import repair_conversation
    from chatmodels.core._loop.run import ToolRun
    from chatmodels.core._loop.stream import AsyncToolStream, ToolStream
    from chatmodels.core._registry.front import (
        acheck_health,
        alist_models,
        check_config,
        check_health,
        create_chat_model,
        list_models,
        list_providers,
        load_config,
        reload_config,
        set_alias,
    )
    from chatmodels.core._registry.registry import registry
    from chatmodels.core._tools.context import ToolContext
    from chatmodels.core._tools.tools import Tool, tool
    from chatmodels.core._values.events import (
        AudioDelta,
        LogprobsDelta,
        PartEnd,
        ReasoningDelta,
        RefusalDelta,
        StreamEnd,
        StreamEvent,
        StreamStart,
        TextDelta,
        ToolCallDelta,
        ToolCallEnd,
        ToolCallStart,
        UsageUpdate,
    )
    from chatmodels.core._values.json import from_json, to_json
    from chatmodels.core._values.media import audio, file, image
    from chatmodels.core._values.metadata import HealthReport, ModelInfo
    from chatmodels.core._values.token_count import TokenCount
    from chatmodels.core._values.tool_events import ToolEnd, ToolStart

__version__ = VERSION

__all__ = [
    "AsyncChatStream",
    "AsyncToolStream",
    "AudioDelta",
    "AudioOutput",
    "AudioPart",
    "AuthenticationError",
    "CallTimeoutError",
    "ChatModel",
    "ChatModelError",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "CircuitOpenError",
    "Citation",
    "ConfigurationError",
    "ContentFilteredError",
    "ContextLengthError",
    "Cost",
    "CostPart",
    "ErrorCode",
    "FailedAttempt",
    "FilePart",
    "FinishReason",
    "HealthReport",
    "ImagePart",
    "InternalError",
    "InvalidRequestError",
    "LogprobsDelta",
    "Message",
    "ModelInfo",
    "ModelNotFoundError",
    "NetworkError",
    "OutputInvalidError",
    "Part",
    "PartEnd",
    "PermissionDeniedError",
    "Prices",
    "Prompt",
    "ProviderConflictError",
    "ProviderImportError",
    "ProviderNotFoundError",
    "ProviderPart",
    "ProviderUnavailableError",
    "QuotaExceededError",
    "RateLimitError",
    "ReasoningDelta",
    "ReasoningPart",
    "RefusalDelta",
    "RefusalPart",
    "ResponseInvalidError",
    "Secret",
    "Settings",
    "StreamEnd",
    "StreamEvent",
    "StreamInterruptedError",
    "StreamStart",
    "TextDelta",
    "TextPart",
    "Timeout",
    "Timing",
    "TokenCount",
    "TokenLogprob",
    "Tool",
    "ToolArgumentsError",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolChoice",
    "ToolContext",
    "ToolEnd",
    "ToolFailedError",
    "ToolLimitError",
    "ToolResult",
    "ToolRun",
    "ToolStart",
    "ToolStream",
    "UnsupportedError",
    "Usage",
    "UsageUpdate",
    "acheck_health",
    "alist_models",
    "arun_tools",
    "assistant",
    "astream_tools",
    "audio",
    "check_config",
    "check_health",
    "create_chat_model",
    "file",
    "from_json",
    "image",
    "is_retryable",
    "list_models",
    "list_providers",
    "load_config",
    "prices_of",
    "registry",
    "reload_config",
    "repair_conversation",
    "run_tools",
    "set_alias",
    "stream_tools",
    "system",
    "to_json",
    "tool",
    "tool_result",
    "user",
]

_LAZY = {
    "AsyncChatStream": "_calls.stream",
    "AsyncToolStream": "_loop.stream",
    "AudioDelta": "_values.events",
    "ChatModel": "_calls.protocols",
    "ChatStream": "_calls.stream",
    "HealthReport": "_values.metadata",
    "LogprobsDelta": "_values.events",
    "ModelInfo": "_values.metadata",
    "PartEnd": "_values.events",
    "ReasoningDelta": "_values.events",
    "RefusalDelta": "_values.events",
    "StreamEnd": "_values.events",
    "StreamEvent": "_values.events",
    "StreamStart": "_values.events",
    "TextDelta": "_values.events",
    "TokenCount": "_values.token_count",
    "Tool": "_tools.tools",
    "ToolCallDelta": "_values.events",
    "ToolCallEnd": "_values.events",
    "ToolCallStart": "_values.events",
    "ToolContext": "_tools.context",
    "ToolEnd": "_values.tool_events",
    "ToolRun": "_loop.run",
    "ToolStart": "_values.tool_events",
    "ToolStream": "_loop.stream",
    "UsageUpdate": "_values.events",
    "acheck_health": "_registry.front",
    "alist_models": "_registry.front",
    "arun_tools": "_loop.front",
    "astream_tools": "_loop.front",
    "audio": "_values.media",
    "check_config": "_registry.front",
    "check_health": "_registry.front",
    "create_chat_model": "_registry.front",
    "file": "_values.media",
    "from_json": "_values.json",
    "image": "_values.media",
    "list_models": "_registry.front",
    "list_providers": "_registry.front",
    "load_config": "_registry.front",
    "prices_of": "_calls.model_prices",
    "registry": "_registry.registry",
    "reload_config": "_registry.front",
    "repair_conversation": "_loop.repair",
    "run_tools": "_loop.front",
    "set_alias": "_registry.front",
    "stream_tools": "_loop.front",
    "to_json": "_values.json",
    "tool": "_tools.tools",
}
"""Names that are imported on first use: the import of the package stays short."""

publish(globals(), lazy=_LAZY)
register_former_modules()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            return import_lazily(globals(), _LAZY, name)
        from chatmodels.core._moved import moved_name

        return moved_name(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
