"""Settings come from the environment, and a wrong one names its variable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cartera.errors import UsageError
from cartera.settings import CHECKOUT, load_settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CARTERA_")]:
        monkeypatch.delenv(name)


def test_every_setting_has_a_default() -> None:
    settings = load_settings()
    assert settings.home == CHECKOUT / "data"
    assert (settings.business_timezone, settings.reporting_currency) == ("Europe/Madrid", "EUR")
    assert settings.inbox == settings.home / "inbox"


def test_settings_come_from_the_environment_and_arguments_win(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARTERA_HOME", "~/somewhere")
    monkeypatch.setenv("CARTERA_REPORTING_CURRENCY", "USD")
    assert load_settings().home == Path.home() / "somewhere"
    settings = load_settings(home=tmp_path, reporting_currency=None)
    assert (settings.home, settings.reporting_currency) == (tmp_path, "USD")


def test_a_relative_home_does_not_move_with_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=Path("here"))
    monkeypatch.chdir("/")
    assert settings.landing == tmp_path / "here" / "landing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CARTERA_HOME", "/data?/cartera"),
        ("CARTERA_BUSINESS_TIMEZONE", "Europe/Madird"),
        ("CARTERA_BUSINESS_TIMEZONE", "../etc/passwd"),
        ("CARTERA_REPORTING_CURRENCY", "euros"),
        ("CARTERA_DEFAULT_COUNTRY", "es"),
        ("CARTERA_THREADS", "-1"),
        ("CARTERA_KEEP_PUBLICATIONS", "0"),
        ("CARTERA_LOCK_WAIT_SECONDS", "soon"),
    ],
)
def test_a_wrong_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as error:
        load_settings()
    assert error.value.message.startswith(f"{name}: ")
    assert value in error.value.message
    assert error.value.fix == f"Set {name} to a valid value or unset it."


def test_the_key_is_not_shown_with_the_settings() -> None:
    assert "very secret" not in repr(load_settings(hash_key="very secret"))
