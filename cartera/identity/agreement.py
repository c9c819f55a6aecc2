"""When two values agree, nearly agree or cannot be compared, as SQL on ``<name>_l``, ``<name>_r``.

DuckDB works out both sides of an ``and`` or an ``or``: conditions are written as ``case``, what is
cheap first, since counting slips costs fifty times an equality.
"""

from __future__ import annotations


def missing(*columns: str) -> str:
    return " or ".join(f"{column}_l is null or {column}_r is null" for column in columns)


def same(column: str) -> str:
    return f"{column}_l = {column}_r"


def then(cheap: str, dear: str) -> str:
    """``cheap and dear``, of which DuckDB would otherwise work out both for every pair."""
    return f"case when {cheap} then {dear} else false end"


def _else(cheap: str, dear: str) -> str:
    """``cheap or dear``, the same."""
    return f"case when {cheap} then true else {dear} end"


def _slips(left: str, right: str, most: int | str) -> str:
    """Whether two texts are at most so many slips of a finger apart, swapped letters being one.

    Letters that are swapped are two to plain Levenshtein, which costs a sixth.
    """
    return then(
        f"levenshtein({left}, {right}) <= 2 * ({most})",
        f"damerau_levenshtein({left}, {right}) <= {most}",
    )


def words(column: str) -> str:
    return f"string_split({column}, '|')"


def _slip(column: str) -> str:
    return _slips(f"{column}_l", f"{column}_r", 1)


def _alike(left: str, right: str, least: float) -> str:
    return f"jaro_winkler_similarity({left}, {right}) >= {least}"


_MOST_SLIPS = "case when least(length({0}), length({1})) > 7 then 2 else 1 end"
# The words of the shorter agree with the front of the longer: `m jose`, `maria jose`.
INITIALS = then(
    "given_has_initial_l or given_has_initial_r",
    "(starts_with(given_initials_l, given_initials_r) "
    "or starts_with(given_initials_r, given_initials_l)) "
    "and (length(given_initials_l) = 1 or length(given_initials_r) = 1 "
    "or length(given_last_l) = 1 or length(given_last_r) = 1 "
    "or given_last_l = given_last_r)",
)
ANY_NAME_AGREES = "given_bits_l & given_bits_r <> 0"
# Mario and María are one letter apart and two people: of two known names neither is a slip, nor
# is a last letter that makes a sister of a brother.
_MAY_BE_SLIP = then(
    "not (given_known_l and given_known_r)",
    "not (given_full_l[:-2] = given_full_r[:-2] and given_full_l[-1] in ('a', 'o', 'e') "
    "and given_full_r[-1] in ('a', 'o', 'e'))",
)
# A slip of any form or part counts: `antonoi`, `toni`.
GIVEN_SLIP = then(
    _MAY_BE_SLIP,
    f"list_bool_or(list_transform({words('given_roots_l')} || {words('given_parts_l')}, "
    "lambda mine: list_bool_or(list_transform("
    f"{words('given_roots_r')} || {words('given_parts_r')}, "
    "lambda other: least(length(mine), length(other)) >= 3 "
    "and greatest(length(mine), length(other)) >= 4 and ("
    f"{_slips('mine', 'other', _MOST_SLIPS.format('mine', 'other'))} "
    "or (length(mine) > 4 and length(other) > 4 "
    f"and {_alike('mine', 'other', 0.93)}))))))",
)
_SURNAMES = ("surname_key_l", "surname_key_r")
SURNAME_SLIP = then(
    _alike(*_SURNAMES, 0.7),
    "least(length(surname_key_l), length(surname_key_r)) >= 3 "
    "and greatest(length(surname_key_l), length(surname_key_r)) >= 4 "
    f"and ({_alike(*_SURNAMES, 0.93)} or {_slips(*_SURNAMES, _MOST_SLIPS.format(*_SURNAMES))})",
)
# Two slips or more: worth something only beside evidence that a family does not share.
GIVEN_RESEMBLES = then(_MAY_BE_SLIP, _alike("given_full_l", "given_full_r", 0.78))
SURNAME_RESEMBLES = _alike(*_SURNAMES, 0.78)
# One field too far: `Hand Zarlia`, `Zarlia Gearman`.
CROSSED = "given_key_l = surname_key_r or surname_key_l = given_key_r"
# In one order they agree; in the other, nearly.
SWAPPED = then(
    CROSSED,
    f"(given_key_l = surname_key_r and {_alike('surname_key_l', 'given_key_r', 0.78)}) "
    f"or (surname_key_l = given_key_r and {_alike('given_key_l', 'surname_key_r', 0.78)})",
)
SECOND_AGREES = _else(
    "second_surname_key_l is null or second_surname_key_r is null "
    "or second_surname_key_l = second_surname_key_r",
    f"{_slip('second_surname_key')} "
    f"or {_alike('second_surname_key_l', 'second_surname_key_r', 0.93)}",
)
# One digit wrong, day and month swapped, or the month next to it.
BIRTH_SLIP = _else(
    "abs(date_diff('day', birth_key_l, birth_key_r)) <= 31 "
    "or (year(birth_key_l) = year(birth_key_r) and month(birth_key_l) = day(birth_key_r) "
    "and day(birth_key_l) = month(birth_key_r))",
    then(
        "year(birth_key_l) = year(birth_key_r) or (month(birth_key_l) = month(birth_key_r) "
        "and day(birth_key_l) = day(birth_key_r))",
        _slip("birth_text"),
    ),
)
FLATS_AGREE = "(flat_key_l is null or flat_key_r is null or flat_key_l = flat_key_r)"
TOWNS_AGREE = _else(
    same("postal_key"),
    then(
        f"postal_key_l is null or postal_key_r is null or {_slip('postal_key')}",
        f"coalesce(city_key_l = city_key_r or (length(city_key_l) > 5 and {_slip('city_key')}), "
        "postal_key_l is null or postal_key_r is null)",
    ),
)
SAME_STREET = then(
    f"{same('street_front')} or {same('street_back')}",
    then(_slip("address_street"), TOWNS_AGREE),
)
ADDRESS_SLIP = then(
    f"{same('address_number')} and {FLATS_AGREE}",
    then(
        f"{_alike('address_key_l', 'address_key_r', 0.95)} "
        f"or {_slips('address_key_l', 'address_key_r', 2)}",
        TOWNS_AGREE,
    ),
)
_DIGITS = "regexp_replace(email_key_{0}, '[^0-9]', '', 'g')"
# One slip touches the front or the back, and not both: most pairs need no closer look.
# Digits tell mailboxes apart (ana82, ana83), so they must agree.
EMAIL_SLIP = then(
    f"{same('email_domain')} and ({same('email_front')} or {same('email_back')}) "
    "and length(email_local_l) > 6 and length(email_local_r) > 6 "
    "and abs(length(email_local_l) - length(email_local_r)) <= 1",
    then(_slip("email_local"), f"{_DIGITS.format('l')} = {_DIGITS.format('r')}"),
)
PHONE_SLIP = then(
    f"({same('phone_front')} or {same('phone_back')}) "
    "and length(phone_key_l) = length(phone_key_r)",
    _slip("phone_key"),
)

# The digits agree and the check letter does not; or a number of a kind without check digits is
# one finger off.
TAX_SLIP = _else(
    same("tax_digits"),
    then(
        "tax_kind_l = 'other' and tax_kind_r = 'other' and length(tax_key_l) > 5",
        _slip("tax_key"),
    ),
)
