"""What the desk promises of all its pages: downloads, the reader's numbers, faults are told."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from cartera import clock
from cartera.arrows import ingest
from cartera.errors import RefusedByData
from cartera.settings import Settings
from tests.integration.conftest import Built
from tests.integration.drawing import charted, copied, drawn, tiles

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "es")
CHARTED = ("overview", "segments", "campaigns", "retention", "service", "quality")
SECRET = "ana@example.com owes 12"


def specs(app: Any) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def texts(app: Any) -> str:
    """All that a page says, wherever it says it."""
    kinds = ("error", "info", "warning", "caption", "markdown", "title", "subheader", "text")
    return " ".join(str(element.value) for kind in kinds for element in app.get(kind))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", CHARTED)
def test_every_chart_can_be_downloaded(demo: Built, page: str, language: str) -> None:
    app = drawn(demo.settings, page, language)
    charts, buttons = charted(app), app.get("download_button")
    assert len(buttons) == len(charts) > 0
    assert len({button.proto.id for button in buttons}) == len(charts)


@pytest.mark.parametrize(
    ("language", "decimal", "thousands", "month"),
    [("en", ".", ",", "March"), ("es", ",", ".", "marzo")],
)
@pytest.mark.parametrize("page", CHARTED)
def test_charts_tell_numbers_and_months_as_their_reader_does(
    demo: Built, page: str, language: str, decimal: str, thousands: str, month: str
) -> None:
    for spec in specs(drawn(demo.settings, page, language)):
        locale = spec["config"]["locale"]
        assert (locale["number"]["decimal"], locale["number"]["thousands"]) == (decimal, thousands)
        assert locale["time"]["months"][2] == month


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_that_fails_says_so_by_a_number_and_the_rest_stands(
    demo: Built, language: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = drawn(demo.settings, "overview", language)

    def fails(_: object) -> None:
        raise RuntimeError(SECRET)

    from cartera.desk.figures import overview

    monkeypatch.setattr(overview, "revenue", fails)
    app = drawn(demo.settings, "overview", language)
    assert [fault.message for fault in app.exception] == []
    (error,) = app.error
    (number,) = re.findall(r"[0-9a-f]{8}", error.value)
    assert SECRET not in texts(app)
    assert "RuntimeError" not in texts(app)
    assert tiles(app) == tiles(whole)
    assert len(app.subheader) == len(whole.subheader)
    assert len(charted(app)) == len(charted(whole)) - 1
    # Whoever runs the desk finds it by that number.
    (record,) = [record for record in caplog.records if record.name == "cartera.desk"]
    assert record.getMessage().startswith(number)
    assert record.exc_info
    assert str(record.exc_info[1]) == SECRET


def test_a_batch_that_is_held_is_on_the_quality_page(
    demo: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = held(demo, copied(demo, tmp_path_factory.mktemp("held") / "home"))
    app = drawn(settings, "quality")
    (line,) = [text.value for text in app.text if " is held: " in text.value]
    assert line.startswith("ads/ad_stats: batch ")
    assert "yet to come" in line
    (row,) = [
        row for table in app.dataframe for row in table.value.to_dict("records") if row.get("held")
    ]
    assert (row["system"], row["source"], row["held"]) == ("ads", "ad_stats", "1")


def held(demo: Built, settings: Settings) -> Settings:
    """A home in which a delivery of a day to come has landed, and waits for somebody."""
    to_come: date = clock.now().date() + timedelta(days=30)
    sent = demo.settings.inbox / "ads" / "ad_stats" / "ads_2026-09-30.csv"
    path = settings.inbox / "ads" / "ad_stats" / f"ads_{to_come}.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(sent.read_bytes())
    with pytest.raises(RefusedByData, match="yet to come"):
        ingest(settings, "ads")
    return settings
