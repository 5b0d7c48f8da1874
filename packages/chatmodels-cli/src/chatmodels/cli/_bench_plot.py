"""Plots of the durations of calls, in a terminal and as SVG."""

from collections.abc import Iterator, Sequence
from html import escape

from chatmodels.cli._bench_run import BenchRun, quantile

_BINS = 12
_BAR = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


def histogram(values: Sequence[float], /) -> Iterator[str]:
    """Yield the lines of a histogram of seconds; the last one has the slowest percent."""
    if not values:
        return
    low, high = min(values), quantile(values, 0.99) or 0.0
    width = (high - low) / _BINS
    if width <= 0:
        yield f"{low:8.3f} s  {'█' * _BAR} {len(values)}"
        return
    counts = [0] * (_BINS + 1)
    for value in values:
        counts[min(_BINS, int((value - low) / width))] += 1
    counts[_BINS - 1] += sum(value == high for value in values)  # the upper edge belongs to it
    counts[_BINS] -= sum(value == high for value in values)
    for number, count in enumerate(counts):
        if number < _BINS or count:
            eighths = round(count / max(counts) * _BAR * 8)
            bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
            yield f"{low + number * width:8.3f} s  {bar} {count}"


_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 400, 60, 50, 40
_OPENING = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
    'font-family="sans-serif" font-size="12">'
)
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


def svg(run: BenchRun, /) -> str:
    """Return a plot of the share of calls that took at most so many seconds, for each stage."""
    curves = [
        (stage.concurrency, sorted(sample.seconds for sample in stage.succeeded))
        for stage in run.stages
    ]
    longest = max((values[-1] for _, values in curves if values), default=1.0) or 1.0
    parts = [
        _OPENING,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15">{escape(run.model)}: duration of calls</text>',
        *_axes(longest),
    ]
    for number, (concurrency, values) in enumerate(curves):
        color = _COLORS[number % len(_COLORS)]
        parts.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="2" '
            f'points="{_points(values, longest)}"/>'
        )
        parts.append(
            f'<text x="{_WIDTH - 150}" y="{_HEIGHT - _BOTTOM - 12 - 18 * number}" '
            f'fill="{color}">concurrency {concurrency}</text>'
        )
    return "\n".join((*parts, "</svg>\n"))


def _points(values: Sequence[float], longest: float) -> str:
    points = [(0.0, 0.0)]
    for number, value in enumerate(values):
        points += [(value, number / len(values)), (value, (number + 1) / len(values))]
    return " ".join(f"{_x(seconds, longest):.1f},{_y(share):.1f}" for seconds, share in points)


def _axes(longest: float) -> Iterator[str]:
    for tick in range(6):
        share, seconds = tick / 5, longest * tick / 5
        yield (
            f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{_y(share):.1f}" y2="{_y(share):.1f}" '
            'stroke="#ddd"/>'
        )
        yield f'<text x="{_LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        yield (
            f'<text x="{_x(seconds, longest):.1f}" y="{_HEIGHT - _BOTTOM + 18}" '
            f'text-anchor="middle">{seconds:.3g} s</text>'
        )


def _x(seconds: float, longest: float) -> float:
    return _LEFT + seconds / longest * (_WIDTH - _LEFT - 20)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)
