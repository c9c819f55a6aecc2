"""What a spreadsheet takes for a formula within a text, and the ' that keeps it text.

Text is looked at beyond its start, since a spreadsheet may split it: where lists are separated by
semicolons, as in Spain, a file with commas opens so that ``Ana;=1+1`` is two cells, and quotes do
not help; a text is also pasted, with tabs.
"""

from __future__ import annotations

from cartera.duck import literal

# A text is one by its start, in the ways that spreadsheets read these signs.
FORMULA = "^\\s*[=+@\\t\\r\\n\uff1d\uff0b\uff0d\uff20-]"
# Where a cell may start further in, and what makes a formula of it. The mark itself is marked, too,
# so that taking one off again gives the text that it was.
WITHIN = "([;\\t\\r\\n][\\s\"]*)('*[=+@\uff1d\uff0b\uff0d\uff20-])"
MARKED = "\\1'\\2"
_MARKED_WITHIN = WITHIN.replace("('*", "'('*")


def is_formula(text: str) -> str:
    """SQL: whether the SQL text ``text`` is a formula by its start."""
    return f"regexp_matches({text}, {literal(FORMULA)})"


def has_formula(text: str) -> str:
    """SQL: whether the SQL text ``text`` is a formula, or has one where a cell may start."""
    return f"({is_formula(text)} or regexp_matches({text}, {literal(WITHIN)}))"


def marked_within(text: str) -> str:
    """SQL: ``text`` with the mark before each formula further in."""
    return f"regexp_replace({text}, {literal(WITHIN)}, {literal(MARKED)}, 'g')"


def unmarked_within(text: str) -> str:
    """SQL: the text that ``marked_within`` was given, from what it gave."""
    unmarked = literal(r"\1\2")
    return f"regexp_replace({text}, {literal(_MARKED_WITHIN)}, {unmarked}, 'g')"
