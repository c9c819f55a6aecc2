"""How two records are compared, column by column: the levels of agreement, best first.

A level has a key, words for people, and a condition in SQL on the columns ``<name>_l`` and
``<name>_r``. The same conditions score pairs (through Splink) and veto them.
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


# The words of the shorter agree with the front of the longer: `m jose`, `maria jose`.
_INITIALS = (
    "(given_has_initial_l or given_has_initial_r) "
    "and (starts_with(given_initials_l, given_initials_r) "
    "or starts_with(given_initials_r, given_initials_l)) "
    "and (length(given_initials_l) = 1 or length(given_initials_r) = 1 "
    "or length(given_last_l) = 1 or length(given_last_r) = 1 "
    "or given_last_l = given_last_r)"
)
# Mario and María are one letter apart and two people: of two known names neither is a slip.
# A slip of any form or part counts: `antonoi`, `toni`.
_GIVEN_SLIP = (
    "not (given_known_l and given_known_r) and list_bool_or(list_transform("
    "given_roots_l || given_parts_l, lambda mine: list_bool_or(list_transform("
    "given_roots_r || given_parts_r, lambda other: least(length(mine), length(other)) >= 3 "
    "and greatest(length(mine), length(other)) >= 4 and (damerau_levenshtein(mine, other) <= "
    "case when least(length(mine), length(other)) > 7 then 2 else 1 end "
    "or (length(mine) > 4 and length(other) > 4 "
    "and jaro_winkler_similarity(mine, other) >= 0.93))))))"
)
# Counting slips is dear: most pairs are too far from each other to have few.
_SURNAME_SLIP = (
    "case when jaro_winkler_similarity(surname_key_l, surname_key_r) < 0.7 then false "
    "else least(length(surname_key_l), length(surname_key_r)) >= 3 "
    "and greatest(length(surname_key_l), length(surname_key_r)) >= 4 and ("
    "jaro_winkler_similarity(surname_key_l, surname_key_r) >= 0.93 "
    "or damerau_levenshtein(surname_key_l, surname_key_r) <= "
    "case when least(length(surname_key_l), length(surname_key_r)) > 7 then 2 else 1 end) end"
)
# Two slips or more: worth something only beside evidence that a family does not share.
_GIVEN_RESEMBLES = (
    "not (given_known_l and given_known_r) "
    "and jaro_winkler_similarity(given_full_l, given_full_r) >= 0.78"
)
_SURNAME_RESEMBLES = "jaro_winkler_similarity(surname_key_l, surname_key_r) >= 0.78"
# In one order they agree; in the other, nearly.
_SWAPPED = (
    "((given_key_l = surname_key_r "
    "and jaro_winkler_similarity(surname_key_l, given_key_r) >= 0.78) "
    "or (surname_key_l = given_key_r "
    "and jaro_winkler_similarity(given_key_l, surname_key_r) >= 0.78))"
)
# One field too far: `Hand Zarlia`, `Zarlia Gearman`.
_CROSSED = "given_key_l = surname_key_r or surname_key_l = given_key_r"
_SECOND_AGREES = (
    "(second_surname_key_l is null or second_surname_key_r is null "
    "or second_surname_key_l = second_surname_key_r "
    "or damerau_levenshtein(second_surname_key_l, second_surname_key_r) <= 1 "
    "or jaro_winkler_similarity(second_surname_key_l, second_surname_key_r) >= 0.93)"
)
_BOTH_SECOND = "second_surname_key_l is not null and second_surname_key_r is not null"
# One digit wrong, day and month swapped, or the month next to it.
_BIRTH_SLIP = (
    "abs(date_diff('day', birth_key_l, birth_key_r)) <= 31 "
    "or case when levenshtein(birth_text_l, birth_text_r) > 2 then false "
    "else damerau_levenshtein(birth_text_l, birth_text_r) = 1 end "
    "or (year(birth_key_l) = year(birth_key_r) and month(birth_key_l) = day(birth_key_r) "
    "and day(birth_key_l) = month(birth_key_r))"
)
_FLATS_AGREE = "(flat_key_l is null or flat_key_r is null or flat_key_l = flat_key_r)"
_TOWNS_AGREE = (
    "(postal_key_l = postal_key_r "
    "or ((postal_key_l is null or postal_key_r is null "
    "or damerau_levenshtein(postal_key_l, postal_key_r) <= 1) "
    "and coalesce(city_key_l = city_key_r or (length(city_key_l) > 5 "
    "and damerau_levenshtein(city_key_l, city_key_r) <= 1), "
    "postal_key_l is null or postal_key_r is null)))"
)
_SAME_STREET = (
    f"{_TOWNS_AGREE} and (address_street_l[:3] = address_street_r[:3] "
    "or address_street_l[-4:] = address_street_r[-4:]) "
    "and damerau_levenshtein(address_street_l, address_street_r) <= 1"
)
_ADDRESS_SLIP = (
    f"address_number_l = address_number_r and {_TOWNS_AGREE} and {_FLATS_AGREE} and "
    "(damerau_levenshtein(address_key_l, address_key_r) <= 2 "
    "or jaro_winkler_similarity(address_key_l, address_key_r) >= 0.95)"
)
_DIGITS = "regexp_replace(email_key_{0}, '[^0-9]', '', 'g')"
# One slip touches the front or the back, and not both: most pairs need no closer look.
# Digits tell mailboxes apart (ana82, ana83), so they must agree.
_EMAIL_SLIP = (
    f"case when {_same('email_domain')} and ({_same('email_front')} or {_same('email_back')}) then "
    "length(email_local_l) > 6 and length(email_local_r) > 6 "
    "and damerau_levenshtein(email_local_l, email_local_r) <= 1 "
    f"and {_DIGITS.format('l')} = {_DIGITS.format('r')} else false end"
)
_PHONE_SLIP = (
    f"({_same('phone_front')} or {_same('phone_back')}) "
    "and length(phone_key_l) = length(phone_key_r) "
    "and damerau_levenshtein(phone_key_l, phone_key_r) = 1"
)

# The digits agree and the check letter does not; or a number of a kind without check digits is
# one finger off.
_TAX_SLIP = (
    f"{_same('tax_digits')} or (tax_kind_l = 'other' and tax_kind_r = 'other' "
    "and length(tax_key_l) > 5 and damerau_levenshtein(tax_key_l, tax_key_r) <= 1)"
)

COMPARISONS = (
    Comparison(
        "given",
        _missing("given_key"),
        (
            Level("equal", "given name equal", _same("given_full")),
            Level("form", "forms of one given name", "list_has_any(given_roots_l, given_roots_r)"),
            Level(
                "swapped",
                "given name and surname swapped",
                _SWAPPED,
            ),
            Level(
                "part",
                "one given name is part of the other",
                "list_has_any(given_parts_l, given_roots_r) "
                "or list_has_any(given_roots_l, given_parts_r)",
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
                f"{_same('surname_key')} and {_SECOND_AGREES}",
            ),
            Level(
                "second_differs",
                "first surname equal, second differs",
                _same("surname_key"),
            ),
            Level(
                "slip_both",
                "first surname mistyped, second equal",
                f"{_BOTH_SECOND} and {_SURNAME_SLIP} and {_same('second_surname_key')}",
            ),
            Level("slip", "surname mistyped", f"{_SURNAME_SLIP} and {_SECOND_AGREES}"),
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
                f"{_same('address_key')} and {_FLATS_AGREE} and {_TOWNS_AGREE}",
            ),
            Level("slip", "address mistyped", _ADDRESS_SLIP),
            Level(
                "building", "same house, other flat", f"{_same('address_key')} and {_TOWNS_AGREE}"
            ),
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
    "given_initials",
    "given_has_initial",
    "given_known",
    "surname_key",
    "second_surname_key",
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
}


def is_at(name: str, *keys: str) -> str:
    """Whether a scored pair (columns ``gamma_<name>``) is at one of these levels, as SQL."""
    numbers = ", ".join(str(BY_NAME[name].number(key)) for key in keys)
    return f"gamma_{name} in ({numbers})"
