"""Lists that were pulled: what the publication knows of them, and what came after it.

A pull's record waits in the inbox until it is landed and built. So the memory of caps is the
publication's pulls and, of those that it does not know, the records in the inbox.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import duckdb

from cartera import clock
from cartera.duck import literal, one_file
from cartera.errors import RefusedByData
from cartera.settings import Settings

# Lists that a preview compares with.
RECENT_DAYS = 90
RECORD_COLUMNS = (
    "pull_id",
    "party_system",
    "party_id",
    "audience",
    "campaign_id",
    "variant",
    "bucket",
    "reason",
    "channel",
    "purpose",
    "pulled_at",
    "pulled_by",
    "holdout_percent",
)
RECORD = re.compile(r"\d{4}-\d\d-\d\d_(?P<pull>.+-\d{8}T\d{12}Z-[0-9a-f]{8}-[0-9a-f]{8})\.csv")


def record_folder(settings: Settings) -> Path:
    """Where the records of pulls are delivered, as a source like any other."""
    return settings.inbox / "cartera" / "audience_pulls"


def waiting(settings: Settings, known: Collection[str]) -> list[Path]:
    """The records in the inbox of pulls other than those ``known``."""
    return [
        path
        for path in sorted(record_folder(settings).glob("*.csv"))
        if (match := RECORD.fullmatch(path.name)) and match["pull"] not in known
    ]


def read_records(paths: Collection[Path]) -> str:
    """Records as a table of texts; that they are ours need not be found out for each.

    Those of before have fewer columns: the last ones are NULL.
    """
    files = ", ".join(map(one_file, paths))
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in RECORD_COLUMNS)
    return (
        f"read_csv([{files}], header = true, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', null_padding = true, parallel = false, columns = {{{columns}}})"
    )


def recall(settings: Settings, connection: duckdb.DuckDBPyConnection, days: int) -> None:
    """Temp tables ``recent_pulls``, those of the last ``days`` days by number, and ``recent``.

    The second is who was on the list of each, once per pull. Lists are long, so it has numbers: of
    the pull, and the ``hash`` of the customer's id, which compares several times as fast. That one
    of a million has the hash of another happens once in many million lists, and keeps one customer
    off a list at worst. Ids that were merged since lead to who they are now.
    """
    since = (clock.now() - timedelta(days=days)).replace(tzinfo=None)
    known = {
        pull
        for (pull,) in connection.execute(
            "select pull_id from warehouse.marts.list_results"
        ).fetchall()
    }
    connection.execute(
        """
        create or replace temp table waiting_lists (
            pull_id varchar, audience varchar, purpose varchar, pulled_at timestamp,
            customer_id varchar
        )
        """
    )
    unknown = waiting(settings, known)
    if unknown:
        connection.execute(
            f"""
            insert into waiting_lists
            select distinct
                pull_id, audience, purpose, pulled_at[:19]::timestamp as pulled_at,
                coalesce(current_customer_id, party_id) as customer_id
            from {read_records(unknown)} records
            left join warehouse.core.customer_merges merges
                on merges.old_customer_id = records.party_id
            where bucket = 'list' and pulled_at[:19]::timestamp > $since
            """,
            {"since": since},
        )
    connection.execute(
        """
        create or replace temp table recent_pulls as
        select
            row_number() over (order by pull_id)::integer as number, pull_id,
            any_value(audience) as audience, any_value(purpose) as purpose,
            max(pulled_at) as pulled_at
        from (
            select pull_id, audience, purpose, pulled_at from warehouse.marts.list_results
            where pulled_at > $since
            union all
            select pull_id, audience, purpose, pulled_at from waiting_lists
        )
        group by pull_id
        """,
        {"since": since},
    )
    connection.execute(
        """
        create or replace temp table recent as
        select number, hash(customer_id) as customer
        from (
            select pull_id, customer_id from warehouse.core.fct_audience_pulls
            where bucket = 'list' and is_counted and pulled_at > $since
            union all
            select pull_id, customer_id from waiting_lists
        )
        join (select number, pull_id from recent_pulls) using (pull_id)
        """,
        {"since": since},
    )


def cap(connection: duckdb.DuckDBPyConnection, lists: int, days: int, but: str) -> None:
    """Temp table ``capped``: who was on ``lists`` lists in ``days`` days, the pull ``but`` aside.

    By the hash of their ids, as in ``recent``. Lists that nobody was contacted from do not count.
    """
    since = (clock.now() - timedelta(days=days)).replace(tzinfo=None)
    connection.execute(
        """
        create or replace temp table capped as
        select customer
        from recent join recent_pulls using (number)
        where pulled_at > $since and pull_id <> $but and purpose is distinct from 'internal'
        group by customer having count(*) >= $lists
        """,
        {"since": since, "but": but, "lists": lists},
    )


def listed(settings: Settings, connection: duckdb.DuckDBPyConnection, pull_id: str) -> set[str]:
    """Who was on the list of a pull, by the ids that it had. Raises RefusedByData if lost."""
    found = sorted(record_folder(settings).glob(f"*_{glob.escape(pull_id)}.csv"))
    if found:
        query = f"select party_id from {read_records(found)} where bucket = 'list'"
        return {customer for (customer,) in connection.execute(query).fetchall()}
    rows = connection.execute(
        "select customer_id, bucket from warehouse.core.fct_audience_pulls where pull_id = $pull",
        {"pull": pull_id},
    ).fetchall()
    if not rows:
        raise RefusedByData(
            f"The record of the pull {pull_id} is gone: nobody knows who was on that list.",
            fix=f"Bring it back to {record_folder(settings)} from a backup.",
        )
    return {customer for customer, bucket in rows if bucket == "list" and customer}
