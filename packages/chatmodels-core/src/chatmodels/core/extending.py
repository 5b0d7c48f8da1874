"""Names for those who write providers, policies and observers of models."""

from typing import TYPE_CHECKING

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._calls.batch_protocol import BatchModel
from chatmodels.core._calls.call import CallInfo, Observer
from chatmodels.core._calls.effects import (
    Collect,
    Effect,
    Flow,
    Forward,
    Join,
    Joint,
    Policy,
    Race,
    Run,
    Send,
    Sleep,
)
from chatmodels.core._calls.exchange import HttpExchange
from chatmodels.core._calls.fallbacks import aresponse_of, events_of, response_of
from chatmodels.core._calls.flow import adrive, drive
from chatmodels.core._calls.generation import (
    AsyncMessageGenerator,
    AsyncMessageStreamer,
    CallableModel,
    MessageGenerator,
    MessageStreamer,
)
from chatmodels.core._calls.model import StandardChatModel
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.protocols import (
    AsyncHealthChecker,
    AsyncTokenCounter,
    HealthChecker,
    ModelInfoProvider,
    TokenCounter,
)
from chatmodels.core._calls.started import StartedStream
from chatmodels.core._calls.whole import whole_response
from chatmodels.core._concurrency.interface import AsyncLibrary, OutOfTimeError
from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.rules import error_class, error_code
from chatmodels.core._log import add_log_filter, error_facts, logger
from chatmodels.core._public import import_lazily, publish, published_in
from chatmodels.core._registry.discovery import CONTRACT_VERSION
from chatmodels.core._registry.front import (
    provider,
    providers_for_model,
    providers_with,
    register_provider,
    unregister_provider,
)
from chatmodels.core._registry.option_rules import is_credential
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.provider import AsyncModelLister, Provider
from chatmodels.core._registry.registrations import ModelHook, RegistryObserver
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._schema.rules import SchemaRules
from chatmodels.core._schema.strict import STRICT_SCHEMA
from chatmodels.core._spelling import is_provider_name
from chatmodels.core._values.media_text import text_of
from chatmodels.core._values.messages import Role, as_messages
from chatmodels.core._values.metadata import Capability, Explanation, OptionSpec, ProviderMetadata
from chatmodels.core._values.numbered import NumberedMessages, numbered
from chatmodels.core._values.parts import Json, ProviderState, ResultPart
from chatmodels.core._values.profile import (
    ALL_OUTPUT_FORMS,
    ALL_TOOL_CHOICES,
    FREE_TOOL_CHOICES,
    AcceptedMedia,
    MediaKind,
    MediaSource,
    OutputForm,
    Prefill,
    Profile,
    ToolChoiceMode,
)
from chatmodels.core._values.request import OutputSchema, ToolDefinition
from chatmodels.core._values.secret import MASK, SecretSource
from chatmodels.core._values.settings import SettingsArguments

if TYPE_CHECKING:
    from chatmodels.core._calls.async_batch import AsyncBatchResults
    from chatmodels.core._calls.batch import BatchResults
    from chatmodels.core._calls.batch_backend import (
        UNSETTLED,
        BatchAnswer,
        BatchBackend,
        BatchingModel,
        BatchLimits,
        BatchState,
        BatchStatus,
        UnsettledBatch,
    )
    from chatmodels.core._calls.rate_limits import RateLimitStatus, parse_delay, read_rate_limits
    from chatmodels.core._loop.options import AsyncToolLoopOptions, ToolLoopOptions
    from chatmodels.core._loop.watching import ToolRunInfo
    from chatmodels.core._registry.alias import AliasedModel
    from chatmodels.core._registry.derived import AdaptableProvider
    from chatmodels.core._schema.of_values import json_schema
    from chatmodels.core._schema.translation import SchemaTranslation, translate_schema
    from chatmodels.core._spawning import spawn
    from chatmodels.core._tools.output import Output, structured_output
    from chatmodels.core._tools.toolbox import tool_choice, tool_definitions
    from chatmodels.core._tools.tools import ToolChoiceLike, ToolLike
    from chatmodels.core._tools.watching import watch_tools
    from chatmodels.core._values.price_list import load_price_list
    from chatmodels.core._values.token_estimate import estimated_tokens
    from chatmodels.core._values.tool_events import ToolStreamEvent

__all__ = [
    "ALL_OUTPUT_FORMS",
    "ALL_TOOL_CHOICES",
    "CONTRACT_VERSION",
    "FREE_TOOL_CHOICES",
    "MASK",
    "STRICT_SCHEMA",
    "UNSETTLED",
    "AcceptedMedia",
    "Accumulator",
    "AdaptableProvider",
    "AliasedModel",
    "AsyncBatchResults",
    "AsyncHealthChecker",
    "AsyncLibrary",
    "AsyncMessageGenerator",
    "AsyncMessageStreamer",
    "AsyncModelLister",
    "AsyncTokenCounter",
    "AsyncToolLoopOptions",
    "BatchAnswer",
    "BatchBackend",
    "BatchLimits",
    "BatchModel",
    "BatchResults",
    "BatchState",
    "BatchStatus",
    "BatchingModel",
    "CallInfo",
    "CallOptions",
    "CallableModel",
    "Capability",
    "Collect",
    "Effect",
    "Explanation",
    "Flow",
    "Forward",
    "HealthChecker",
    "HttpExchange",
    "Join",
    "Joint",
    "Json",
    "MediaKind",
    "MediaSource",
    "MessageGenerator",
    "MessageStreamer",
    "ModelHook",
    "ModelInfoProvider",
    "NumberedMessages",
    "Observer",
    "OptionSpec",
    "OutOfTimeError",
    "Output",
    "OutputForm",
    "OutputSchema",
    "Policy",
    "Prefill",
    "Profile",
    "Provider",
    "ProviderMetadata",
    "ProviderOptions",
    "ProviderRegistry",
    "ProviderState",
    "Race",
    "RateLimitStatus",
    "RegistryObserver",
    "ResultPart",
    "Role",
    "Run",
    "SchemaRules",
    "SchemaTranslation",
    "SecretSource",
    "Send",
    "SettingsArguments",
    "Sleep",
    "StandardChatModel",
    "StartedStream",
    "TokenCounter",
    "ToolChoiceLike",
    "ToolChoiceMode",
    "ToolDefinition",
    "ToolLike",
    "ToolLoopOptions",
    "ToolRunInfo",
    "ToolStreamEvent",
    "UnsettledBatch",
    "add_log_filter",
    "adrive",
    "aresponse_of",
    "as_messages",
    "drive",
    "error_class",
    "error_code",
    "error_facts",
    "estimated_tokens",
    "events_of",
    "import_lazily",
    "is_credential",
    "is_provider_name",
    "json_schema",
    "load_price_list",
    "logger",
    "numbered",
    "parse_delay",
    "provider",
    "providers_for_model",
    "providers_with",
    "publish",
    "published_in",
    "read_rate_limits",
    "register_provider",
    "response_of",
    "running_library",
    "spawn",
    "structured_output",
    "text_of",
    "tool_choice",
    "tool_definitions",
    "translate_schema",
    "unregister_provider",
    "watch_tools",
    "whole_response",
]

_LAZY = {
    "AdaptableProvider": "_registry.derived",
    "AliasedModel": "_registry.alias",
    "AsyncBatchResults": "_calls.async_batch",
    "AsyncToolLoopOptions": "_loop.options",
    "BatchAnswer": "_calls.batch_backend",
    "BatchBackend": "_calls.batch_backend",
    "BatchLimits": "_calls.batch_backend",
    "BatchResults": "_calls.batch",
    "BatchState": "_calls.batch_backend",
    "BatchStatus": "_calls.batch_backend",
    "BatchingModel": "_calls.batch_backend",
    "Output": "_tools.output",
    "RateLimitStatus": "_calls.rate_limits",
    "SchemaTranslation": "_schema.translation",
    "ToolChoiceLike": "_tools.tools",
    "ToolLike": "_tools.tools",
    "ToolLoopOptions": "_loop.options",
    "ToolRunInfo": "_loop.watching",
    "ToolStreamEvent": "_values.tool_events",
    "UNSETTLED": "_calls.batch_backend",
    "UnsettledBatch": "_calls.batch_backend",
    "estimated_tokens": "_values.token_estimate",
    "json_schema": "_schema.of_values",
    "load_price_list": "_values.price_list",
    "parse_delay": "_calls.rate_limits",
    "read_rate_limits": "_calls.rate_limits",
    "spawn": "_spawning",
    "structured_output": "_tools.output",
    "tool_choice": "_tools.toolbox",
    "tool_definitions": "_tools.toolbox",
    "translate_schema": "_schema.translation",
    "watch_tools": "_tools.watching",
}
"""Names that are imported on first use, because calls do not need them."""

publish(globals(), lazy=_LAZY)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            return import_lazily(globals(), _LAZY, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
