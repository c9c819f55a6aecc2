"""What is shown is what was meant."""

from __future__ import annotations

import pytest

from cartera.console import out, say, show_table


def test_an_id_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    out.print("shop:phone:1466d7")
    show_table("[records]", ["record"], [["shop:phone:1466d7"]])
    say("shop:phone:1466d7 [bold]")
    shown = capsys.readouterr()
    assert shown.out.count("shop:phone:1466d7") == 2
    assert "[records]" in shown.out
    assert "shop:phone:1466d7 [bold]" in shown.err
