"""A briefing tells what its publication holds, names nobody, and asks nobody for anything."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications, records
from cartera.arrows import write_briefing
from cartera.briefing.facts import Facts, gather
from cartera.briefing.page import page
from cartera.briefing.telling import tell
from cartera.briefing.words import LANGUAGES, Language, phrases
from cartera.errors import CarteraError, RefusedByData, UsageError
from cartera.settings import Settings
from tests.cartera.calling import Run
from tests.cartera.conftest import run
from tests.integration.conftest import Built
from tests.integration.leaks import read_people, scan
from tests.pages import Seen

__all__ = ["run"]
BASE, NOW, EMPTY = (f"2026010{n}T000000000000Z-0123abcd" for n in (1, 2, 3))
HOSTILE = '<script>alert("1")</script><img src=x> & "Söhne"'
# The day after, a rule and a delivery are in a bad way, a closed month is another, a campaign
# has a name that is none, and a tenth of those who decline were not declining before. Another
# campaign ended half an hour after midnight, and nobody ordered, listed or held out; two complaints
# had no first action, and one is settled.
CHANGES = f"""
update w.meta.publication set publication_id = '{NOW}', base_publication = '{BASE}';
update w.core.dim_campaigns set name = '{HOSTILE}', ends_at = timestamp '2026-09-20'
where campaign_id = 'CMP-09';
update w.core.dim_campaigns set name = 'Silence', ends_at = timestamp '2026-09-10 22:30'
where campaign_id = 'CMP-08';
delete from w.marts.campaign_lift where campaign_id = 'CMP-08';
insert into w.marts.campaign_lift by name (
    select 'CMP-08' as campaign_id, 'ALL' as variant, 123 as treated, 12 as held_out,
        0 as treated_conversions, 0 as holdout_conversions, 0.0 as treated_rate,
        0.0 as holdout_rate, false as is_reliable
);
insert into w.marts.customer_alerts by name (
    select 'case ' || rescue_by as alert_key, customer_id, 'valuable_complainer' as kind,
        'case ' || rescue_by as case_key, is_open, rescue_by
    from (select min(customer_id) as customer_id from w.marts.customer_360), (values
        (false, timestamp '2026-09-30 22:30'), (true, timestamp '2026-09-30 23:00')
    ) cases (is_open, rescue_by)
);
update w.marts.kpi_values set value = value + 1
where metric = 'orders' and period_kind = 'month' and period_start = date '2026-08-01'
    and dimension = 'ALL';
update w.ops.quality_results set status = 'failed', unexpected_count = 7, severity = 'warning',
    reason = 'A <b>shrank</b>.'
where rule = 'row_counts_drift';
insert into w.ops.batches by name (
    select 'held-1' as batch_id, 'till' as system, 'orders' as source, 'held' as state,
        date '2026-09-30' as partition_date, 50 as received, false as is_included
);
insert into w.ops.batches by name (
    select 'new-1' as batch_id, 'till' as system, 'orders' as source, 'landed' as state,
        date '2026-09-30' as partition_date, 200 as received, 15 as quarantined, true as is_included
);
"""
BEFORE = f"""
update w.meta.publication set publication_id = '{BASE}', as_of = as_of - 1;
delete from w.marts.customer_alerts where customer_id in (
    select customer_id from w.marts.customer_alerts where kind = 'valuable_decliner'
    order by customer_id limit 3
);
update w.marts.customer_360 set rfm_segment = 'Promising' where customer_id in (
    select customer_id from w.marts.customer_360 where rfm_segment = 'Lost'
    order by customer_id limit 4
);
"""


@pytest.fixture(scope="module")
def home(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three publications: the demo's a day before, as changed since, and one of nobody."""
    settings = Settings(home=tmp_path_factory.mktemp("briefing"), hash_key="a key of the tests")
    warehouse = demo.publication().warehouse
    publish(settings, warehouse, BASE, BEFORE)
    publish(settings, warehouse, NOW, CHANGES)
    with duckdb.connect() as db:
        db.execute(f"attach '{warehouse}' as w (read_only)")
        tables = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'w' and schema_name <> 'meta'"
        ).fetchall()
    nobody = "".join(f"delete from w.{table};" for (table,) in tables)
    publish(
        settings,
        warehouse,
        EMPTY,
        f"{nobody} update w.meta.publication set publication_id = '{EMPTY}'",
    )
    os.symlink(NOW, settings.publications / publications.CURRENT)
    return settings


def publish(settings: Settings, warehouse: Path, name: str, changes: str) -> None:
    folder = settings.publications / name
    folder.mkdir(parents=True)
    file = Path(shutil.copy(warehouse, folder / publications.WAREHOUSE))
    file.chmod(0o600)
    with duckdb.connect() as db:
        db.execute(f"attach '{file}' as w; {changes}")
    records.append(settings, "publications", event="publish", publication_id=name)


@pytest.fixture(scope="module")
def facts(home: Settings) -> Callable[[str], Facts]:
    known = {name: gather(home, publications.find(home, name)) for name in (BASE, NOW, EMPTY)}
    return known.__getitem__


def seen(facts: Facts, language: Language = "en") -> Seen:
    return Seen(page(tell(facts, language)))


def test_it_tells_what_the_tables_hold(facts: Callable[[str], Facts], home: Settings) -> None:
    now = facts(NOW)
    with duckdb.connect(str(publications.find(home, NOW).warehouse), read_only=True) as db:

        def ask(query: str) -> Any:
            return db.execute(query).fetchall()

        decliners = "from marts.customer_alerts where kind = 'valuable_decliner'"
        alert = next(row for row in now.alerts if row["kind"] == "valuable_decliner")
        assert [(alert["customers"], alert["critical"])] == ask(
            f"select count(*), count(*) filter (severity = 'critical') {decliners}"
        )
        assert alert["net_revenue"] == pytest.approx(
            float(
                ask(
                    "select sum(net_revenue) from marts.customer_360 where customer_id in "
                    f"(select customer_id {decliners})"
                )[0][0]
            )
        )
        months = ask(
            "select period_start, value from marts.kpi_values where metric = 'orders' "
            "and period_kind = 'month' and dimension = 'ALL' order by 1"
        )
        orders = next(figure for figure in now.figures if figure.metric == "orders")
        assert list(orders.months) == months[-13:]
        assert len(now.objectives) == ask("select count(*) from marts.kpi_objectives")[0][0]
        received = ask("select sum(received) from ops.batches where is_included")[0][0]
        assert sum(row["received"] for row in now.sources) == received
        complainers = next(row for row in now.alerts if row["kind"] == "valuable_complainer")
        waiting = ask(
            "select count(*) from marts.customer_alerts where kind = 'valuable_complainer' "
            "and is_open and acted_in_time is null and rescue_by >= '2026-09-30 22:00'"
        )
        assert [(complainers["waiting"],)] == waiting
        assert complainers["next_deadline"] == datetime.fromisoformat("2026-09-30 23:00")
    assert (alert["added"], alert["gone"]) == (3, 0)
    assert [row["rule"] for row in now.rules] == ["row_counts_drift"]
    assert [(row["system"], row["source"], row["received"]) for row in now.held] == [
        ("till", "orders", 50)
    ]
    since = [(r["source"], r["received_since"], r["quarantined_since"]) for r in now.sources]
    assert {row for row in since if row[1]} == {("orders", 200, 15)}
    segments = {row["segment"]: row["customers"] - row["before"] for row in now.segments}
    assert {name: moved for name, moved in segments.items() if moved} == {
        "Lost": 4,
        "Promising": -4,
    }
    assert next((c["campaign_id"], c["name"]) for c in now.campaigns) == ("CMP-09", HOSTILE)


def test_the_page_shows_it(facts: Callable[[str], Facts]) -> None:
    text = seen(facts(NOW)).text
    for expected in (
        *("Silence", "ended 11 Sep 2026", "nobody ordered", "123 on the list, 12 held out"),
        *("The gate let it through with warnings", "1 delivery is held"),
        *("A <b>shrank</b>.", "row_counts_drift", HOSTILE, "till/orders", "+4"),
        "Of 200 that came since, 15 were refused (7.50%).",
        "Since the publication with data up to 29 Sep 2026",
    ):
        assert expected in text
    restated = re.search(r"Orders\s+Aug 2026\s+([\d,]+)\s+([\d,]+)\s+\+", text)
    assert restated
    was, now = (int(told.replace(",", "")) for told in restated.groups())
    assert now == was + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_nobody_for_anything_and_runs_nothing(
    facts: Callable[[str], Facts], language: Language
) -> None:
    for name in (NOW, BASE, EMPTY):
        text = page(tell(facts(name), language))
        found = Seen(text)
        tags = {tag for tag, _ in found.tags}
        assert not tags & {"script", "img", "link", "iframe", "object", "form", "a", "use", "image"}
        names = {attribute for _, attributes in found.tags for attribute in attributes}
        assert not {n for n in names if n.startswith("on")} & names
        assert not names & {"src", "href", "xlink:href", "action", "background"}
        assert not re.search(r"url\(|@import|https?:|//", text)
        # Mail programs cut what is longer.
        assert len(text.encode()) < 100_000


def test_the_page_names_no_customer(
    demo: Built, facts: Callable[[str], Facts], tmp_path: Path
) -> None:
    people = read_people(demo.settings.inbox)
    someone = sorted(people.emails)[0], sorted(people.names)[0]
    with demo.connect() as db:
        ids = db.execute("select customer_id from warehouse.marts.customer_360").fetchall()
    for language in LANGUAGES:
        text = page(tell(facts(NOW), language))
        assert [customer for (customer,) in ids if customer in text] == []
        for planted, file in ((text, "page"), (text + " ".join(someone), "planted")):
            path = tmp_path / f"{file}-{language}.duckdb"
            with duckdb.connect(str(path)) as db:
                db.execute("create table t as select $1 as page", [planted])
            kinds = {leak.kind for leak in scan(path, people)}
            assert kinds == (set() if file == "page" else {"e-mail", "name"})


def test_a_first_publication_and_one_whose_base_is_gone_say_so(
    facts: Callable[[str], Facts],
) -> None:
    first = facts(BASE)
    assert first.comparison is None
    assert "This is the first publication" in seen(first).text
    gone = replace(first, publication=first.publication | {"base_publication": NOW})
    assert "is no longer kept" in seen(gone).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_company_of_nobody_has_a_briefing(
    facts: Callable[[str], Facts], language: Language
) -> None:
    text, words = seen(facts(EMPTY), language).text, phrases(language)
    for key in ("figures", "alerts", "objectives", "campaigns", "segments", "rules", "held"):
        assert words[f"{key}_none"] in text
    assert words["nothing_needed"] in text


def test_a_publication_has_one_briefing(home: Settings, tmp_path: Path) -> None:
    pages = []
    for threads in (1, 4):
        settings = home.model_copy(update={"threads": threads})
        file = tmp_path / f"{threads}.html"
        write_briefing(settings, output=file, language="es")
        pages.append(file.read_bytes())
    assert pages[0] == pages[1]


def test_both_languages_say_the_same_and_name_every_metric() -> None:
    english, spanish = (phrases(language) for language in LANGUAGES)
    assert english.keys() == spanish.keys()
    for key, phrase in english.items():
        if isinstance(phrase, str):
            asked = re.compile(r"\{(\w+)\}")
            assert set(asked.findall(phrase)) == set(asked.findall(spanish[key])), key


def test_the_command_writes_the_page(home: Settings, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "briefing.html"
    words = ("briefing", "--home", str(home.home))
    ended = run(*words, "--publication", BASE, "--output", str(file), "--language", "es", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["publication_id"], told["file"]) == (0, BASE, str(file))
    assert '<html lang="es">' in file.read_text()
    ended = run(*words)
    (own,) = (home.exports / "briefings").iterdir()
    assert own.name == f"briefing-{NOW}-en.html"
    assert own.stat().st_mode & 0o007 == 0
    assert "1 delivery is held" in ended.out
    assert (run(*words, "--language", "fr").code, run(*words, "--publication", "x").code) == (2, 2)
    assert "CARTERA_BRIEFING_TO" in run(*words, "--mail").err


def test_without_what_it_reads_it_says_what_to_do(home: Settings, settings: Settings) -> None:
    with pytest.raises(RefusedByData, match="Nothing has been published"):
        write_briefing(settings)
    publish(
        settings, publications.find(home, BASE).warehouse, BASE, "drop table w.marts.campaign_roi"
    )
    os.symlink(BASE, settings.publications / publications.CURRENT)
    with pytest.raises(CarteraError, match=r"campaign_roi.* build again"):
        write_briefing(settings)
    with pytest.raises(UsageError, match="No publication"):
        write_briefing(settings, EMPTY)
