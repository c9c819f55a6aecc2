"""From the current publication to target lists."""

from __future__ import annotations

from collections.abc import Callable

from cartera.activation.audience import Format, find_audience, load_audiences
from cartera.activation.pull import PullReport, pull
from cartera.duck import storage_errors
from cartera.settings import Settings


@storage_errors("the pull")
def pull_audiences(
    settings: Settings,
    *,
    names: list[str] | None = None,
    formats: tuple[Format, ...] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[PullReport]:
    """Pull the audiences of these names, by default the nightly ones.

    Raises what ``pull`` raises.
    """
    nightly = (a.name for a in load_audiences(settings).values() if a.nightly)
    reports = []
    for name in nightly if names is None else names:
        report = pull(settings, find_audience(settings, name), formats)
        if progress:
            progress(f"{name}: {report.listed} of {report.matched} on the list")
        reports.append(report)
    return reports
