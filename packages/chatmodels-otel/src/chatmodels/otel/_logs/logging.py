"""A filter that adds the ids of the current span to log records."""

import logging

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span


class TraceContextFilter(logging.Filter):
    """Adds `trace_id` and `span_id` to log records, in hexadecimal; empty without a span.

    Core logs retries and failures while the span of their call is current, so that its records,
    and those of the libraries that providers use, identify the call. Add the filter to a handler:
    `handler.addFilter(TraceContextFilter())`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids and accept the record."""
        context = get_current_span().get_span_context()
        record.trace_id = format_trace_id(context.trace_id) if context.is_valid else ""
        record.span_id = format_span_id(context.span_id) if context.is_valid else ""
        return True
