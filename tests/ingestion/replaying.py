"""One batch at a time, replayed."""

from __future__ import annotations

from cartera.batches import Manifest
from ingestion.contract import Contract
from ingestion.corrections import Corrections
from ingestion.replay import Replayed, replay
from tests.ingestion.acme import Acme


def again(
    acme: Acme, which: Contract, manifest: Manifest, corrections: Corrections | None = None
) -> Replayed:
    (done,) = replay(acme.settings, which, [manifest], corrections)
    return done


def only(acme: Acme, source: str = "products") -> Manifest:
    (manifest,) = acme.batches(source)
    return manifest
