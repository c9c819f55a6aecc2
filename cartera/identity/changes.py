"""What changed since the build that this one stands on, and what that changes for everybody.

Which birth dates are made up, which domain a mistyped one means and which identifiers many share
follows from all records together: it is brought up to date, and the records that it touches
count as changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from cartera.identity import emails, guards
from cartera.identity.standardise import (
    FORMS,
    make_forms,
    make_frequent_dates,
    records_sql,
    told_columns,
)

# Where more than this share of all records changed, everybody is looked at.
MOST = 0.2
KEY = "source_system, source_record_id"


class EverybodyNeeded(Exception):
    """Only a build that looks at everybody will do; says why."""


def refuse_many(some: int, records: int) -> None:
    if some > max(MOST * records, 1):
        raise EverybodyNeeded(f"{some:,} of {records:,} records changed or are near to those")


def hear(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    """``staged``: records that are new or say something else; ``left_behind``: who is gone."""
    told = ", ".join(f'"{column}"' for column in columns)
    said = f"hash({told}) as said, hash('again', {told}) as said_too"
    connection.execute(
        f"""
        create or replace temp table heard as select {said} from work.staging.stg_people;
        create or replace temp table unheard as
            from heard anti join base.people using (said, said_too);
        create or replace temp table left_behind as
            select place, {KEY} from base.people anti join heard using (said, said_too);
        create or replace temp table staged as
            select (select coalesce(max(place), -1) from base.people)
                + row_number() over (order by {KEY}) as record, *
            from (select *, {said} from work.staging.stg_people)
            semi join unheard using (said, said_too);
        drop table heard;
        drop table unheard;
        """
    )
    changed = max(count(connection, "staged"), count(connection, "left_behind"))
    refuse_many(changed, count(connection, "base.people"))


def take_in(
    connection: duckdb.DuckDBPyConnection, columns: list[str], default_country: str
) -> None:
    """Bring ``base.people`` up to date; what is no more as it was goes to ``was`` first.

    ``news``: the places of records that are compared anew.
    """
    connection.execute("create or replace temp view fresh as from staged")
    make_forms(connection, default_country)
    told = ", ".join(f'"{name}"' for name in told_columns(columns))
    only_told = f"(select record, said, said_too, {told} from arrived)"
    only_forms = f"(select record, {', '.join(FORMS)} from arrived) as forms"
    own = f"place as record, said, said_too, {told}, {', '.join(FORMS)}"
    connection.execute(
        f"""
        create or replace temp table was as
            from base.people semi join left_behind using (place);
        delete from base.people where place in (select place from left_behind);
        create or replace temp table arrived as
            select staged.record, staged.said, staged.said_too, {told},
                formed.* exclude (record, said, said_too)
            from staged join formed using (record);
        create or replace temp view everybody as
            select birth_date, typed_email from base.people
            union all select birth_date, typed_email from arrived;
        """
    )
    make_frequent_dates(connection, "everybody")
    emails.make_meant(connection, "everybody")
    connection.execute(
        f"""
        create or replace temp table reached as
        select place from base.people where birth_date in (
            (from made_up_dates except from base.dates)
            union (from base.dates except from made_up_dates)
        )
        union
        select place from base.people where split_part(typed_email, '@', 2) in (
            select domain from (
                (from meant_domains except from base.domains)
                union (from base.domains except from meant_domains)
            )
        );
        insert into was by name from base.people semi join reached using (place);
        insert into arrived by name
            select {own} from base.people semi join reached using (place);
        delete from base.people where place in (from reached);
        insert into base.people by name
            select record as place, * exclude (record)
            from ({records_sql(columns, only_told, only_forms)});
        create or replace temp table news as select record as place from arrived;
        create or replace table base.dates as from made_up_dates;
        create or replace table base.domains as from meant_domains;
        drop view everybody;
        """
    )
    for table in ("staged", "formed", "arrived", "reached"):
        connection.execute(f"drop table if exists {table}")


def share(connection: duckdb.DuckDBPyConnection) -> None:
    """``work.identity.shared_identifiers`` of everybody; whom a change of it touches is news."""
    connection.execute(
        f"""
        drop table if exists work.identity.records;
        create or replace temp table said_now as
            {values_of(guards.SHARED, "base.people semi join news using (place)")}
            union {values_of(guards.SHARED, "was")};
        create or replace temp table sayers as {holding(guards.SHARED, "said_now")};
        create or replace view work.identity.records as
            select place as record, * exclude (place)
            from base.people semi join temp.sayers using (place);
        """
    )
    guards.make_shared(connection)
    connection.execute(
        f"""
        create or replace table work.identity.shared_identifiers as
            from (
                from work.identity.shared_identifiers semi join said_now using (kind, value)
                union all (from base.shared anti join said_now using (kind, value))
            ) order by kind, value;
        create or replace temp table either as
            select kind, value from work.identity.shared_identifiers
            union select kind, value from base.shared;
        create or replace temp table other as
            select kind, value from either
            anti join (
                select kind, value from work.identity.shared_identifiers
                intersect select kind, value from base.shared
            ) using (kind, value);
        create or replace temp table sharers as {holding(guards.SHARED, "either")};
        create or replace temp table shifted as
            ({holding(guards.SHARED, "other")}) except from news;
        insert into was by name from base.people semi join shifted using (place);
        insert into news from shifted;
        create or replace temp table shared_before as from base.shared;
        create or replace table base.shared as from work.identity.shared_identifiers;
        drop view work.identity.records;
        drop table either;
        drop table said_now;
        drop table sayers;
        drop table other;
        drop table shifted;
        """
    )


def values_of(kinds: Mapping[str, str], people: str) -> str:
    """(kind, value): what ``people`` say of these kinds, as a query."""
    return " union ".join(
        f"select '{kind}' as kind, {value} as value from {people} where {value} is not null"
        for kind, value in kinds.items()
    )


def holding(kinds: Mapping[str, str], values: str) -> str:
    """The places of all people who have one of the ``values`` (kind, value), as a query."""
    return " union ".join(
        f"select place from base.people "
        f"where {value} in (select value from {values} where kind = '{kind}')"
        for kind, value in kinds.items()
    )


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found: int = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    return found
