"""Plots of costs as SVG, with logarithmic axes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

Point = tuple[float, float]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 320, 70, 20, 44, 48
_OPENING = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
    'font-family="sans-serif" font-size="12">'
)
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def plot(title: str, across: str, up: str, curves: Mapping[str, Sequence[Point]]) -> str:
    """Draw curves of positive values; the axes begin and end with powers of ten."""
    points = [point for curve in curves.values() for point in curve]
    horizontal = _range([x for x, _ in points])
    vertical = _range([y for _, y in points])
    return "\n".join(
        (
            _OPENING,
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="{_LEFT}" y="20" font-size="15">{escape(title)}</text>',
            f'<text x="{_LEFT}" y="36" fill="#555">{escape(up)}</text>',
            f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 10}" fill="#555">{escape(across)}</text>',
            *_grid(horizontal, vertical),
            *_curves(curves, horizontal, vertical),
            "</svg>\n",
        )
    )


def _range(values: Sequence[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)) + 1e-9)
    return low, max(low + 1, math.ceil(math.log10(max(values)) - 1e-9))


def _at(value: float, bounds: tuple[int, int], start: float, length: float) -> float:
    return start + length * (math.log10(value) - bounds[0]) / (bounds[1] - bounds[0])


def _x(value: float, bounds: tuple[int, int]) -> float:
    return _at(value, bounds, _LEFT, _WIDTH - _LEFT - _RIGHT)


def _y(value: float, bounds: tuple[int, int]) -> float:
    return _at(value, bounds, _HEIGHT - _BOTTOM, _TOP + _BOTTOM - _HEIGHT)


def _grid(horizontal: tuple[int, int], vertical: tuple[int, int]) -> Iterator[str]:
    for power in range(horizontal[0], horizontal[1] + 1):
        x = _x(10.0**power, horizontal)
        yield f'<path d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#ddd"/>'
        yield (
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">'
            f"{10.0**power:,g}</text>"
        )
    for power in range(vertical[0], vertical[1] + 1):
        y = _y(10.0**power, vertical)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'


def _curves(
    curves: Mapping[str, Sequence[Point]], horizontal: tuple[int, int], vertical: tuple[int, int]
) -> Iterator[str]:
    for number, (label, curve) in enumerate(curves.items()):
        color = _COLORS[number % len(_COLORS)]
        places = [(_x(x, horizontal), _y(y, vertical)) for x, y in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{line}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in places)
        yield (
            f'<text x="{_WIDTH - _RIGHT}" y="{_TOP + 14 + 16 * number}" text-anchor="end" '
            f'fill="{color}">{escape(label)}</text>'
        )
