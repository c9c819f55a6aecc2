"""``cartera erase`` and ``cartera subject-report``: what is held on one person, and its end."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from cartera import arrows, clock
from cartera.console import say, show_json, show_line, show_note, show_table
from cartera.errors import UsageError
from cartera.files import write_whole
from cartera.identity.lookup import open_contacts
from cartera.privacy.page import as_page
from cartera.privacy.people import Wanted, find_people, read_names
from cartera.privacy.report import describe
from cartera.settings import Settings


def wanted_of(
    emails: list[str], phones: list[str], customers: list[str], file: Path | None
) -> Wanted:
    """Who is named on the command line, or in a file of names. Raises UsageError for nobody."""
    if file and (emails or phones or customers):
        raise UsageError("--file goes alone.", fix="Put the others into the file.")
    if file:
        return read_names(file)
    if not (emails or phones or customers):
        raise UsageError("Who is meant?", fix="Give --email, --phone, --customer or --file.")
    return Wanted(tuple(emails), tuple(phones), tuple(customers))


def run_erase(
    settings: Settings,
    wanted: Wanted | None,
    *,
    all_holders: bool,
    request: bool,
    build: bool,
    as_of: date | None,
    json: bool,
) -> None:
    """Erase whom ``wanted`` names, or go on with what is under way, and print what was done."""
    tell = None if json else say
    if wanted is None:
        report = arrows.resume_erasure(settings, and_build=build, as_of=as_of, progress=tell)
    else:
        report = arrows.erase(
            settings,
            wanted,
            all_holders=all_holders,
            only_request=request,
            and_build=build,
            as_of=as_of,
            progress=tell,
        )
    if json:
        show_json(asdict(report))
        return
    erasure = report.erasure
    for name in report.not_found:
        show_note("nobody", f"is known by {name!r}")
    if report.shared:
        show_line(f"{report.shared} identifiers are also others': they are no tombstones.")
    rows = [
        ("people", erasure.people),
        ("source records", erasure.records),
        ("found before", erasure.found),
        ("rows erased", erasure.erased_rows),
        ("refused records erased", erasure.erased_refused),
        ("facts that name nobody now", erasure.unidentified),
        ("removed", erasure.removed),
        ("publication", erasure.publication_id),
    ]
    show_table(f"erasure {erasure.erasure_id}: {erasure.state}", ["what", "value"], rows)
    if report.certificate:
        show_line(f"The certificate is {report.certificate}")
    else:
        show_line("It goes on with `cartera erase --resume`.")


def show_subject_report(
    settings: Settings, wanted: Wanted, *, all_holders: bool, html: Path | None
) -> None:
    """Print all that is held on whom ``wanted`` names as JSON, or write it as a page too."""
    with open_contacts(settings, "subject-report", [], warehouse=True, files=True) as connection:
        people = find_people(settings, connection, wanted, all_holders=all_holders)
        report = describe(settings, connection, people)
    if html:
        if html.exists():
            raise UsageError(f"{html} is there already.", fix="Name a new file.")
        write_whole(html, as_page(report, clock.now().isoformat()).encode(), mode=0o600)
    show_json(report)
