"""The options of telemetry: recorded data, its limits, and its names."""

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec

from chatmodels.core import ChatResponse, ConfigurationError, Cost
from chatmodels.core.extending import load_price_list, logger

Level = Literal["off", "metrics", "traces", "full"]
Content = Literal["none", "span", "event", "both"]
ContentFormat = Literal["auto", "structured", "json"]
Conventions = Literal["latest", "v1.41", "both"]
HttpSpans = Literal["none", "failures", "all"]

CONTENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
EVENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"
EXCEPTION_VARIABLE = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN"
LEVEL_VARIABLE = "CHATMODELS_TELEMETRY"
FORMAT_VARIABLE = "CHATMODELS_TELEMETRY_CONTENT_FORMAT"
CONVENTIONS_VARIABLE = "CHATMODELS_TELEMETRY_CONVENTIONS"
PROPAGATION_VARIABLE = "CHATMODELS_TELEMETRY_PROPAGATE_TO"
HTTP_SPANS_VARIABLE = "CHATMODELS_TELEMETRY_HTTP_SPANS"
COST_VARIABLE = "CHATMODELS_TELEMETRY_COST"

CostHook = Callable[[ChatResponse[Any]], Cost | Decimal | float | None]
"""Receives a response, and returns its cost in US dollars; None if it is unknown."""

Redact = Callable[[str, Any], Any]
"""Receives the name of an attribute and its value, as in the conventions' schemas. Returns the
value to record instead, or None for nothing."""


class TelemetryOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of telemetry: recorded data, its limits, and its names.

    Attributes:
        level: The recorded signals: "metrics", "traces" in addition, or "full" with log events as
            well; "off" for nothing.
        content: The place of recorded messages: "none", on the "span", on the "event" of operation
            details, or "both".
        content_format: The format of messages on spans: "structured" values, "json" texts, or
            "auto" for structured values if the API supports them. Events are always structured.
        max_part_chars: The largest number of characters of each text; longer data of media is left
            out.
        max_content_chars: The largest number of characters of all messages of a call together.
        redact: Redacts the content before it is truncated and recorded.
        tool_definitions: The tools that are recorded along with the content: "none", their
            "names", or "full" definitions.
        operation_details: Whether each call is also recorded as an event with all its attributes.
        exceptions: The place of a failure's traceback: a "log" event, an event on the "span",
            "both", or "none".
        http_spans: The calls with a span for each HTTP request below their own: those with a failed
            or repeated request ("failures"), "all", or "none".
        conventions: The names of metrics and of attributes of spans: the "latest", those of
            "v1.41", or "both".
        measurements: "deferred" measurements are passed to the SDK when a reader collects them,
            outside the call; "immediate" ones when the call ends.
        chunk_times: Whether the time of each chunk of a stream is measured.
        origin_metrics: Whether the fifteen `chatmodels_*` instruments are recorded as well.
        cost: Whether `response.cost` is recorded; or a function that returns the cost of a response
            in US dollars, None if unknown. It applies to the partial response of a failed call,
            too, but not to a response of another model.
        propagate_to: Base URLs to which the `traceparent` of the call's span is sent.

    Raises:
        ConfigurationError: A value is not supported; the message contains all such values.
    """

    level: Level = "full"
    content: Content = "none"
    content_format: ContentFormat = "auto"
    max_part_chars: int = 16_384
    max_content_chars: int = 131_072
    redact: Redact | None = None
    tool_definitions: Literal["none", "names", "full"] = "names"
    operation_details: bool = False
    exceptions: Literal["log", "span", "both", "none"] = "log"
    http_spans: HttpSpans = "failures"
    conventions: Conventions = "latest"
    measurements: Literal["deferred", "immediate"] = "deferred"
    chunk_times: bool = True
    origin_metrics: bool = False
    cost: CostHook | bool | None = None
    propagate_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}"
            for name, choices in _CHOICES.items()
            if getattr(self, name) not in choices
        ] + [
            f"{name} must be a number of at least 0, not {getattr(self, name)!r}"
            for name in ("max_part_chars", "max_content_chars")
            if type(getattr(self, name)) is not int or getattr(self, name) < 0
        ]
        problems += [
            f"{name} must be {expected}, not {getattr(self, name)!r}"
            for name, expected in (
                ("redact", "a function or None"),
                ("cost", "a function, True, False or None"),
            )
            if not (getattr(self, name) is None or callable(getattr(self, name)))
            and (name, type(getattr(self, name))) != ("cost", bool)
        ]
        problems += [
            f"{name} must be a tuple of base URLs, not {getattr(self, name)!r}"
            for name in ("propagate_to",)
            if isinstance(getattr(self, name), str)  # its characters would be used as URLs
        ]
        if problems:
            raise ConfigurationError(
                f"TelemetryOptions: {'; '.join(problems)}", op="configure", details={}
            )


def cost_hook(options: TelemetryOptions, /) -> CostHook | None:
    """Return the function that computes costs; None if they are not recorded."""
    if options.cost is True and options.level != "off":
        load_price_list()  # not at the end of the first call, since it takes half a second
        return lambda response: response.cost
    return None if isinstance(options.cost, bool) else options.cost


_CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(annotation)
    for name, annotation in TelemetryOptions.__annotations__.items()
    if get_args(annotation) and all(isinstance(choice, str) for choice in get_args(annotation))
}


def options_from_environment(
    environment: Mapping[str, str] = os.environ, /, **arguments: Any
) -> TelemetryOptions:
    """Return options from arguments, and from environment variables for missing arguments.

    A variable with an unknown value is logged and ignored: telemetry must not prevent a program
    from starting.

    | variable | field |
    | --- | --- |
    | `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` | `content` |
    | `OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT` | `operation_details` |
    | `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` | `exceptions` |
    | `CHATMODELS_TELEMETRY` | `level` |
    | `CHATMODELS_TELEMETRY_CONTENT_FORMAT` | `content_format` |
    | `CHATMODELS_TELEMETRY_CONVENTIONS` | `conventions` |
    | `CHATMODELS_TELEMETRY_HTTP_SPANS` | `http_spans` |
    | `CHATMODELS_TELEMETRY_PROPAGATE_TO` | `propagate_to`, separated by commas |
    | `CHATMODELS_TELEMETRY_COST` | `cost`: `true`, `false`, or `module:function` |

    Args:
        environment: The variables.
        arguments: The fields of `TelemetryOptions`.

    Raises:
        ConfigurationError: The value of an argument is not supported.
    """
    fields: dict[str, Any] = {}
    for field, variable, meanings in _VARIABLES:
        text = environment.get(variable, "").strip().lower()
        if text in meanings:
            fields[field] = meanings[text]
        elif text:
            logger("chatmodels.otel").warning(
                "%s is not one of %s and is ignored", variable, ", ".join(meanings)
            )
    if bases := environment.get(PROPAGATION_VARIABLE, "").replace(",", " ").split():
        fields["propagate_to"] = tuple(bases)
    path = environment.get(COST_VARIABLE, "").strip()
    if path.lower() in _SWITCHES:
        fields["cost"] = _SWITCHES[path.lower()]
    elif path and "cost" not in arguments and (cost := _imported(path)):
        fields["cost"] = cost
    try:
        return TelemetryOptions(**{**fields, **arguments})
    except TypeError as error:
        raise ConfigurationError(f"TelemetryOptions: {error}", op="configure") from None


def _imported(path: str) -> CostHook | None:
    """Import the function with a path; log a warning and return None if there is none."""
    from pkgutil import resolve_name

    try:
        function = resolve_name(path)
        if callable(function):
            return function  # pyright: ignore[reportReturnType] # what it returns is checked later
        reason = f"{type(function).__qualname__} is not a function"
    except Exception as error:  # importing a module can raise anything
        reason = f"{type(error).__qualname__}: {error}"
    logger("chatmodels.otel").warning(
        "%s is not a function, as module:function, and is ignored: %s", COST_VARIABLE, reason
    )
    return None


_SWITCHES = {"true": True, "false": False}

_VARIABLES: tuple[tuple[str, str, dict[str, object]], ...] = (
    (
        "content",
        CONTENT_VARIABLE,
        {
            "no_content": "none",
            "span_only": "span",
            "event_only": "event",
            "span_and_event": "both",
            "true": "both",
            "false": "none",
        },
    ),
    ("operation_details", EVENT_VARIABLE, {"true": True, "false": False}),
    ("exceptions", EXCEPTION_VARIABLE, {"logs": "log", "logs/dup": "both"}),
    ("level", LEVEL_VARIABLE, {level: level for level in get_args(Level)}),
    ("content_format", FORMAT_VARIABLE, {word: word for word in get_args(ContentFormat)}),
    ("conventions", CONVENTIONS_VARIABLE, {word: word for word in get_args(Conventions)}),
    ("http_spans", HTTP_SPANS_VARIABLE, {word: word for word in get_args(HttpSpans)}),
)
