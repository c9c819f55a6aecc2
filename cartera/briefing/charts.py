"""Charts as SVG in the page itself. Each has a text for those who cannot see it.

They say nothing that the numbers beside them do not: many mail programs show no SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK = "#1c2430"
MUTED = "#5b6675"
RULE = "#d5dae1"
PALE = "#e8edf4"
BLUE = "#1f5fa8"
GOOD = "#2e7d4f"
BAD = "#b3362b"


def _svg(width: int, height: int, about: str, *shapes: str) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(about, quote=True)}" style="display:block;max-width:100%">'
        f"{''.join(shapes)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width:g}"/>'
    )


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
        f'fill="{colour}"/>'
    )


def _dot(x: float, y: float, radius: float, colour: str) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" stroke="#fff" '
        f'stroke-width="1.5"/>'
    )


def trend(values: Sequence[float | None], about: str, width: int = 150, height: int = 36) -> str:
    """A line through the values that are known, oldest left, the last one marked."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    across = (width - 10) / max(len(values) - 1, 1)
    down = (height - 10) / ((high - low) or 1)
    # What never changed lies in the middle.
    floor = height - 5 if high > low else height / 2
    points = [(5 + place * across, floor - (value - low) * down) for place, value in known]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return _svg(
        width,
        height,
        about,
        f'<polyline points="{path}" fill="none" stroke="{BLUE}" stroke-width="1.8" '
        'stroke-linejoin="round"/>',
        _dot(*points[-1], 3.5, BLUE),
    )


def share(part: float, whole: float, about: str, colour: str = BLUE, width: int = 120) -> str:
    """A bar that is filled as far as ``part`` is of ``whole``."""
    filled = min(max(part / whole, 0), 1) * width if whole else 0
    # One of thousands is seen to be there.
    filled = max(filled, 1.5) if part > 0 else 0
    return _svg(width, 12, about, _bar(0, 1, width, 10, PALE), _bar(0, 1, filled, 10, colour))


def towards(
    baseline: float,
    target: float,
    line: float | None,
    actual: float | None,
    about: str,
    *,
    good: bool,
    width: int = 190,
) -> str:
    """From the baseline, left, to the target: where the line is by now, and where we are.

    Who is beyond either end stands at the edge.
    """
    start, end, middle = 26, width - 26, 14

    def at(value: float) -> float:
        span = target - baseline
        if not span:
            return end
        return min(max(start + (value - baseline) / span * (end - start), 6), width - 6)

    colour = GOOD if good else BAD
    shapes = [_bar(start, middle - 4, end - start, 8, PALE)]
    if actual is not None:
        left, right = sorted((at(baseline), at(actual)))
        shapes.append(_bar(left, middle - 4, right - left, 8, colour))
    shapes.append(_line(end, middle - 9, end, middle + 9, INK, 2))
    if line is not None:
        shapes.append(_line(at(line), middle - 9, at(line), middle + 9, MUTED, 1.5))
    if actual is not None:
        shapes.append(_dot(at(actual), middle, 5.5, colour))
    return _svg(width, 28, about, *shapes)


def interval(
    low: float | None,
    value: float | None,
    high: float | None,
    reach: float,
    about: str,
    *,
    proven: bool,
    width: int = 200,
) -> str:
    """A value with its interval on a scale from ``-reach`` to ``reach``; zero is marked."""
    if value is None:
        return ""

    def at(number: float) -> float:
        return width / 2 + number / (reach or 1) * (width / 2 - 8)

    colour = MUTED if not proven else GOOD if value > 0 else BAD
    shapes = [_line(width / 2, 0, width / 2, 24, INK, 1.2)]
    if low is not None and high is not None:
        shapes += [
            _line(at(low), 12, at(high), 12, colour, 3),
            _line(at(low), 7, at(low), 17, colour, 2),
            _line(at(high), 7, at(high), 17, colour, 2),
        ]
    shapes.append(_dot(at(value), 12, 5, colour))
    return _svg(width, 24, about, *shapes)
