"""No page opens a connection from which another file of the machine could be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cartera.desk.pages import PAGES
from tests.desk.watching import CONFINED, watch
from tests.integration.conftest import Built, own_settings
from tests.integration.test_desk_pages import desk_of, draw

pytestmark = pytest.mark.browser


def shown(desk: object, page: str, **address: str) -> Any:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_function(draw, args=(desk, page), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert [fault.message for fault in app.exception] == []
    assert [error.value for error in app.error] == []
    return app


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_each_connection_that_a_page_opens_is_confined(
    demo: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    (tmp_path / "publications").symlink_to(demo.settings.publications)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with demo.connect() as db:
        (customer,) = db.execute(
            "select customer_id from warehouse.marts.customer_360 order by 1 limit 1"
        ).fetchall()[0]
    settings = own_settings(tmp_path)
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
