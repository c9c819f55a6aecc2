"""How two records are compared, column by column: the levels of agreement, best first.

A level has a key, words for people, and a condition in SQL on the columns ``<name>_l`` and
``<name>_r``. The same conditions score pairs and veto them.
"""

from __future__ import annotations

from dataclasses import dataclass

ELSE = "else"


@dataclass(frozen=True)
class Level:
    """One degree of agreement."""

    key: str
    words: str
    condition: str


@dataclass(frozen=True)
class Comparison:
    """A column and its levels; ``missing`` is when nothing can be said."""

    name: str
    missing: str
    levels: tuple[Level, ...]

    def number(self, key: str) -> int:
        """The number that a level has in scored pairs: the best is highest, the last 0."""
        return len(self.levels) - 1 - [level.key for level in self.levels].index(key)

    def sql(self) -> str:
        """The level's number of a pair, -1 where nothing can be said."""
        whens = " ".join(
            f"when {level.condition} then {self.number(level.key)}" for level in self.levels[:-1]
        )
        return f"case when {self.missing} then -1 {whens} else 0 end"


def _missing(*columns: str) -> str:
    return " or ".join(f"{column}_l is null or {column}_r is null" for column in columns)


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _then(cheap: str, dear: str) -> str:
    """``cheap and dear``, of which DuckDB would otherwise work out both for every pair."""
    return f"case when {cheap} then {dear} else false end"


def _else(cheap: str, dear: str) -> str:
    """``cheap or dear``, the same."""
    return f"case when {cheap} then true else {dear} end"


def _slips(left: str, right: str, most: int | str) -> str:
    """Whether two texts are at most so many slips of a finger apart, swapped letters being one.

    Letters that are swapped are two to plain Levenshtein, which costs a sixth.
    """
    return _then(
        f"levenshtein({left}, {right}) <= 2 * ({most})",
        f"damerau_levenshtein({left}, {right}) <= {most}",
    )


def _words(column: str) -> str:
    return f"string_split({column}, '|')"


def _slip(column: str) -> str:
    return _slips(f"{column}_l", f"{column}_r", 1)


def _alike(left: str, right: str, least: float) -> str:
    return f"jaro_winkler_similarity({left}, {right}) >= {least}"


_MOST_SLIPS = "case when least(length({0}), length({1})) > 7 then 2 else 1 end"
# The words of the shorter agree with the front of the longer: `m jose`, `maria jose`.
_INITIALS = _then(
    "given_has_initial_l or given_has_initial_r",
    "(starts_with(given_initials_l, given_initials_r) "
    "or starts_with(given_initials_r, given_initials_l)) "
    "and (length(given_initials_l) = 1 or length(given_initials_r) = 1 "
    "or length(given_last_l) = 1 or length(given_last_r) = 1 "
    "or given_last_l = given_last_r)",
)
_ANY_NAME_AGREES = "given_bits_l & given_bits_r <> 0"
# Mario and María are one letter apart and two people: of two known names neither is a slip, nor
# is a last letter that makes a sister of a brother.
_MAY_BE_SLIP = _then(
    "not (given_known_l and given_known_r)",
    "not (given_full_l[:-2] = given_full_r[:-2] and given_full_l[-1] in ('a', 'o', 'e') "
    "and given_full_r[-1] in ('a', 'o', 'e'))",
)
# A slip of any form or part counts: `antonoi`, `toni`.
_GIVEN_SLIP = _then(
    _MAY_BE_SLIP,
    f"list_bool_or(list_transform({_words('given_roots_l')} || {_words('given_parts_l')}, "
    "lambda mine: list_bool_or(list_transform("
    f"{_words('given_roots_r')} || {_words('given_parts_r')}, "
    "lambda other: least(length(mine), length(other)) >= 3 "
    "and greatest(length(mine), length(other)) >= 4 and ("
    f"{_slips('mine', 'other', _MOST_SLIPS.format('mine', 'other'))} "
    "or (length(mine) > 4 and length(other) > 4 "
    f"and {_alike('mine', 'other', 0.93)}))))))",
)
_SURNAMES = ("surname_key_l", "surname_key_r")
_SURNAME_SLIP = _then(
    _alike(*_SURNAMES, 0.7),
    "least(length(surname_key_l), length(surname_key_r)) >= 3 "
    "and greatest(length(surname_key_l), length(surname_key_r)) >= 4 "
    f"and ({_alike(*_SURNAMES, 0.93)} or {_slips(*_SURNAMES, _MOST_SLIPS.format(*_SURNAMES))})",
)
# Two slips or more: worth something only beside evidence that a family does not share.
_GIVEN_RESEMBLES = _then(_MAY_BE_SLIP, _alike("given_full_l", "given_full_r", 0.78))
_SURNAME_RESEMBLES = _alike(*_SURNAMES, 0.78)
# One field too far: `Hand Zarlia`, `Zarlia Gearman`.
_CROSSED = "given_key_l = surname_key_r or surname_key_l = given_key_r"
# In one order they agree; in the other, nearly.
_SWAPPED = _then(
    _CROSSED,
    f"(given_key_l = surname_key_r and {_alike('surname_key_l', 'given_key_r', 0.78)}) "
    f"or (surname_key_l = given_key_r and {_alike('given_key_l', 'surname_key_r', 0.78)})",
)
_SECOND_AGREES = _else(
    "second_surname_key_l is null or second_surname_key_r is null "
    "or second_surname_key_l = second_surname_key_r",
    f"{_slip('second_surname_key')} "
    f"or {_alike('second_surname_key_l', 'second_surname_key_r', 0.93)}",
)
# One digit wrong, day and month swapped, or the month next to it.
_BIRTH_SLIP = _else(
    "abs(date_diff('day', birth_key_l, birth_key_r)) <= 31 "
    "or (year(birth_key_l) = year(birth_key_r) and month(birth_key_l) = day(birth_key_r) "
    "and day(birth_key_l) = month(birth_key_r))",
    _then(
        "year(birth_key_l) = year(birth_key_r) or (month(birth_key_l) = month(birth_key_r) "
        "and day(birth_key_l) = day(birth_key_r))",
        _slip("birth_text"),
    ),
)
_FLATS_AGREE = "(flat_key_l is null or flat_key_r is null or flat_key_l = flat_key_r)"
_TOWNS_AGREE = _else(
    _same("postal_key"),
    _then(
        f"postal_key_l is null or postal_key_r is null or {_slip('postal_key')}",
        f"coalesce(city_key_l = city_key_r or (length(city_key_l) > 5 and {_slip('city_key')}), "
        "postal_key_l is null or postal_key_r is null)",
    ),
)
_SAME_STREET = _then(
    f"{_same('street_front')} or {_same('street_back')}",
    _then(_slip("address_street"), _TOWNS_AGREE),
)
_ADDRESS_SLIP = _then(
    f"{_same('address_number')} and {_FLATS_AGREE}",
    _then(
        f"{_alike('address_key_l', 'address_key_r', 0.95)} "
        f"or {_slips('address_key_l', 'address_key_r', 2)}",
        _TOWNS_AGREE,
    ),
)
_DIGITS = "regexp_replace(email_key_{0}, '[^0-9]', '', 'g')"
# One slip touches the front or the back, and not both: most pairs need no closer look.
# Digits tell mailboxes apart (ana82, ana83), so they must agree.
_EMAIL_SLIP = _then(
    f"{_same('email_domain')} and ({_same('email_front')} or {_same('email_back')}) "
    "and length(email_local_l) > 6 and length(email_local_r) > 6 "
    "and abs(length(email_local_l) - length(email_local_r)) <= 1",
    _then(_slip("email_local"), f"{_DIGITS.format('l')} = {_DIGITS.format('r')}"),
)
_PHONE_SLIP = _then(
    f"({_same('phone_front')} or {_same('phone_back')}) "
    "and length(phone_key_l) = length(phone_key_r)",
    _slip("phone_key"),
)

# The digits agree and the check letter does not; or a number of a kind without check digits is
# one finger off.
_TAX_SLIP = _else(
    _same("tax_digits"),
    _then(
        "tax_kind_l = 'other' and tax_kind_r = 'other' and length(tax_key_l) > 5",
        _slip("tax_key"),
    ),
)

COMPARISONS = (
    Comparison(
        "given",
        _missing("given_key"),
        (
            Level("equal", "given name equal", _same("given_full")),
            Level(
                "form",
                "forms of one given name",
                _then(
                    _ANY_NAME_AGREES,
                    f"list_has_any({_words('given_roots_l')}, {_words('given_roots_r')})",
                ),
            ),
            Level(
                "swapped",
                "given name and surname swapped",
                _SWAPPED,
            ),
            Level(
                "part",
                "one given name is part of the other",
                _then(
                    _ANY_NAME_AGREES,
                    f"list_has_any({_words('given_parts_l')}, {_words('given_roots_r')}) "
                    f"or list_has_any({_words('given_roots_l')}, {_words('given_parts_r')})",
                ),
            ),
            Level("initial", "initial agrees", _INITIALS),
            Level("slip", "given name mistyped", _GIVEN_SLIP),
            Level("resembles", "given names resemble each other", _GIVEN_RESEMBLES),
            Level("crossed", "given name of one is the surname of the other", _CROSSED),
            Level(ELSE, "given names differ", ""),
        ),
    ),
    Comparison(
        "surname",
        _missing("surname_key"),
        (
            Level(
                "both",
                "both surnames equal",
                f"{_same('surname_key')} and {_same('second_surname_key')}",
            ),
            Level(
                "first",
                "first surname equal, second not told",
                f"{_same('surname_key')} "
                "and (second_surname_key_l is null or second_surname_key_r is null)",
            ),
            Level(
                "slip_second",
                "second surname mistyped",
                _then(_same("surname_key"), _SECOND_AGREES),
            ),
            Level(
                "second_differs",
                "first surname equal, second differs",
                _same("surname_key"),
            ),
            Level(
                "slip_both",
                "first surname mistyped, second equal",
                _then(_same("second_surname_key"), _SURNAME_SLIP),
            ),
            Level("slip", "surname mistyped", _then(_SURNAME_SLIP, _SECOND_AGREES)),
            Level(
                "crossed",
                "surnames in another order, or swapped with the given name",
                "(surname_key_l = second_surname_key_r and coalesce(second_surname_key_l = "
                "surname_key_r, true)) or (surname_key_r = second_surname_key_l "
                "and coalesce(second_surname_key_r = surname_key_l, true)) "
                f"or {_SWAPPED}",
            ),
            Level("resembles", "surnames resemble each other", _SURNAME_RESEMBLES),
            Level(ELSE, "surnames differ", ""),
        ),
    ),
    Comparison(
        "birth_date",
        _missing("birth_key"),
        (
            Level("equal", "birth date equal", _same("birth_key")),
            Level("slip", "birth date mistyped", _BIRTH_SLIP),
            Level(ELSE, "birth dates differ", ""),
        ),
    ),
    Comparison(
        "email",
        _missing("email_key"),
        (
            Level("equal", "e-mail equal", _same("email_key")),
            Level(
                "domain",
                "e-mail equal but for a mistyped domain",
                "email_meant_l = email_key_r or email_key_l = email_meant_r "
                "or email_meant_l = email_meant_r",
            ),
            Level("slip", "e-mail one letter apart", _EMAIL_SLIP),
            Level(ELSE, "e-mails differ", ""),
        ),
    ),
    Comparison(
        "phone",
        _missing("phone_key"),
        (
            Level("equal", "phone equal", _same("phone_key")),
            Level("slip", "phone mistyped", _PHONE_SLIP),
            Level(ELSE, "phones differ", ""),
        ),
    ),
    Comparison(
        "tax_id",
        "coalesce(tax_key_l, tax_digits_l) is null or coalesce(tax_key_r, tax_digits_r) is null",
        (
            Level("equal", "tax id equal", _same("tax_key")),
            Level("slip", "tax id mistyped", _TAX_SLIP),
            Level(
                ELSE,
                "tax ids differ",
                "",
            ),
        ),
    ),
    Comparison(
        "loyalty_number",
        _missing("loyalty_key"),
        (
            Level("equal", "loyalty card equal", _same("loyalty_key")),
            Level(ELSE, "loyalty cards differ", ""),
        ),
    ),
    Comparison(
        "address",
        "address_key_l is null and postal_key_l is null and city_key_l is null "
        "or address_key_r is null and postal_key_r is null and city_key_r is null",
        (
            Level(
                "equal",
                "address equal",
                _then(f"{_same('address_key')} and {_FLATS_AGREE}", _TOWNS_AGREE),
            ),
            Level("slip", "address mistyped", _ADDRESS_SLIP),
            Level("building", "same house, other flat", _then(_same("address_key"), _TOWNS_AGREE)),
            Level("street", "same street, other number", _SAME_STREET),
            Level(
                "post_town",
                "postal code and town equal",
                f"{_same('postal_key')} and {_same('city_key')}",
            ),
            Level("postal", "postal code equal", _same("postal_key")),
            Level("town", "town equal", _same("city_key")),
            Level(ELSE, "addresses differ", ""),
        ),
    ),
)
BY_NAME = {comparison.name: comparison for comparison in COMPARISONS}
# What the conditions read: the columns of a record that matter to a pair.
COLUMNS = [
    "given_key",
    "given_full",
    "given_last",
    "given_roots",
    "given_parts",
    "given_bits",
    "given_initials",
    "given_has_initial",
    "given_known",
    "surname_key",
    "second_surname_key",
    "generation",
    "birth_key",
    "email_key",
    "email_meant",
    "is_several_email",
    "phone_key",
    "tax_key",
    "tax_digits",
    "tax_kind",
    "loyalty_key",
    "address_key",
    "flat_key",
    "postal_key",
    "city_key",
]
# Parts of them that conditions would take out of every pair anew. Between front and back of a
# phone is one digit, of a mailbox one letter, so that two that are swapped are not in both.
PARTS = {
    "birth_text": "birth_key::varchar",
    "email_local": "split_part(email_key, '@', 1)",
    "email_domain": "split_part(email_key, '@', 2)",
    "email_front": "split_part(email_key, '@', 1)[:3]",
    "email_back": "split_part(email_key, '@', 1)[-3:]",
    "phone_front": "phone_key[:-8]",
    "phone_back": "phone_key[-6:]",
    "address_number": "split_part(address_key, ' ', -1)",
    "address_street": "regexp_replace(address_key, ' [^ ]*$', '')",
    "street_front": "regexp_replace(address_key, ' [^ ]*$', '')[:3]",
    "street_back": "regexp_replace(address_key, ' [^ ]*$', '')[-4:]",
}


def is_at(name: str, *keys: str) -> str:
    """Whether a scored pair (columns ``gamma_<name>``) is at one of these levels, as SQL."""
    numbers = ", ".join(str(BY_NAME[name].number(key)) for key in keys)
    return f"gamma_{name} in ({numbers})"
