"""Local users: only their passwords let them in, and only their owner reads the file."""

from __future__ import annotations

import json
import stat

import pytest

from cartera.desk import users
from cartera.desk.roles import Person, Role
from cartera.errors import CarteraError, UsageError
from cartera.records import read
from cartera.settings import Settings
from tests.desk.cheap import PASSWORD, cheap_hashes


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)


def test_the_password_of_a_user_lets_them_in_and_nothing_else_does(settings: Settings) -> None:
    users.add(settings, "ana", "marketer", PASSWORD)
    user = users.check(settings, "ana", PASSWORD)
    assert user is not None
    assert user.person == Person("ana", Role.MARKETER)
    assert users.check(settings, "ana", PASSWORD + "!") is None
    assert users.check(settings, "ana", "") is None
    assert users.check(settings, "eva", PASSWORD) is None


def test_the_file_holds_hashes_for_its_owner_alone(settings: Settings) -> None:
    users.add(settings, "ana", "admin", PASSWORD)
    path = users.file_of(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert json.loads(path.read_text())["ana"]["hash"].startswith("$argon2id$")
    path.chmod(0o640)
    with pytest.raises(CarteraError, match="chmod 600"):
        users.load(settings)


def test_to_add_again_is_another_role_and_password(settings: Settings) -> None:
    before = users.add(settings, "ana", "viewer", PASSWORD)
    users.add(settings, "ana", "admin", "another long sentence")
    assert users.check(settings, "ana", PASSWORD) is None
    now = users.find(settings, "ana")
    assert now is not None
    assert now.person == Person("ana", Role.ADMIN)
    assert now.mark != before.mark
    assert users.add(settings, "ana", "admin", "another long sentence").mark != now.mark


def test_who_is_removed_is_nobody(settings: Settings) -> None:
    users.add(settings, "ana", "viewer", PASSWORD)
    users.remove(settings, "ana")
    assert users.check(settings, "ana", PASSWORD) is None
    assert users.find(settings, "ana") is None
    with pytest.raises(UsageError, match="No user 'ana'"):
        users.remove(settings, "ana")
    assert [e["event"] for e in read(settings, "access")] == ["desk-user-add", "desk-user-remove"]


@pytest.mark.parametrize(
    ("name", "role", "password", "told"),
    [
        ("Ana", "viewer", PASSWORD, "no name"),
        ("../ana", "viewer", PASSWORD, "no name"),
        ("", "viewer", PASSWORD, "no name"),
        ("ana", "root", PASSWORD, "No role 'root'"),
        ("ana", "viewer", "short", "has 5 characters"),
        ("ana", "viewer", "x" * 257, "has 257 characters"),
    ],
)
def test_what_makes_no_user_is_refused(
    settings: Settings, name: str, role: str, password: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        users.add(settings, name, role, password)
    assert users.load(settings) == {}


@pytest.mark.parametrize("text", ["[]", "{", '{"ana": {}}', '{"ana": {"role": "root"}}'])
def test_a_broken_file_lets_nobody_in(settings: Settings, text: str) -> None:
    settings.state.mkdir(parents=True)
    users.file_of(settings).touch(mode=0o600)
    users.file_of(settings).write_text(text)
    with pytest.raises(CarteraError, match="no file of users"):
        users.check(settings, "ana", PASSWORD)
