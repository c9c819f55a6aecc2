"""SQL for numbers as exports write them: separators, signs, currency symbols.

The result is the same number with a decimal point and a leading minus, or NULL where the
text is no number of this export.
"""

from __future__ import annotations

import re

from cartera.duck import literal
from ingestion.forms import Forms

# No-break spaces, wide and narrow, stand between thousands and before currency symbols.
NO_BREAK = "\u00a0\u202f"


def plain_number(raw: str, forms: Forms) -> str:
    """A number with a decimal point and no separator of thousands.

    A separator of thousands that is not followed by three digits is a decimal comma
    in the wrong place: dropping it would multiply the amount by a hundred.
    """
    plain = _leading_minus(_without_symbols(raw, forms), forms)
    if forms.thousands:
        mark = forms.thousands
        if mark == " ":
            plain = f"translate({plain}, {literal(NO_BREAK)}, '  ')"
        grouped = f"[+-]?[0-9]{{1,3}}([{mark}][0-9]{{3}})*([{forms.decimal}][0-9]*)?"
        plain = (
            f"case when not contains({plain}, {literal(mark)}) then {plain} "
            f"when regexp_full_match({plain}, {literal(grouped)}) "
            f"then replace({plain}, {literal(mark)}, '') end"
        )
    if forms.decimal == ",":
        # A point where the export writes commas is no number of this export.
        return f"case when not contains({plain}, '.') then replace({plain}, ',', '.') end"
    return plain


def _without_symbols(raw: str, forms: Forms) -> str:
    """The number without one symbol of a currency, on either side: -€12, (12 €), EUR 12-."""
    if not forms.currency_symbols:
        return raw
    symbols = "|".join(re.escape(symbol.strip()) for symbol in forms.currency_symbols)
    blank = f"[ {NO_BREAK}]*"
    before = literal(f"^([+(-]?){blank}(?:{symbols}){blank}([+-]?[0-9])")
    after = literal(f"([0-9.,-]){blank}(?:{symbols}){blank}([)-]?)$")
    return (
        f"case when regexp_matches({raw}, {before}) "
        f"then regexp_replace({raw}, {before}, '\\1\\2') "
        f"else regexp_replace({raw}, {after}, '\\1\\2') end"
    )


def _leading_minus(raw: str, forms: Forms) -> str:
    """``(12.00)`` and ``12-`` as -12, where the contract says that the export writes so.

    Two signs at once make no number: what is left of them is not one.
    """
    plain = raw
    if "trailing" in forms.negative:
        plain = (
            f"case when ends_with({plain}, '-') then '-' || rtrim({plain}[:-2]) else {plain} end"
        )
    if "parentheses" in forms.negative:
        plain = (
            f"case when starts_with({plain}, '(') and ends_with({plain}, ')') "
            f"then '-' || trim({plain}[2:-2]) else {plain} end"
        )
    return plain
