"""Why somebody who matches is not contacted: the one place that decides it."""

from __future__ import annotations

from cartera.activation.audience import Audience

# Columns that the conditions below read, beside those of customer_360.
COLUMNS = ("has_email", "has_phone", "is_bounced", "is_unsubscribed")
# Reasons that are no fault of the customer's: the list was too long, or they get too many.
CONTACT_CAP = "contact_cap"
OVER_LIMIT = "over_limit"


def reasons(audience: Audience) -> list[tuple[str, str]]:
    """Each reason with its condition, over customers and the table ``capped``; the first counts."""
    found = [("test_record", "is_test"), ("deceased", "is_deceased")]
    if audience.channel:
        found.append(("no_address", f"not has_{audience.channel}"))
    if audience.channel == "email":
        found.append(("bounced", "is_bounced"))
    if audience.channel and audience.purpose == "marketing":
        found.append(("no_consent", f"not is_reachable_{audience.channel}"))
    if audience.channel == "email" and audience.purpose == "marketing":
        found.append(("unsubscribed", "is_unsubscribed"))
    if audience.cap:
        found.append((CONTACT_CAP, "customer_id in (from capped)"))
    return found


def as_case(audience: Audience) -> str:
    """The reason as SQL; NULL for those who may be contacted."""
    cases = [f"when {condition} then '{reason}'" for reason, condition in reasons(audience)]
    return f"case {' '.join(cases)} end"
