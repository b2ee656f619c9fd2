"""Line charts as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 14, 36
FLOOR = 1e-16


@dataclass(frozen=True)
class Series:
    """One line; `style` is the class that colours it."""

    style: str
    values: tuple[float, ...]


def line_chart(series: Sequence[Series], axis: str, logarithmic: bool = False) -> str:
    """An SVG with one point for each step; values that are not finite leave a gap."""
    shown = [Series(s.style, tuple(_scaled(v, logarithmic) for v in s.values)) for s in series]
    finite = [value for line in shown for value in line.values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if logarithmic:
        low, high = -16.0, max(0.0, high)
    elif low == high:
        low, high = low - 0.5, high + 0.5
    count = max((len(line.values) for line in shown), default=1)
    body = [_axes(low, high, count, axis, logarithmic)]
    body += [_line(line, low, high, count) for line in shown]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(body)}</svg>'


def _scaled(value: float, logarithmic: bool) -> float:
    if not logarithmic:
        return value
    return math.log10(max(value, FLOOR)) if math.isfinite(value) else 0.0


def _x(index: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (index / (count - 1) if count > 1 else 0.5)


def _y(value: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))


def _axes(low: float, high: float, count: int, axis: str, logarithmic: bool) -> str:
    parts = []
    for share in range(5):
        value = low + (high - low) * share / 4
        y = _y(value, low, high)
        text = f"1e{value:.0f}" if logarithmic else f"{value:.4g}"
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    every = max(1, math.ceil(count / 12))
    for index in range(0, count, every):
        x = _x(index, count)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 18}" text-anchor="middle">{index + 1}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 2}" text-anchor="middle">{axis}</text>')
    return "".join(parts)


def _line(line: Series, low: float, high: float, count: int) -> str:
    points = [
        (_x(index, count), _y(value, low, high))
        for index, value in enumerate(line.values)
        if math.isfinite(value)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="dot {line.style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    return f'<polyline class="line {line.style}" points="{path}"/>{dots}'
