"""E-mail addresses in a form that can be compared.

Case is folded everywhere. Dots and plus-tags go only where the provider ignores them: elsewhere
they tell two mailboxes apart. A mistyped domain is never corrected, it is kept as a hint.
"""

from __future__ import annotations

import duckdb

from cartera.identity import seeds

_PATTERN = "[^@ ,;<>()]+@[^@ .,;<>()]+([.][^@ .,;<>()]+)+"


def cleaned(column: str) -> str:
    """A well-formed address in lower case, else NULL, as SQL."""
    text = f"regexp_replace(lower(trim({column})), '^(mailto:|<)+|>+$', '', 'g')"
    is_email = f"length({column}) < 255 and regexp_full_match({text}, '{_PATTERN}')"
    return f"case when {is_email} then {text} end"


def is_placeholder(typed: str) -> str:
    """Whether an address is one that people type when they do not want to give theirs."""
    whole = seeds.sql_list(seeds.words("placeholders", "email"))
    local = seeds.sql_list(seeds.words("placeholders", "email_local"))
    return f"({typed} in ({whole}) or split_part({typed}, '@', 1) in ({local}))"


def make_providers(connection: duckdb.DuckDBPyConnection, typed: str) -> None:
    """Temp table ``providers``: each domain there → canonical, ignores_dots, ignores_plus."""
    seeds.make_table(
        connection, "mail_providers", "domain", "canonical", "ignores_dots", "ignores_plus"
    )
    connection.execute(
        f"""
        create or replace temp table providers as
        select there.domain, coalesce(provider.canonical, there.domain) as canonical,
            coalesce(provider.ignores_dots = '1', false) as ignores_dots,
            coalesce(provider.ignores_plus = '1', false) as ignores_plus
        from (select distinct split_part(typed_email, '@', 2) as domain from {typed}) there
        left join seed_mail_providers provider on provider.domain = there.domain
        """
    )


def make_meant(connection: duckdb.DuckDBPyConnection, typed: str) -> None:
    """Temp table ``meant_domains``: mistyped domain → meant.

    ``meant`` is from a list of known slips, or one that is thirty times as frequent here and
    one or two letters away.
    """
    seeds.make_table(connection, "mail_typos", "domain", "meant")
    connection.execute(
        f"""
        create or replace temp table meant_domains as
        with counted as (
            select split_part(typed_email, '@', 2) as domain, count(*) as records
            from {typed} where typed_email is not null group by all
        ),
        large as (select * from counted where records >= 100),
        near as (
            select counted.domain, arg_max(large.domain, (large.records, large.domain)) as meant
            from counted join large
                on large.records >= 30 * counted.records and large.domain[1] = counted.domain[1]
                and abs(length(large.domain) - length(counted.domain)) <= 2
                and damerau_levenshtein(large.domain, counted.domain) <= 2
            group by counted.domain
        )
        select counted.domain, coalesce(typo.meant, near.meant) as meant
        from counted
        left join seed_mail_typos typo on typo.domain = counted.domain
        left join near on near.domain = counted.domain
        where coalesce(typo.meant, near.meant) is not null
        """
    )


def canonical(typed: str, domain: str) -> str:
    """The address that its provider delivers to. ``domain`` is the alias of ``providers``."""
    local = f"split_part({typed}, '@', 1)"
    untagged = f"case when {domain}.ignores_plus then split_part({local}, '+', 1) else {local} end"
    plain = f"case when {domain}.ignores_dots then replace({untagged}, '.', '') else {untagged} end"
    return f"({plain} || '@' || {domain}.canonical)"


def is_several(email: str) -> str:
    """Whether a mailbox is by its name that of a family or an office, as SQL."""
    local = f"split_part(split_part({email}, '@', 1), '.', 1)"
    words = seeds.sql_list(seeds.words("placeholders", "shared_local"))
    return f"regexp_replace({local}, '[^a-z].*', '') in ({words})"
