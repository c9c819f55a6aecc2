"""Words of the data among words of ours: what a source says is never taken for markup."""

from __future__ import annotations

import re
import unicodedata

# All that Streamlit's Markdown gives a meaning: directives (:red[…]), formulas and HTML among them.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^&])")
# Streamlit makes links of bare addresses after it has read the Markdown, escaped or not.
_ADDRESS = re.compile(r"(?i)(https?:(?=//)|www(?=\.))")
_WORD_JOINER = "\u2060"
# Letters and marks that turn the text around them from right to left, or may.
_TURNING = {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}
_ISOLATE, _END = "\u2068", "\u2069"


def plain(text: str) -> str:
    """``text`` such that Markdown shows it letter by letter, on one line.

    An address in it is no link: a mark that takes no room stands within.
    """
    shown = _ADDRESS.sub(rf"\1{_WORD_JOINER}", " ".join(text.split()))
    return _MARKUP.sub(r"\\\1", shown)


def code(text: str) -> str:
    """``text`` as code, on one line: for ids, which somebody may copy letter by letter."""
    shown = " ".join(text.split())
    # It ends with as many backticks as it began with: one more than it has in a row itself.
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    room = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{room}{shown}{room}{fence}"


def isolated(text: str) -> str:
    """``text`` such that one from right to left leaves the order of what stands beside it."""
    if _TURNING.isdisjoint(map(unicodedata.bidirectional, text)):
        return text
    return f"{_ISOLATE}{text}{_END}"
