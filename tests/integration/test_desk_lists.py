"""The page of lists, drawn without a browser: it says what preview, pull and history say."""

from __future__ import annotations

import csv
import hashlib
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from cartera import publications, records
from cartera.activation import drafting
from cartera.activation.audience import find_audience
from cartera.activation.notes import NOTES
from cartera.activation.preview import Preview, preview
from cartera.activation.pull import LOCK, pull
from cartera.desk import words
from cartera.lock import hold
from cartera.settings import Settings
from tests.integration.conftest import Built
from tests.integration.drawing import beside, cells, charted, copied, drawn, tiles

pytestmark = pytest.mark.browser

RULE = "orders >= 2"
# Two lists of "advocates" of before; the days of one are over.
PAST = """
insert into marts.list_results by name
select
    'old' as pull_id, 'advocates' as audience, 'email' as channel, 'marketing' as purpose,
    timestamp '2026-08-01 10:00' as pulled_at, true as is_over, 30 as response_days,
    1200 as listed, 300 as listed_buyers, 18000 as listed_net_revenue, 100 as held_out,
    20 as held_out_buyers, 1000 as held_out_net_revenue, 7 as excluded
union all by name
select
    'new' as pull_id, 'advocates' as audience, 'email' as channel, 'marketing' as purpose,
    timestamp '2026-09-20 10:00' as pulled_at, false as is_over, 30 as response_days,
    10 as listed, 1 as listed_buyers, 50 as listed_net_revenue, 0 as held_out,
    0 as held_out_buyers, 0 as held_out_net_revenue, 0 as excluded;
insert into core.fct_contact_outcomes by name
select 'old' as pull_id, unnest(['interested', 'interested', 'no_answer']) as outcome;
"""


@pytest.fixture
def home(demo: Built, tmp_path: Path) -> Settings:
    return beside(demo, tmp_path / "home")


@pytest.fixture(scope="module")
def with_past(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose publication knows two lists of before."""
    settings = copied(demo, tmp_path_factory.mktemp("past") / "home")
    warehouse = settings.publications / publications.CURRENT / publications.WAREHOUSE
    with duckdb.connect(warehouse) as db:
        db.execute(PAST)
    records.append(settings, "access", event="pull", pull_id="old", user="eva")
    return settings


def the_list(settings: Settings, name: str, language: str = "en", role: str = "marketer") -> Any:
    app = drawn(settings, "lists", language, role)
    return app.selectbox(key="lists-audience").select(name).run()


def built(settings: Settings, language: str = "en", rule: str = RULE, **chosen: Any) -> Any:
    """The page with a rule of one's own, and what was chosen by the keys of its controls."""
    app = drawn(settings, "lists", language)
    app.button_group(key="lists-way").set_value("lists_build").run()
    app.text_area(key="lists-rule").input(rule).run()
    for key, value in chosen.items():
        controls = [*app.selectbox, *app.number_input, *app.text_input]
        (control,) = [one for one in controls if one.key == f"lists-{key.replace('_', '-')}"]
        control.set_value(value).run()
    return app


def fine(app: Any) -> None:
    assert [fault.message for fault in app.exception] == []
    assert [error.value for error in app.error] == []


def said(app: Any) -> str:
    return " ".join(part.value for part in app.markdown).replace("\\", "")


def says(app: Any, told: Preview) -> None:
    """Every figure of a preview stands on the page."""
    fine(app)
    report = told.report
    assert tiles(app) == {
        "On the list": f"{report.listed:,}",
        "Held out": f"{report.held_out:,}",
        "Left out": f"{sum(report.excluded.values()):,}",
        "Match the rule": f"{report.matched:,}",
    }
    charts = charted(app)
    assert [
        {row["segment"]: row["customers"] for row in rows}
        for rows in charts
        if "segment" in rows[0]
    ] == list(told.segments.values())
    excluded = {row["reason"]: row["customers"] for rows in charts for row in rows if "name" in row}
    assert excluded == report.excluded
    text = said(app)
    assert f"To contact all of them once costs about €{told.cost:,.2f}" in text
    if told.expected is None:
        assert "No list like this one is old enough" in text
    else:
        assert f"About {told.expected.ordered:,.1f} of them order within 30 days" in text
        assert f"bring €{told.expected.net_revenue:,.0f}, going by" in text
        assert f"the last {told.expected.pulls} lists" in text
    assert text.count(" of them were on the list ") == len(told.overlaps)
    for other in told.overlaps:
        name = other.audience.replace("_", " ")
        assert f"{other.customers:,} of them were on the list “{name}” of " in text


def pulled(settings: Settings, number: int) -> None:
    """Lists that many others are on as well."""
    for place in range(number):
        told = {"name": f"other_{place}", "about": "x", "channel": "email"}
        told["rule"] = f"orders >= {place + 1}"
        pull(settings, drafting.checked(settings, told))


def test_a_ready_list_says_all_that_its_preview_says(home: Settings) -> None:
    pulled(home, 5)
    told = preview(home, find_audience(home, "champions"))
    assert len(told.overlaps) == 5
    says(the_list(home, "champions"), told)


def test_a_list_of_one_s_own_says_as_much_and_counts_as_it_was_told(home: Settings) -> None:
    pulled(home, 2)
    told: dict[str, Any] = {"name": "my_list", "about": "my_list", "channel": "email", "rule": RULE}
    says(built(home), preview(home, drafting.checked(home, told)))
    told |= {"limit": 40, "holdout_percent": 25, "cap": {"lists": 2, "days": 9}}
    whole = preview(home, drafting.checked(home, told))
    assert {"contact_cap", "over_limit"} & set(whole.report.excluded)
    says(built(home, limit=40, holdout=25.0, cap_lists=2, cap_days=9), whole)


def test_a_service_has_no_holdout_and_an_internal_list_no_channel(home: Settings) -> None:
    app = built(home, purpose="service")
    fine(app)
    assert tiles(app)["Held out"] == "0"
    keys = {one.key for one in [*app.selectbox, *app.number_input]}
    assert "lists-channel" in keys
    assert not keys & {"lists-holdout", "lists-cap-lists"}
    app.selectbox(key="lists-purpose").select("internal").run()
    fine(app)
    keys = {one.key for one in app.selectbox}
    assert not keys & {"lists-channel", "lists-own-campaign"}


def a_campaign(settings: Settings) -> str:
    warehouse = settings.publications / publications.CURRENT / publications.WAREHOUSE
    with duckdb.connect(warehouse, read_only=True) as db:
        found = db.execute("select min(campaign_id) from core.dim_campaigns").fetchone()
    assert found is not None
    return str(found[0])


def record(settings: Settings, pull_id: str) -> list[dict[str, str]]:
    (path,) = (settings.inbox / "cartera" / "audience_pulls").glob(f"*_{pull_id}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_ready_list_is_made_for_a_campaign_and_then_stands_below(home: Settings) -> None:
    campaign = a_campaign(home)
    whole = find_audience(home, "advocates").for_campaign(campaign)
    app = the_list(home, "advocates")
    assert [info.value for info in app.info][-1] == words.say("en", "lists.never_made")
    app.selectbox(key="lists-campaign-advocates").select(campaign).run()
    expected = preview(home, whole)
    says(app, expected)
    app.button(key="lists-pull").click().run()
    fine(app)
    (done,) = app.success
    assert f"{expected.report.listed} customers are on the list" in done.value
    rows = record(home, expected.report.pull_id)
    assert {row["campaign_id"] for row in rows} == {campaign}
    # Whoever is held out is so by the campaign, not by the audience.
    for row in rows:
        if row["bucket"] != "excluded":
            lot = hashlib.md5(f"{campaign}|{row['party_id']}".encode(), usedforsecurity=False)
            is_held_out = int(lot.hexdigest()[:8], 16) / 2**32 < whole.holdout_percent / 100
            assert (row["bucket"] == "holdout") == is_held_out
    assert expected.report.held_out
    # What came of it is not known before a build has seen it, and that is no zero.
    (row,) = cells(app, -1)
    assert row["listed"] == str(expected.report.listed)
    assert row["counted"] == "not yet"
    assert (row["ordered"], row["each"]) == ("–", "–")  # noqa: RUF001


def test_a_list_of_one_s_own_is_saved_with_all_that_was_told(home: Settings) -> None:
    campaign = a_campaign(home)
    app = built(home, name="mine", holdout=20.0, cap_lists=2, own_campaign=campaign)
    app.button(key="lists-save").click().run()
    fine(app)
    saved = find_audience(home, "mine")
    assert (saved.campaign, saved.holdout_percent) == (campaign, 20)
    assert saved.cap is not None
    assert (saved.cap.lists, saved.cap.days) == (2, 30)
    assert saved.fields == ("customer_id", "given_name", "surname_1", "email")
    # It is the one that is looked at now, and a list of its campaign.
    assert app.selectbox(key="lists-audience").value == "mine"
    assert app.selectbox(key="lists-campaign-mine").value == campaign
    says(app, preview(home, saved))


@pytest.mark.parametrize("role", ["analyst", "marketer"])
def test_what_came_of_each_list_stands_below_it(with_past: Settings, role: str) -> None:
    app = the_list(with_past, "advocates", role=role)
    fine(app)
    new, old = cells(app, -1)
    assert old == {
        "made": "1 Aug 2026, 12:00",
        "made_by": "eva",
        "listed": "1,200",
        "held_out": "100",
        "left_out": "7",
        "ordered": "25.0%",
        "ordered_held_out": "20.0%",
        "each": "€15.00",
        "each_held_out": "€10.00",
        "counted": "in full",
        "reported": "interested 2 · no answer 1",
    }
    assert (new["made_by"], new["counted"]) == ("–", "until 20 Oct 2026")  # noqa: RUF001
    # Of nobody held out there is no rate.
    assert (new["ordered"], new["ordered_held_out"]) == ("10.0%", "–")  # noqa: RUF001
    assert any("within 30 days of the list" in caption.value for caption in app.caption)


def test_what_came_of_a_list_is_told_in_spanish(with_past: Settings) -> None:
    app = the_list(with_past, "advocates", "es")
    fine(app)
    old = cells(app, -1)[1]
    assert (old["made"], old["listed"]) == ("1 ago 2026, 12:00", "1.200")
    assert (old["ordered"], old["each"]) == ("25,0\u00a0%", "15,00\u00a0€")
    assert (old["counted"], old["reported"]) == (
        "del todo",
        "interesado 2 · sin respuesta 1",
    )


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_is_odd_about_a_list_is_told_in_the_reader_s_words(
    home: Settings, language: str
) -> None:
    known = words.phrases(language)
    assert {code for code in NOTES if f"lists.note_{code}" not in known} == set()
    app = built(home, language, "orders >= 99999")
    fine(app)
    assert words.say(language, "lists.note_nobody_matches") in [one.value for one in app.info]
    app.number_input(key="lists-holdout").set_value(100.0).run()
    assert words.say(language, "lists.note_holdout_is_all") in [one.value for one in app.info]


def test_numbers_of_a_long_list_are_written_as_its_reader_does(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = preview(home, find_audience(home, "champions"), show=2)
    long = replace(told, report=replace(told.report, listed=1_234_567))
    monkeypatch.setattr("cartera.desk.lists.before.preview", lambda *given, **how: long)
    app = the_list(home, "champions", "es")
    fine(app)
    assert "Los primeros 2 de 1.234.567, en el orden de la lista." in [
        caption.value for caption in app.caption
    ]


def test_who_makes_a_list_while_a_colleague_does_waits_for_it(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = the_list(home, "champions")
    slept: list[float] = []
    clock = iter(range(0, 600, 10))
    with ExitStack() as colleague:
        colleague.enter_context(hold(home, LOCK))

        def sleep(seconds: float) -> None:
            """The colleague is done after the third look at the lock."""
            slept.append(seconds)
            if len(slept) == 3:
                colleague.close()

        patience = SimpleNamespace(monotonic=lambda: next(clock), sleep=sleep)
        monkeypatch.setattr("cartera.lock.time", patience)
        app.button(key="lists-pull").click().run()
    fine(app)
    assert len(slept) == 3
    assert len(app.success) == 1


def test_nobody_waits_for_a_list_for_longer_than_a_minute(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = the_list(home, "champions")
    slept: list[float] = []
    clock = iter(range(0, 600, 10))
    patience = SimpleNamespace(monotonic=lambda: next(clock), sleep=slept.append)
    with hold(home, LOCK):
        monkeypatch.setattr("cartera.lock.time", patience)
        app.button(key="lists-pull").click().run()
    assert len(slept) == 5
    assert not app.success
    assert ["The lock 'pulls' is held" in fault.message for fault in app.exception] == [True]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_a_rule_may_name_is_told_in_the_reader_s_words(home: Settings, language: str) -> None:
    app = built(home, language)
    fine(app)
    about = {row["column"]: row for row in cells(app, 0)}
    assert set(about) == set(drafting.columns_now(home))
    kinds = {"en": ("number", "yes or no"), "es": ("número", "sí o no")}[language]
    assert (about["r_score"]["kind"], about["has_phone"]["kind"]) == kinds
    meant = {"en": "recency score, 5 is best", "es": "Puntuación de recencia"}[language]
    assert about["r_score"]["meaning"] == meant
    known = words.phrases(language)
    assert {name for name in about if f"columns.{name}" not in known} == set()
