"""What of a row says whose it is: the columns of a source, by their PII class.

A row of a person's source is a person. A row of a fact names persons in *slots*: the party that
it is about, and of a referral whom it brought.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from cartera.duck import identifier, literal
from cartera.identity import emails, phones, tax_ids
from cartera.identity.standardise import own_country
from cartera.keys import SEPARATOR
from cartera.party_keys import party
from ingestion.source import PARTY_KEY, Source

# In free text: an e-mail, and nine digits and more, with or without what stands between them.
EMAIL = "[a-z0-9._%+-]+@[a-z0-9-]+(?:[.][a-z0-9-]+)+"
# A name that ends so is a file's.
FILE_ENDINGS = (
    "(?:[.](?:csv|tsv|txt|jsonl?|ndjson|parquet|xlsx?|xml|ya?ml|html?|log|pdf|eml|vcf|gz|zst|bak))"
    "+$"
)
DIGITS = "[+]?[0-9](?:[ .()/-]{0,2}[0-9]){8,13}"
JOINED = f"chr({ord(SEPARATOR)})"
CARTERA = "cartera"
DEVICE = "anonymous_id"


@dataclass(frozen=True)
class Slot:
    """The columns by which a fact names a person; ``system`` is SQL, the others are columns."""

    system: str
    record: str
    email: str | None = None
    phone: str | None = None

    @property
    def party(self) -> str | None:
        """What names the person where there is no id, as SQL; its keyed hash is an id."""
        return party(self.record, self.email, self.phone) if self.email and self.phone else None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.record, self.email, self.phone)))


def slots(source: Source) -> list[Slot]:
    """Where rows of ``source`` name persons; none of a source that is persons itself."""
    found = []
    if "party_id" in source.columns:
        told = [name if name in source.columns else None for name in ("party_email", "party_phone")]
        found.append(Slot("coalesce(party_system, source_system)", "party_id", *told))
    if "referred_id" in source.columns:
        found.append(Slot("coalesce(referred_system, source_system)", "referred_id"))
    return found


def said(source: Source) -> list[str]:
    """Columns that people write into: notes and addresses of pages."""
    return [n for n, column in source.columns.items() if column.pii in ("free_text", "url")]


def candidates_sql(source: Source, relation: str, has_extra: bool) -> str:
    """(kind, a, b): all that rows of ``relation`` are known by, as it is written there.

    ``a`` and ``b`` are system and id of records and devices, value and country of phones.
    """
    parts = []

    def add(kind: str, a: str, b: str = "null") -> None:
        parts.append(
            f"select '{kind}' as kind, cast({a} as varchar) as a, cast({b} as varchar) as b "
            f"from {relation} where {a} is not null"
        )

    if source.is_person:
        parts.append(f"select 'record' as kind, source_system as a, record_id as b from {relation}")
        add("email", "email")
        add("phone", "phone", "country")
        add("tax_id", "tax_id")
        add("loyalty_number", "loyalty_number")
    for slot in slots(source):
        parts.append(
            f"select 'record' as kind, {slot.system} as a, {slot.record} as b from {relation} "
            f"where {slot.record} is not null"
        )
        if slot.party:
            parts.append(
                f"select 'record' as kind, source_system as a, {PARTY_KEY} as b "
                f"from {relation} where {PARTY_KEY} is not null"
            )
        if slot.email:
            add("email", slot.email)
        if slot.phone:
            add("phone", slot.phone)
    if DEVICE in source.columns:
        parts.append(f"select 'device' as kind, source_system as a, {DEVICE} as b from {relation}")
    for column in [*said(source), *(["extra"] if has_extra else [])]:
        parts += in_text_sql(identifier(column), relation)
    return " union ".join(parts) or "select null as kind, null as a, null as b where false"


def in_text_sql(text: str, relation: str) -> list[str]:
    """E-mails and phones within a text, as candidates."""
    return [
        f"select '{kind}' as kind, unnest({found_in(kind, text)}) as a, null::varchar as b "
        f"from {relation} where {text} is not null"
        for kind in ("email", "phone")
    ]


def found_in(kind: str, text: str) -> str:
    """The e-mails or phones within a text, as an SQL list; ``%40`` counts as ``@``."""
    if kind == "phone":
        return f"regexp_extract_all({text}, {literal(DIGITS)})"
    plain = f"replace(lower({text}), '%40', '@')"
    return (
        f"list_transform(regexp_extract_all({plain}, {literal(EMAIL)}), "
        f"lambda told: regexp_replace(told, {literal(FILE_ENDINGS)}, ''))"
    )


def with_values(connection: duckdb.DuckDBPyConnection, query: str, default_country: str) -> str:
    """The rows of ``query`` (kind, a, b) with ``value``: the form in which identity compares.

    As a query over temp tables, which stay.
    """
    connection.execute(f"create or replace temp table told as select distinct kind, a, b {query}")
    connection.execute(
        "create or replace temp table told_emails as "
        f"select distinct a, {emails.cleaned('a')} as typed_email from told where kind = 'email'"
    )
    emails.make_providers(connection, "told_emails")
    connection.execute(
        "create or replace temp table told_phones as "
        f"select typed, phone, country, {own_country(default_country)} as own_country from ("
        f"select a as typed, {abroad('a')} as phone, b as country from told where kind = 'phone')"
    )
    phones.make_phones(connection, "told_phones", "own_country")
    return f"""
        select kind, a, b, a || {JOINED} || b as value from told where kind in ('record', 'device')
        union all
        select kind, told.a, b, {emails.canonical("typed_email", "providers")}
        from told join told_emails using (a)
        join providers on providers.domain = split_part(typed_email, '@', 2)
        where kind = 'email' and not {emails.is_placeholder("typed_email")}
        union all
        select kind, a, b, e164 from told
        join told_phones on typed = a and country is not distinct from b
        join phones on phones.phone = told_phones.phone and phone_country = own_country
        where kind = 'phone' and not is_placeholder
        union all
        select kind, a, b, {tax_ids.text("a")} from told
        where kind in ('tax_id', 'loyalty_number')
    """


def abroad(phone: str) -> str:
    """A phone with its country's code as such: 00 is not how every country calls another."""
    return f"regexp_replace({phone}, '^ *00', '+')"


def folded(text: str) -> str:
    """The words of the SQL ``text``, without case and accents, a blank around each."""
    words = f"regexp_replace(strip_accents(lower({text})), '[^a-z0-9]+', ' ', 'g')"
    return f"(' ' || trim({words}) || ' ')"


def of_kind(kind: str, value: str) -> str:
    """Whether the SQL ``value`` is one of the erased of ``kind``, in the temp table ``gone``."""
    return f"coalesce({value} in (select a from gone where kind = '{kind}'), false)"


def is_gone(kind: str, system: str, name: str) -> str:
    """Whether a record or device is one of the erased, in the temp table ``gone``."""
    return (
        f"coalesce({system} || {JOINED} || {name} in "
        f"(select value from gone where kind = '{kind}'), false)"
    )


def mentions(text: str) -> str:
    """Whether the SQL ``text`` has the e-mail or phone of an erased person in it."""
    found = [
        f"coalesce(list_has_any({found_in(kind, text)}, "
        f"(select coalesce(list(a), []) from gone where kind = '{kind}')), false)"
        for kind in ("email", "phone")
    ]
    return f"({' or '.join(found)})"


def person_is_gone() -> str:
    """Whether a row of a person's source is an erased person.

    A phone tells only where nothing that is more a person's own says otherwise: numbers are
    handed on.
    """
    own = [
        is_gone("record", "source_system", "record_id"),
        of_kind("email", "email"),
        of_kind("tax_id", "tax_id"),
        of_kind("loyalty_number", "loyalty_number"),
        f"(email is null and tax_id is null and {of_kind('phone', 'phone')})",
    ]
    return f"({' or '.join(own)})"


def slot_is_gone(slot: Slot) -> str:
    """Whether a fact names an erased person in ``slot``."""
    tests = [is_gone("record", slot.system, slot.record)]
    if slot.party:
        # Known to identity as a record of its own.
        tests.append(is_gone("record", "source_system", PARTY_KEY))
    if slot.email:
        tests.append(f"({slot.record} is null and {of_kind('email', slot.email)})")
    if slot.phone:
        others = " and ".join(f"{c} is null" for c in slot.columns if c != slot.phone)
        tests.append(f"({others} and {of_kind('phone', slot.phone)})")
    return f"({' or '.join(tests)})"
