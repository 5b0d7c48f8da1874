"""Chat models of many vendors behind one typed surface: protocols, messages, registry, errors."""

from chatmodels.core._accumulator import Accumulator
from chatmodels.core._call import CallInfo, Observer
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
    error_class,
    error_code,
    is_retryable,
)
from chatmodels.core._events import (
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
from chatmodels.core._flow import Call, Effect, Flow, Policy, Sleep, adrive, drive
from chatmodels.core._json import from_json, to_json
from chatmodels.core._log import error_facts, logger
from chatmodels.core._media import audio, file, image
from chatmodels.core._messages import (
    Message,
    Prompt,
    Role,
    assistant,
    conversation,
    system,
    tool_result,
    user,
)
from chatmodels.core._metadata import (
    Capability,
    Explanation,
    HealthReport,
    ModelInfo,
    OptionSpec,
    ProviderMetadata,
)
from chatmodels.core._model import StandardChatModel
from chatmodels.core._parts import (
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
from chatmodels.core._protocols import (
    AsyncHealthChecker,
    AsyncMessageGenerator,
    AsyncMessageStreamer,
    CallOptions,
    ChatModel,
    HealthChecker,
    MessageGenerator,
    MessageStreamer,
    ModelInfoProvider,
    Provider,
)
from chatmodels.core._request import ChatRequest, OutputSchema, ToolChoice, ToolDefinition
from chatmodels.core._response import ChatResponse, FinishReason, Timing, TokenLogprob, Usage
from chatmodels.core._settings import AudioOutput, Settings, SettingsArguments
from chatmodels.core._stream import AsyncChatStream, ChatStream, Opened
from chatmodels.core._timeout import Timeout
