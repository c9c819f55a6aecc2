"""``cartera backup`` and ``cartera restore``: a home in one file, and back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cartera import arrows
from cartera.backups import BackupReport, RestoreReport, backup
from cartera.console import say, show_json, show_line, show_note, show_table
from cartera.errors import RefusedByData
from cartera.settings import Settings


def run_backup(settings: Settings, target: Path, older: int, *, json: bool) -> None:
    """Back the home up and say what went into the file."""
    report = backup(settings, target.absolute(), older=older, progress=None if json else say)
    title = f"{report.file}: {report.bytes / 1e6:,.1f} MB"
    _show(report, title, json=json)


def run_restore(
    settings: Settings, file: Path, stones: Path | None, *, check: bool, json: bool
) -> None:
    """Restore the home, or only look whether that could be done.

    Raises RefusedByData for one that is restored and must be built before somebody reads it.
    """
    report = arrows.restore(
        settings,
        file,
        check=check,
        stones=[stones] if stones else [],
        progress=None if json else say,
    )
    must_build = bool(report.settled and report.current)
    if not (json and must_build):
        done = "is whole" if check else f"is restored to {report.home}"
        _show(report, f"the backup of {report.made_at[:19]} {done}", json=json)
    if must_build:
        raise RefusedByData(
            f"{report.home} is restored, and its publications hold people who were erased after "
            "the backup.",
            fix="`cartera build` replaces them; until then let nobody read them.",
            report=[asdict(report)],
        )


def _show(report: BackupReport | RestoreReport, title: str, *, json: bool) -> None:
    if json:
        show_json(asdict(report))
        return
    rows = [(section, files) for section, files in report.files.items() if files]
    show_table(title, ["what", "files"], rows)
    if isinstance(report, RestoreReport) and report.settled:
        show_table("erased after the backup", ["what", "number"], list(report.settled.items()))
    show_line(f"current publication: {report.current or 'none'}")
    for warning in report.warnings:
        show_note("warning", warning)
