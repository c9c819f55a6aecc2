"""No page opens a connection from which another file of the machine could be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.desk.pages import PAGES
from cartera.records import read
from tests.desk.watching import CONFINED, watch
from tests.integration.conftest import Built
from tests.integration.drawing import beside, desk_of, drawn_by

pytestmark = pytest.mark.browser


def shown(desk: object, page: str, customer: str | None = None) -> None:
    app = drawn_by(desk, page, customer)
    assert [fault.message for fault in app.exception] == []
    assert [error.value for error in app.error] == []


def somebody(demo: Built) -> str:
    with demo.connect() as db:
        found = "select customer_id from warehouse.marts.customer_360 order by 1 limit 1"
        return str(db.execute(found).fetchall()[0][0])


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_each_connection_that_a_page_opens_is_confined(
    demo: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    settings, customer = beside(demo, tmp_path), somebody(demo)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    seen = watch(monkeypatch, [secret])
    desk = desk_of(settings)
    mine = len(seen.opened)
    shown(desk, page)
    if page == "customers":
        shown(desk, page, customer=customer)
    seen.finish()
    assert set(seen.settings) == {CONFINED}
    assert seen.read == []
    # These open more than the publication that every page reads.
    assert len(seen.opened) > mine or page not in ("customers", "lists", "quality")


@pytest.mark.parametrize(("role", "is_opened"), [("analyst", False), ("marketer", True)])
def test_contact_data_is_opened_for_those_alone_who_may_see_it(
    demo: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, is_opened: bool
) -> None:
    settings, customer = beside(demo, tmp_path), somebody(demo)
    seen = watch(monkeypatch, [])
    desk = desk_of(settings, role=role)
    mine = len(seen.opened)
    shown(desk, "customers")
    shown(desk, "customers", customer=customer)
    # For the names that are shown, for this customer's, and for why these records are one person.
    assert len(seen.opened) - mine == (3 if is_opened else 0)
    looks = [event["event"] for event in read(settings, "access")]
    assert (bool(looks), "explain" in looks) == (is_opened, is_opened)
