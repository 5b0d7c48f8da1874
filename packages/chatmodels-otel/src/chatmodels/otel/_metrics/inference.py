"""The conventions' histograms of inference, by the latest version and by v1.41."""

from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, Meter

from chatmodels.otel._metrics.measurement import Measurement
from chatmodels.otel._model_attributes import Facts
from chatmodels.otel._semconv import SECONDS, SECONDS_BUCKETS, TOKEN_BUCKETS, TOKENS

_INFERENCE = "gen_ai.client.inference"
_OPERATION = "gen_ai.client.operation"


def seconds(meter: Meter, name: str, description: str) -> Histogram:
    """Create a histogram of durations with the conventions' buckets."""
    return meter.create_histogram(
        name,
        unit=SECONDS,
        description=description,
        explicit_bucket_boundaries_advisory=SECONDS_BUCKETS,
    )


def tokens(meter: Meter, name: str, description: str) -> Histogram:
    """Create a histogram of token counts with the conventions' buckets."""
    return meter.create_histogram(
        name,
        unit=TOKENS,
        description=description,
        explicit_bucket_boundaries_advisory=TOKEN_BUCKETS,
    )


class _Times:
    """The three histograms of time, which differ only in their names."""

    def __init__(self, meter: Meter, prefix: str) -> None:
        self.duration = seconds(
            meter, f"{prefix}.duration", "Seconds from the start of a call to its end."
        )
        self.first_chunk = seconds(
            meter,
            f"{prefix}.time_to_first_chunk",
            "Time from the request to the first chunk of the response stream.",
        )
        self.per_chunk = seconds(
            meter,
            f"{prefix}.time_per_output_chunk",
            "Time from one chunk of the response stream to the next.",
        )

    def record(self, call: Measurement, attributes: Facts, context: Context | None) -> None:
        self.duration.record(call.duration, attributes, context)
        if not call.streamed:
            return
        # Times of chunks have no error.type: the chunks arrived before the failure.
        chunks = call.model.attributes((call.response_model[0], None, None), None)
        if call.first_chunk is not None:
            self.first_chunk.record(call.first_chunk, chunks, context)
        times = call.chunk_times
        for index in range(1, len(times)):
            self.per_chunk.record(times[index] - times[index - 1], chunks, context)


class Latest:
    """The histograms of the conventions as of October 2026."""

    def __init__(self, meter: Meter) -> None:
        self._times = _Times(meter, _INFERENCE)
        self._input = tokens(
            meter, f"{_INFERENCE}.operation.input_tokens", "Input tokens of one operation."
        )
        self._output = tokens(
            meter, f"{_INFERENCE}.operation.output_tokens", "Output tokens of one operation."
        )

    def record(self, call: Measurement, /) -> None:
        """Record a call; the tokens of a success as 0 if none were reported.

        The counters include the tokens of a failure. These histograms do not: the tokens of a
        failure are not comparable to those of a complete operation.
        """
        attributes = call.model.attributes(call.response_model, call.error_type)
        context = call.context
        self._times.record(call, attributes, context)
        if call.error_type is None:
            self._input.record(call.usage.input_tokens or 0, attributes, context)
            self._output.record(call.usage.output_tokens or 0, attributes, context)


class Version141:
    """The histograms of the conventions' version 1.41, which many dashboards still use."""

    def __init__(self, meter: Meter) -> None:
        self._times = _Times(meter, _OPERATION)
        self._tokens = tokens(meter, "gen_ai.client.token.usage", "Tokens used by one operation.")

    def record(self, call: Measurement, /) -> None:
        """Record a call, and its tokens if they were reported, including those of a failure.

        This version has no counters of tokens ("Metric: gen_ai.client.token.usage"). Dashboards add
        up this histogram, and would otherwise miss billed tokens.
        """
        attributes = call.model.attributes(call.response_model, call.error_type)
        context = call.context
        self._times.record(call, attributes, context)
        for kind, count in (
            ("input", call.usage.input_tokens),
            ("output", call.usage.output_tokens),
        ):
            if count is not None:
                self._tokens.record(count, {**attributes, "gen_ai.token.type": kind}, context)
