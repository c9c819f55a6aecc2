"""Refused records go through a spreadsheet and back: what nobody changed is what it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cartera import records
from cartera.errors import UsageError
from ingestion.corrections import of_line
from ingestion.spreadsheet import from_file
from tests.ingestion.acme import HEADER, Acme, contract
from tests.ingestion.replaying import again, edited, only


def test_many_records_are_corrected_in_a_file_that_no_spreadsheet_runs(
    acme: Acme, tmp_path: Path
) -> None:
    content = (
        "id,=name,price,day\n1,=cmd(),much,\n2,'quoted,much,\n3,-5,much,\n"
        '4,"two\nlines, ""q""",much,\n5,á€,x,\n6,short\n'
    ).encode()
    columns = {"product_id": "id", "name": "=name", "list_price": "price", "launched_on": "day"}
    old = acme.land(content, columns=columns)
    path = edited(acme, old, tmp_path / "rows.csv")
    shown = path.read_text()
    assert '"\'=cmd()"' in shown
    assert '"\'=name"' in shown
    which = contract(columns=columns)
    # Unchanged it corrects nothing.
    assert again(acme, which, old, from_file(acme.settings, path)).landed == 0
    path = edited(acme, old, path, much="12.5")
    done = again(acme, which, old, from_file(acme.settings, path))
    assert (done.landed, done.corrected, done.left, done.failed) == (4, 4, 2, [])
    names = ["=cmd()", "'quoted", "-5", 'two\nlines, "q"']
    assert acme.column(only(acme), "name") == names
    record = records.read(acme.settings, "replays")[-1]
    assert record["corrected"] == [{"columns": ["price"], "lines": [2, 3, 4, 5]}]


def test_a_formula_further_in_is_marked_and_what_nobody_changed_is_what_it_was(
    acme: Acme, tmp_path: Path
) -> None:
    """Where lists are separated by semicolons, ``a;=b`` is two cells."""
    marked = {
        "Ana;=cmd()": "Ana;'=cmd()",
        "Ana; '=cmd()": "Ana; ''=cmd()",
        "a\n-1;;@x": "a\n'-1;;'@x",
        " =1": "' =1",
        "\uff1d1": "'\uff1d1",
        "';=1": "'';'=1",
        "plain; text": "plain; text",
    }
    header = HEADER.replace(b"name", b"a;=name")
    columns = {"product_id": "id", "name": "a;=name", "list_price": "price"}
    cells = "".join(f'{n},"{name}",much,\n' for n, name in enumerate(marked))
    old = acme.land(header + cells.encode(), columns=columns, new_columns="ignore")
    path = edited(acme, old, tmp_path / "rows.csv")
    with path.open(newline="") as file:
        assert [row["a;'=name"] for row in csv.DictReader(file)] == list(marked.values())
    which = contract(columns=columns, new_columns="ignore")
    assert again(acme, which, old, from_file(acme.settings, path)).landed == 0
    path = edited(acme, old, path, much="7")
    done = again(acme, which, old, from_file(acme.settings, path))
    assert (done.landed, done.corrected) == (len(marked), len(marked))
    assert acme.column(only(acme), "name") == [name.strip() for name in marked]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cartera:line": "line"}, "has no column cartera:line"),
        ({"price": "prize"}, "has a column 'prize'"),
        ({'"2","unr': '"9","unr'}, "is no refused record"),
        ({'"3","unr': '"2","unr'}, "is there twice"),
        ({'"much",': '"much","x","y",'}, "does not have 7 cells"),
    ],
)
def test_a_file_that_is_no_export_of_the_batch_is_refused(
    acme: Acme, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    old = acme.land(HEADER + b"1,a,much,\n2,b,much,\n")
    path = edited(acme, old, tmp_path / "rows.csv", **change)
    with pytest.raises(UsageError, match=said):
        again(acme, contract(), old, from_file(acme.settings, path))
    assert only(acme) == old


@pytest.mark.parametrize(
    "line", ["2.6", "2,0", "+2", " 2", "2e0", "", "two", "99999999999999999999"]
)
def test_a_line_is_a_whole_number_and_not_nearly_one(acme: Acme, tmp_path: Path, line: str) -> None:
    """2.6 is no line 3."""
    old = acme.land(HEADER + b"1,a,much,\n2,b,much,\n")
    path = edited(acme, old, tmp_path / "rows.csv", **{'"2","unr': f'"{line}","unr', "much": "7"})
    with pytest.raises(UsageError, match="is no refused record"):
        again(acme, contract(), old, from_file(acme.settings, path))
    assert only(acme) == old


def test_what_a_spreadsheet_would_write_otherwise_is_marked_as_text(
    acme: Acme, tmp_path: Path
) -> None:
    """With the mark it stays as it is; what is a number to everybody has none."""
    cells = ["007", "1.50", "2026-01-02", "1E5", "1234567890123456", "0", "12", "123456789012345"]
    content = "".join(f"{cell},a,much,\n" for cell in cells).encode()
    old = acme.land(HEADER + content)
    path = edited(acme, old, tmp_path / "rows.csv", much="7")
    with path.open(newline="") as file:
        shown = [row["id"] for row in csv.DictReader(file)]
    assert shown == [
        *("'007", "'1.50", "'2026-01-02", "'1E5", "'1234567890123456"),
        *("0", "12", "123456789012345"),
    ]
    assert again(acme, contract(), old, from_file(acme.settings, path)).landed == len(cells)
    assert acme.column(only(acme), "product_id") == cells


def test_columns_of_any_name_are_corrected(acme: Acme, tmp_path: Path) -> None:
    """Also those that our own tables have."""
    columns = {"product_id": "line", "name": "record", "list_price": "id", "brand": "e0"}
    content = b"line,record,id,e0,place,rule\n2,b,much,x,p,r\n1,a,much,y,p,r\n"
    more = {"columns": columns, "ignore": ["place", "rule"]}
    old = acme.land(content, **more)
    path = edited(acme, old, tmp_path / "rows.csv", much="7")
    assert again(acme, contract(**more), old, from_file(acme.settings, path)).landed == 2
    assert acme.rows(only(acme), "product_id, name, brand") == [("2", "b", "x"), ("1", "a", "y")]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("007", "7"),
        ("000", "0"),
        ("7210448301122334", "7.21045E+15"),
        ("721044830112", "7,21045E+11"),
    ],
)
def test_a_number_that_lost_digits_is_refused_and_can_be_given_by_line(
    acme: Acme, tmp_path: Path, was: str, now: str
) -> None:
    """Another key would land, and nobody would know."""
    old = acme.land(HEADER + f"5,a,much,\n{was},b,much,\n".encode())
    marked = f"'{was}" if f"'{was}" in edited(acme, old, tmp_path / "a.csv").read_text() else was
    path = edited(acme, old, tmp_path / "rows.csv", **{f'"{marked}"': f'"{now}"', "much": "7"})
    with pytest.raises(UsageError, match="line 3, column id: its number has lost digits") as error:
        again(acme, contract(), old, from_file(acme.settings, path))
    assert was not in str(error.value)
    assert only(acme) == old
    done = again(acme, contract(), old, of_line(acme.settings, 3, {"id": now, "price": "7"}))
    assert done.landed == 1
    assert acme.column(only(acme), "product_id") == [now]
