"""Why somebody who matches is not contacted: what the publication says, and what a list adds to it.

The publication decides in one place, ``marts.contact_reasons``, by channel and purpose. Its words
and those of a list are in docs/audiences.md.
"""

from __future__ import annotations

from cartera.activation.audience import Audience

# Reasons that are no fault of the customer's: the list was too long, or they get too many.
CONTACT_CAP = "contact_cap"
OVER_LIMIT = "over_limit"


def values(audience: Audience) -> dict[str, object]:
    """What the query ``against`` is bound to."""
    if audience.channel is None:
        return {}
    return {"channel": audience.channel, "purpose": audience.purpose}


def against(audience: Audience) -> str:
    """A query of everybody, once: customer_id and, of who may not be contacted, ``against``.

    Of several reasons it is the first. Where nobody is contacted there are no more than two.
    """
    if audience.channel is None:
        return """
            select customer_id,
                case when is_test then 'test_record' when is_deceased then 'deceased' end as against
            from warehouse.marts.customer_360
        """
    return """
        select customer_id, split_part(suppression_reasons, ',', 1) as against
        from warehouse.marts.contact_reasons
        where channel = $channel and purpose = $purpose
    """


def as_case(audience: Audience) -> str:
    """The reason as SQL, over who matches beside ``against`` and the table ``capped``, else NULL.

    Of whom nothing is said at all, nothing says that they may be contacted.
    """
    cases = [
        "when judged.customer_id is null then 'no_channel'",
        "when against is not null then against",
    ]
    if audience.cap:
        cases.append(f"when people.customer_id in (from capped) then '{CONTACT_CAP}'")
    return f"case {' '.join(cases)} end"
