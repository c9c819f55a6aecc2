"""Deliver a round of cases, ingest it, and hold what came of it against the promises."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cartera import batches
from cartera.batches import Manifest
from cartera.duck import literal
from cartera.settings import Settings
from ingestion.inbox import UNFINISHED
from ingestion.landing import SourceReport, ingest_contract
from tests.ingestion.acme import Acme
from tests.ingestion.fuzz.cases import Case
from tests.ingestion.fuzz.oracle import Truth, truth
from tests.ingestion.fuzz.shapes import LOOKED_UP, Shape, lookup_contract, shapes

FAILURES = Path(tempfile.gettempdir()) / "cartera-fuzz"
AGAIN = ".venv/bin/python -m tests.ingestion.fuzz repeat"
SLOWEST_SECONDS = 20.0


class Broken(AssertionError):
    """A promise that was not kept; the text names the case and how to repeat it."""


@dataclass
class Delivered:
    """A case as it lies in the inbox."""

    case: Case
    path: Path
    key: str
    content: bytes


def play(shape: Shape, cases: list[Case]) -> Counter[str]:
    """Run one round. Raises Broken, with the round written where it can be repeated.

    Returns how many deliveries landed, were held, refused or passed over.
    """
    root = Path(tempfile.mkdtemp(prefix="cartera-fuzz-"))
    try:
        return _play(root, shape, cases)
    except Exception as error:
        place = keep(shape, cases, root)
        raise Broken(
            f"{type(error).__name__}: {error}\nshape {shape.name}; repeat with\n  {AGAIN} {place}"
        ) from error
    finally:
        shutil.rmtree(root, ignore_errors=True)


def keep(shape: Shape, cases: list[Case], root: Path) -> Path:
    """Write a round and its inputs below FAILURES."""
    told = json.dumps({"shape": shape.name, "cases": [case.as_json() for case in cases]})
    place = FAILURES / f"{shape.name}-{zlib.crc32(told.encode()):08x}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "round.json").write_text(told, encoding="utf-8")
    for number, case in enumerate(cases):
        content = case.content(shape, str(root / "canary"))
        (place / f"input-{number}{shape.ending}").write_bytes(content)
    return place


def kept(place: Path) -> tuple[Shape, list[Case]]:
    """The round that ``keep`` wrote."""
    told = json.loads((place / "round.json").read_text(encoding="utf-8"))
    return shapes()[told["shape"]], [Case.from_json(case) for case in told["cases"]]


def _play(root: Path, shape: Shape, cases: list[Case]) -> Counter[str]:
    home = root / "home"
    acme = Acme(Settings(home=home, hash_key="k", threads=1))
    (root / "outside").mkdir()
    (root / "outside" / "secret.csv").write_bytes(b"id,name,price,day,kind\nsecret,x,1,,a\n")
    if any(mapping.lookup for mapping in shape.contract.columns.values()):
        acme.deliver(LOOKED_UP, "campaigns.csv", "campaigns")
        ingest_contract(acme.settings, lookup_contract())
    delivered = [_deliver(acme, root, shape, n, case) for n, case in enumerate(cases)]
    before = _listing(root)
    began = time.monotonic()
    report = ingest_contract(acme.settings, shape.contract)
    seconds = time.monotonic() - began
    assert seconds < SLOWEST_SECONDS * len(cases), f"{seconds:.0f} s for {len(cases)} files"
    assert _listing(root) == before, f"changed outside: {set(_listing(root)) ^ set(before)}"
    _nothing_half(acme, shape)
    return _accounts(acme, shape, report, delivered)


def _deliver(acme: Acme, root: Path, shape: Shape, number: int, case: Case) -> Delivered:
    folder, _, name = case.name.rpartition("/")
    # No two cases of a round share a name; what is odd in it stays at its beginning and end.
    name = (
        f"{number or ''}{name}" if name.endswith(".part") else f"{name}{number or ''}{shape.ending}"
    )
    place = acme.settings.inbox / "acme" / shape.contract.folder / folder
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    content = case.content(shape, str(root / "canary"))
    if case.linked:
        path.symlink_to(root / "outside" / "secret.csv")
    else:
        path.write_bytes(content)
        os.utime(path, (10**9 + number, 10**9 + number))
    return Delivered(case, path, path.relative_to(acme.settings.inbox).as_posix(), content)


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    """Every file but those that an ingest may write, with its size and time of change."""
    own = {root / "home" / name for name in ("landing", "quarantine", "state")}
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if Path(folder) / name not in own]
        for name in [*folders, *files]:
            stat = (Path(folder) / name).lstat()
            is_home = Path(folder) == root and name == "home"
            found[os.path.join(folder, name)] = (stat.st_size, 0 if is_home else stat.st_mtime_ns)
    return found


def _nothing_half(acme: Acme, shape: Shape) -> None:
    """Files only where a batch with a manifest may have them."""
    allowed = {"landing/campaigns", "quarantine/campaigns"}
    for m in acme.batches(shape.contract.source):
        for path in (
            m.data(acme.settings),
            m.rejected(acme.settings),
            m.refused_folder(acme.settings) / batches.GROUPS,
            m.folder(acme.settings) / batches.MANIFEST,
        ):
            allowed.add(path.relative_to(acme.settings.home).as_posix())
    left = {p for p in acme.stored() if p not in allowed and "/campaigns/" not in p}
    assert not left, f"left over: {sorted(left)}"
    spilt = list((acme.settings.state / "tmp").iterdir())
    assert not spilt, f"left in state/tmp: {spilt}"


def _accounts(
    acme: Acme, shape: Shape, report: SourceReport, delivered: list[Delivered]
) -> Counter[str]:
    landed = {m.delivery: m for m in acme.batches(shape.contract.source)}
    assert report.batches == len(landed), f"{report.batches} reported, {len(landed)} landed"
    counts: Counter[str] = Counter()
    for file in delivered:
        shown = file.key.encode("utf-8", "replace").decode()
        problems = [p for p in report.problems if str(file.path) in p]
        passed = [p for p in report.passed_over if p.startswith(f"{shown}: ")]
        manifest = landed.get(file.key)
        known = Truth(None, "a link") if file.case.linked else truth(shape, file.content)
        told = f"{file.key!r}: {known}; {manifest}; {problems}; {passed}"
        if any(part.startswith(".") for part in file.key.split("/")):
            assert [manifest, problems, passed] == [None, [], []], told
            counts["hidden"] += 1
            continue
        assert bool(manifest) + len(problems) + len(passed) == 1, f"not once in the report: {told}"
        if passed:
            assert (
                file.case.linked or shown != file.key or file.path.name.lower().endswith(UNFINISHED)
            ), told
            counts["passed over"] += 1
            continue
        assert not file.case.linked, f"a link was followed: {told}"
        if problems:
            assert known.why, f"refused, but well-formed: {told}"
            counts["refused"] += 1
            continue
        assert manifest is not None
        counts[manifest.state] += 1
        _balances(acme, shape, manifest, known, told)
    return counts


def _balances(acme: Acme, shape: Shape, manifest: Manifest, known: Truth, told: str) -> None:
    skipped = sum(manifest.skipped.values())
    taken = manifest.accepted + manifest.quarantined
    assert manifest.received == taken, f"does not balance: {told}"
    if known.records is not None:
        assert taken + skipped == known.records, f"{taken + skipped} records counted: {told}"
    refused: list[tuple[int, str, Any]] = acme.refused(manifest) if manifest.quarantined else []
    assert len(refused) == manifest.quarantined, f"quarantine has {len(refused)}: {told}"
    assert sum(manifest.rejects.values()) == manifest.quarantined, told
    assert all(rule and line > 0 for line, rule, _ in refused), f"{refused[:5]}: {told}"
    if manifest.data(acme.settings).exists():
        path = literal(manifest.data(acme.settings))
        rows = duckdb.sql(f"select count(*) from read_parquet({path})").fetchall()[0][0]
        assert rows == manifest.landed_rows, f"{rows} rows: {told}"
    else:
        assert manifest.landed_rows == 0, told
    if not shape.contract.group_by:
        assert manifest.landed_rows == manifest.accepted, told
