"""How charts look: colours that the colour-blind tell apart, quiet axes, the reader's numbers.

Okabe and Ito, "Color Universal Design" (2008): https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from typing import Any

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILLION, YELLOW, BLACK = "#56B4E9", "#D55E00", "#F0E442", "#000000"
# The yellow is too light for a line on white, and comes last.
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILLION, "#5B6675", YELLOW)
# What a rule's fate is drawn in: light enough for its mark, and apart in lightness, too.
FATES = {
    "ok": "#DCEBE4",
    "failed": "#E69F00",
    "error": "#E87838",
    "accepted": "#F0E442",
    "skipped": "#AEB6C2",
}
INK, QUIET, RULE = "#1C2430", "#5B6675", "#E6E9EE"

_LOCALES: dict[str, dict[str, Any]] = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
    "es": {
        "decimal": ",",
        "thousands": ".",
        "grouping": [3],
        "currency": ["", " €"],
        "percent": "\u00a0%",
    },
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
}
_DAYS = {
    "en": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    "es": "domingo lunes martes miércoles jueves viernes sábado",
}


def theme(language: str) -> dict[str, Any]:
    """The Vega-Lite configuration of every chart."""
    axis = {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "titleFontWeight": "normal",
        "gridColor": RULE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    }
    return {
        "font": '"Source Sans", "Source Sans Pro", sans-serif',
        "axis": axis,
        "axisX": {"grid": False},
        "view": {"stroke": None},
        "legend": {"labelColor": INK, "titleColor": QUIET, "orient": "top", "title": None},
        "range": {"category": list(PALETTE), "heatmap": {"scheme": "blues"}},
        "bar": {"color": BLUE, "cornerRadiusEnd": 2},
        "line": {"color": BLUE, "strokeWidth": 2.5},
        "area": {"color": BLUE},
        "point": {"color": BLUE, "filled": True},
        "locale": {"number": _LOCALES[language], "time": _time(language)},
    }


def _time(language: str) -> dict[str, Any]:
    months, days = _MONTHS[language].split(), _DAYS[language].split()
    return {
        "dateTime": "%x, %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": days,
        "shortDays": [day[:3] for day in days],
        "months": months,
        "shortMonths": [month[:3] for month in months],
    }
