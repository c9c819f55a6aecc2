"""Words of the data among words of ours: what a source says is never taken for markup."""

from __future__ import annotations

import re

# All that Streamlit's Markdown gives a meaning: directives (:red[…]), formulas and HTML among them.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^&])")


def plain(text: str) -> str:
    """``text`` such that Markdown shows it letter by letter, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
