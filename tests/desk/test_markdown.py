"""What a source says stays text on a page."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from cartera.desk import words
from cartera.desk.markdown import code, isolated, plain
from cartera.desk.matches import listed, matched


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana Díaz", "Ana Díaz"),
        ("![x](http://evil/)", "\\!\\[x\\]\\(http\\:\u2060//evil/\\)"),
        ("HTTPS://evil/ www.evil", "HTTPS\\:\u2060//evil/ www\u2060\\.evil"),
        (":red[late]", r"\:red\[late\]"),
        ("a\n\n# b", r"a \# b"),
        ("5 $ < 6 $", r"5 \$ \< 6 \$"),
    ],
)
def test_no_word_of_the_data_is_markup(text: str, shown: str) -> None:
    assert plain(text) == shown


LINK = "![](https://evil.example/p.png) [Session over](https://evil.example) <b> :email:"


def _read(markdown: str) -> list[tuple[str, str]]:
    """Each thing within a line of Markdown, by its kind."""
    lines = MarkdownIt("commonmark").parse(markdown)
    return [(part.type, part.content) for line in lines for part in line.children or []]


@pytest.mark.parametrize("text", ["crm:1", LINK, f"crm:`{LINK}", f"`` ` {LINK} ```", "`", "a\n\nb"])
def test_an_id_is_code_letter_by_letter(text: str) -> None:
    assert _read(code(text)) == [("code_inline", " ".join(text.split()))]


@pytest.mark.parametrize(
    "step",
    [
        {"linked_by": "email", "decision": "match", "veto": None},
        {"linked_by": "", "decision": "vetoed", "veto": f"`{LINK} differ"},
    ],
)
def test_no_id_of_a_record_is_a_link_or_an_image(step: dict[str, Any]) -> None:
    desk: Any = SimpleNamespace(words=partial(words.say, "en"))
    records = [f"crm:`{LINK}", "crm:1"]
    shown = [("code_inline", record) for record in records]
    assert _read(listed(records)) == shown
    first, _, second, (kind, why) = _read(matched(desk, [{**step, "records": records}]))
    assert [first, second] == shown
    assert kind == "text"
    assert why.startswith(": ")


def test_only_a_name_that_turns_the_text_is_kept_apart() -> None:
    assert isolated("Zoë Müller") == "Zoë Müller"
    for name in ("\u05d3\u05d5\u05d3", "\u0639\u0645\u0631 Lee", "\u202eeel"):
        assert isolated(name) == f"\u2068{name}\u2069"
