"""``cartera desk user``: who may open the desk, from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cartera.desk import users
from cartera.settings import Settings
from tests.cartera.calling import Run
from tests.desk.cheap import PASSWORD, cheap_hashes

ADD = ("desk", "user", "add")
LIST = ("desk", "user", "list")
REMOVE = ("desk", "user", "remove")


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)


@pytest.fixture
def password(tmp_path: Path) -> tuple[str, str]:
    """The option for a script's password, in a file that ends as editors end one."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\r\n")
    return ("--password-file", str(path))


def test_who_is_added_may_log_in_until_they_are_removed(
    run: Run, settings: Settings, password: tuple[str, str]
) -> None:
    ended = run(*ADD, "ana", "--role", "marketer", *password)
    assert (ended.code, ended.out, ended.err) == (0, "ana may log in as marketer.\n", "")
    told = json.loads(run(*ADD, "luis", "--role", "viewer", *password, "--json").out)
    assert told == {"user": "luis", "role": "viewer"}
    found = users.check(settings, "ana", PASSWORD)
    assert found is not None
    assert found.role == "marketer"
    rows = json.loads(run(*LIST, "--json").out)
    assert [(row["user"], row["role"]) for row in rows] == [("ana", "marketer"), ("luis", "viewer")]
    shown = run(*LIST).out
    assert shown.startswith("2 users\n")
    assert "argon2" not in shown + str(rows)
    ended = run(*REMOVE, "ana")
    assert (ended.code, ended.out) == (0, "ana may no longer log in.\n")
    assert users.check(settings, "ana", PASSWORD) is None
    assert json.loads(run(*REMOVE, "luis", "--json").out) == {"user": "luis"}
    assert json.loads(run(*LIST, "--json").out) == []


def test_to_add_again_gives_another_role(
    run: Run, settings: Settings, password: tuple[str, str]
) -> None:
    for role in ("viewer", "admin"):
        assert run(*ADD, "ana", "--role", role, *password).code == 0
    assert [user.role for user in users.load(settings).values()] == ["admin"]


def test_a_password_is_asked_for_twice_and_never_shown(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter([PASSWORD, "another sentence", PASSWORD, PASSWORD])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    ended = run(*ADD, "ana", "--role", "admin")
    assert ended.code == 0, ended.err
    assert PASSWORD not in ended.out + ended.err
    assert "do not match" in ended.out + ended.err
    assert users.check(settings, "ana", PASSWORD) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*ADD, "Ana Ruiz", "--role", "viewer"), "'Ana Ruiz' is no name for a user"),
        ((*ADD, "ana", "--role", "boss"), "No role 'boss'"),
        ((*REMOVE, "eva"), "No user 'eva'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_words_end_with_2_in_text_and_in_json(
    run: Run, settings: Settings, password: tuple[str, str], words: tuple[str, ...], said: str
) -> None:
    given = (*words, *(password if "add" in words else ()))
    ended = run(*given)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())
    told = run(*given, "--json")
    assert (told.code, json.loads(told.out)["exit_code"]) == (2, 2)
    assert users.load(settings) == {}


@pytest.mark.parametrize("words", [(*ADD, "ana"), REMOVE, (*LIST, "ana")], ids=" ".join)
@pytest.mark.parametrize("way", [(), ("--json",)])
def test_too_few_words_or_too_many_end_with_2(
    run: Run, words: tuple[str, ...], way: tuple[str, ...]
) -> None:
    ended = run(*words, *way)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: " in ended.err


def test_a_password_that_is_none_makes_no_user(
    run: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, missing = tmp_path / "short", tmp_path / "missing"
    short.write_text("short\n")
    wrong = [
        (("--password-file", str(short)), "has 5 characters"),
        (("--password-file", str(missing)), "cannot be read"),
        ((), "There is no terminal to ask"),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n" * 2))
    for options, said in wrong:
        ended = run(*ADD, "ana", "--role", "viewer", *options)
        assert (ended.code, ended.out) == (2, "")
        assert said in " ".join(ended.err.split())
    assert users.load(settings) == {}


def test_a_file_of_users_that_others_may_read_is_refused(
    run: Run, settings: Settings, password: tuple[str, str]
) -> None:
    run(*ADD, "ana", "--role", "viewer", *password)
    users.file_of(settings).chmod(0o644)
    for words in (LIST, (*REMOVE, "ana"), (*ADD, "eva", "--role", "viewer", *password)):
        ended = run(*words)
        assert ended.code == 3
        assert "chmod 600" in ended.err.replace("\n", " ")
