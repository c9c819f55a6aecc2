"""From the current publication to target lists."""

from __future__ import annotations

from collections.abc import Callable

from cartera.activation.audience import find_audience, load_audiences
from cartera.activation.pull import PullReport, pull
from cartera.duck import storage_errors
from cartera.settings import Settings


@storage_errors("the pull")
def pull_audiences(
    settings: Settings,
    *,
    names: list[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[PullReport]:
    """Pull the audiences of these names, by default all. Raises what ``pull`` raises."""
    wanted = names if names is not None else list(load_audiences(settings))
    reports = []
    for name in wanted:
        report = pull(settings, find_audience(settings, name))
        if progress:
            progress(f"{name}: {report.listed} of {report.matched} on the list")
        reports.append(report)
    return reports
