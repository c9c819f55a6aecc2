"""Tax and identity numbers with the check digits of their countries.

NIF and NIE (Spain), RUT (Chile), CUIT (Argentina), CPF (Brazil), RFC (Mexico). A number whose
check digit is wrong was mistyped: it is no key, its digits are a hint. A company's number is
nobody's own. A number of an unknown form is taken as it is.
"""

from __future__ import annotations

_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_RFC = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"


def text(column: str) -> str:
    """Letters and digits in capitals; NULL for 000000000, 11111111H, N/A and the like."""
    plain = f"regexp_replace(upper({column}), '[^A-Z0-9Ñ&]', '', 'g')"
    digits = f"regexp_replace({column}, '[^0-9]', '', 'g')"
    distinct = f"len(list_distinct(string_split({digits}, '')))"
    return (
        f"case when {digits} <> '' and length({column}) < 40 "
        f"and {plain} not in ('123456789', '1234567890', '987654321') "
        f"and not (length({digits}) > 3 and {distinct} = 1) then "
        # As it stands on an invoice to another country of the Union.
        f"regexp_replace({plain}, '^ES([0-9]{{8}}[A-Z]|[XYZ][0-9]{{7}}[A-Z])$', '\\1') end"
    )


def kind(number: str, country: str) -> str:
    """Which country's number it is, by its form, as SQL; ``number`` as ``text`` gives it."""
    return f"""case
        -- Of Chile, companies have the numbers from fifty million.
        when regexp_full_match({number}, '[5-9][0-9]{{7}}[0-9K]') and {country} = 'CL'
            then 'company'
        when regexp_full_match({number}, '[0-9]{{7,8}}[0-9K]') and {country} = 'CL' then 'rut'
        when regexp_full_match({number}, '[0-9]{{7,8}}[A-Z]') then 'nif'
        -- Of the young, of Spaniards abroad and of foreigners without a NIE.
        when regexp_full_match({number}, '[KLM][0-9]{{7}}[A-Z]') and {country} = 'ES' then 'nif'
        when regexp_full_match({number}, '[XYZ][0-9]{{7}}[A-Z]') then 'nie'
        when regexp_full_match({number}, '[A-Z&Ñ]{{4}}[0-9]{{6}}[A-Z0-9]{{3}}') then 'rfc'
        when regexp_full_match({number}, '[A-Z&Ñ]{{3}}[0-9]{{6}}[A-Z0-9]{{3}}')
            and {country} = 'MX' then 'company'
        when regexp_full_match({number}, '[ABCDEFGHJNPQRSUVW][0-9]{{7}}[0-9A-J]')
            and {country} = 'ES' then 'company'
        when regexp_full_match({number}, '3[034][0-9]{{9}}') and {country} = 'AR' then 'company'
        when regexp_full_match({number}, '[0-9]{{11}}') and {country} = 'AR' then 'cuit'
        when regexp_full_match({number}, '[0-9]{{14}}') and {country} = 'BR' then 'company'
        when regexp_full_match({number}, '[0-9]{{11}}') and {country} = 'BR' then 'cpf'
        when {number} is not null then 'other'
    end"""


def is_valid(number: str, kind: str) -> str:
    """Whether the check digit is right, as SQL; true where there is none."""
    dni = f"lpad(regexp_extract({number}, '[0-9]+'), 8, '0')"
    nie = f"(instr('XYZ', {number}[1]) - 1)::varchar || {number}[2:8]"
    return f"""case {kind}
        when 'nif' then {_letter(dni)} = {number}[-1]
        when 'nie' then {_letter(nie)} = {number}[-1]
        when 'rut' then {_mod11("0K", f"lpad({number}, 9, '0')", [3, 2, 7, 6, 5, 4, 3, 2])}
            = {number}[-1]
        when 'cuit' then {_mod11("09", number, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])} = {number}[-1]
        when 'cpf' then ({_sum(number, range(10, 1, -1))} * 10 % 11 % 10)::varchar = {number}[10]
            and ({_sum(number, range(11, 1, -1))} * 10 % 11 % 10)::varchar = {number}[11]
        when 'rfc' then {number} not in ('XAXX010101000', 'XEXX010101000')
            and {_by_eleven("0A", _rfc(number))} = {number}[-1]
        when 'company' then false
        else true
    end"""


def _letter(digits: str) -> str:
    return f"'{_LETTERS}'[1 + ({digits})::integer % 23]"


def _sum(number: str, weights: range | list[int]) -> str:
    terms = (f"{number}[{i}]::integer * {weight}" for i, weight in enumerate(weights, 1))
    return f"({' + '.join(terms)})"


def _mod11(first: str, number: str, weights: list[int]) -> str:
    return _by_eleven(first, _sum(number, weights))


def _by_eleven(first: str, total: str) -> str:
    """Eleven less the rest of ``total`` by eleven; eleven and ten are written as in ``first``.

    Looked up, since a ``case`` would have the sum once for each of its branches.
    """
    return f"'{first}987654321'[1 + {total} % 11]"


def _rfc(number: str) -> str:
    terms = (f"(instr('{_RFC}', {number}[{i}]) - 1) * {14 - i}" for i in range(1, 13))
    return f"({' + '.join(terms)})"
