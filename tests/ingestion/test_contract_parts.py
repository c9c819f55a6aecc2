"""Several contracts of one system for one source: each takes its own files, all land together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cartera.arrows import ingest
from cartera.arrows.replaying import replay_batches
from cartera.batches import MANIFEST
from cartera.cli import app
from cartera.commands.status import describe
from cartera.errors import ContractError, RefusedByData
from ingestion.contract import Contract, load_contract, load_contracts
from ingestion.corrections import of_line
from ingestion.lateness import late_sources
from tests.ingestion.acme import Acme, contract
from tests.ingestion.reading import at

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
    path.parent.mkdir(parents=True, exist_ok=True)
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
    for which in load_contracts(tmp_path, "acme"):
        report = acme.ingest(which)
        assert (report.batches, report.repeats, report.received) == (1, 0, 1)
        assert acme.ingest(which).repeats == 1
    found = [acme.rows(manifest) for manifest in acme.batches()]
    assert sorted(found) == [[("1", "old")], [("1", "plain")]]


def test_a_snapshot_beside_a_part_is_refused(tmp_path: Path) -> None:
    """It would replace what the part delivers."""
    write(tmp_path, "products", delivery="snapshot")
    write(tmp_path, "products.old", "old")
    with pytest.raises(
        ContractError, match=r"acme/products, acme/products\.old: one is a snapshot"
    ):
        load_contracts(tmp_path, "acme")


def both(home: Path, files: str = "*", delivery: str = "increment") -> list[Contract]:
    """A plain contract and one of a part that read the same files."""
    write(home, "products", more=f'inbox: all\nfiles: "{files}"\n')
    write(home, "products.old", "old", more=f'inbox: all\nfiles: "{files}"\n')
    return load_contracts(home, "acme")


def test_parts_that_name_the_same_files_each_read_them_once(acme: Acme, tmp_path: Path) -> None:
    contracts = both(tmp_path)
    path = acme.deliver(b"id\n1\n", "2026-01-01.csv", "all")
    assert [acme.ingest(c).batches for c in contracts] == [1, 1]
    acme.deliver(b"id\n1\n2\n", path.name, "all")
    assert [acme.ingest(c).batches for c in contracts] == [1, 1]
    assert [acme.ingest(c).repeats for c in contracts] == [1, 1]
    found = acme.batches()
    assert [(m.part, m.ordinal) for m in found] == [("", 1), ("old", 1), ("", 2), ("old", 2)]
    assert [acme.rows(m) for m in found[2:]] == [
        [("1", "plain"), ("2", "plain")],
        [("1", "old"), ("2", "old")],
    ]
    # Of a record of both the part's version counts, in whatever order they landed.
    assert [m.order for m in found] == sorted(m.order for m in found)


def test_a_replay_is_of_the_part_that_refused(acme: Acme) -> None:
    strict = 'inbox: all\nformat: {type: csv, decimal: ","}\n'
    for name, part, more in [("products", "", "inbox: all\n"), ("products.old", "old", strict)]:
        path = write(acme.settings.contracts, name, part, more=more)
        text = path.read_text().replace("name: {", "list_price: price, name: {")
        path.write_text(text.replace("format: {type: csv}\n", "", int("decimal" in more)))
    acme.deliver(b"id,price\n1,1.5\n2,2\n", "2026-01-01.csv", "all")
    with pytest.raises(RefusedByData, match="1 of 2 records were refused"):
        ingest(acme.settings, "acme")
    plain, old = acme.batches()
    assert [(m.part, m.quarantined) for m in (plain, old)] == [("", 0), ("old", 1)]
    fixed = of_line(acme.settings, 2, {"price": "1,5"})
    (row,) = replay_batches(acme.settings, [old], corrections=fixed)
    assert row["landed"] == 1
    plain, old = acme.batches()
    assert [m.part for m in (plain, old)] == ["", "old"]
    assert acme.rows(old, "product_id, list_price") == [("1", 1.5), ("2", 2)]


@pytest.mark.parametrize(("one", "other"), [("*", "old*"), ("old*", "*.csv"), ("o*", "?ld-*")])
def test_a_file_that_two_patterns_take_is_refused_by_name(acme: Acme, one: str, other: str) -> None:
    """It would land by both, and count twice."""
    home = acme.settings.contracts
    write(home, "products", more=f'inbox: all\nfiles: "{one}"\n')
    write(home, "products.old", "old", more=f'inbox: all\nfiles: "{other}"\n')
    check = ["contract", "check", "--home", str(acme.settings.home)]
    assert CliRunner().invoke(app, check).exit_code == 0
    acme.deliver(b"id\n1\n", "old-2026-01-01.csv", "all")
    said = r"acme/products and acme/products\.old both take inbox/acme/all/old-2026-01-01\.csv"
    for _ in range(2):
        with pytest.raises(ContractError, match=said):
            ingest(acme.settings, "acme")
    assert acme.stored() == []
    refused = CliRunner().invoke(app, check).exception
    assert isinstance(refused, ContractError)
    assert "both take inbox/acme/all/old-2026-01-01.csv" in refused.message


def test_each_part_is_held_against_its_own_history(acme: Acme) -> None:
    """A part of few records beside one of many, and columns of other types."""
    volume = {"batches": 3, "slack": 0}
    whole = contract(inbox="all", expected_volume=volume, columns={"product_id": "id"})
    part = contract(part="old", inbox="old", expected_volume=volume, columns={"product_id": "id"})
    many = b"id\n" + b"".join(b"%d\n" % n for n in range(100))
    for day in range(1, 6):
        acme.deliver(many, f"2026-01-0{day}.csv", "all")
        acme.deliver(b"id\n1\n2\n", f"2026-01-0{day}.csv", "old")
    for which in (whole, part):
        assert (acme.ingest(which).batches, acme.ingest(which).held) == (5, [])
    assert {m.reason for m in acme.batches()} == {""}
    acme.deliver(many, "2026-01-06.csv", "old")
    (held,) = acme.ingest(part).held
    assert "100 records are off the usual volume: 2 is the median" in held


def test_a_type_has_changed_only_within_its_part(acme: Acme) -> None:
    typed = {"format": {"type": "parquet"}, "changed_types": "fail"}
    columns = {"product_id": "id"}
    parts = [
        contract(inbox="all", columns=columns, **typed),
        contract(part="old", inbox="old", columns=columns, **typed),
    ]
    for day in ("2026-01-01", "2026-01-02"):
        for which, kind in zip(parts, ("integer", "varchar"), strict=True):
            path = acme.deliver(b"", f"{day}.parquet", which.folder)
            duckdb.sql(f"copy (select 1::{kind} as id) to '{path}' (format parquet)")
            os.utime(path, (1_000_000_000, 1_000_000_000))
            assert acme.ingest(which).held == []
    assert [m.drift for m in acme.batches()] == [[], [], [], []]


def test_a_part_is_late_by_itself(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    home = acme.settings.contracts
    for name, part in [("products", ""), ("products.old", "old")]:
        write(home, name, part, more="expected_every: 1d\nlate: wait\n")
    acme.deliver(b"id\n1\n", "2026-01-05.csv", "products")
    acme.deliver(b"id\n1\n", "2026-01-02.csv", "old")
    ingest(acme.settings, "acme")
    contracts = load_contracts(home, "acme")
    late = late_sources(contracts, acme.batches(), at("2026-01-06 12:00+00:00"), "UTC")
    assert [(source.name, source.last) for source in late] == [("acme/products.old", "2026-01-02")]
    monkeypatch.setenv("CARTERA_NOW", "2026-01-06T12:00:00+00:00")
    rows = describe(acme.settings)["sources"]
    told = [(r["source"], r["part"], r["batches"], r["last_partition"], r["is_late"]) for r in rows]
    assert told == [
        ("products", "", 1, "2026-01-05", False),
        ("products", "old", 1, "2026-01-02", True),
    ]


def test_batches_of_before_manifests_told_their_part_are_told_by_their_files(acme: Acme) -> None:
    home = acme.settings.contracts
    for name, part in [("products", ""), ("products.old", "old")]:
        write(home, name, part)
    acme.deliver(b"id\n1\n", "2026-01-01.csv", "products")
    acme.deliver(b"id\n1\n", "2026-01-02.csv", "old")
    ingest(acme.settings, "acme")
    for manifest in acme.batches():
        path = manifest.folder(acme.settings) / MANIFEST
        told = json.loads(path.read_text())
        del told["part"]
        path.write_text(json.dumps(told))
    assert [m.part for m in acme.batches()] == [None, None]
    rows = describe(acme.settings)["sources"]
    assert [(r["part"], r["last_partition"]) for r in rows] == [
        ("", "2026-01-01"),
        ("old", "2026-01-02"),
    ]
    assert [row["repeats"] for row in ingest(acme.settings, "acme", verify=True).rows] == [1, 1]
    assert len(acme.batches()) == 2


def test_a_file_that_one_contract_could_not_read_is_told_though_another_read_it(
    acme: Acme,
) -> None:
    home = acme.settings.contracts
    write(home, "products", more="inbox: all\n")
    write(home, "products.old", "old", more="inbox: all\n")
    text = (home / "acme" / "products.yml").read_text()
    (home / "acme" / "products.yml").write_text(
        text.replace("{type: csv}", "{type: csv, encoding: utf-16}")
    )
    acme.deliver(b"id\n1\n", "2026-01-01.csv", "all")
    with pytest.raises(RefusedByData):
        ingest(acme.settings, "acme")
    assert [m.part for m in acme.batches()] == ["old"]
    (needed,) = describe(acme.settings)["needs_you"]
    assert needed.startswith("acme/all/2026-01-01.csv: ")
