"""Formats finished spans as bars over time, each below its parent."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from opentelemetry.trace import StatusCode

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_FULL = "█"
_HALF = "▌"
_MARGIN = 28  # columns for the duration and the note after the bars


def waterfall(spans: "Iterable[ReadableSpan]", /, *, width: int = 100) -> str:
    """Format traces, one below the other in the order of their start.

    Args:
        spans: Finished spans, in any order. A span without its parent among them is a root.
        width: The number of columns of the terminal.
    """
    traces: dict[int, list[ReadableSpan]] = {}
    for span in sorted(spans, key=_start):
        traces.setdefault(_identity(span)[0], []).append(span)
    return "\n\n".join(_trace(number, found, width) for number, found in traces.items())


def seconds(value: float) -> str:
    """Format a duration in a suitable unit."""
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} us"


def _trace(number: int, spans: "Sequence[ReadableSpan]", width: int) -> str:
    began = min(map(_start, spans))
    lasted = max(max(map(_end, spans)) - began, 1)
    rows = list(_rows(spans))
    names = min(max(len(name) for name, _ in rows), max(width // 2, 16))
    room = max(width - names - _MARGIN, 10)
    lines = [f"trace {number:032x}  {seconds(lasted / 1e9)}"]
    for name, span in rows:
        bar = _bar((_start(span) - began) / lasted, (_end(span) - began) / lasted, room)
        duration = seconds((_end(span) - _start(span)) / 1e9)
        shown = name if len(name) <= names else f"{name[: names - 1]}…"
        lines.append(f"{shown:<{names}}  {bar:<{room}}  {duration:>9}{_note(span)}".rstrip())
    return "\n".join(lines)


def _rows(spans: "Sequence[ReadableSpan]") -> "Iterable[tuple[str, ReadableSpan]]":
    present = {_identity(span)[1] for span in spans}
    children: dict[int | None, list[ReadableSpan]] = {}
    for span in spans:
        parent = span.parent.span_id if span.parent is not None else None
        children.setdefault(parent if parent in present else None, []).append(span)
    # With an explicit stack: a trace can be deeper than the recursion limit of Python.
    waiting = [(0, span) for span in reversed(children.get(None, []))]
    while waiting:
        depth, span = waiting.pop()
        yield f"{'  ' * depth}{span.name}", span
        below = children.get(_identity(span)[1], [])
        waiting.extend((depth + 1, child) for child in reversed(below))


def _bar(start: float, end: float, room: int) -> str:
    first = min(int(start * room), room - 1)
    length = (end - start) * room
    filled = _FULL * min(int(length), room - first)
    return " " * first + (filled or _HALF)


def _note(span: "ReadableSpan") -> str:
    attributes = span.attributes or {}
    if span.status.status_code is StatusCode.ERROR:
        return f"  {attributes.get('error.type', 'error')}"
    prompt = attributes.get("gen_ai.usage.input_tokens")
    output = attributes.get("gen_ai.usage.output_tokens")
    return "" if prompt is None or output is None else f"  {prompt} -> {output} tokens"


def _identity(span: "ReadableSpan") -> tuple[int, int]:
    context = span.get_span_context()
    return (0, 0) if context is None else (context.trace_id, context.span_id)


def _start(span: "ReadableSpan") -> int:
    return span.start_time or 0


def _end(span: "ReadableSpan") -> int:
    return span.end_time or _start(span)
