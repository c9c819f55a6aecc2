"""``cartera briefing``: a publication as one page, for people."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cartera import arrows
from cartera.briefing.words import LANGUAGES, Language
from cartera.console import say, show_json, show_line
from cartera.errors import UsageError
from cartera.settings import Settings


def run_briefing(
    settings: Settings,
    publication: str,
    output: Path | None,
    language: str | None,
    *,
    by_mail: bool,
    json: bool,
) -> None:
    """Write the page, send it where that is asked for, and say what needs somebody."""
    if by_mail and not settings.briefing_to:
        raise UsageError("There is nobody to send the briefing to.", fix="Set CARTERA_BRIEFING_TO.")
    report = arrows.write_briefing(
        settings,
        publication,
        output=output.absolute() if output else None,
        language=_known(language),
        by_mail=by_mail,
        progress=None if json else say,
    )
    if json:
        show_json(asdict(report))
        return
    show_line((report.subject, "bold"))
    for line in report.needs:
        show_line(f"  {line}")
    show_line(f"The page is in {report.file}")


def _known(language: str | None) -> Language | None:
    for known in LANGUAGES:
        if language == known:
            return known
    if language is None:
        return None
    raise UsageError(
        f"No briefing is written in {language!r}.", fix=f"Name {' or '.join(LANGUAGES)}."
    )
