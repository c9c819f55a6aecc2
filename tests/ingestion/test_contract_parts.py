"""Several contracts of one system for one source: each takes its own files, all land together."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.errors import ContractError
from ingestion.contract import load_contract, load_contracts
from tests.ingestion.acme import Acme

PART = """\
system: acme
source: products
{part}about: Products.
{more}format: {{type: csv}}
delivery: {delivery}
columns: {{product_id: id, name: {{constant: {name}}}}}
"""


def write(
    home: Path, name: str, part: str = "", more: str = "", delivery: str = "increment"
) -> Path:
    path = home / "acme" / f"{name}.yml"
    path.parent.mkdir(exist_ok=True)
    line = f"part: {part}\n" if part else ""
    path.write_text(PART.format(part=line, more=more, delivery=delivery, name=part or "plain"))
    return path


def test_a_part_has_a_file_a_folder_and_a_name_of_its_own(tmp_path: Path) -> None:
    read = load_contract(write(tmp_path, "products.old", "old"))
    assert (read.name, read.folder, read.source) == ("acme/products.old", "old", "products")
    with pytest.raises(ContractError) as error:
        load_contract(write(tmp_path, "products.new", "old"))
    assert error.value.fix == "Move it to acme/products.old.yml."


def test_parts_land_side_by_side(acme: Acme, tmp_path: Path) -> None:
    write(tmp_path, "products", more='inbox: all\nfiles: "new*"\n')
    write(tmp_path, "products.old", "old", more='inbox: all\nfiles: "old*"\n')
    acme.deliver(b"id\n1\n", "new-2026-01-01.csv", "all")
    acme.deliver(b"id\n1\n", "old-2026-01-01.csv", "all")
    for contract in load_contracts(tmp_path, "acme"):
        report = acme.ingest(contract)
        assert (report.batches, report.repeats, report.received) == (1, 0, 1)
        assert acme.ingest(contract).repeats == 1
    found = [acme.rows(manifest) for manifest in acme.batches()]
    assert sorted(found) == [[("1", "old")], [("1", "plain")]]


@pytest.mark.parametrize(
    ("more", "delivery", "message"),
    [
        ("", "snapshot", "acme/products, acme/products.old: one is a snapshot"),
        ("inbox: old\n", "increment", "they take the same files"),
    ],
)
def test_parts_that_would_lose_each_others_records_are_refused(
    tmp_path: Path, more: str, delivery: str, message: str
) -> None:
    write(tmp_path, "products", more=more, delivery=delivery)
    write(tmp_path, "products.old", "old")
    with pytest.raises(ContractError, match=message):
        load_contracts(tmp_path, "acme")
