"""Nobody is on more lists than the cap allows, however many are pulled at once."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from cartera.activation.preview import preview
from cartera.activation.pull import pull
from cartera.publications import WAREHOUSE
from cartera.settings import Settings
from tests.activation.test_pull import audience, read

CAP = {"lists": 2, "days": 30}
REACHABLE = 24


def records(settings: Settings) -> dict[str, list[dict[str, str]]]:
    folder = settings.inbox / "cartera" / "audience_pulls"
    return {path.name: read(path) for path in sorted(folder.iterdir())}


def lists_of_each(settings: Settings) -> Counter[str]:
    return Counter(
        row["party_id"]
        for rows in records(settings).values()
        for row in rows
        if row["bucket"] == "list"
    )


def test_twenty_pulls_at_once_keep_caps_and_holdouts(published: Settings) -> None:
    settings = published.model_copy(update={"lock_wait_seconds": 120.0, "threads": 1})
    which = [
        audience(name=f"a{number}", campaign="spring", cap=CAP, holdout_percent=30)
        for number in range(20)
    ]
    with ThreadPoolExecutor(20) as pool:
        reports = list(pool.map(lambda one: pull(settings, one), which))
    rows = records(settings)
    assert len(rows) == 20
    for report in reports:
        assert report.matched == 30
        assert report.matched == report.listed + report.held_out + sum(report.excluded.values())
    # Each customer who is not held out is on two lists and no more; all hold out the same people.
    arms = {
        frozenset(row["party_id"] for row in one if row["bucket"] == "holdout")
        for one in rows.values()
    }
    assert len(arms) == 1
    (held_out,) = arms
    assert held_out
    assert set(lists_of_each(settings).values()) == {2}
    assert lists_of_each(settings).keys().isdisjoint(held_out)
    assert len(lists_of_each(settings)) == REACHABLE - len(held_out)
    assert sum(report.listed for report in reports) == 2 * (REACHABLE - len(held_out))


def test_one_pull_eight_times_at_once_is_one_pull(published: Settings) -> None:
    settings = published.model_copy(update={"lock_wait_seconds": 120.0, "threads": 1})
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: pull(settings, audience(cap=CAP)), range(8)))
    assert len({report.checksums["csv"] for report in reports}) == 1
    assert len(records(settings)) == 1


def test_a_repeated_pull_gives_the_same_bytes_when_the_cap_is_full_since(
    published: Settings,
) -> None:
    which = audience(cap={"lists": 1, "days": 30})
    first = pull(published, which)
    content = Path(first.files["csv"]).read_bytes()
    # Worked out anew, all of them would have been on a list since, which the cap forbids.
    other = pull(published, audience(name="other", holdout_percent=0))
    assert other.listed > first.listed > 0
    Path(first.files["csv"]).unlink()
    again = pull(published, which)
    assert Path(again.files["csv"]).read_bytes() == content
    assert again.checksums == first.checksums


def test_a_cap_forgets_after_its_days(published: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-01-01T10:00:00Z")
    pull(published, audience(holdout_percent=0))
    which = audience(name="next", cap={"lists": 1, "days": 30}, holdout_percent=0)
    monkeypatch.setenv("CARTERA_NOW", "2026-01-31T09:59:00Z")
    assert preview(published, which).report.excluded["contact_cap"] == REACHABLE
    monkeypatch.setenv("CARTERA_NOW", "2026-01-31T10:01:00Z")
    assert "contact_cap" not in preview(published, which).report.excluded


def test_lists_that_nobody_is_contacted_from_fill_no_cap(published: Settings) -> None:
    pull(published, audience(name="look", purpose="internal", channel=None, holdout_percent=0))
    report = preview(published, audience(cap={"lists": 1, "days": 30})).report
    assert "contact_cap" not in report.excluded


def test_a_cap_knows_what_the_publication_knows_and_who_somebody_is_now(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull that was built is counted once, though its record still lies in the inbox."""
    monkeypatch.setenv("CARTERA_NOW", "2026-01-01T10:00:00Z")
    done = pull(published, audience(name="before", holdout_percent=0))
    path = published.publications / "current" / WAREHOUSE
    path.parent.chmod(0o750)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as written; use written")
        connection.execute(
            f"insert into core.fct_audience_pulls select '{done.pull_id}', 'before', 'email', "
            "'marketing', 'list', null, timestamp '2026-01-01 10:00:00', 'c00', true"
        )
        connection.execute(
            "insert into marts.list_results by name select "
            f"'{done.pull_id}' as pull_id, timestamp '2026-01-01 10:00:00' as pulled_at"
        )
        connection.execute("insert into core.customer_merges values ('c01', 'c02')")
    which = audience(name="next", cap={"lists": 1, "days": 30}, holdout_percent=0)
    assert preview(published, which).report.excluded["contact_cap"] == 1
    # What is not known to the publication counts for whoever a merged id leads to.
    folder = published.inbox / "cartera" / "audience_pulls"
    (record,) = folder.iterdir()
    unknown = record.name.replace("before", "other")
    shutil.copy(record, folder / unknown)
    rows = [r for r in read(record) if r["party_id"] == "c01" and r["bucket"] == "list"]
    assert rows
    lines = record.read_text().splitlines()
    kept = [lines[0], *(line for line in lines if ",c01," in line)]
    (folder / unknown).write_text("\n".join(kept).replace("before-", "other-") + "\n")
    pulled = pull(published, which)
    assert pulled.excluded["contact_cap"] == 2
    barred = {
        row["party_id"]
        for row in records(published)[f"2026-01-01_{pulled.pull_id}.csv"]
        if row["reason"] == "contact_cap"
    }
    assert barred == {"c00", "c02"}
