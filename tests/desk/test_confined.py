"""What pages ask for opens the publication, and its own folder where it writes: no other file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import comparing, publications, records
from cartera.activation import rule
from cartera.activation.audience import Audience
from cartera.activation.comparing import compare
from cartera.activation.drafting import columns_now, draft
from cartera.activation.preview import preview
from cartera.activation.pull import pull
from cartera.activation.rule import Predicate
from cartera.desk.reading import Reader
from cartera.identity.lookup import open_contacts
from cartera.settings import Settings
from tests.activation.conftest import PUBLICATION, WAREHOUSE, published, write
from tests.activation.test_pull import audience
from tests.desk.watching import CONFINED, watch

__all__ = ["published"]
LATER = PUBLICATION.replace("0101", "0201")
TOLD = {"name": "vip", "about": "The best.", "channel": "email", "rule": "orders > 3"}
# Of those on one list in thirty days nobody is on another: what waits in the inbox is read.
CAPPED = audience(name="other", holdout_percent=0, cap={"lists": 1, "days": 30})


def why_one(settings: Settings) -> None:
    with open_contacts(settings, "explain", ["c01"]) as connection:
        connection.execute("select count(*) from contacts.contacts.golden_records").fetchall()


def two_publications(settings: Settings) -> None:
    comparing.compare(*(publications.find(settings, name) for name in (PUBLICATION, LATER)))


def look(settings: Settings) -> None:
    snapshot = Reader(settings).snapshot()
    snapshot.query("select count(*) from warehouse.marts.customer_360")
    snapshot.people("look", "select customer_id from contacts.contacts.golden_records")


DOES: dict[str, Callable[[Settings], Any]] = {
    "look": look,
    "preview": lambda settings: preview(settings, CAPPED, show=5),
    "preview of birthdays": lambda settings: preview(settings, audience(rule="days_to_birthday=0")),
    "pull": lambda settings: pull(settings, CAPPED, ("csv", "excel", "parquet", "google", "meta")),
    "compare lists": lambda settings: compare(
        settings, CAPPED, audience(rule="days_to_birthday > 9")
    ),
    "columns": columns_now,
    "new audience": lambda settings: draft(settings, TOLD),
    "why one": why_one,
    "two publications": two_publications,
}


@pytest.mark.parametrize("what", DOES)
def test_nothing_else_can_be_read_from_there(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    pull(published, audience(holdout_percent=0))
    (list_of_another,) = (published.exports / "big").iterdir()
    own = published.state / "desk_users.json"
    own.write_text("secret")
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    (published.publications / LATER).mkdir()
    write(published.publications / LATER / publications.WAREHOUSE, WAREHOUSE)
    records.append(published, "publications", event="publish", publication_id=LATER)
    seen = watch(monkeypatch, [outside, own, list_of_another])
    DOES[what](published)
    seen.finish()
    assert set(seen.settings) == {CONFINED}
    assert seen.read == []


@pytest.mark.parametrize("by", [preview, pull, lambda s, one: compare(s, one, CAPPED)])
def test_a_rule_that_came_to_hold_sql_reads_no_file(
    published: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by: Callable[[Settings, Audience], Any],
) -> None:
    """Were the parser of rules ever fooled, the database would still refuse."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    sql = f"(select count(*) from read_text('{secret}')) > 0"
    monkeypatch.setattr(rule, "compile_rule", lambda *_: Predicate(sql))
    with pytest.raises(duckdb.PermissionException):
        by(published, audience())


@pytest.mark.parametrize("name", ["a[1]*", "it's", "..", "ñ;b"])
def test_what_waits_in_the_inbox_is_read_whatever_its_folder_is_called(
    published: Settings, tmp_path: Path, name: str
) -> None:
    home = tmp_path / name / "home"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "publications").exists():
        (home / "publications").symlink_to(published.publications)
    settings = published.model_copy(update={"home": home})
    first = pull(settings, audience(holdout_percent=0))
    again = pull(settings, CAPPED)
    assert again.excluded["contact_cap"] == first.listed == 24
    with Path(again.files["csv"]).open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == []
