"""Phone numbers as E.164, each distinct number once."""

from __future__ import annotations

import duckdb
import pyarrow as pa


def e164(phone: str, country: str) -> tuple[str | None, bool]:
    """``phone`` as +34600111222, and whether it is a placeholder such as 000000000."""
    # What every command would wait for, and few need.
    import phonenumbers

    if _is_made_up("".join(character for character in phone if character.isdigit())):
        return None, True
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None, False
    if not phonenumbers.is_possible_number(number):
        return None, False
    if _is_made_up(str(number.national_number)):
        return None, True
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), False


def _is_made_up(digits: str) -> bool:
    return len(set(digits[1:])) <= 1 or digits in ("123456789", "987654321")


def make_phones(connection: duckdb.DuckDBPyConnection, people: str, country: str) -> None:
    """Temp table ``phones``: phone, phone_country → e164, is_placeholder.

    A Spanish number has nine digits, begins with 6 to 9 and has no prefix to take off: nothing
    is left to the library there, which takes fifty microseconds a number.
    """
    digits = "regexp_replace(regexp_replace(phone, '[^0-9+]', '', 'g'), '^(00|[+])', '')"
    own = f"regexp_replace({digits}, '^34([0-9]{{9}})$', '\\1')"
    connection.execute(
        f"""
        create or replace temp table phones_typed as
        select phone, phone_country,
            case
                when regexp_full_match(phone, '[0-9 .()/+-]*')
                    and len(list_distinct(string_split({own}[2:], ''))) > 1
                    and {own} not in ('123456789', '987654321') then
                    case
                        when regexp_full_match({digits}, '34[6-9][0-9]{{8}}')
                            and (phone_country = 'ES' or regexp_matches(phone, '^ *([+]|00)'))
                            then '+' || {digits}
                        when phone_country = 'ES' and not regexp_matches(phone, '^ *([+]|00)')
                            and regexp_full_match({digits}, '[6-9][0-9]{{8}}')
                            then '+34' || {digits}
                    end
            end as e164
        from (select distinct phone, {country} as phone_country from {people}
            where phone is not null and length(phone) < 60)
        """
    )
    rest = connection.execute(
        "select phone, phone_country from phones_typed where e164 is null order by all"
    ).to_arrow_table()
    numbers = [
        e164(phone, country)
        for phone, country in zip(
            rest["phone"].to_pylist(), rest["phone_country"].to_pylist(), strict=True
        )
    ]
    table = rest.append_column("e164", pa.array([n for n, _ in numbers], pa.string()))
    table = table.append_column("is_placeholder", pa.array([p for _, p in numbers], pa.bool_()))
    connection.register("phones_arrow", table)
    connection.execute(
        "create or replace temp table phones as "
        "select *, false as is_placeholder from phones_typed where e164 is not null "
        "union all select * from phones_arrow"
    )
    connection.unregister("phones_arrow")
