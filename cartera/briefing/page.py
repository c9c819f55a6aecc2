"""A briefing as one HTML page that needs nothing else, for a browser, a printer or a mail program.

Tables make the layout, because mail programs know little else, and nothing is fetched.
"""

from __future__ import annotations

from cartera.briefing.alerts import alerts
from cartera.briefing.campaigns import campaigns
from cartera.briefing.changes import changes
from cartera.briefing.charts import RULE
from cartera.briefing.elements import BODY, SMALL, Markup, coded, shown
from cartera.briefing.figures import figures
from cartera.briefing.needs import summary, verdict
from cartera.briefing.objectives import objectives
from cartera.briefing.quality import quality
from cartera.briefing.telling import Telling

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SECTIONS = (summary, figures, alerts, objectives, campaigns, changes, quality)


def subject(telling: Telling) -> str:
    """The subject of the mail that brings it."""
    day = telling.formats.day(telling.last_day)
    return telling.say("subject", day=day, verdict=verdict(telling))


def page(telling: Telling) -> str:
    """The page: the same for the same facts and language, whenever it is made."""
    title = f"{telling.say('title')}, {telling.formats.day(telling.last_day)}"
    body = "".join([_header(telling), *(part(telling) for part in SECTIONS), _footer(telling)])
    return (
        f'<!doctype html>\n<html lang="{telling.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{shown(title)}</title><style>@page{{margin:14mm}}</style></head>"
        f'<body style="{BODY}"><table role="presentation" align="center" width="760" '
        'style="max-width:100%;border-collapse:collapse;margin:0 auto"><tr><td>\n'
        f"{body}</td></tr></table></body></html>\n"
    )


def _header(telling: Telling) -> Markup:
    say, formats, told = telling.say, telling.formats, telling.facts.publication
    status = say.of("statuses", str(told["gate_status"]))
    below = " · ".join(
        [
            say("as_of", day=formats.day(telling.last_day)),
            say("built", moment=formats.moment(told["built_at"])),
            say("gate", status=status),
        ]
    )
    return Markup(
        f'<h1 style="font-size:24px;line-height:1.2;margin:0">{shown(say("title"))}</h1>'
        f'<p style="{SMALL};margin:2px 0 18px">{shown(below)}</p>'
    )


def _footer(telling: Telling) -> Markup:
    told = telling.say("footer", publication=telling.facts.publication["publication_id"])
    return Markup(
        f'<p style="{SMALL};border-top:1px solid {RULE};padding-top:8px;margin-top:28px">'
        f"{coded(told)}</p>"
    )
