"""``cartera audience new`` asks until the answers are right, and only then writes."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

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
    answers = ("vips", "The best: of Madrid.", "", "phone", "orders >= 3")
    ended = typing(*answers, "", "20", "2/30", " SUMMER-26 ")
    assert ended.code == 0
    assert (settings.home / "audiences" / "vips.yml").exists()
    assert "Written to" in ended.out
    found = {one["name"]: one for one in json.loads(run("audience", "list", "--json").out)}
    told = {
        "about": "The best: of Madrid.",
        "purpose": "marketing",
        "channel": "phone",
        "holdout_percent": 20,
        "fields": ["customer_id", "given_name", "surname_1", "phone_e164"],
        "cap": {"lists": 2, "days": 30},
        "campaign": "SUMMER-26",
    }
    assert told == {key: found["vips"][key] for key in told}


@pytest.mark.parametrize(
    ("answers", "options"),
    [
        (("vips", "The best.", "", "", "orders >= 3", "", "", "", ""), ()),
        ((), ("vips", "--about", "x", "--channel", "email", "--rule", "orders >= 3", "--json")),
    ],
)
def test_who_says_no_more_gets_a_list_that_reaches_people(
    typing: Run, run: Run, answers: tuple[str, ...], options: tuple[str, ...]
) -> None:
    ended = typing(*answers, options=options)
    assert ended.code == 0, ended.err
    (found,) = [
        one for one in json.loads(run("audience", "list", "--json").out) if one["name"] == "vips"
    ]
    assert (found["cap"], found["campaign"]) == (None, None)
    done = json.loads(run("audience", "pull", "vips", "--json").out)
    with open(done["files"]["csv"], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert done["listed"] == len(rows) > 0
    assert {row["email"] for row in rows} == {
        f"c{int(row['customer_id'][1:])}@example.com" for row in rows
    }


def test_a_list_of_a_campaign_holds_out_who_the_campaign_does(
    typing: Run, run: Run, settings: Settings
) -> None:
    """However it came to be of the campaign: by its own file, or by the pull."""
    given = ("--about", "x", "--channel", "email", "--rule", "orders >= 0", "--holdout", "50")
    assert typing(options=("one", *given, "--json")).code == 0
    assert typing(options=("other", *given, "--campaign", "S-26", "--json")).code == 0
    asked = {"one": ("--campaign", "S-26"), "other": ()}
    pulled = {
        name: json.loads(run("audience", "pull", name, *way, "--json").out)
        for name, way in asked.items()
    }
    plain = json.loads(run("audience", "pull", "one", "--json").out)
    assert plain["pull_id"] != pulled["one"]["pull_id"]
    assert recorded(settings, pulled["one"]) == recorded(settings, pulled["other"])
    assert recorded(settings, plain)[0] == {""}
    assert recorded(settings, plain)[1] != recorded(settings, pulled["one"])[1]
    before = json.loads(run("audience", "preview", "one", "--campaign", "S-26", "--json").out)
    assert before["pull_id"] == pulled["one"]["pull_id"]


def recorded(settings: Settings, pulled: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The campaigns that the record of a pull names, and who was held out."""
    (path,) = (settings.inbox / "cartera" / "audience_pulls").glob(f"*_{pulled['pull_id']}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    held_out = {row["party_id"] for row in rows if row["bucket"] == "holdout"}
    assert held_out
    return {row["campaign_id"] for row in rows}, held_out


@pytest.mark.parametrize(
    ("name", "campaign"), [("worst_candidates", "S-26"), ("champions", ""), ("champions", "a\nb")]
)
def test_what_is_no_list_of_a_campaign_is_not_pulled_as_one(
    run: Run, settings: Settings, name: str, campaign: str
) -> None:
    publish(settings)
    ended = run("audience", "pull", name, "--campaign", campaign)
    assert ended.code == 2
    assert "campaign" in ended.err
    assert not settings.inbox.exists()


def test_fields_and_a_cap_can_be_given(typing: Run, settings: Settings) -> None:
    given = ("--about", "x", "--channel", "email", "--rule", "orders >= 0", "--json")
    ended = typing(options=("vips", *given, "--fields", "email, orders", "--cap", "1/7"))
    assert ended.code == 0, ended.out
    text = (settings.home / "audiences" / "vips.yml").read_text()
    assert "fields:\n- email\n- orders\n" in text
    assert "cap:\n  lists: 1\n  days: 7\n" in text


def test_a_wrong_answer_is_asked_again_with_the_reason(typing: Run, settings: Settings) -> None:
    ended = typing(
        *("../vips", "champions", "vips"),
        *(" ", "The best."),
        *("spam", "marketing"),
        *("pigeon", "email"),
        *("ordres >= 3", "orders > 'x'", "orders >= 3"),
        *("emial", "email, orders"),
        *("many", "101", "0"),
        *("often", "0/30", "2/30"),
        *("S-26",),
    )
    assert ended.code == 0, ended.err
    said = " ".join(ended.err.split())
    reasons = (
        *("name: String should match", "There is an audience 'champions'"),
        *("about: it says nothing", "purpose: Input should be", "channel: Input should be"),
        *("Did you mean 'orders'", "is a text", "Did you mean 'email'"),
        *("holdout_percent: Input should be less", "cap: 'often'", "cap.lists: Input should"),
    )
    places = [said.find(reason) for reason in reasons]
    assert -1 not in places
    assert places == sorted(places)
    (path,) = (settings.home / "audiences").iterdir()
    assert "holdout_percent: 0.0" in path.read_text()


def test_nobody_is_asked_by_what_way_nobody_is_contacted(typing: Run) -> None:
    ended = typing("watch", "To look at.", "internal", "orders >= 3", "")
    assert ended.code == 0, ended.err
    assert "By email or phone" not in ended.out
    assert "Percent that nobody contacts" not in ended.out
    assert "campaign" not in ended.out


def test_only_what_is_missing_is_asked(typing: Run) -> None:
    answers = ("The best.", "", "orders >= 3", "", "10", "", "")
    ended = typing(*answers, options=("vips", "--channel", "email"))
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
