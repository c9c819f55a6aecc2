"""From a publication to a page about it, on disk and in the mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cartera import publications
from cartera.arrows.fetching import airflow_connection
from cartera.briefing.facts import gather
from cartera.briefing.needs import needs
from cartera.briefing.page import page, subject
from cartera.briefing.telling import tell
from cartera.briefing.words import Language
from cartera.duck import storage_errors
from cartera.errors import RefusedByData
from cartera.files import write_whole
from cartera.lock import hold
from cartera.settings import Settings

FOLDER = "briefings"


@dataclass(frozen=True)
class BriefingReport:
    """Where the page is, what of it needs somebody, and to how many addresses it went now."""

    publication_id: str
    language: str
    file: str
    subject: str
    needs: list[str]
    mailed: int


@storage_errors("the briefing")
def write_briefing(
    settings: Settings,
    wanted: str = publications.CURRENT,
    *,
    output: Path | None = None,
    language: Language | None = None,
    by_mail: bool = False,
    progress: Callable[[str], None] | None = None,
) -> BriefingReport:
    """Write the briefing of a publication, and with ``by_mail`` send it to who has not got it.

    ``output`` is by default a file of its own in ``exports/briefings/``, ``language`` that of the
    settings. Raises RefusedByData without a publication, UsageError for one that is not there, and
    what ``gather`` and ``mail`` raise; the page is written before it is sent.
    """
    if publications.current(settings) is None:
        raise RefusedByData("Nothing has been published yet.", fix="Run `cartera build` first.")
    publication = publications.find(settings, wanted)
    telling = tell(gather(settings, publication), language or settings.briefing_language)
    html = page(telling)
    name = f"briefing-{publication.publication_id}-{telling.language}"
    file = output or settings.exports / FOLDER / f"{name}.html"
    write_whole(file, html.encode())
    if progress:
        progress(f"briefing: {file}")
    mailed = 0
    if by_mail:
        from cartera.briefing.mailing import mail

        # Of two who send at once the second finds out who has got it.
        with hold(settings, "briefing"):
            text = "\n".join(
                [*(f"- {line}" for line in needs(telling)), "", telling.say("mail_text")]
            )
            mailed = mail(
                *(settings, name, subject(telling), text.lstrip("\n"), html),
                lookup=airflow_connection,
                tell=progress,
            )
    return BriefingReport(
        publication_id=publication.publication_id,
        language=telling.language,
        file=str(file),
        subject=subject(telling),
        needs=needs(telling),
        mailed=mailed,
    )
