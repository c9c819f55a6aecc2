"""How two records are compared, column by column: the levels of agreement, best first.

A level has a key, words for people, and a condition in SQL on the columns ``<name>_l`` and
``<name>_r``. The same conditions score pairs and veto them.
"""

from __future__ import annotations

from dataclasses import dataclass

from cartera.identity.agreement import (
    ADDRESS_SLIP,
    ANY_NAME_AGREES,
    BIRTH_SLIP,
    CROSSED,
    EMAIL_SLIP,
    FLATS_AGREE,
    GIVEN_RESEMBLES,
    GIVEN_SLIP,
    INITIALS,
    PHONE_SLIP,
    SAME_STREET,
    SECOND_AGREES,
    SURNAME_RESEMBLES,
    SURNAME_SLIP,
    SWAPPED,
    TAX_SLIP,
    TOWNS_AGREE,
    missing,
    same,
    then,
    words,
)

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


COMPARISONS = (
    Comparison(
        "given",
        missing("given_key"),
        (
            Level("equal", "given name equal", same("given_full")),
            Level(
                "form",
                "forms of one given name",
                then(
                    ANY_NAME_AGREES,
                    f"list_has_any({words('given_roots_l')}, {words('given_roots_r')})",
                ),
            ),
            Level(
                "swapped",
                "given name and surname swapped",
                SWAPPED,
            ),
            Level(
                "part",
                "one given name is part of the other",
                then(
                    ANY_NAME_AGREES,
                    f"list_has_any({words('given_parts_l')}, {words('given_roots_r')}) "
                    f"or list_has_any({words('given_roots_l')}, {words('given_parts_r')})",
                ),
            ),
            Level("initial", "initial agrees", INITIALS),
            Level("slip", "given name mistyped", GIVEN_SLIP),
            Level("resembles", "given names resemble each other", GIVEN_RESEMBLES),
            Level("crossed", "given name of one is the surname of the other", CROSSED),
            Level(ELSE, "given names differ", ""),
        ),
    ),
    Comparison(
        "surname",
        missing("surname_key"),
        (
            Level(
                "both",
                "both surnames equal",
                f"{same('surname_key')} and {same('second_surname_key')}",
            ),
            Level(
                "first",
                "first surname equal, second not told",
                f"{same('surname_key')} "
                "and (second_surname_key_l is null or second_surname_key_r is null)",
            ),
            Level(
                "slip_second",
                "second surname mistyped",
                then(same("surname_key"), SECOND_AGREES),
            ),
            Level(
                "second_differs",
                "first surname equal, second differs",
                same("surname_key"),
            ),
            Level(
                "slip_both",
                "first surname mistyped, second equal",
                then(same("second_surname_key"), SURNAME_SLIP),
            ),
            Level("slip", "surname mistyped", then(SURNAME_SLIP, SECOND_AGREES)),
            Level(
                "crossed",
                "surnames in another order, or swapped with the given name",
                "(surname_key_l = second_surname_key_r and coalesce(second_surname_key_l = "
                "surname_key_r, true)) or (surname_key_r = second_surname_key_l "
                "and coalesce(second_surname_key_r = surname_key_l, true)) "
                f"or {SWAPPED}",
            ),
            Level("resembles", "surnames resemble each other", SURNAME_RESEMBLES),
            Level(ELSE, "surnames differ", ""),
        ),
    ),
    Comparison(
        "birth_date",
        missing("birth_key"),
        (
            Level("equal", "birth date equal", same("birth_key")),
            Level("slip", "birth date mistyped", BIRTH_SLIP),
            Level(ELSE, "birth dates differ", ""),
        ),
    ),
    Comparison(
        "email",
        missing("email_key"),
        (
            Level("equal", "e-mail equal", same("email_key")),
            Level(
                "domain",
                "e-mail equal but for a mistyped domain",
                "email_meant_l = email_key_r or email_key_l = email_meant_r "
                "or email_meant_l = email_meant_r",
            ),
            Level("slip", "e-mail one letter apart", EMAIL_SLIP),
            Level(ELSE, "e-mails differ", ""),
        ),
    ),
    Comparison(
        "phone",
        missing("phone_key"),
        (
            Level("equal", "phone equal", same("phone_key")),
            Level("slip", "phone mistyped", PHONE_SLIP),
            Level(ELSE, "phones differ", ""),
        ),
    ),
    Comparison(
        "tax_id",
        "coalesce(tax_key_l, tax_digits_l) is null or coalesce(tax_key_r, tax_digits_r) is null",
        (
            Level("equal", "tax id equal", same("tax_key")),
            Level("slip", "tax id mistyped", TAX_SLIP),
            Level(
                ELSE,
                "tax ids differ",
                "",
            ),
        ),
    ),
    Comparison(
        "loyalty_number",
        missing("loyalty_key"),
        (
            Level("equal", "loyalty card equal", same("loyalty_key")),
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
                then(f"{same('address_key')} and {FLATS_AGREE}", TOWNS_AGREE),
            ),
            Level("slip", "address mistyped", ADDRESS_SLIP),
            Level("building", "same house, other flat", then(same("address_key"), TOWNS_AGREE)),
            Level("street", "same street, other number", SAME_STREET),
            Level(
                "post_town",
                "postal code and town equal",
                f"{same('postal_key')} and {same('city_key')}",
            ),
            Level("postal", "postal code equal", same("postal_key")),
            Level("town", "town equal", same("city_key")),
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
