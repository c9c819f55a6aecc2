"""Every number on the desk says what it is where the pointer rests on its label."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cartera import publications
from cartera.activation.audience import load_audiences
from cartera.metrics import of_marts
from tests.integration.conftest import AS_OF, Built
from tests.integration.drawing import beside, drawn, tiles

pytestmark = pytest.mark.browser

PAGES = ("overview", "customers", "segments", "campaigns", "retention", "service", "quality")
LANGUAGES = ("en", "es")
# A number as the desk writes one, with its currency or unit, or that it is not known.
NUMBER = re.compile(r"[+\u2212-]?[€$]?[\d.,]+\s*(%|€|h|pts|pt|p\.p\.|puntos)?|\u2013")


def without_help(app: Any) -> list[str]:
    """The tiles and columns of numbers that say nothing on hover."""
    silent = [tile.label for tile in app.metric if not tile.help]
    for table in app.dataframe:
        columns = json.loads(table.proto.columns)
        for name, values in table.value.items():
            told = columns.get(name, {})
            is_number = told.get("alignment") == "right" or (
                any(values) and all(NUMBER.fullmatch(str(value)) for value in values if value)
            )
            if is_number and not told.get("help"):
                silent.append(f"{told.get('label')} ({name})")
    return silent


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_tile_and_column_of_numbers_has_its_definition(
    demo: Built, page: str, language: str
) -> None:
    app = drawn(demo.settings, page, language, role="admin")
    assert len(app.metric) + len(app.dataframe) > 0
    assert without_help(app) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_one_customer_have_theirs(demo: Built, language: str) -> None:
    with demo.connect() as db:
        (customer,) = db.execute(
            "select any_value(customer_id) from warehouse.marts.customer_timeline "
            "where amount is not null"
        ).fetchone() or ("",)
    app = drawn(demo.settings, "customers", language, role="admin", customer=customer)
    assert len(app.metric) == 6
    assert without_help(app) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shown_once_chosen_has_its_definition(demo: Built, language: str) -> None:
    media = drawn(demo.settings, "campaigns", language)
    assert without_help(media.selectbox(key="campaigns-which").select("ads|ADS-01").run()) == []
    for dimension in ("abc_class", "product"):
        service = drawn(demo.settings, "service", language)
        service.button_group(key="service-dimension").set_value(dimension).run()
        assert without_help(service) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_every_list_have_theirs(demo: Built, tmp_path: Path, language: str) -> None:
    home = beside(demo, tmp_path)
    app = drawn(home, "lists", language)
    silent, columns = {}, 0
    for name in load_audiences(home):
        app.selectbox(key="lists-audience").select(name).run()
        assert [fault.message for fault in app.exception] == []
        silent[name] = without_help(app)
        columns += sum(table.value.shape[1] for table in app.dataframe)
    assert {name: said for name, said in silent.items() if said} == {}
    assert columns > len(silent)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_that_a_list_is_chosen_by_have_theirs(
    demo: Built, tmp_path: Path, language: str
) -> None:
    app = drawn(beside(demo, tmp_path), "lists", language)
    app.button_group(key="lists-way").set_value("lists_build").run()
    ranges = [one for one in app.number_input if one.key.endswith(("-least", "-most"))]
    assert len(ranges) == 8
    assert [one.key for one in ranges if not one.help] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_last_publication_changed_says_what_it_is(
    demo: Built, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {"is_changed": True, "metric": "orders", "month": "2026-09-01", "was": 1, "now": 2}
    moved = {"is_move": True, "scheme": "rfm_segment", "from": "Lost", "to": "Loyal"}
    found = SimpleNamespace(
        was={"as_of": AS_OF, "built_at": datetime(2026, 10, 1, 12, tzinfo=UTC)},
        customers={"new": 1, "merged": 2, "gone": 3},
        kpis=[changed],
        segments=[moved | {"customers": 4}],
    )
    from cartera.desk.pages import overview

    current = publications.current(demo.settings)
    monkeypatch.setattr(publications, "last_two", lambda _: (current, current))
    monkeypatch.setattr(overview, "_compared", lambda *_: found)
    app = drawn(demo.settings, "overview", language)
    assert [table.value.shape for table in app.dataframe] == [(1, 4), (1, 3)]
    assert without_help(app) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_campaigns_and_customers_are_defined_by_their_marts(
    demo: Built, language: str
) -> None:
    known = of_marts(language)
    said = {
        name: told.get("help") or ""
        for table in drawn(demo.settings, "campaigns", language).dataframe
        for name, told in json.loads(table.proto.columns).items()
    }
    for name in ("roas", "roi", "incremental_roi", "attributed_revenue", "total_cost"):
        assert known[f"campaign_roi.{name}"].definition in said[name]
        assert f"`marts.campaign_roi.{name}`" in said[name]
    retention = drawn(demo.settings, "retention", language)
    clv = known["customer_360.clv"].definition
    assert len([tile for tile in retention.metric if clv in tile.help]) == 4


def test_the_tiles_of_a_campaign_are_those_of_its_marts(demo: Built) -> None:
    shown = tiles(drawn(demo.settings, "campaigns"))
    assert {"Targeted", "Held out", "Lift", "Orderers won", "Opened", "Clicked", "Cost"} <= {*shown}
