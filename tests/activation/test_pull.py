"""Everyone who matches is in one bucket, and a pull leaves its list and its record once."""

from __future__ import annotations

import csv
import hashlib
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications, records
from cartera.activation.audience import Audience
from cartera.activation.lists import RECORD_COLUMNS
from cartera.activation.preview import preview
from cartera.activation.pull import LOCK, pull
from cartera.errors import LockBusy, RefusedByData, UsageError
from cartera.lock import hold
from cartera.settings import Settings
from ingestion.contract import load_contracts
from ingestion.landing import ingest_contract
from tests.activation.conftest import PUBLICATION, write


def audience(**changes: Any) -> Audience:
    values = {
        "name": "big",
        "about": "x",
        "channel": "email",
        "rule": "rfm_segment = 'Champions'",
        "holdout_percent": 20,
        "fields": ["customer_id", "given_name", "email", "phone_e164", "net_revenue"],
    }
    return Audience.model_validate(values | changes)


def read(path: str | Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def the_record(settings: Settings) -> list[dict[str, str]]:
    (path,) = (settings.inbox / "cartera" / "audience_pulls").iterdir()
    assert path.name.startswith(f"2026-01-01_big-{PUBLICATION}-")
    return read(path)


def alter(settings: Settings, sql: str) -> None:
    """Change the warehouse that is current."""
    path = publications.current(settings)
    assert path is not None
    write(path.warehouse, sql)


def expected(which: Audience) -> dict[str, str]:
    """Bucket, or reason, of each customer: written down anew, in Python."""
    result, listed = {}, 0
    for n in range(30):
        customer = f"c{n:02}"
        digest = hashlib.md5(f"{which.salt}|{customer}".encode(), usedforsecurity=False)
        if n % 10 == 8:
            result[customer] = "no_address"
        elif n % 10 == 9:
            result[customer] = "no_consent"
        elif int(digest.hexdigest()[:8], 16) / 2**32 < which.holdout_percent / 100:
            result[customer] = "holdout"
        else:
            listed += 1
            result[customer] = "list" if listed <= (which.limit or 99) else "over_limit"
    return result


@pytest.mark.parametrize("limit", [None, 5])
@pytest.mark.parametrize("percent", [0, 20, 50, 100])
def test_everyone_who_matches_is_in_one_bucket(
    published: Settings, limit: int | None, percent: float
) -> None:
    which = audience(limit=limit, holdout_percent=percent)
    where = expected(which)
    report = pull(published, which)
    counts = Counter(where.values())
    assert (report.matched, report.listed) == (30, counts.pop("list", 0))
    assert report.held_out == counts.pop("holdout", 0)
    assert report.excluded == dict(counts)
    recorded = {row["party_id"]: row["reason"] or row["bucket"] for row in the_record(published)}
    assert recorded == where
    assert [row["customer_id"] for row in read(report.files["csv"])] == [
        customer for customer, bucket in where.items() if bucket == "list"
    ]


def test_a_preview_counts_as_the_pull_does_and_writes_nothing(published: Settings) -> None:
    before = preview(published, audience()).report
    assert not published.inbox.exists()
    assert not published.exports.exists()
    done = pull(published, audience())
    assert (before.matched, before.listed, before.held_out, before.excluded) == (
        done.matched,
        done.listed,
        done.held_out,
        done.excluded,
    )


def test_a_preview_does_without_contact_data(published: Settings) -> None:
    (published.publications / "current" / "contacts.duckdb").unlink()
    assert preview(published, audience()).report.matched == 30


def test_the_holdout_stays_whatever_else_changes(published: Settings) -> None:
    def held_out(which: Audience) -> set[str]:
        pull(published, which)
        rows = the_record(published)
        for path in (published.inbox / "cartera" / "audience_pulls").iterdir():
            path.unlink()
        return {row["party_id"] for row in rows if row["bucket"] == "holdout"}

    base = held_out(audience(campaign="spring", holdout_percent=30))
    assert base
    assert (
        held_out(audience(campaign="spring", holdout_percent=30, limit=1, order="orders desc"))
        == base
    )
    assert held_out(audience(campaign="spring", holdout_percent=50)) > base
    assert held_out(audience(campaign="spring", holdout_percent=30, rule="orders < 10")) <= base
    assert held_out(audience(campaign="autumn", holdout_percent=50)) != held_out(
        audience(campaign="spring", holdout_percent=50)
    )


def test_the_same_pull_again_gives_the_same_bytes_and_one_record(published: Settings) -> None:
    first = pull(published, audience())
    content = Path(first.files["csv"]).read_bytes()
    record = the_record(published)
    second = pull(published, audience())
    assert second == first
    assert Path(second.files["csv"]).read_bytes() == content
    assert hashlib.sha256(content).hexdigest() == first.checksums["csv"]
    assert the_record(published) == record
    assert [p.name for p in (published.exports / "big").iterdir()] == [
        Path(first.files["csv"]).name
    ]
    assert [e["event"] for e in records.read(published, "access")] == ["pull", "pull"]


def test_the_list_shows_no_formula_to_a_spreadsheet(published: Settings) -> None:
    report = pull(published, audience(holdout_percent=0))
    names = {row["customer_id"]: row["given_name"] for row in read(report.files["csv"])}
    assert names["c00"] == "'=cmd|'/c calc'!A1"
    assert names["c01"] == "'+SUM(A1)"
    assert names["c02"] == "'-2+3"
    assert names["c03"] == "'@x"
    assert names["c04"] == "'\ttab"
    assert names["c05"] == 'Ana, "la" de\nÁvila'
    assert names["c14"] == "Ana;'=cmd|' /C calc'!A0;"
    assert names["c15"] == "Ana; \"'=1+1"
    assert names["c16"] == "Ana\n'+1"
    assert {row["phone_e164"][:8] for row in read(report.files["csv"])} == {"+3460000"}
    # Where lists are separated by semicolons, a file with commas opens so.
    with open(report.files["csv"], encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file, delimiter=";") for cell in line]
    assert not [cell for cell in cells if cell.lstrip(' "').startswith(tuple("=+-@"))]


def test_fields_come_from_the_warehouse_first_and_then_from_contact_data(
    published: Settings,
) -> None:
    which = audience(fields=["email", "country", "language", "orders"], holdout_percent=0)
    first = read(pull(published, which).files["csv"])[0]
    assert first == {"email": "c0@example.com", "country": "ES", "language": "es", "orders": "0"}


def test_the_list_is_in_the_order_asked_for(published: Settings) -> None:
    which = audience(order="orders desc", holdout_percent=0, limit=3)
    assert [row["customer_id"] for row in read(pull(published, which).files["csv"])] == [
        "c27",
        "c26",
        "c25",
    ]


def test_consent_is_that_of_the_channel(published: Settings) -> None:
    report = pull(published, audience(channel="phone", holdout_percent=0))
    assert (report.listed, report.excluded) == (15, {"no_consent": 15})


def test_what_is_against_it_is_that_of_channel_and_purpose_the_first_is_told(
    published: Settings,
) -> None:
    alter(
        published,
        """
        update marts.contact_reasons set suppression_reasons = 'unsubscribed,open_complaint'
        where customer_id = 'c00' and channel = 'phone' and purpose = 'marketing';
        update marts.contact_reasons set suppression_reasons = 'spam_complaint'
        where customer_id = 'c02' and channel = 'phone' and purpose = 'service'
        """,
    )
    rule = "orders in (0, 2, 3)"
    by_phone = pull(published, audience(rule=rule, channel="phone", holdout_percent=0))
    assert (by_phone.listed, by_phone.excluded) == (1, {"unsubscribed": 1, "no_consent": 1})
    served = audience(rule=rule, channel="phone", purpose="service", holdout_percent=0)
    assert pull(published, served).excluded == {"spam_complaint": 1}
    assert pull(published, audience(rule=rule, holdout_percent=0)).listed == 3


def test_who_is_not_judged_is_not_contacted(published: Settings) -> None:
    alter(published, "delete from marts.contact_reasons where customer_id = 'c01'")
    told = preview(published, audience(rule="orders <= 1", holdout_percent=0)).report
    assert (told.listed, told.excluded) == (1, {"no_channel": 1})


@pytest.mark.parametrize("table", ["contact_reasons", "list_results"])
def test_a_publication_that_does_not_say_what_lists_are_made_from_gives_none(
    published: Settings, table: str
) -> None:
    alter(published, f"drop table marts.{table}")
    with pytest.raises(RefusedByData, match=rf"has no marts\.{table}: .*cartera build"):
        pull(published, audience())
    with pytest.raises(RefusedByData, match=rf"has no marts\.{table}: .*cartera build"):
        preview(published, audience())
    assert not published.exports.joinpath("big").exists()


def test_where_nobody_is_contacted_nothing_but_death_and_tests_is_against_it(
    published: Settings,
) -> None:
    alter(
        published,
        "update marts.customer_360 set is_deceased = n = 1, is_test = n <= 1 "
        "from (select customer_id as who, customer_id[2:]::int as n from marts.customer_360) "
        "where who = customer_id",
    )
    told = audience(rule="orders <= 8", purpose="internal", channel=None, holdout_percent=0)
    assert pull(published, told).excluded == {"test_record": 2}


def test_the_list_is_for_its_owner_and_group_alone(published: Settings) -> None:
    path = Path(pull(published, audience()).files["csv"])
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_the_record_comes_back_as_a_source_like_any_other(published: Settings) -> None:
    report = pull(published, audience(campaign="spring"))
    assert list(the_record(published)[0]) == list(RECORD_COLUMNS)
    (contract,) = [c for c in load_contracts(None, "cartera") if c.source == "audience_pulls"]
    landed = ingest_contract(published, contract)
    assert (landed.received, landed.accepted, landed.problems) == (30, 30, [])
    (path,) = published.landing.rglob("data.parquet")
    assert duckdb.sql(
        f"""select distinct pull_id, audience, campaign_id, channel, holdout_percent
        from read_parquet('{path}')"""
    ).fetchall() == [(report.pull_id, "big", "spring", "email", 20.0)]


def test_a_record_that_does_not_say_what_holdout_was_meant_is_a_record(published: Settings) -> None:
    report = pull(published, audience())
    (path,) = (published.inbox / "cartera" / "audience_pulls").iterdir()
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(line.rpartition(",")[0] + "\n" for line in lines), encoding="utf-8")
    assert "holdout_percent" not in the_record(published)[0]
    assert pull(published, audience()) == report
    (contract,) = [c for c in load_contracts(None, "cartera") if c.source == "audience_pulls"]
    assert ingest_contract(published, contract).accepted == 30


def test_a_field_or_rule_that_does_not_exist_writes_nothing(published: Settings) -> None:
    with pytest.raises(UsageError, match=r"^big: The field 'password' does not exist"):
        pull(published, audience(fields=["password"]))
    with pytest.raises(UsageError, match="which is no column of customer_360"):
        pull(published, audience(rule="password = 1"))
    assert not published.inbox.exists()


def test_without_a_publication_there_is_no_list(settings: Settings) -> None:
    with pytest.raises(RefusedByData, match="Nothing has been published yet"):
        pull(settings, audience())


def test_two_pulls_of_one_audience_do_not_run_at_once(published: Settings) -> None:
    with hold(published, LOCK), pytest.raises(LockBusy):
        pull(published, audience())
    assert pull(published, audience(name="other")).matched == 30


def test_an_interrupted_pull_leaves_no_list(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cartera.activation.pull._write_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pull(published, audience())
    assert list((published.exports / "big").iterdir()) == []
    assert not published.inbox.exists()
