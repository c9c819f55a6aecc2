"""The certificate of an erasure: what was done and what the scans found, and nothing of anybody."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cartera.files import write_json, write_whole
from cartera.privacy.requests import Erasure, folder
from cartera.settings import Settings


def write_certificate(settings: Settings, erasure: Erasure) -> Path:
    """``<id>.certificate.json`` and ``.txt`` beside the request; returns the text's path."""
    stem = folder(settings) / f"{erasure.erasure_id}.certificate"
    write_json(stem.with_name(f"{stem.name}.json"), as_values(erasure))
    path = stem.with_name(f"{stem.name}.txt")
    write_whole(path, as_text(erasure).encode())
    return path


def as_values(erasure: Erasure) -> dict[str, Any]:
    return {name: value for name, value in asdict(erasure).items() if name != "state"}


def as_text(erasure: Erasure) -> str:
    lines = [
        f"Certificate of erasure {erasure.erasure_id}",
        "",
        f"Asked for on {erasure.requested_at} by {erasure.requested_by}.",
        f"Done on {erasure.done_at}.",
        f"It was about {erasure.people} people with {erasure.records} source records.",
        "",
        "Values of theirs that were found before, by store:",
        *_rows(erasure.found),
        "Rows of persons that were erased, by source:",
        *_rows(erasure.erased_rows),
        "Refused records that were erased, by source:",
        *_rows(erasure.erased_refused),
        "Facts that name nobody now, by source:",
        *_rows(erasure.unidentified),
        "Files and decisions that were removed or changed:",
        *_rows(erasure.removed),
        f"Batches written anew: {erasure.rewritten_batches}.",
        f"Rebuilt as publication {erasure.publication_id}; there are none before it.",
        "",
        "Looked through afterwards, decoded, in files by store:",
        *_rows(erasure.looked_through),
        f"Values of theirs that were found then: {sum(erasure.left.values())}.",
    ]
    return "\n".join(lines) + "\n"


def _rows(counts: dict[str, int]) -> list[str]:
    return [f"  {name}: {number}" for name, number in sorted(counts.items())] or ["  none"]
