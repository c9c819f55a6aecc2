"""One batch at a time, replayed."""

from __future__ import annotations

from pathlib import Path

from cartera.batches import Manifest
from cartera.duck import connect
from ingestion.contract import Contract
from ingestion.corrections import Corrections
from ingestion.replay import Replayed, replay
from ingestion.spreadsheet import export
from tests.ingestion.acme import Acme


def again(
    acme: Acme, which: Contract, manifest: Manifest, corrections: Corrections | None = None
) -> Replayed:
    (done,) = replay(acme.settings, which, [manifest], corrections)
    return done


def only(acme: Acme, source: str = "products") -> Manifest:
    (manifest,) = acme.batches(source)
    return manifest


def edited(acme: Acme, manifest: Manifest, path: Path, **replaced: str) -> Path:
    """An export with some texts of it replaced, as an editor would."""
    path.unlink(missing_ok=True)
    with connect(acme.settings) as connection:
        export(acme.settings, connection, manifest, path)
    text = path.read_text()
    for was, now in replaced.items():
        text = text.replace(was, now)
    path.write_text(text)
    return path
