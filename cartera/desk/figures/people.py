"""Names and addresses, for those who may see them: SQL over ``contacts``, with what it is for.

Each function takes ``Desk.people``, which asks for the role and writes the access log first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from cartera.desk.figures.customers import MOST_FOUND
from cartera.identity.lookup import RECORD
from cartera.identity.stewards import CUSTOMER

FULL_NAME = "concat_ws(' ', given_name, surname_1, surname_2)"
# Fewer digits than these are no phone that somebody would look for.
LEAST_DIGITS = 6


class People(Protocol):
    """Runs a SELECT on ``contacts`` and ``warehouse``; the event and ``about`` go on the record."""

    def __call__(
        self, event: str, sql: str, parameters: dict[str, Any] | None = ..., /, **about: Any
    ) -> pa.Table: ...


def search(people: People, text: str) -> pa.Table:
    """Customers by number, record (``crm:1042``), e-mail, the end of a phone, or words of a name.

    Columns: customer_id, name, city, rfm_segment, net_revenue, last_order_date; at most MOST_FOUND,
    those who brought most first. What was typed is not put on the record.
    """
    condition, values = _condition(" ".join(text.split()))
    return people(
        "desk-search",
        f"""
        select
            golden.customer_id, {FULL_NAME} as name, golden.city, rfm_segment, net_revenue,
            last_order_date
        from contacts.contacts.golden_records golden
        join warehouse.marts.customer_360 using (customer_id)
        where {condition}
        order by net_revenue desc nulls last, golden.customer_id limit $most
        """,
        {**values, "most": MOST_FOUND},
    )


def _condition(text: str) -> tuple[str, dict[str, Any]]:
    if CUSTOMER.fullmatch(text):
        return (
            "golden.customer_id = coalesce((select max(current_customer_id) "
            "from warehouse.core.customer_merges where old_customer_id = $text), $text)",
            {"text": text},
        )
    if "@" in text:
        return "lower(golden.email) = lower($text)", {"text": text}
    if RECORD.fullmatch(text):
        return (
            "golden.customer_id in (select customer_id from contacts.contacts.identity_map "
            "where source_system || ':' || source_record_id = $text)",
            {"text": text},
        )
    digits = re.sub(r"\D", "", text)
    if len(digits) >= LEAST_DIGITS and not re.search(r"[^\W\d_]", text):
        return "ends_with(golden.phone_e164, $digits)", {"digits": digits.removeprefix("00")}
    words = {f"word_{place}": word for place, word in enumerate(text.split()[:6])}
    told = f"strip_accents(lower({FULL_NAME}))"
    has = [f"contains({told}, strip_accents(lower(${name})))" for name in words]
    return " and ".join(has) or "false", dict(words)


def contact(people: People, customer_id: str) -> pa.Table:
    """The golden record of one customer; no row for one who has none."""
    return people(
        "desk-customer",
        """
        select
            given_name, surname_1, surname_2, email, phone_e164, birth_date, address,
            postal_code, city, region, country,
            given_name_source, email_source, phone_e164_source, address_source
        from contacts.contacts.golden_records where customer_id = $id
        """,
        {"id": customer_id},
        names=[customer_id],
    )


def names(people: People, customers: Sequence[str]) -> dict[str, str]:
    """The names of these customers, by their numbers; who has none is left out."""
    found = people(
        "desk-list",
        f"""
        select customer_id, {FULL_NAME} as name from contacts.contacts.golden_records
        where list_contains($customers::varchar[], customer_id)
            and ({FULL_NAME}) <> ''
        """,
        {"customers": list(customers)},
        names=len(customers),
    )
    return dict(zip(found["customer_id"].to_pylist(), found["name"].to_pylist(), strict=True))
