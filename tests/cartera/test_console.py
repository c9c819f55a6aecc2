"""What is shown is what was meant."""

from __future__ import annotations

import json
import re

import pytest

from cartera.console import (
    say,
    show_error,
    show_json,
    show_line,
    show_note,
    show_table,
    show_text,
)
from cartera.errors import CarteraError
from cartera.settings import CHECKOUT, Settings
from tests.cartera.calling import Run

# Takes the clipboard, clears the screen, goes on in a line of its own, in two spellings.
HOSTILE = "a\x1b]52;c;eA==\x07b\x1b[2Jc\r\nd\x9b2Je[/x][red]f"
SHOWN = r"a\x1b]52;c;eA==\x07b\x1b[2Jc\r\nd\x9b2Je[/x][red]f"


def test_an_id_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    show_line("shop:phone:1466d7")
    show_table("[records]", ["record"], [["shop:phone:1466d7"]])
    say("shop:phone:1466d7 [bold]")
    shown = capsys.readouterr()
    assert shown.out.count("shop:phone:1466d7") == 2
    assert "[records]" in shown.out
    assert "shop:phone:1466d7 [bold]" in shown.err


def test_nothing_that_is_shown_is_obeyed_by_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_line(HOSTILE, (HOSTILE, "bold"))
    show_note(HOSTILE, HOSTILE)
    show_table(HOSTILE, [HOSTILE], [[HOSTILE], [{HOSTILE: 1}]])
    # A file of two lines.
    show_text(f"{HOSTILE}\n".replace("c\r\n", "c\n"))
    say(HOSTILE)
    show_error(CarteraError(HOSTILE, fix=HOSTILE), as_json=False)
    told = capsys.readouterr()
    shown = "".join((told.out + told.err).split())
    assert shown.count(SHOWN) == 11
    assert shown.count(SHOWN.replace(r"\r\n", "")) == 1
    show_json({"record": HOSTILE})
    written = capsys.readouterr().out
    assert json.loads(written) == {"record": HOSTILE}
    for text in (told.out, told.err, written):
        assert all(sign == "\n" or sign.isprintable() for sign in text)


def test_a_folder_s_name_is_no_markup(run: Run, settings: Settings) -> None:
    path = settings.inbox / "crm" / "[/x]" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("a\n")
    ended = run("status")
    assert (ended.code, "inbox/crm/[/x]: no contract" in ended.out) == (0, True)


def test_commands_show_by_these_functions_alone() -> None:
    rooms = ("cartera", "ingestion", "expectations")
    files = [path for room in rooms for path in (CHECKOUT / room).rglob("*.py")]
    shows = re.compile(r"\b(from rich|(out|err)\.print\()")
    assert {path.name for path in files if shows.search(path.read_text())} == {"console.py"}
