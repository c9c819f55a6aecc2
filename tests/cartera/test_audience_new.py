"""``cartera audience new`` asks until the answers are right, and only then writes."""

from __future__ import annotations

import io
import json

import pytest

from cartera.settings import Settings
from tests.cartera.calling import Ended, Run, publish


class Terminal(io.StringIO):
    """What somebody types, a line for each question."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls ``audience new`` with options and answers, on a home with a publication."""
    publish(settings)

    def call(*answers: str, options: tuple[str, ...] = ()) -> Ended:
        monkeypatch.setattr("sys.stdin", Terminal("".join(f"{line}\n" for line in answers)))
        return run("audience", "new", *options)

    return call


def test_what_was_answered_is_an_audience(typing: Run, run: Run, settings: Settings) -> None:
    ended = typing("vips", "The best: of Madrid.", "", "phone", "orders >= 3", "20")
    assert ended.code == 0
    assert (settings.home / "audiences" / "vips.yml").exists()
    assert "Written to" in ended.out
    found = {one["name"]: one for one in json.loads(run("audience", "list", "--json").out)}
    told = {key: found["vips"][key] for key in ("about", "purpose", "channel", "holdout_percent")}
    assert told == {
        "about": "The best: of Madrid.",
        "purpose": "marketing",
        "channel": "phone",
        "holdout_percent": 20,
    }


def test_a_wrong_answer_is_asked_again_with_the_reason(typing: Run, settings: Settings) -> None:
    ended = typing(
        *("../vips", "champions", "vips"),
        *(" ", "The best."),
        *("spam", "marketing"),
        *("pigeon", "email"),
        *("ordres >= 3", "orders > 'x'", "orders >= 3"),
        *("many", "101", "0"),
    )
    assert ended.code == 0, ended.err
    said = " ".join(ended.err.split())
    reasons = (
        *("name: String should match", "There is an audience 'champions'"),
        *("about: it says nothing", "purpose: Input should be", "channel: Input should be"),
        *("Did you mean 'orders'", "is a text", "holdout_percent: Input should be less"),
    )
    places = [said.find(reason) for reason in reasons]
    assert -1 not in places
    assert places == sorted(places)
    (path,) = (settings.home / "audiences").iterdir()
    assert "holdout_percent: 0.0" in path.read_text()


def test_nobody_is_asked_by_what_way_nobody_is_contacted(typing: Run) -> None:
    ended = typing("watch", "To look at.", "internal", "orders >= 3")
    assert ended.code == 0, ended.err
    assert "By email or phone" not in ended.out
    assert "Percent that nobody contacts" not in ended.out


def test_only_what_is_missing_is_asked(typing: Run) -> None:
    ended = typing("The best.", "", "orders >= 3", "10", options=("vips", "--channel", "email"))
    assert ended.code == 0, ended.err
    assert "Name, such as" not in ended.out


@pytest.mark.parametrize(
    ("options", "said"), [(("../x",), "name: "), (("vips", "--rule", "ordres > 1"), "'orders'")]
)
def test_a_wrong_option_is_refused_before_anything_is_asked(
    typing: Run, settings: Settings, options: tuple[str, ...], said: str
) -> None:
    ended = typing(options=options)
    assert ended.code == 2
    assert said in ended.err
    assert "What is it for" not in ended.out
    assert not (settings.home / "audiences").exists()


def test_who_breaks_off_has_written_nothing(typing: Run, settings: Settings) -> None:
    ended = typing("vips", "The best.")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert not (settings.home / "audiences").exists()


@pytest.mark.parametrize("way", [(), ("--json",)])
def test_without_a_terminal_it_says_what_is_missing(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    publish(settings)
    monkeypatch.setattr("sys.stdin", Terminal() if way else io.StringIO())
    ended = run("audience", "new", "vips", *way)
    assert ended.code == 2
    assert "An audience needs about, rule" in (ended.out if way else ended.err)
    assert not (settings.home / "audiences").exists()
