"""OpenTelemetry traces, metrics and logs for chatmodels, by the GenAI semantic conventions."""

from chatmodels.core.extending import publish
from chatmodels.otel._context import conversation, prompt_template
from chatmodels.otel._decorators import metered, traced
from chatmodels.otel._instrument import instrument, uninstrument
from chatmodels.otel._instrument_registry import instrument_registry, uninstrument_registry
from chatmodels.otel._instrumentor import ChatModelsInstrumentor
from chatmodels.otel._logs.logging import TraceContextFilter
from chatmodels.otel._options import TelemetryOptions, options_from_environment
from chatmodels.otel._telemetry import NoOpTelemetry, Telemetry
from chatmodels.otel._tool_calls import execute_tool

__all__ = [
    "ChatModelsInstrumentor",
    "NoOpTelemetry",
    "Telemetry",
    "TelemetryOptions",
    "TraceContextFilter",
    "conversation",
    "execute_tool",
    "instrument",
    "instrument_registry",
    "metered",
    "options_from_environment",
    "prompt_template",
    "traced",
    "uninstrument",
    "uninstrument_registry",
]

publish(globals())
