"""``cartera backup`` and ``cartera restore``: a home in one file, and back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cartera.backups import BackupReport, RestoreReport, backup, restore
from cartera.console import out, say, show_json, show_table
from cartera.settings import Settings


def run_backup(settings: Settings, target: Path, older: int, *, json: bool) -> None:
    """Back the home up and say what went into the file."""
    report = backup(settings, target.absolute(), older=older, progress=None if json else say)
    title = f"{report.file}: {report.bytes / 1e6:,.1f} MB"
    _show(report, title, json=json)


def run_restore(settings: Settings, file: Path, *, check: bool, json: bool) -> None:
    """Restore the home, or only look whether that could be done."""
    report = restore(settings, file, check=check, progress=None if json else say)
    done = "is whole" if check else f"is restored to {report.home}"
    _show(report, f"the backup of {report.made_at[:19]} {done}", json=json)


def _show(report: BackupReport | RestoreReport, title: str, *, json: bool) -> None:
    if json:
        show_json(asdict(report))
        return
    rows = [(section, files) for section, files in report.files.items() if files]
    show_table(title, ["what", "files"], rows)
    out.print(f"current publication: {report.current or 'none'}", soft_wrap=True)
    for warning in report.warnings:
        out.print(f"[yellow]warning[/yellow] {warning}", soft_wrap=True)
