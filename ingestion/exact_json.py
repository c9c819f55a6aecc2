"""Types whose values JSON would change, and the types as which they go into it unchanged."""

from __future__ import annotations

import re

# As a number of JSON a decimal is a double to whoever reads it; bytes have no form there. Names in
# quotes and words of enums are passed over, and names without quotes, which a type follows.
CHANGED = re.compile(
    r""""(?:[^"]|"")*"|'(?:[^']|'')*'|"""
    r"""(?<![A-Z_])(?:DECIMAL\(\d+,\d+\)|U?HUGEINT|BLOB|BIT)(?![A-Z_]| [A-Z"])"""
)


def is_nested(kind: str) -> bool:
    """Whether a column's type is a list, a struct or a map: text alone does not hold it."""
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


def exact(kind: str) -> str:
    """A type with texts in the place of what JSON would change, at any depth."""
    return CHANGED.sub(lambda found: found[0] if found[0][0] in "\"'" else "VARCHAR", kind)
