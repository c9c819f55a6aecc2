"""What a source says stays text on a page."""

from __future__ import annotations

import pytest

from cartera.desk.markdown import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana Díaz", "Ana Díaz"),
        ("![x](http://evil/)", r"\!\[x\]\(http\://evil/\)"),
        (":red[late]", r"\:red\[late\]"),
        ("a\n\n# b", r"a \# b"),
        ("5 $ < 6 $", r"5 \$ \< 6 \$"),
    ],
)
def test_no_word_of_the_data_is_markup(text: str, shown: str) -> None:
    assert plain(text) == shown
