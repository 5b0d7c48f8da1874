"""The fifteen instruments of beluga-ai's `pkg/chatmodels`, for existing dashboards.

Names, kinds and attributes (`model`, `provider`, `success`, `error_type`) are those of the origin;
the values are those of the conventions' instruments.
"""

from opentelemetry.metrics import Meter

from chatmodels.otel._metrics.inference import seconds
from chatmodels.otel._metrics.measurement import Measurement
from chatmodels.otel._model_attributes import Facts

_COUNTERS = (
    ("message_generations", "Whole calls."),
    ("message_generation_errors", "Whole calls that failed."),
    ("streaming_sessions", "Streams."),
    ("streaming_errors", "Streams that failed."),
    ("messages_streamed", "Events of streams."),
    ("tokens_generated", "Output tokens."),
    ("tokens_consumed", "Input tokens."),
    ("provider_requests", "Calls, by provider."),
    ("provider_errors", "Calls that failed, by provider."),
    ("model_requests", "Calls, by model."),
    ("model_errors", "Calls that failed, by model."),
)
_DURATIONS = (
    ("message_generation_duration", "Duration of whole calls."),
    ("streaming_duration", "Duration of streams."),
    ("provider_latency", "Duration of calls, by provider."),
    ("model_latency", "Duration of calls, by model."),
)


class Origin:
    """The fifteen instruments."""

    def __init__(self, meter: Meter) -> None:
        self._counters = {
            name: meter.create_counter(f"chatmodels_{name}_total", description=description)
            for name, description in _COUNTERS
        }
        self._seconds = {
            name: seconds(meter, f"chatmodels_{name}_seconds", description)
            for name, description in _DURATIONS
        }

    def record(self, call: Measurement, /) -> None:
        """Record a call."""
        is_failed = call.error_type is not None
        by_provider: Facts = {"provider": call.model.registered}
        by_model: Facts = {"model": call.model.requested, **by_provider}
        outcome: Facts = {**by_model, "success": not is_failed}
        if call.streamed:
            self._add("streaming_sessions", 1, outcome)
            self._add("messages_streamed", call.events, by_model)
            self._time("streaming_duration", call, outcome)
        else:
            self._add("message_generations", 1, outcome)
            self._time("message_generation_duration", call, outcome)
        self._add("tokens_generated", call.usage.output_tokens or 0, by_model)
        self._add("tokens_consumed", call.usage.input_tokens or 0, by_model)
        for view, attributes in (("provider", by_provider), ("model", by_model)):
            self._add(f"{view}_requests", 1, attributes)
            self._time(f"{view}_latency", call, attributes)
        if call.error_type is not None:
            reason: Facts = {"error_type": call.error_type}
            kind = "streaming" if call.streamed else "message_generation"
            self._add(f"{kind}_errors", 1, {**by_model, **reason})
            self._add("provider_errors", 1, {**by_provider, **reason})
            self._add("model_errors", 1, {**by_model, **reason})

    def _add(self, name: str, amount: int, attributes: Facts) -> None:
        self._counters[name].add(amount, attributes)

    def _time(self, name: str, call: Measurement, attributes: Facts) -> None:
        self._seconds[name].record(call.duration, attributes, call.context)
