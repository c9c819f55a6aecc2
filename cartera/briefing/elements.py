"""The pieces that a briefing is made of: sections and tables, with their styles in each element.

Mail programs drop style sheets, so there is none but that of the printed page. What was read is
escaped here; what is HTML already is ``Markup``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from cartera.briefing.charts import BAD, GOOD, INK, MUTED, PALE, RULE

FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
BODY = (
    f"{FONT};font-size:14px;line-height:1.45;color:{INK};background:#fff;margin:0;"
    "padding:24px 12px;-webkit-print-color-adjust:exact;print-color-adjust:exact"
)
SMALL = f"font-size:12px;color:{MUTED}"
CELL = f"padding:6px 10px 6px 0;border-bottom:1px solid {RULE};vertical-align:middle"
HEAD = (
    f"padding:4px 10px 4px 0;border-bottom:1px solid {MUTED};text-align:left;"
    f"font-size:12px;font-weight:600;color:{MUTED};vertical-align:bottom"
)
NUMBER = "text-align:right;white-space:nowrap"
CODE = f"background:{PALE};padding:0 3px;white-space:nowrap"
TONES = {"good": GOOD, "bad": BAD, "": MUTED}


class Markup(str):
    """HTML that was made here, with whatever was read escaped in it."""


Cell = str
Line = Sequence[Cell]


def shown(text: str) -> str:
    """``text`` as HTML: escaped, unless it is that already."""
    return text if isinstance(text, Markup) else escape(text)


def coded(text: str) -> Markup:
    """``text`` escaped, with what stands in backticks as code."""
    parts = escape(text).split("`")
    return Markup(
        "".join(
            f'<code style="{CODE}">{part}</code>' if at % 2 else part
            for at, part in enumerate(parts)
        )
    )


def small(text: str) -> Markup:
    """``text`` as a remark."""
    return Markup(f'<span style="{SMALL}">{shown(text)}</span>')


def strong(text: str, tone: str = "") -> Markup:
    """``text`` in bold, in the colour of good or bad news where it is one."""
    colour = f";color:{TONES[tone]}" if tone else ""
    return Markup(f'<b style="font-weight:600{colour}">{shown(text)}</b>')


def lines(*parts: str) -> Markup:
    """``parts`` one below the other; what is empty is left out."""
    return Markup("<br>".join(shown(part) for part in parts if part))


def paragraph(text: str) -> Markup:
    """A paragraph, with what stands in backticks as code."""
    return Markup(f'<p style="margin:6px 0">{coded(text)}</p>')


def section(heading: str, *body: str, note: str = "") -> Markup:
    """A part of the page under its heading; ``note`` says how to read it."""
    below = f'<p style="{SMALL};margin:2px 0 6px">{coded(note)}</p>' if note else ""
    return Markup(
        '<h2 style="font-size:17px;line-height:1.3;margin:26px 0 2px;page-break-after:avoid">'
        f"{shown(heading)}</h2>{below}{''.join(map(shown, body))}\n"
    )


def subsection(heading: str, *body: str) -> Markup:
    """A part of a section."""
    return Markup(
        f'<h3 style="font-size:14px;margin:16px 0 2px;page-break-after:avoid">{shown(heading)}</h3>'
        f"{''.join(map(shown, body))}"
    )


def layout(rows: str) -> Markup:
    """A table of the page's whole width."""
    return Markup(
        '<table width="100%" style="border-collapse:collapse;margin:4px 0 8px;font-size:13px">'
        f"{rows}</table>"
    )


def table(heads: Sequence[str], rows: Iterable[Line], numbers: Collection[int]) -> Markup:
    """A table under the headings ``heads``; the columns ``numbers``, from 0, stand right."""
    top = "".join(
        f'<th style="{HEAD}{";text-align:right" if at in numbers else ""}">{shown(head)}</th>'
        for at, head in enumerate(heads)
    )
    body = "".join(
        '<tr style="page-break-inside:avoid">'
        + "".join(
            f'<td style="{CELL}{";" + NUMBER if at in numbers else ""}">{shown(cell)}</td>'
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return layout(f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>")
