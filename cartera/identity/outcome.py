"""What linking leaves: pairs with their evidence, links, and keys that two people hold."""

from __future__ import annotations

import duckdb

from cartera.identity.comparisons import COMPARISONS, is_at
from cartera.identity.model import Model, bits_of


def write_outcome(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """``links``, ``pairs`` and ``kept_apart``."""
    whys = ", ".join(_evidence(model))
    connection.execute(
        f"""
        create or replace table work.identity.pairs as
        select record_a, record_b, weight, 1 / (1 + pow(2, -least(weight, 500))) as probability,
            case
                when a.cluster = b.cluster then 'linked'
                when veto is not null or may_link then 'vetoed'
                when weight >= {bits_of(model.review_from)!r} and has_evidence then 'grey'
                else 'below'
            end as decision,
            case when a.cluster <> b.cluster then coalesce(veto, refused.reason) end as veto,
            '{{' || concat_ws(',', {whys}) || '}}' as evidence,
            may_link,
            case when {is_at("tax_id", "equal")} then 'tax_id'
                when {is_at("loyalty_number", "equal")} then 'loyalty_number'
                when {is_at("email", "equal")} then 'email'
                when {is_at("phone", "equal")} then 'phone' else 'model' end as linked_by
        from judged
        join work.identity.clusters a on a.record = record_a
        join work.identity.clusters b on b.record = record_b
        left join refused using (record_a, record_b)
        where weight >= {bits_of(model.review_from)!r} or may_link
        order by record_a, record_b;

        create or replace table work.identity.links as
        select record_a, record_b, linked_by, weight, evidence
        from work.identity.pairs where decision = 'linked' and may_link
        union all
        select record_a, record_b, if(reason = 'renumbered', reason, 'steward'), null, null
        from work.identity.must_links
        order by record_a, record_b, linked_by;

        alter table work.identity.pairs drop column may_link;
        """
    )
    write_kept_apart(
        connection,
        """
        select judged.*, refused.reason
        from judged
        join work.identity.clusters a on a.record = record_a
        join work.identity.clusters b on b.record = record_b
        left join refused using (record_a, record_b)
        where a.cluster <> b.cluster and (veto is not null or may_link)
        """,
        "work.identity.records",
    )


def write_kept_apart(connection: duckdb.DuckDBPyConnection, parted: str, records: str) -> None:
    """``kept_apart``: values of strong keys that two people hold, since something contradicts.

    ``parted`` is a query of the judged pairs that are not one person though something says so;
    its ``reason`` says why those that do not contradict each other are apart.
    """
    held = " union all ".join(
        f"select '{kind}' as kind, {column} as value, veto, reason "
        f"from parted join {records} on record = record_a where {is_at(kind, 'equal')}"
        for kind, column in (
            ("tax_id", "tax_key"),
            ("loyalty_number", "loyalty_key"),
            ("email", "email_key"),
            ("phone", "phone_key"),
        )
    )
    connection.execute(
        f"""
        create or replace table work.identity.kept_apart as
        with parted as materialized ({parted})
        select kind, value, coalesce(min(veto), min(reason)) as reason from ({held})
        group by kind, value order by kind, value
        """
    )


def _evidence(model: Model) -> list[str]:
    """For each comparison a JSON member: the level in words and its weight in bits, as SQL."""
    parts = []
    for comparison in COMPARISONS:
        whens = " ".join(
            f"when {comparison.number(level.key)} then "
            f'\'"{comparison.name}":{{"level":"{level.words}",'
            f'"bits":{model.bits(comparison.name, level.key):.1f}}}\''
            for level in comparison.levels
        )
        parts.append(f"case gamma_{comparison.name} {whens} end")
    return parts
