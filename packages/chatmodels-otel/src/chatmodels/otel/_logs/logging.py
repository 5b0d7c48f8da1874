"""Records of the standard library's logging, with the ids of the span that they belong to."""

import logging

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span


class TraceContextFilter(logging.Filter):
    """Adds `trace_id` and `span_id` to log records, in hexadecimal; empty without a span.

    Core logs retries and failures while the span of their call is current, so that its records,
    and those of everything that providers use, name the call they belong to. Put it on a
    handler: `handler.addFilter(TraceContextFilter())`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the ids."""
        context = get_current_span().get_span_context()
        record.trace_id = format_trace_id(context.trace_id) if context.is_valid else ""
        record.span_id = format_span_id(context.span_id) if context.is_valid else ""
        return True
