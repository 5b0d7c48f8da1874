"""The conventions' log events: a failure with its traceback, and the details of an operation."""

from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context

from chatmodels.otel._call_attributes import Attributes
from chatmodels.otel._content.capture import api_version
from chatmodels.otel._failure import exception_attributes, quotes_content
from chatmodels.otel._semconv import DETAILS_EVENT, EXCEPTION_EVENT, SCHEMA_URL, SCOPE
from chatmodels.otel._version import VERSION

if TYPE_CHECKING:
    from opentelemetry._logs import Logger, LoggerProvider

EVENTS_SINCE = (1, 37)
"""The first version of the API whose log records have an event name and a context."""

_EXCEPTIONS_SINCE = (1, 43)
_ENABLED_SINCE = (1, 45)


class Events:
    """Emits log events with the context of the call's span.

    Args:
        logger: The logger.
    """

    def __init__(self, logger: "Logger") -> None:
        from opentelemetry._logs import NoOpLogger

        self._logger = logger
        self._nothing = NoOpLogger
        self._is_live = False
        self._version = api_version()

    def is_live(self) -> bool:
        """Return whether an SDK provides the logger, which the API's proxy knows."""
        # Called for each call. The proxy creates its real logger only when it is used.
        if not self._is_live:
            logger = getattr(self._logger, "_logger", self._logger)
            self._is_live = not isinstance(logger, self._nothing)
        return self._is_live

    def details(self, attributes: Attributes, context: Context | None) -> None:
        """Emit all attributes of an operation, including structured content."""
        from opentelemetry._logs import SeverityNumber

        self._emit(
            DETAILS_EVENT, SeverityNumber.DEBUG, "DEBUG", context=context, attributes=attributes
        )

    def exception(
        self,
        error: BaseException,
        attributes: Attributes,
        context: Context | None,
        *,
        content: bool,
    ) -> None:
        """Emit a failure.

        Args:
            error: The exception.
            attributes: The attributes that identify the operation.
            context: The context of its span.
            content: Whether the event may contain content of the response.
        """
        from opentelemetry._logs import SeverityNumber

        more: dict[str, Any] = {}
        if self._version >= _EXCEPTIONS_SINCE and (content or not quotes_content(error)):
            more["exception"] = error
        else:
            attributes = {**attributes, **exception_attributes(error, content=content)}
        self._emit(
            EXCEPTION_EVENT,
            SeverityNumber.WARN,
            "WARN",
            context=context,
            attributes=attributes,
            **more,
        )

    def _emit(self, name: str, severity: Any, text: str, **fields: Any) -> None:
        from time import time_ns

        from opentelemetry._logs import LogRecord

        if self._version >= _ENABLED_SINCE and not self._logger.enabled(
            context=fields["context"], severity_number=severity, event_name=name
        ):
            return
        now = time_ns()
        self._logger.emit(
            LogRecord(
                timestamp=now,
                observed_timestamp=now,
                severity_number=severity,
                severity_text=text,
                event_name=name,
                **fields,
            )
        )


def events(provider: "LoggerProvider | None") -> Events | None:
    """Return the emitter of log events; None if the installed API does not support them.

    Args:
        provider: The source of loggers; None for the global one, even if it is set later.
    """
    if api_version() < EVENTS_SINCE:
        return None
    from opentelemetry._logs import get_logger

    return Events(get_logger(SCOPE, VERSION, provider, SCHEMA_URL))
