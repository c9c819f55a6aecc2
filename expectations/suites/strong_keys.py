"""Whoever holds one tax id, one loyalty number or one e-mail under one name is one customer."""

from __future__ import annotations

from expectations.rules import Rule, no_rows

# The source records of each customer with their normalised identifiers, guards applied: a tax
# id or loyalty number under this many given names was mistyped or lent (identity's own limit).
_CONTRADICTING_NAMES = 4
_SHARED_RECORDS = 40
_HOLDERS = """
    select customer_id, given_key, surname_key, second_surname_key, tax_key, loyalty_key, email_key
    from work.identity.records
    inner join contacts.contacts.identity_map using (source_system, source_record_id)
"""


# Two customers whom a steward or a guard keeps apart may hold one key.
_VETOED = """
    select distinct
        least(customer_id_a, customer_id_b) as customer_id_a,
        greatest(customer_id_a, customer_id_b) as customer_id_b
    from contacts.contacts.identity_pairs
    where decision = 'vetoed' and customer_id_a <> customer_id_b
"""


def _in_one_group(groups: str, *, vetoed: bool = False) -> str:
    """Pairs of customers in one of ``groups`` (key, customer_id) that nothing keeps apart."""
    return f"""
        with holders as (select distinct key, customer_id from ({groups}))
        select distinct a.customer_id || ' ' || b.customer_id as customers
        from holders as a
        inner join holders as b on b.key = a.key and b.customer_id > a.customer_id
        {"semi" if vetoed else "anti"} join ({_VETOED}) as vetoed
            on vetoed.customer_id_a = a.customer_id and vetoed.customer_id_b = b.customer_id
        order by customers
    """


def _holders_of(key: str, kind: str) -> str:
    """(key, customer_id) of each value of ``key`` that no guard takes for mistyped or shared.

    Nor is a key among them whose holders identity kept apart since something contradicts.
    """
    return f"""
        select {key} as key, customer_id
        from ({_HOLDERS})
        where {key} in (
            select {key}
            from ({_HOLDERS})
            group by {key}
            having count(distinct given_key) < {_CONTRADICTING_NAMES}
                and count(*) < {_SHARED_RECORDS}
        )
        and {key} not in (select value from work.identity.kept_apart where kind = '{kind}')
    """


# Cousins may share a mailbox, a given name and the first surname: then the second tells them
# apart, and only records that agree on it too must be one customer.
_HOLDERS_OF_EMAIL = f"""
    select concat_ws(
        ' ', email_key, given_key, surname_key, if(people > 1, second_surname_key, null)
    ) as key, customer_id
    from (
        select *, count(distinct second_surname_key)
            over (partition by email_key, given_key, surname_key) as people
        from ({_HOLDERS})
        where email_key is not null
            and given_key is not null
            and surname_key is not null
            and email_key not in (
                select value from work.identity.shared_identifiers where kind = 'email'
                union all
                select value from work.identity.kept_apart where kind = 'email'
            )
    ) as named
    where people <= 1 or second_surname_key is not null
"""
_STRONG_KEYS = " union all ".join(
    [
        _holders_of("tax_key", "tax_id"),
        _holders_of("loyalty_key", "loyalty_number"),
        _HOLDERS_OF_EMAIL,
    ]
)
_KEPT_APART = f"""
    with held as (
        select customer_id, given_key, kind, value
        from (
            select customer_id, given_key, 'tax_id' as kind, tax_key as value from ({_HOLDERS})
            union all
            select customer_id, given_key, 'loyalty_number', loyalty_key from ({_HOLDERS})
        )
        where value is not null
    ),
    -- Few values are several customers'; only those are looked at closely.
    of_several as (
        select kind, value
        from held
        group by kind, value
        having min(customer_id) < max(customer_id)
    )
    select kind, string_agg(distinct customer_id, ' ' order by customer_id)[:200] as customers
    from held
    semi join of_several using (kind, value)
    group by kind, value
    having count(distinct given_key) >= {_CONTRADICTING_NAMES}
        or count(*) >= {_SHARED_RECORDS}
        or (kind, value) in (select (kind, value) from work.identity.kept_apart)
    order by kind, customers
"""


RULES: list[Rule] = [
    no_rows(
        "one_customer_per_tax_id",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_in_one_group(_holders_of("tax_key", "tax_id")),
        reason="Two customers hold one tax id: one person or company counted twice.",
        remedy="Link them with `cartera identity link`, or correct the tax id at its source.",
    ),
    no_rows(
        "one_customer_per_loyalty_number",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_in_one_group(_holders_of("loyalty_key", "loyalty_number")),
        reason="Two customers hold one loyalty number: one person counted twice.",
        remedy="Link them with `cartera identity link`, or correct the number at its source.",
    ),
    no_rows(
        "one_customer_per_email_and_name",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_in_one_group(_HOLDERS_OF_EMAIL),
        reason="Two customers hold one e-mail under one name, and no guard calls it shared.",
        remedy="Look at them with `cartera identity explain` and link them if they are one.",
    ),
    no_rows(
        "strong_keys_kept_apart",
        severity="info",
        table="contacts.contacts.identity_map",
        sql=_KEPT_APART,
        reason="A tax id or loyalty number under many names, or whose holders contradict each "
        "other, was taken for mistyped: they stay apart.",
        remedy="Have the number corrected where it was typed.",
    ),
    no_rows(
        "strong_keys_vetoed",
        severity="info",
        table="contacts.contacts.identity_map",
        sql=_in_one_group(_STRONG_KEYS, vetoed=True),
        reason="Two customers hold one tax id, loyalty number or e-mail under one name, and a "
        "steward or a guard keeps them apart.",
        remedy="`cartera identity explain` tells why.",
    ),
]
