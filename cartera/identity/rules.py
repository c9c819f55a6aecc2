"""Stewards' decisions as pairs of records, for linking and for the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from cartera.errors import ContractError
from cartera.identity.ledger import FOUNDING
from cartera.identity.renumbered import old_keys_sql, today_sql
from cartera.identity.stewards import Decision, refuse_contradictions

DECISIONS = pa.schema(
    [
        ("line", pa.int64()),
        ("kind", pa.string()),
        *((name, pa.string()) for name in ("record_a", "record_b", "who", "when", "why", "place")),
    ]
)


def write_rules(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Write ``must_links`` and ``cannot_links`` (record_a, record_b, reason), and ``decisions``.

    A decision about a record that was known and is gone waits. Raises ContractError for a record
    that never was, RefusedByData for decisions that contradict each other.
    """
    rows = [
        {
            "line": line,
            "kind": d.kind,
            "record_a": d.record_a,
            "record_b": d.record_b,
            "who": d.who,
            "when": d.when,
            "why": d.why,
            "place": d.where,
        }
        for line, d in enumerate(decisions)
    ]
    connection.register("decisions_arrow", pa.Table.from_pylist(rows, schema=DECISIONS))
    connection.execute("create or replace table work.identity.decisions as from decisions_arrow")
    connection.unregister("decisions_arrow")
    _name(connection)
    _refuse_unknown(connection)
    pairs = connection.execute(
        "select line, number_a, number_b from work.identity.decided "
        "where number_a is not null and number_b is not null order by line"
    ).fetchall()
    refuse_contradictions([(decisions[line], a, b) for line, a, b in pairs])
    connection.execute(
        f"""
        create or replace table work.identity.cannot_links as
        select least(number_a, number_b) as record_a, greatest(number_a, number_b) as record_b,
            min(why) as reason
        from work.identity.decided where kind = 'cannot_link'
            and number_a is not null and number_b is not null
        group by all order by all;

        create or replace table work.identity.must_links as
        select least(number_a, number_b) as record_a, greatest(number_a, number_b) as record_b,
            min(why) as reason
        from work.identity.decided where kind = 'must_link' and number_a <> number_b
        group by all
        union all
        select old.record_a, old.record_b, 'renumbered' from ({old_keys_sql()}) as old
        -- A steward's word about either record counts for more than what Cartera found out.
        where not exists (
            select 1 from work.identity.cannot_links c
            where c.record_a in (old.record_a, old.record_b)
                or c.record_b in (old.record_a, old.record_b)
        )
        group by all
        order by all;
        """
    )


def append_decisions(
    connection: duckdb.DuckDBPyConnection, publication_id: str, as_of: datetime
) -> None:
    """Tell the ledger of decisions that came into force or were taken back since the last."""
    connection.execute(
        """
        insert into work.identity.ledger by name
        with told as (
            select
                evidence ->> 'rule' as kind, evidence ->> 'a' as record_a,
                evidence ->> 'b' as record_b,
                arg_max(evidence ->> 'in_force', event_id) = 'true' as was_in_force
            from work.identity.ledger
            where event in ('link', 'unlink') and evidence is not null
            group by all
        ),
        in_force as (
            select kind, least(record_a, record_b) as record_a,
                greatest(record_a, record_b) as record_b,
                any_value(number_a) as number_a, any_value(number_b) as number_b,
                min(who) as who, min("when") as said_at, min(why) as why
            from work.identity.decided group by 1, 2, 3
        ),
        news as (
            select kind, record_a, record_b, number_a, number_b, who, said_at, why, true as holds
            from in_force left join told using (kind, record_a, record_b)
            where not coalesce(was_in_force, false)
            union all
            select kind, record_a, record_b, null, null, null, null, 'taken back', false
            from told anti join in_force using (kind, record_a, record_b)
            where was_in_force
        )
        select
            (select coalesce(max(event_id), 0) from work.identity.ledger)
            + row_number() over (order by holds, kind, record_a, record_b) as event_id,
            case when (kind = 'must_link') = holds then 'link' else 'unlink' end as event,
            a.customer_id, nullif(b.customer_id, a.customer_id) as other_customer_id,
            why as reason,
            json_object('rule', kind, 'a', record_a, 'b', record_b, 'who', who, 'when', said_at,
                'in_force', holds) as evidence,
            $publication_id as publication_id, $as_of::timestamp as occurred_at
        from news
        left join work.identity.assigned a on a.record = number_a
        left join work.identity.assigned b on b.record = number_b
        """,
        {"publication_id": publication_id, "as_of": as_of.replace(tzinfo=None)},
    )


def _name(connection: duckdb.DuckDBPyConnection) -> None:
    """``decided``: the decisions with the numbers of their records, NULL for one that is gone."""
    connection.execute(
        f"""
        -- When the ledger last heard of each decision: after that build its keys stood as it says.
        create or replace temp table spoken as
        with builds as (
            select publication_id, min(event_id) as build
            from work.identity.ledger group by all
        ),
        heard as (
            select evidence ->> 'rule' as kind, evidence ->> 'a' as low, evidence ->> 'b' as high,
                max(build) as build
            from work.identity.ledger join builds using (publication_id)
            where event in ('link', 'unlink') and (evidence ->> 'in_force') = 'true'
            group by all
        ),
        dated as (
            select decisions.*,
                coalesce(heard.build, (select max(build) from builds), 0) as build
            from work.identity.decisions as decisions
            left join heard on heard.kind = decisions.kind
                and low = least(record_a, record_b) and high = greatest(record_a, record_b)
        )
        select line, name, build, split_part(name, ':', 1) as source_system,
            substr(name, instr(name, ':') + 1) as source_record_id
        from (
            select line, record_a as name, build from dated
            union select line, record_b, build from dated
        )
        where contains(name, ':');

        -- A source may have numbered its records anew since then, or has for this build.
        create or replace temp table named as
        select line, name, coalesce(vacated.record, records.record) as number
        from ({today_sql("from spoken", "line, name")}) as today
        left join work.identity.vacated using (source_system, source_record_id)
        left join work.identity.records using (source_system, source_record_id)
        where coalesce(vacated.record, records.record) is not null;

        -- An id stands for its founding record; if that is another's now, for its lowest record.
        insert into named
        select null, customer_id, arg_min(record, (not is_member, not is_founder, record))
        from (
            select customer_id, record, bool_or(is_member) as is_member,
                bool_or(is_founder) as is_founder
            from (
                select customer_id, source_system, source_record_id, true as is_member,
                    false as is_founder
                from work.identity.prior
                union all
                select customer_id, source_system, source_record_id, false, true
                from work.identity.ledger where reason = '{FOUNDING}'
            )
            join work.identity.records using (source_system, source_record_id)
            where customer_id in (
                select record_a from work.identity.decisions
                union all select record_b from work.identity.decisions
            )
            group by customer_id, record
        )
        group by customer_id;

        -- Two records with one content that their source numbered anew are one record now, as
        -- far as can be told: what was said of the two waits until they are two again.
        create or replace table work.identity.decided as
        select decisions.*, a.number as number_a,
            nullif(b.number, case
                when contains(record_a, ':') and contains(record_b, ':') and record_a <> record_b
                then a.number
            end) as number_b
        from work.identity.decisions
        left join named a on a.name = record_a and coalesce(a.line, decisions.line) = decisions.line
        left join named b on b.name = record_b and coalesce(b.line, decisions.line) = decisions.line
        order by line;
        """
    )


def _refuse_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    unknown = connection.execute(
        """
        with asked as (
            select line, place, record_a as name from work.identity.decided where number_a is null
            union all
            select line, place, record_b from work.identity.decided where number_b is null
        )
        select place, name from asked
        where name not in (
            select source_system || ':' || source_record_id from work.identity.ledger
            where source_record_id is not null
        ) and name not in (select customer_id from work.identity.ledger where event <> 'link'
            and event <> 'unlink')
        order by line, name limit 1
        """
    ).fetchone()
    if unknown:
        place, name = unknown
        raise ContractError(
            f"{place}: no record {name!r} has ever been seen.",
            fix="Correct the name, or take the line out; `cartera identity explain` knows names.",
        )
