"""Nobody is contacted who did not agree: the strictest record of a customer decides."""

from __future__ import annotations

from expectations.rules import Rule, no_rows

# Told again from staging: of every source record the latest event before as_of, of events of one
# moment the stricter; of a customer's records the strictest.
_AGREED = """
    latest as (
        select
            bindings.customer_id,
            consents.channel,
            consents.purpose,
            arg_max(consents.status, (consents.occurred_at, consents.status)) as last_status
        from work.staging.stg_consents as consents
        inner join work.identity.bindings using (person_system, person_record_id)
        where consents.occurred_at < (select max(as_of_at) from warehouse.meta.publication)
        group by
            bindings.customer_id,
            consents.channel,
            consents.purpose,
            consents.person_system,
            consents.person_record_id
    ),
    agreed as (
        select customer_id, channel, purpose, bool_and(last_status = 'granted') as is_granted
        from latest
        group by all
    )
"""

_RECORDED = f"""
    with {_AGREED},
    recorded as (
        select customer_id, channel, purpose, bool_and(status = 'granted') as is_granted
        from warehouse.core.fct_consents
        where is_current and customer_id is not null
        group by all
    )
    select customer_id, channel, purpose
    from recorded
    left join agreed using (customer_id, channel, purpose)
    where recorded.is_granted and not coalesce(agreed.is_granted, false)
    order by all
"""


def _reached() -> str:
    """Customers shown as reachable by a channel for marketing to which they did not agree.

    Lists are made by contact_reasons; customer_360 tells the same to whoever reads it.
    """
    shown = " union all ".join(
        f"select customer_id, '{channel}' as channel from warehouse.marts.customer_360 "
        f"where is_reachable_{channel}"
        for channel in ("email", "phone")
    )
    shown += (
        " union select customer_id, channel from warehouse.marts.contact_reasons "
        "where purpose = 'marketing' and suppression_reasons is null"
    )
    return f"""
        with {_AGREED}
        select customer_id, channel
        from ({shown}) as shown
        anti join (from agreed where purpose = 'marketing' and is_granted) as agreed
            using (customer_id, channel)
        order by all
    """


RULES: list[Rule] = [
    no_rows(
        "consent_never_widened",
        severity="critical",
        table="warehouse.core.fct_consents",
        sql=_RECORDED,
        reason="A customer's consent in core is looser than the strictest of their records.",
        remedy="Nobody may be contacted on it: compare stg_consents and fct_consents for the "
        "customer shown; a merge must keep the stricter status.",
    ),
    no_rows(
        "reachable_only_with_consent",
        severity="critical",
        table="warehouse.marts.customer_360",
        sql=_reached(),
        reason="customer_360 or contact_reasons says that a customer may be contacted who did not "
        "agree to it.",
        remedy="Do not pull lists: look for what int_reach or contact_reasons takes for a consent "
        "of the customer shown.",
    ),
]
