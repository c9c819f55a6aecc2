"""From the current publication to target lists, and on to where they are used."""

from __future__ import annotations

from collections.abc import Callable

from cartera.activation.audience import Format, find_audience, load_audiences
from cartera.activation.destinations import find_destination
from cartera.activation.pull import PullReport, pull
from cartera.activation.sending import Delivery, send
from cartera.arrows.fetching import airflow_connection
from cartera.duck import storage_errors
from cartera.errors import UsageError
from cartera.settings import Settings


@storage_errors("the pull")
def pull_audiences(
    settings: Settings,
    *,
    names: list[str] | None = None,
    formats: tuple[Format, ...] | None = None,
    campaign: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[PullReport]:
    """Pull the audiences of these names; by default the nightly ones, which are sent, too.

    They are lists of ``campaign`` where one is named, else of that in their files. Raises what
    ``pull`` and ``send`` raise.
    """
    nightly = (a.name for a in load_audiences(settings).values() if a.nightly)
    reports = []
    for name in nightly if names is None else names:
        audience = find_audience(settings, name).for_campaign(campaign)
        report = pull(settings, audience, formats)
        if progress:
            progress(f"{name}: {report.listed} of {report.matched} on the list")
        reports.append(report)
        if names is None and audience.destination:
            send_audience(settings, name, progress=progress)
    return reports


@storage_errors("the sending")
def send_audience(
    settings: Settings,
    name: str,
    *,
    to: str | None = None,
    campaign: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Delivery:
    """Send the list of an audience to a destination, by default its own.

    It is the list of ``campaign`` where one is named. Raises what ``send`` raises, and UsageError
    if there is no destination.
    """
    audience = find_audience(settings, name).for_campaign(campaign)
    wanted = to or audience.destination
    if wanted is None:
        raise UsageError(
            f"{name} has no destination.",
            fix="Name one: cartera audience send NAME --to DESTINATION.",
        )
    destination = find_destination(settings, wanted)
    return send(settings, audience, destination, lookup=airflow_connection, progress=progress)
