"""Why somebody who matches is not contacted: what the publication says, and what a list adds to it.

The publication decides in one place, ``marts.contact_reasons``, by channel and purpose. Its words
and those of a list are in docs/audiences.md.
"""

from __future__ import annotations

import duckdb

from cartera.activation.audience import Audience

# Reasons that are no fault of the customer's: the list was too long, or they get too many.
CONTACT_CAP = "contact_cap"
OVER_LIMIT = "over_limit"


def settle(connection: duckdb.DuckDBPyConnection, audience: Audience) -> None:
    """Temp table ``barred``: customer_id and the reason of whoever may not be contacted, once.

    Of several reasons it is the first. Where nobody is contacted there are no more than two. Of
    whom nothing is said at all, nothing says that they may be contacted.
    """
    if audience.channel is None:
        connection.execute(
            """
            create or replace temp table barred as
            select customer_id, if(is_test, 'test_record', 'deceased') as against
            from warehouse.marts.customer_360 where is_test or is_deceased
            """
        )
        return
    said = """
        from warehouse.marts.contact_reasons where channel = $channel and purpose = $purpose
    """
    asked = {"channel": audience.channel, "purpose": audience.purpose}
    connection.execute(
        f"""
        create or replace temp table barred as
        select customer_id, split_part(suppression_reasons, ',', 1) as against
        {said} and suppression_reasons is not null
        """,
        asked,
    )
    # To look for each customer among all others is dear, and seldom is one not spoken of.
    everybody = "select count(*), bit_xor(hash(customer_id))"
    if (
        connection.execute(f"{everybody} {said}", asked).fetchone()
        != connection.execute(f"{everybody} from warehouse.marts.customer_360").fetchone()
    ):
        connection.execute(
            f"""
            insert into barred
            select customer_id, 'no_channel' from warehouse.marts.customer_360
            where customer_id not in (select customer_id {said})
            """,
            asked,
        )


def as_case(audience: Audience) -> str:
    """The reason as SQL, over who matches beside ``barred`` and the table ``capped``, else NULL."""
    cases = ["when against is not null then against"]
    if audience.cap:
        cases.append(f"when hash(people.customer_id) in (from capped) then '{CONTACT_CAP}'")
    return f"case {' '.join(cases)} end"
