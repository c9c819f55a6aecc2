"""The demo company keeps its promises: complete, repeatable, and true to its own truth."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pytest

from cartera.errors import UsageError
from ingestion.contract import load_contracts, source_names
from ingestion.demo import company, scratch
from ingestion.demo.company import write_company
from ingestion.demo.scratch import Company, scratch_database

AS_OF = date(2026, 11, 1)
NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of 1,500 people over two years: folders inbox and truth."""
    folder = tmp_path_factory.mktemp("demo")
    write_company(
        folder / "inbox", people=1500, seed=7, as_of=AS_OF, days=730, truth=folder / "truth"
    )
    return folder


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _small(folder: Path, seed: int) -> dict[str, str]:
    written = write_company(
        folder / "inbox", people=200, seed=seed, as_of=AS_OF, days=95, truth=folder / "truth"
    )
    assert sorted(written) == list(_digests(folder / "inbox"))
    return _digests(folder)


def test_one_seed_gives_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company, "scratch_database", partial(scratch_database, threads=3))
    first = _small(tmp_path / "first", 7)
    monkeypatch.setattr(company, "scratch_database", partial(scratch_database, threads=1))
    assert _small(tmp_path / "second", 7) == first


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    first, second = _small(tmp_path / "first", 7), _small(tmp_path / "second", 8)
    assert first.keys() == second.keys()
    people = [name for name in first if "shop_accounts" in name or "orders_" in name]
    assert people
    assert all(first[name] != second[name] for name in people)


def test_nothing_but_the_inbox_and_the_truth_is_left(tmp_path: Path) -> None:
    _small(tmp_path, 7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox", "truth"]


@pytest.mark.parametrize(("people", "days"), [(3, 730), (2000, 10)])
def test_a_company_that_cannot_be_is_refused_with_a_fix(
    tmp_path: Path, people: int, days: int
) -> None:
    with pytest.raises(UsageError, match="Give --"):
        write_company(tmp_path / "inbox", people=people, seed=1, as_of=AS_OF, days=days)


def test_every_source_has_files_and_every_file_a_contract(demo: Path) -> None:
    inbox = demo / "inbox"
    claimed: Counter[str] = Counter()
    filled = set()
    for contract in load_contracts():
        for path in (inbox / contract.system / contract.folder).rglob(contract.files):
            claimed[str(path)] += 1
            filled.add(contract.source)
    files = [str(path) for path in inbox.rglob("*") if path.is_file()]
    assert filled == set(source_names())
    assert {path: claimed[path] for path in files} == dict.fromkeys(files, 1)


def test_increments_are_named_by_their_month_and_hold_late_rows(demo: Path) -> None:
    folder = demo / "inbox" / "till" / "orders"
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "ventas_2024-11-30.csv"
    assert names[-1] == "ventas_2026-10-31.csv"
    assert len(names) == 24
    rows = _rows_of_till(folder / "ventas_2026-06-30.csv")
    months = Counter(row["fecha"][3:10] for row in rows if row["tipo"] == "V")
    assert 0 < months["05/2026"] < 0.1 * months["06/2026"]
    days = [row["fecha"][6:10] + row["fecha"][3:5] + row["fecha"][:2] for row in rows]
    assert days != sorted(days)


def _rows_of_till(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    # Bad rows stand among the good ones.
    return [
        row
        for row in rows
        if row["tipo"] in ("V", "D", "A") and re.fullmatch(r"[\d/]+ [\d:]+", row["fecha"])
    ]


def test_amounts_of_an_order_are_the_sums_of_its_lines(demo: Path) -> None:
    with duckdb.connect() as db:
        path = demo / "inbox" / "shop"
        wrong, right = db.execute(
            f"""
            with line as (
                select order_number, sum(line_total) as gross, sum(line_discount) as discount
                from read_json('{path}/order_lines/*.jsonl', ignore_errors = true,
                    format = 'newline_delimited', columns = {{order_number: 'varchar',
                    line_total: 'decimal(18,2)', line_discount: 'decimal(18,2)'}})
                group by order_number
            ), ordered as (
                select distinct order_number, try_cast(subtotal as decimal(18,2)) as gross,
                    try_cast(discount_total as decimal(18,2)) as discount
                from read_csv('{path}/orders/*.csv', all_varchar = true, ignore_errors = true,
                    header = true, auto_detect = true)
                where type in ('sale', 'refund') and not starts_with(order_number, 'X')
            )
            select count(*) filter (o.gross is distinct from l.gross
                or o.discount is distinct from l.discount), count(*)
            from ordered o left join line l using (order_number)"""
        ).fetchall()[0]
    assert right > 3000
    assert wrong == 0


def test_truth_names_every_person_record_and_no_bad_row(demo: Path) -> None:
    with (demo / "truth" / "people.csv").open(encoding="utf-8") as file:
        truth = {(r["source_system"], r["source_record_id"]): r for r in csv.DictReader(file)}
    inbox = demo / "inbox"
    exported = set()
    places = [
        ("shop", "shop_accounts/customers_2026-10-31.csv", ",", "utf-8", r"C\d{8}"),
        ("loyalty", "loyalty_members/socios_2026-10-31.csv", ";", "latin-1", r"30\d{8}"),
        ("crm", "crm_contacts/contacts_2026-10-31.csv", ",", "utf-8", r"CRM-\d{8}"),
        ("leadtool", "leads/leads_2026-10-31.csv", "\t", "utf-8", r"L\d{8}"),
    ]
    for system, name, delimiter, encoding, pattern in places:
        with (inbox / system / name).open(encoding=encoding, newline="") as file:
            for fields in csv.reader(file, delimiter=delimiter):
                if re.fullmatch(pattern, fields[0]):
                    exported.add((system, fields[0]))
    text = (inbox / "mailing/newsletter_subscribers/subscribers_2026-10-31.jsonl").read_text()
    exported |= {("mailing", key) for key in re.findall(r'"subscriber_id":"([0-9a-f]{16})"', text)}
    assert exported == set(truth)
    people = {row["person_id"] for row in truth.values()}
    assert len(people) == 1500
    assert 1.3 < len(truth) / len(people) < 1.5
    assert len({row["household_id"] for row in truth.values()}) < 0.7 * len(people)


def test_who_an_order_names_has_a_record(demo: Path) -> None:
    with (demo / "truth" / "people.csv").open(encoding="utf-8") as file:
        known = {(r["source_system"], r["source_record_id"]) for r in csv.DictReader(file)}
    members = {
        ("loyalty", row["socio"])
        for path in (demo / "inbox" / "till" / "orders").iterdir()
        for row in _rows_of_till(path)
        if row["socio"]
    }
    assert len(members) > 200
    assert members <= known


def test_unsubscribing_withdraws_the_consent(demo: Path) -> None:
    folder = demo / "inbox" / "mailing"
    with duckdb.connect() as db:
        left, withdrawn = db.execute(
            f"""
            with gone as (
                select contact_id, event_at
                from '{folder}/campaign_messages/*.parquet'
                where event = 'unsubscribe' and list_name = 'newsletter'
            ), consent as (
                from read_csv('{folder}/consents/*.csv') where status = 'withdrawn'
            )
            select count(*), count(c.contact_id)
            from gone g left join consent c on c.contact_id = g.contact_id
                and c.channel = 'email' and c.occurred_at = g.event_at"""
        ).fetchall()[0]
    assert left > 5
    assert withdrawn == left


def test_tax_ids_of_the_crm_have_valid_check_characters(demo: Path) -> None:
    path = demo / "inbox" / "crm" / "crm_contacts" / "contacts_2026-10-31.csv"
    with path.open(encoding="utf-8", newline="") as file:
        ids = [row["nif"] for row in csv.DictReader(file) if row["nif"]]
    spanish = [value for value in ids if re.fullmatch(r"\d{8}[A-Z]", value)]
    assert len(spanish) > 50
    assert all(NIF_LETTERS[int(value[:8]) % 23] == value[8] for value in spanish)
    chilean = [value for value in ids if "-" in value]
    for value in chilean:
        total = sum(int(d) * w for d, w in zip(value[:8], (3, 2, 7, 6, 5, 4, 3, 2), strict=True))
        assert value[9] == "0123456789K0"[11 - total % 11]


def test_no_mail_can_reach_anybody(demo: Path) -> None:
    for path in (demo / "inbox").rglob("*.csv"):
        found = re.findall(r"@([\w.-]+)", path.read_bytes().decode("latin-1"))
        assert {domain.lower() for domain in found} <= {
            *(d for d in map(str.lower, found) if d.endswith((".example", ".exmaple"))),
            "test.com",
        }, path


def test_dice_of_two_salts_are_uniform_and_independent(tmp_path: Path) -> None:
    with scratch_database(tmp_path) as db:
        Company(db, 100, 7, AS_OF, 100)
        cells = db.execute(
            "select count(*) from range(200000) t(i) "
            "group by floor(u(i, 'a') * 16), floor(u(i, 'b') * 16)"
        ).fetchall()
    expected = 200_000 / 256
    chi_square = sum((count - expected) ** 2 / expected for (count,) in cells)
    # 255 degrees of freedom: mean 255, standard deviation 22.6.
    assert len(cells) == 256
    assert 165 < chi_square < 345


def test_scrambled_numbers_never_repeat(tmp_path: Path) -> None:
    with scratch_database(tmp_path) as db:
        Company(db, 100, 7, AS_OF, 100)
        distinct = db.execute(
            "select count(distinct scramble(i, 7)) from range(1000000) t(i)"
        ).fetchall()[0][0]
    assert distinct == 1_000_000


def test_deliveries_end_with_the_last_day_of_data() -> None:
    ends = scratch._month_ends(date(2026, 8, 20), date(2026, 10, 15))
    assert ends == [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 14)]
