"""The questions of docs/questions.md, each with its query."""

from __future__ import annotations

import re

from cartera.settings import CHECKOUT

PAGE = CHECKOUT / "docs" / "questions.md"


def questions() -> list[tuple[str, str]]:
    """Each question's heading ("1. How many …?") and its SQL."""
    return re.findall(
        r"(?ms)^### (\d+\. [^\n]+)\n+```sql\n(.*?)```", PAGE.read_text(encoding="utf-8")
    )
