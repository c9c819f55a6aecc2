"""A new marketer finds the valuable customers in decline, sees why, and takes the list along.

Each step of hers is kept in .cache/walk.zip, or ``CARTERA_WALK``, for people to look at.
``CARTERA_PICTURES=FOLDER`` keeps what the browser showed: three of these stand in docs/desk.md.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.activation.audience import load_audiences
from cartera.activation.preview import preview
from cartera.desk import words
from cartera.records import read
from tests.integration.browser.conftest import Served, faults, settle

pytestmark = pytest.mark.browser


def picture(page: Any, name: str) -> None:
    folder = os.environ.get("CARTERA_PICTURES")
    if folder:
        page.set_viewport_size({"width": 1280, "height": 1160})
        page.mouse.move(0, 0)
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def page(opened: Callable[..., Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    """A browser whose every step is kept."""
    kept = os.environ.get("CARTERA_WALK") or request.config.rootpath / ".cache" / "walk.zip"
    page = opened(accept_downloads=True)
    page.context.tracing.start(screenshots=True, snapshots=True)
    yield page
    page.context.tracing.stop(path=kept)


def test_from_the_first_page_to_the_file_and_why(demo_desk: Served, page: Any) -> None:
    page.goto(demo_desk.url)
    settle(page)
    picture(page, "overview")
    # She sees that some valuable customers decline, and goes to their list.
    group = page.locator('[data-testid="stColumn"]').filter(
        has_text="Valuable customers in decline"
    )
    group.get_by_role("link", name="See the list").last.click()
    page.get_by_role("heading", name="Who is on it").wait_for()
    settle(page)
    assert page.url.endswith("/lists?audience=valuable_decliners")
    # Why one of them is on it, in a sentence with their own numbers.
    assert page.get_by_text("In decline.").is_visible()
    assert page.get_by_text("They buy").is_visible()
    # Who is left out, and why.
    assert page.get_by_role("heading", name="Who is left out, and why").is_visible()
    _those_left_out_are_the_warehouse_s(demo_desk, page)
    # She makes the list, and takes it along.
    page.get_by_role("combobox", name="For").click()
    page.get_by_role("option", name="another program (CSV)").click()
    settle(page)
    page.get_by_role("button", name="Make the list").click()
    take = page.get_by_role("button", name="Download valuable_decliners")
    take.wait_for()
    settle(page)
    picture(page, "list")
    with page.expect_download() as download:
        take.click()
    file = Path(download.value.path())
    assert faults(page) == []
    _is_the_warehouse_s_list(demo_desk, file)
    # And she looks at one of them.
    page.get_by_role("link", name="All about this customer").click()
    page.get_by_role("tab", name="What happened").wait_for()
    settle(page)
    assert page.get_by_text("In decline.").is_visible()
    picture(page, "customer")
    assert faults(page) == []


def _those_left_out_are_the_warehouse_s(desk: Served, page: Any) -> None:
    """Each reason with its number, as a preview says, and by who has a phone and said yes."""
    alt = words.say("en", "lists.excluded_alt")
    bars = page.locator(f'[aria-label="{alt}"] svg text')
    bars.first.wait_for()
    told = bars.all_text_contents()
    reasons, counts = told[: len(told) // 2], told[len(told) // 2 :]
    shown = dict(zip(reasons, map(int, counts), strict=True))
    audience = load_audiences(desk.settings)["valuable_decliners"]
    foreseen = preview(desk.settings, audience).report.excluded
    assert shown == {words.say("en", f"values.{name}"): n for name, n in foreseen.items()}
    with duckdb.connect() as db:
        file = desk.settings.publications / "current" / "warehouse.duckdb"
        db.execute(f"attach '{file}' as w (read_only)")
        wanted = db.execute(
            """
            select
                case
                    when not has_phone then 'no_address'
                    when not coalesce(asked.has_consent, false) then 'no_consent'
                    else suppression_reasons
                end as reason,
                count(*)
            from w.marts.customer_alerts
            join w.core.dim_customers using (customer_id)
            left join w.marts.contact_reasons as asked
                on asked.customer_id = customer_alerts.customer_id
                and asked.channel = 'phone' and asked.purpose = 'marketing'
            where kind = 'valuable_decliner'
            group by reason
            having reason is not null
            """
        ).fetchall()
    assert foreseen == dict(wanted)
    assert len(wanted) > 1
    tile = page.locator('[data-testid="stMetric"]').filter(has_text="Left out")
    left_out = tile.locator('[data-testid="stMetricValue"]').inner_text()
    assert int(left_out) == sum(shown.values())


def _is_the_warehouse_s_list(desk: Served, file: Path) -> None:
    """The file has who may be called, the steepest decline first; the pull is on the record."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    folder = desk.settings.publications / "current"
    with duckdb.connect() as db:
        db.execute(f"attach '{folder}/warehouse.duckdb' as w (read_only)")
        db.execute(f"attach '{folder}/contacts.duckdb' as c (read_only)")
        wanted = db.execute(
            """
            select customer_id, given_name, phone_e164
            from w.marts.customer_alerts
            join w.marts.customer_360 using (customer_id)
            join w.core.dim_customers dim using (customer_id)
            join c.contacts.golden_records golden using (customer_id)
            where kind = 'valuable_decliner' and is_reachable_phone and has_phone
                and not dim.is_test and not dim.is_deceased
            order by decline_ratio, customer_id
            """
        ).fetchall()
    assert wanted
    assert [(row["customer_id"], row["given_name"], row["phone_e164"]) for row in rows] == [
        tuple(value or "" for value in row) for row in wanted
    ]
    pulls = [event for event in read(desk.settings, "access") if event["event"] == "pull"]
    assert (pulls[-1]["user"], pulls[-1]["listed"]) == ("demo", len(rows))
    (record,) = (desk.settings.inbox / "cartera" / "audience_pulls").glob("*valuable_decliners*")
    with record.open(encoding="utf-8", newline="") as lines:
        listed = {row["party_id"] for row in csv.DictReader(lines) if row["bucket"] == "list"}
    assert listed == {row["customer_id"] for row in rows}


def test_a_list_of_one_s_own_is_counted_saved_and_ready(
    demo_desk: Served, opened: Callable[..., Any]
) -> None:
    page = opened()
    page.goto(f"{demo_desk.url}/lists")
    settle(page)
    page.get_by_text("One of my own").click()
    page.get_by_role("spinbutton", name="Orders, from").fill("5")
    page.keyboard.press("Enter")
    page.get_by_text("orders >= 5").wait_for()
    settle(page)
    with duckdb.connect() as db:
        file = demo_desk.settings.publications / "current" / "warehouse.duckdb"
        db.execute(f"attach '{file}' as w (read_only)")
        (count,) = db.execute(
            "select count(*) from w.marts.customer_360 where orders >= 5"
        ).fetchall()[0]
    matched = page.locator('[data-testid="stMetric"]').filter(has_text="Match the rule")
    assert matched.locator('[data-testid="stMetricValue"]').inner_text() == f"{count:,}"
    page.get_by_label("Name of the list").fill("five_orders")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="Save the list").click()
    page.get_by_role("button", name="Make the list").wait_for()
    assert page.get_by_role("combobox", name="Which list").input_value() == "five orders"
    assert (demo_desk.settings.home / "audiences" / "five_orders.yml").exists()
    assert faults(page) == []
