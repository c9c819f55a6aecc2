"""Bad rows: as many as the truth says, by a reader in plain Python that knows only contracts."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from ingestion.contract import Contract, Mapping, SourceColumn, load_contracts
from ingestion.demo.bad_rows import LINES, MOST
from ingestion.demo.company import write_company


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest demo that must show every kind of bad row."""
    folder = tmp_path_factory.mktemp("bad")
    write_company(
        folder / "inbox",
        people=300,
        seed=7,
        as_of=date(2026, 11, 1),
        days=730,
        truth=folder / "truth",
    )
    return folder


def _truth(demo: Path) -> list[tuple[str, str, int]]:
    with (demo / "truth" / "bad_rows.csv").open() as file:
        return [(r["source"], r["kind"], int(r["count"])) for r in csv.DictReader(file)]


def test_the_truth_counts_exactly_the_rows_that_contracts_refuse(demo: Path) -> None:
    expected: Counter[str] = Counter()
    for source, _, count in _truth(demo):
        expected[source] += count
    found: Counter[str] = Counter()
    for contract in load_contracts():
        for path in sorted((demo / "inbox" / contract.system / contract.folder).glob("*")):
            if contract.forms.type == "parquet":
                continue
            records = list(_records(contract, path))
            bad = sum(record is None or _is_refused(contract, record) for record in records)
            assert bad <= 0.01 * len(records), path
            found[contract.name] += bad
    assert +found == expected


def test_a_small_demo_has_a_dozen_kinds_of_bad_row(demo: Path) -> None:
    kinds = {kind for _, kind, _ in _truth(demo)}
    everywhere = {kind for lines in LINES.values() for kind, _ in lines}
    assert len(kinds) >= 12
    assert kinds == everywhere
    assert MOST < 0.01


def _records(contract: Contract, path: Path) -> Iterator[dict[str, object] | None]:
    """The file's records; None for one that is no record at all."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = raw.split(b"\n")
    assert lines.pop() == b""
    if contract.forms.type == "jsonl":
        for line in lines:
            try:
                yield json.loads(line.decode("utf-8"))
            except ValueError:
                yield None
        return
    header = _fields(contract, lines[0])
    assert header is not None
    for line in lines[1:]:
        fields = _fields(contract, line)
        if fields is None or len(fields) != len(header):
            yield None
        else:
            yield dict(zip(header, fields, strict=True))


def _fields(contract: Contract, line: bytes) -> list[str] | None:
    try:
        text = line.decode(contract.forms.encoding)
    except UnicodeDecodeError:
        return None
    return next(csv.reader(io.StringIO(text), delimiter=contract.forms.delimiter))


def _is_refused(contract: Contract, record: dict[str, object]) -> bool:
    for name, column in contract.model.columns.items():
        mapping = contract.columns.get(name)
        if mapping is None or mapping.constant is not None:
            continue
        assert mapping.from_
        value = record.get(mapping.from_)
        text = "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)
        if not text:
            if column.required:
                return True
        elif mapping.values:
            if text not in mapping.values:
                return True
        elif not _parses(contract, column, mapping, text) or (
            column.values and text not in column.values
        ):
            return True
    return False


def _parses(contract: Contract, column: SourceColumn, mapping: Mapping, text: str) -> bool:
    forms = contract.forms
    try:
        match column.type:
            case "text":
                pass
            case "date" if forms.date == ("iso",):
                date.fromisoformat(text)
            case "date":
                time.strptime(text, forms.date[0])
            case "timestamp" if forms.timestamp == ("iso",):
                datetime.fromisoformat(text)
            case "timestamp":
                time.strptime(text, forms.timestamp[0])
            case "boolean":
                return text.lower() in (*forms.true, *forms.false)
            case "integer":
                int(text)
            case _:
                plain = text.replace(forms.thousands, "") if forms.thousands else text
                Decimal(plain.replace(forms.decimal, "."))
    except (ValueError, InvalidOperation):
        return False
    return mapping.lookup is None
