"""One fetch of one system: what its connectors share, and the account of what they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cartera.credentials import Credentials, Veil
from cartera.errors import CarteraError, StorageFull
from cartera.settings import Settings
from ingestion.connectors.history import History


@dataclass
class ItemReport:
    """What was fetched into one inbox folder; ``already`` counts what was there before."""

    system: str
    folder: str
    files: int = 0
    bytes: int = 0
    already: int = 0
    passed_over: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class Job:
    """Settings, credentials, history and account of a fetch. Texts pass the veil."""

    settings: Settings
    system: str
    credentials: Credentials = field(repr=False)
    veil: Veil = field(repr=False)
    history: History = field(repr=False)
    progress: Callable[[str], None] | None = None
    reports: dict[str, ItemReport] = field(default_factory=dict)
    failures: list[CarteraError] = field(default_factory=list)

    @property
    def inbox(self) -> Path:
        """The system's part of the inbox."""
        return self.settings.inbox / self.system

    def report(self, folder: str) -> ItemReport:
        """The account of one inbox folder."""
        return self.reports.setdefault(folder, ItemReport(self.system, folder))

    def tell(self, line: str) -> None:
        """Progress."""
        if self.progress:
            self.progress(self.veil.over(f"{self.system}: {line}"))

    def fetched(self, folder: str, target: Path) -> None:
        """Count a file that is in the inbox now."""
        report = self.report(folder)
        report.files += 1
        report.bytes += target.stat().st_size

    def already(self, folder: str) -> None:
        """Count something that has not changed since it was fetched."""
        self.report(folder).already += 1

    def passed_over(self, folder: str, why: str) -> None:
        """Note what was left for the next fetch."""
        self.report(folder).passed_over.append(self.veil.over(why))

    def attempt(self, folder: str, what: str, work: Callable[[], None]) -> None:
        """Do ``work``; if it fails, note that and go on with the rest.

        Raises StorageFull, after which nothing else would succeed.
        """
        try:
            self.veil.run(what, work)
        except StorageFull:
            raise
        except CarteraError as error:
            self.failures.append(error)
            self.report(folder).problems.append(error.message)
