"""Chat models of many vendors behind one typed surface: protocols, messages, registry, errors."""

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._calls.bridge import events_of
from chatmodels.core._calls.call import CallInfo, Observer
from chatmodels.core._calls.flow import Call, Effect, Flow, Policy, Sleep, adrive, drive
from chatmodels.core._calls.generation import (
    AsyncMessageGenerator,
    AsyncMessageStreamer,
    MessageGenerator,
    MessageStreamer,
)
from chatmodels.core._calls.model import StandardChatModel
from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.protocols import (
    AsyncHealthChecker,
    ChatModel,
    HealthChecker,
    ModelInfoProvider,
)
from chatmodels.core._calls.started import Opened
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._calls.whole import whole_response
from chatmodels.core._container import Container, Lifetime
from chatmodels.core._error_rules import error_class, error_code, is_retryable
from chatmodels.core._errors import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    CircuitOpenError,
    ConfigurationError,
    ContentFilteredError,
    ContextLengthError,
    ErrorCode,
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
    UnsupportedError,
)
from chatmodels.core._log import add_log_filter, error_facts, logger
from chatmodels.core._registry.alias import AliasedModel
from chatmodels.core._registry.discovery import CONTRACT_VERSION
from chatmodels.core._registry.front import (
    acheck_health,
    check_health,
    create_chat_model,
    list_providers,
    load_config,
    provider,
    providers_for_model,
    providers_with,
    register_provider,
    set_alias,
    unregister_provider,
)
from chatmodels.core._registry.option_rules import is_credential
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import ModelHook, RegistryObserver
from chatmodels.core._registry.registry import ProviderRegistry, registry
from chatmodels.core._registry.secret import MASK, Secret, SecretSource
from chatmodels.core._schema.rules import SchemaRules
from chatmodels.core._schema.translation import SchemaTranslation, translate_schema
from chatmodels.core._tools.output import Output, structured_output
from chatmodels.core._tools.strict import STRICT_SCHEMA
from chatmodels.core._tools.toolbox import tool_choice, tool_definitions
from chatmodels.core._tools.tools import Tool, ToolChoiceLike, ToolLike, tool
from chatmodels.core._tools.watching import watch_tools
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
from chatmodels.core._values.messages import (
    Message,
    Prompt,
    Role,
    assistant,
    conversation,
    system,
    tool_result,
    user,
)
from chatmodels.core._values.metadata import (
    Capability,
    Explanation,
    HealthReport,
    ModelInfo,
    OptionSpec,
    ProviderMetadata,
)
from chatmodels.core._values.parts import (
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    Json,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ResultPart,
    Signature,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core._values.profile import ALL_TOOL_CHOICES, FREE_TOOL_CHOICES, Profile
from chatmodels.core._values.request import ChatRequest, OutputSchema, ToolChoice, ToolDefinition
from chatmodels.core._values.response import ChatResponse, FinishReason, Timing, TokenLogprob, Usage
from chatmodels.core._values.settings import AudioOutput, Settings, SettingsArguments
from chatmodels.core._values.timeout import Timeout
from chatmodels.core._version import VERSION

__version__ = VERSION

__all__ = [
    "ALL_TOOL_CHOICES",
    "CONTRACT_VERSION",
    "FREE_TOOL_CHOICES",
    "MASK",
    "STRICT_SCHEMA",
    "Accumulator",
    "AliasedModel",
    "AsyncChatStream",
    "AsyncHealthChecker",
    "AsyncMessageGenerator",
    "AsyncMessageStreamer",
    "AudioDelta",
    "AudioOutput",
    "AudioPart",
    "AuthenticationError",
    "Call",
    "CallInfo",
    "CallOptions",
    "CallTimeoutError",
    "Capability",
    "ChatModel",
    "ChatModelError",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "CircuitOpenError",
    "Citation",
    "ConfigurationError",
    "Container",
    "ContentFilteredError",
    "ContextLengthError",
    "Effect",
    "ErrorCode",
    "Explanation",
    "FilePart",
    "FinishReason",
    "Flow",
    "HealthChecker",
    "HealthReport",
    "ImagePart",
    "InternalError",
    "InvalidRequestError",
    "Json",
    "Lifetime",
    "LogprobsDelta",
    "Message",
    "MessageGenerator",
    "MessageStreamer",
    "ModelHook",
    "ModelInfo",
    "ModelInfoProvider",
    "ModelNotFoundError",
    "NetworkError",
    "Observer",
    "Opened",
    "OptionSpec",
    "Output",
    "OutputInvalidError",
    "OutputSchema",
    "Part",
    "PartEnd",
    "PermissionDeniedError",
    "Policy",
    "Profile",
    "Prompt",
    "Provider",
    "ProviderConflictError",
    "ProviderImportError",
    "ProviderMetadata",
    "ProviderNotFoundError",
    "ProviderOptions",
    "ProviderPart",
    "ProviderRegistry",
    "ProviderUnavailableError",
    "QuotaExceededError",
    "RateLimitError",
    "ReasoningDelta",
    "ReasoningPart",
    "RefusalDelta",
    "RefusalPart",
    "RegistryObserver",
    "ResponseInvalidError",
    "ResultPart",
    "Role",
    "SchemaRules",
    "SchemaTranslation",
    "Secret",
    "SecretSource",
    "Settings",
    "SettingsArguments",
    "Signature",
    "Sleep",
    "StandardChatModel",
    "StreamEnd",
    "StreamEvent",
    "StreamInterruptedError",
    "StreamStart",
    "TextDelta",
    "TextPart",
    "Timeout",
    "Timing",
    "TokenLogprob",
    "Tool",
    "ToolArgumentsError",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolChoice",
    "ToolChoiceLike",
    "ToolDefinition",
    "ToolLike",
    "ToolResult",
    "UnsupportedError",
    "Usage",
    "UsageUpdate",
    "acheck_health",
    "add_log_filter",
    "adrive",
    "assistant",
    "audio",
    "check_health",
    "conversation",
    "create_chat_model",
    "drive",
    "error_class",
    "error_code",
    "error_facts",
    "events_of",
    "file",
    "from_json",
    "image",
    "is_credential",
    "is_retryable",
    "list_providers",
    "load_config",
    "logger",
    "negotiate",
    "provider",
    "providers_for_model",
    "providers_with",
    "register_provider",
    "registry",
    "set_alias",
    "structured_output",
    "system",
    "to_json",
    "tool",
    "tool_choice",
    "tool_definitions",
    "tool_result",
    "translate_schema",
    "unregister_provider",
    "user",
    "watch_tools",
    "whole_response",
]
