"""A new marketer finds the valuable customers in decline, sees why, and takes the list along.

``CARTERA_PICTURES=FOLDER`` keeps what the browser showed: three of these stand in docs/desk.md.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

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


def test_from_the_first_page_to_the_file_and_why(
    demo_desk: Served, opened: Callable[..., Any]
) -> None:
    page = opened(accept_downloads=True)
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
    page.get_by_label("Orders, from").fill("5")
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
