"""One customer on the desk: every touchpoint, whoever they are and however they are found."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.settings import Settings
from tests.integration.conftest import Built
from tests.integration.drawing import cells, copied, drawn

pytestmark = pytest.mark.browser

MESSAGES = 1_203
HEBREW = "\u05d3\u05d5\u05d3"


@pytest.fixture(scope="module")
def mailed(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str, int]:
    """A home with a customer who ordered once, and was written to ever so often since.

    With them their id, and how many messages there are besides.
    """
    settings = copied(demo, tmp_path_factory.mktemp("mailed") / "home")
    folder = settings.publications / publications.CURRENT
    with duckdb.connect(folder / publications.WAREHOUSE) as db:
        (customer,) = db.execute(
            "select customer_id from marts.customer_timeline group by all "
            "having count_if(kind = 'order') > 0 order by count(*), customer_id limit 1"
        ).fetchone() or ("",)
        db.execute(
            """
            insert into marts.customer_timeline by name
            select
                'message|' || n as event_key, $customer as customer_id, 'message' as kind,
                'out' as direction, 'email' as channel,
                timestamp '2026-09-01' + n * interval 1 minute as happened_at,
                date '2026-09-01' as event_date, 'message|' || n as fact_key
            from range($messages) made(n)
            """,
            {"customer": customer, "messages": MESSAGES},
        )
        (total,) = db.execute(
            "select count(*) from marts.customer_timeline where customer_id = ?", [customer]
        ).fetchone() or (0,)
    with duckdb.connect(folder / publications.CONTACTS) as db:
        db.execute(
            "update contacts.contacts.golden_records "
            "set given_name = ?, surname_1 = ?, surname_2 = null where customer_id = ?",
            [HEBREW, "(1) \u202eoops", customer],
        )
    return settings, customer, total


def said(app: Any) -> str:
    return " ".join(caption.value for caption in app.caption)


def timeline(app: Any) -> list[dict[str, str]]:
    return cells(app, 0)


def test_orders_of_a_much_mailed_customer_are_there(mailed: tuple[Settings, str, int]) -> None:
    settings, customer, _ = mailed
    app = drawn(settings, "customers", role="analyst", customer=customer)
    app.button_group(key="customers-kinds").set_value(["purchases"]).run()
    with duckdb.connect(
        settings.publications / publications.CURRENT / publications.WAREHOUSE, read_only=True
    ) as db:
        known = db.execute(
            "select count(*) from marts.customer_timeline where customer_id = ? "
            "and kind in ('order', 'refund', 'quote', 'quote_decided')",
            [customer],
        ).fetchone()
    assert "Order" in {row["what"].capitalize() for row in timeline(app)}
    assert known == (len(timeline(app)),)
    assert f"{len(timeline(app))} of {len(timeline(app))} contacts" in said(app)


@pytest.mark.parametrize(("language", "first"), [("en", "500 of {:,}"), ("es", "500 de {:,}")])
def test_what_is_left_out_is_told_and_one_click_away(
    mailed: tuple[Settings, str, int], language: str, first: str
) -> None:
    settings, customer, total = mailed
    assert total > 1_000
    app = drawn(settings, "customers", language, role="analyst", customer=customer)
    told = first.format(total)
    assert (told.replace(",", ".") if language == "es" else told) in said(app)
    assert len(timeline(app)) == 500
    app.button(key="customers-more").click().run()
    assert len(timeline(app)) == 1_000
    assert str(total - 1_000) in app.button(key="customers-more").label
    app.button(key="customers-more").click().run()
    assert len(timeline(app)) == total
    assert "customers-more" not in {button.key for button in app.button}


def test_an_analyst_finds_a_customer_by_number(mailed: tuple[Settings, str, int]) -> None:
    settings, customer, _ = mailed
    app = drawn(settings, "customers", role="analyst")
    assert [field.label for field in app.text_input] == ["Customer number"]
    app.text_input(key="customers-number").input("C_nobody").run()
    assert "no customer" in app.warning[0].value
    app.text_input(key="customers-number").input(f" {customer.lower()} ").run()
    assert app.query_params["customer"] == customer
    assert app.title[0].value == customer
    # Back is back: the number is not taken once more.
    app.button[0].click().run()
    assert "customer" not in app.query_params
    assert app.text_input(key="customers-number").value == ""


def test_a_name_from_right_to_left_is_shown_as_it_is(mailed: tuple[Settings, str, int]) -> None:
    settings, customer, _ = mailed
    app = drawn(settings, "customers", customer=customer)
    assert [fault.message for fault in app.exception] == []
    # What would be markup is not, and nothing is left out.
    assert app.title[0].value == f"{HEBREW} \\(1\\) \u202eoops"
    search = drawn(settings, "customers")
    search.text_input(key="customers-search").input(HEBREW).run()
    (row,) = timeline(search)
    assert row["customer"] == f"{HEBREW} (1) \u202eoops"
    # Beside it, the number stands where it would beside any name.
    (option,) = search.selectbox[0].options
    assert option == f"\u2068{HEBREW} (1) \u202eoops\u2069 · {customer}"
