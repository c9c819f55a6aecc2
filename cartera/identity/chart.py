"""The weights of a model as a picture: what each level of agreement is worth."""

from __future__ import annotations

from html import escape

from cartera.identity.comparisons import COMPARISONS
from cartera.identity.model import Model

_LEFT, _WIDTH, _ROW, _GAP = 330, 720, 18, 12
_BITS = 28.0


def weights_svg(model: Model) -> str:
    """An SVG with a bar per level: to the right what speaks for one person, to the left against."""
    zero = _LEFT + (_WIDTH - _LEFT) * 8 / (_BITS + 8)
    scale = (_WIDTH - _LEFT) / (_BITS + 8)
    parts: list[str] = []
    y = 30
    for comparison in COMPARISONS:
        parts.append(
            f'<text x="8" y="{y + 13}" font-weight="bold">{escape(comparison.name)}</text>'
        )
        y += _ROW
        for level in comparison.levels:
            bits = model.bits(comparison.name, level.key)
            length = abs(bits) * scale
            x = zero if bits >= 0 else zero - length
            colour = "#2a7f62" if bits >= 0 else "#b5482a"
            parts.append(
                f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(level.words)}</text>'
                f'<rect x="{x:.1f}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 6}" '
                f'fill="{colour}"/>'
                f'<text x="{zero + length + 4 if bits >= 0 else zero + 4:.1f}" y="{y + 13}">'
                f"{bits:+.1f}</text>"
            )
            y += _ROW
        y += _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 60}" height="{y + 10}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="{_WIDTH + 60}" height="{y + 10}" fill="white"/>'
        f'<text x="8" y="18" font-size="14">What agreement is worth, in bits (model '
        f"{escape(model.version)}, {model.key})</text>"
        f'<line x1="{zero:.1f}" y1="26" x2="{zero:.1f}" y2="{y}" stroke="#888"/>'
    )
    return "\n".join([head, *parts, "</svg>", ""])
