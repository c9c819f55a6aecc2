"""Who is meant: from an e-mail, a phone or a customer's id to all records and identifiers.

Works on what has landed, in every version and state, read in the form that identity compares;
whose record is whose, the current publication says, and of records that have left their source
its ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera import batches, tombstones
from cartera.duck import first_value, literal
from cartera.errors import UsageError
from cartera.identity import emails, phones, tax_ids
from cartera.identity.ledger import members_sql, merges_sql
from cartera.identity.standardise import own_country
from cartera.identity.stewards import CUSTOMER
from cartera.party_keys import FORMER
from cartera.privacy.identifying import CARTERA, DEVICE, abroad, folded, slots
from cartera.privacy.scan import numbers_of
from cartera.privacy.strip import name_parties, named, typed
from cartera.settings import Settings
from ingestion.source import PARTY_KEY, load_source

LEDGER = "contacts.contacts.identity_ledger"
MAP = "contacts.contacts.identity_map"
# Kinds of what one person alone may hold.
OWN = ("email", "phone", "tax_id", "loyalty_number")


@dataclass(frozen=True)
class Wanted:
    """Whom somebody named: values by kind, as they were typed."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [*self.emails, *self.phones, *self.customers]


@dataclass(frozen=True)
class People:
    """Those who are meant.

    ``stones`` are (kind, value) in the form of tombstones; ``values`` are what may be found of
    them in a file, by kind, as it is written there; ``lists`` the pulls that they are on;
    ``not_found`` the names that nobody has.
    """

    customers: tuple[str, ...]
    records: tuple[tuple[str, str], ...]
    stones: tuple[tuple[str, str], ...]
    values: dict[str, list[str]]
    former_ids: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    shared: dict[str, int] = field(default_factory=dict)
    not_found: tuple[str, ...] = ()


def read_names(path: Path) -> Wanted:
    """A file of requests: an e-mail, a phone or a customer's id a line, in any order.

    Raises UsageError for a line that is none of them.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read ({error}).", fix="Name a UTF-8 file, one person a line."
        ) from error
    found: dict[str, list[str]] = {"emails": [], "phones": [], "customers": []}
    for number, line in enumerate(lines, start=1):
        name = line.strip().strip('"')
        if not name or name.startswith("#"):
            continue
        if CUSTOMER.fullmatch(name):
            found["customers"].append(name)
        elif "@" in name:
            found["emails"].append(name)
        elif sum(c.isdigit() for c in name) >= 6 and not any(c.isalpha() for c in name):
            found["phones"].append(name)
        else:
            raise UsageError(
                f"{path}:{number}: neither an e-mail, nor a phone, nor a customer's id.",
                fix="One of them a line; what a line is not about goes behind a #.",
            )
    if not any(found.values()):
        raise UsageError(f"{path}: names nobody.", fix="An e-mail, phone or customer's id a line.")
    return Wanted(**{kind: tuple(names) for kind, names in found.items()})


def find_people(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    wanted: Wanted,
    *,
    all_holders: bool = False,
) -> People:
    """Everybody whom ``wanted`` names. ``contacts`` of the current publication is attached.

    Raises UsageError for an e-mail or phone that several customers hold, unless ``all_holders``
    or their ids are named as well, where nobody is found at all, and for a publication of before
    party keys.
    """
    _refuse_former_names(connection)
    read_known(settings, connection)
    _write_wanted(connection, wanted, settings.default_country)
    _refuse_unclear(connection, all_holders)
    _write_members(connection)
    if not first_value(connection, "select count(*) from meant"):
        raise UsageError(
            "Nobody is known by that.",
            fix="Compare it with the source; `cartera identity explain` knows records and ids.",
        )
    _write_own(connection)
    _write_devices(settings, connection)
    return _told(connection, _lists(settings, connection))


def _refuse_former_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise UsageError if the publication names people otherwise than what is read of landing."""
    if first_value(
        connection,
        f"select exists(from {MAP} where regexp_full_match(source_record_id, '{FORMER}'))",
    ):
        raise UsageError(
            "The current publication is of a Cartera before party keys: some people have other "
            "names in it than they have now.",
            fix="Run `cartera build`, which gives everybody the name of now, then ask again.",
        )


def read_known(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``known``: each landed version of a person, and each e-mail and phone of a fact.

    With ``email_key``, ``phone_key``, ``tax_key`` and ``loyalty_key``; ``customer_id`` is whose
    it is, NULL where no publication has seen the record.
    """
    parts = []
    for name in sorted({m.source for m in batches.scan(settings, replaced=True)}):
        source = load_source(name)
        files = [
            path
            for m in batches.scan(settings, name, replaced=True)
            if (path := m.data(settings)).exists()
        ]
        if not files or not (source.is_person or slots(source)):
            continue
        name_parties(settings, connection, source, files)
        relation = named(connection, source, files)
        if source.is_person:
            parts.append(
                "select source_system, record_id as source_record_id, email, phone, tax_id, "
                f"loyalty_number, country, address, full_name from {relation}"
            )
        for slot in slots(source):
            if slot.party:
                implied = f"coalesce({slot.record}, {PARTY_KEY})"
                system = f"if({slot.record} is null, source_system, {slot.system})"
                parts.append(
                    f"select {system}, {implied}, {slot.email}, {slot.phone}, null, null, null, "
                    f"null, null from {relation} "
                    f"where {slot.email} is not null or {slot.phone} is not null"
                )
            parts.append(
                f"select {slot.system}, {slot.record}, null, null, null, null, null, null, null "
                f"from {relation} where {slot.record} is not null"
            )
    columns = (
        "source_system, source_record_id, email, phone, tax_id, loyalty_number, country, address, "
        "full_name"
    )
    rows = " union ".join(parts) or f"select {'null, ' * 8} null where false"
    connection.execute(
        f"""
        create or replace temp table typed as
        with told({columns}) as ({rows})
        select row_number() over () as n, told.* replace ({abroad("phone")} as phone),
            phone as phone_as_typed, {emails.cleaned("email")} as typed_email,
            {own_country(settings.default_country)} as own_country
        from told
        """
    )
    emails.make_providers(connection, "typed")
    phones.make_phones(connection, "typed", "own_country")
    connection.execute(
        f"""
        create or replace temp table known as
        select typed.*,
            case when not {emails.is_placeholder("typed_email")}
                then {emails.canonical("typed_email", "providers")} end as email_key,
            case when not phones.is_placeholder then e164 end as phone_key,
            {tax_ids.text("tax_id")} as tax_id_key,
            {tax_ids.text("loyalty_number")} as loyalty_number_key,
            coalesce(map.customer_id, before.customer_id) as customer_id
        from typed
        left join providers on providers.domain = split_part(typed_email, '@', 2)
        left join phones on phones.phone = typed.phone and phone_country = own_country
        left join {MAP} map using (source_system, source_record_id)
        left join ({members_sql(LEDGER)}) before using (source_system, source_record_id)
        """
    )


def _write_wanted(
    connection: duckdb.DuckDBPyConnection, wanted: Wanted, default_country: str
) -> None:
    """Temp table ``holders`` (kind, name, source_system, source_record_id, customer_id)."""
    rows = [("email", n) for n in wanted.emails] + [("phone", n) for n in wanted.phones]
    connection.register(
        "wanted_arrow",
        pa.table(
            {
                "kind": pa.array([k for k, _ in rows], pa.string()),
                "name": pa.array([n for _, n in rows], pa.string()),
            }
        ),
    )
    connection.execute(
        "create or replace temp table wanted as select *, if(kind = 'phone', "
        f"{abroad('name')}, null) as phone, "
        f"{emails.cleaned('name')} as typed_email, {literal(default_country)} as own_country "
        "from wanted_arrow"
    )
    connection.unregister("wanted_arrow")
    emails.make_providers(connection, "wanted")
    phones.make_phones(connection, "wanted", "own_country")
    connection.execute(
        f"""
        create or replace temp table asked as
        select kind, name, case kind when 'email'
            then {emails.canonical("typed_email", "providers")} else e164 end as key
        from wanted
        left join providers on providers.domain = split_part(typed_email, '@', 2)
        left join phones on phones.phone = wanted.phone
        """
    )
    connection.execute(
        """
        create or replace temp table holders as
        select distinct kind, name, source_system, source_record_id, customer_id
        from asked join known on key = if(kind = 'email', email_key, phone_key)
        """
    )
    connection.execute(
        f"""
        create or replace temp table named_ids as
        select name, coalesce(current_customer_id, name) as customer_id
        from (select unnest($names::varchar[]) as name)
        left join ({merges_sql(LEDGER)}) on old_customer_id = name
        """,
        {"names": list(wanted.customers)},
    )


def _refuse_unclear(connection: duckdb.DuckDBPyConnection, all_holders: bool) -> None:
    """Raise UsageError where an identifier is held by several, with their ids as choices.

    Where ids are named beside it, these are meant and the others keep it.
    """
    unknown = [
        name
        for (name,) in connection.execute(
            "select name from named_ids where customer_id not in "
            f"(select customer_id from {LEDGER} where customer_id is not null)"
        ).fetchall()
    ]
    if unknown:
        raise UsageError(
            f"No customer {unknown[0]!r} was ever published.", fix="Copy the id from customer_360."
        )
    if all_holders:
        return
    connection.execute(
        """
        delete from holders where (kind, name) in (
            select (kind, name) from holders where customer_id is not null group by kind, name
            having count(distinct customer_id) > 1
                and bool_or(customer_id in (select customer_id from named_ids))
        ) and (customer_id is null or customer_id not in (select customer_id from named_ids))
        """
    )
    several = connection.execute(
        """
        select kind, name, list(distinct customer_id order by customer_id) as ids from holders
        where customer_id is not null group by kind, name
        having count(distinct customer_id) > 1 order by kind, name
        """
    ).fetchall()
    if several:
        kind, _, ids = several[0]
        what = {"email": "e-mail", "phone": "phone"}[kind]
        more = f" (and {len(several) - 1} more of those named)" if len(several) > 1 else ""
        raise UsageError(
            f"{len(ids)} customers hold that {what}{more}: {', '.join(ids[:20])}.",
            fix="Say who is meant with --customer, or take them all with --all-holders; "
            "`cartera identity explain` tells who they are.",
        )


def _write_members(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp tables ``meant_ids`` and ``meant``: the customers, and all records they ever had.

    A record that no publication knows is meant by itself.
    """
    connection.execute(
        f"""
        create or replace temp table meant_ids as
        select customer_id from holders where customer_id is not null
        union select customer_id from named_ids;

        create or replace temp table meant as
        select source_system, source_record_id from holders
        union
        select source_system, source_record_id from {MAP}
        where customer_id in (from meant_ids)
        union
        select source_system, source_record_id from ({members_sql(LEDGER)})
        where customer_id in (from meant_ids)
            -- What was renumbered or moved is another's now.
            and (source_system, source_record_id) not in (
                select (source_system, source_record_id) from {MAP}
                where customer_id not in (from meant_ids)
            );
        create or replace temp table former as
        select old_customer_id as customer_id from ({merges_sql(LEDGER)})
        where current_customer_id in (from meant_ids);
        """
    )


def _write_own(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``theirs``: what the meant hold; ``is_own`` if it is no other customer's.

    A record that no build has seen yet is nobody's: what is hers alone says that it is hers.
    """
    keys = {kind: f"{kind}_key" for kind in OWN}
    meant = (
        "(source_system, source_record_id) in (select (source_system, source_record_id) from meant)"
    )
    held = " union ".join(
        f"select '{kind}' as kind, {key} as value, {meant} as is_theirs, "
        "customer_id is null as is_nobodys from known "
        f"where {key} is not null"
        for kind, key in keys.items()
    )
    connection.execute(
        f"""
        create or replace temp table theirs as
        select kind, value, bool_and(is_theirs or is_nobodys) as is_own from ({held})
        group by kind, value having bool_or(is_theirs)
        """
    )


def _write_devices(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``devices`` (source_system, device): where nobody but the meant logged in."""
    files = [
        path
        for m in batches.scan(settings, "web_events", replaced=True)
        if (path := m.data(settings)).exists()
    ]
    connection.execute(
        "create or replace temp table devices (source_system varchar, device varchar)"
    )
    if not files:
        return
    source = load_source("web_events")
    (slot,) = slots(source)
    connection.execute(
        f"""
        insert into devices
        select source_system, {DEVICE} from (
            select source_system, {DEVICE},
                ({slot.system}, {slot.record}) in
                    (select (source_system, source_record_id) from meant) as is_theirs
            from {typed(connection, source, files)}
            where {slot.record} is not null
        ) group by source_system, {DEVICE} having bool_and(is_theirs)
        """
    )


def _lists(settings: Settings, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The pulls of Cartera that somebody meant is on, by what has landed of them."""
    files = [
        path
        for m in batches.scan(settings, "audience_pulls", replaced=True)
        if (path := m.data(settings)).exists()
    ]
    if not files:
        return ()
    source = load_source("audience_pulls")
    (slot,) = slots(source)
    rows = connection.execute(
        f"""
        select distinct pull_id from {typed(connection, source, files)}
        where bucket = 'list' and ({slot.system}, {slot.record}) in (
            select ('{CARTERA}', customer_id) from meant_ids
            union select ('{CARTERA}', customer_id) from former
            union select (source_system, source_record_id) from meant
        ) order by pull_id
        """
    ).fetchall()
    return tuple(pull for (pull,) in rows)


def _told(connection: duckdb.DuckDBPyConnection, lists: tuple[str, ...]) -> People:
    records = connection.execute("select distinct * from meant order by all").fetchall()
    ids = [c for (c,) in connection.execute("from meant_ids order by all").fetchall()]
    former = [c for (c,) in connection.execute("from former order by all").fetchall()]
    own = connection.execute("select kind, value from theirs where is_own order by all").fetchall()
    devices = connection.execute("select distinct * from devices order by all").fetchall()
    stones = [
        *(("record", tombstones.joined(system, name)) for system, name in records),
        *(("record", tombstones.joined(CARTERA, name)) for name in [*ids, *former]),
        *own,
        *(("device", tombstones.joined(system, name)) for system, name in devices),
    ]
    shared = connection.execute(
        "select kind, count(*) from theirs where not is_own group by kind order by kind"
    ).fetchall()
    missing = connection.execute(
        "select name from asked where name not in (select name from holders) order by name"
    ).fetchall()
    return People(
        customers=tuple(ids),
        records=tuple((s, n) for s, n in records),
        stones=tuple(stones),
        values=_values(connection),
        former_ids=tuple(former),
        lists=lists,
        shared=dict(shared),
        not_found=tuple(name for (name,) in missing),
    )


def _values(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What a file may hold of them, as it was written, by kind. What others hold is left out."""
    mine = "semi join meant using (source_system, source_record_id)"
    own = "(select value from theirs where is_own and kind = '{}')"
    queries = {
        "email": f"select email from known {mine} where email_key in {own.format('email')} "
        f"union select value from theirs where is_own and kind = 'email'",
        "phone": f"select phone_as_typed from known {mine} "
        f"where phone_key in {own.format('phone')} "
        "union select value from theirs where is_own and kind = 'phone'",
        "tax_id": f"select tax_id from known {mine} where tax_id_key in {own.format('tax_id')}",
        "loyalty_number": f"select loyalty_number from known {mine} "
        f"where loyalty_number_key in {own.format('loyalty_number')}",
        "record": "select source_record_id from meant",
        "device": "select device from devices",
        # A house has more people than one; what others write too is not theirs alone.
        "address": f"select address from (select distinct address from known {mine}) as own "
        "where not exists (select 1 from (select distinct address from known "
        "anti join meant using (source_system, source_record_id)) as others "
        f"where contains({folded('others.address')}, {folded('own.address')}))",
    }
    told = {
        kind: [
            v
            for (v,) in connection.execute(f"select distinct * from ({q}) order by 1").fetchall()
            if v
        ]
        for kind, q in queries.items()
    }
    return {**told, "phone": _written_by_them_alone(connection, told["phone"])}


def _written_by_them_alone(connection: duckdb.DuckDBPyConnection, phones: list[str]) -> list[str]:
    """The phones whose digits nobody else has.

    A number abroad, without its country's code, may be another's here.
    """
    forms = [(phone, number) for phone in phones for number in sorted(numbers_of(phone))]
    connection.register(
        "forms_arrow",
        pa.table(
            {
                "phone": pa.array([phone for phone, _ in forms], pa.string()),
                "number": pa.array([number for _, number in forms], pa.string()),
            }
        ),
    )
    rows = connection.execute(
        """
        with others as (
            select unnest([phone_as_typed, phone_key]) as told
            from known anti join meant using (source_system, source_record_id)
        )
        select distinct phone from forms_arrow
        where number in (select regexp_replace(told, '[^0-9]', '', 'g') from others)
        """
    ).fetchall()
    connection.unregister("forms_arrow")
    held = {phone for (phone,) in rows}
    return [phone for phone in phones if phone not in held]
