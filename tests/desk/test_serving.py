"""Who may open what: no desk without a login but the demo's, on this machine alone."""

from __future__ import annotations

import string
from datetime import date

import pytest

from cartera import demo_home
from cartera.desk import serving, users, words
from cartera.desk.pages import PAGES, pages_of
from cartera.desk.roles import Role
from cartera.errors import UsageError
from cartera.settings import CHECKOUT, Settings
from tests.desk.cheap import PASSWORD, cheap_hashes


def test_without_users_nothing_is_served(settings: Settings) -> None:
    with pytest.raises(UsageError, match="Nobody could log in"):
        serving.mode_of(settings, "127.0.0.1", demo=False)


def test_with_users_they_log_in_and_with_a_provider_it_is_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_hashes(monkeypatch)
    users.add(settings, "ana", "viewer", PASSWORD)
    assert serving.mode_of(settings, "10.0.0.5", demo=False) == "local"
    with_provider = settings.model_copy(update={"desk_oidc_file": "oidc.toml"})
    assert serving.mode_of(with_provider, "10.0.0.5", demo=False) == "oidc"


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "192.168.1.5", "desk.example.com", ""],  # noqa: S104
)
def test_the_demo_is_for_this_machine_alone(settings: Settings, address: str) -> None:
    (settings.inbox / "a").mkdir(parents=True)
    (settings.inbox / "a" / "b.csv").write_text("a\n")
    demo_home.remember(settings, date(2026, 11, 1), {}, ["a/b.csv"])
    with pytest.raises(UsageError, match="no login"):
        serving.mode_of(settings, address, demo=True)
    for here in ("127.0.0.1", "::1", "localhost"):
        assert serving.mode_of(settings, here, demo=True) == "demo"


def test_the_demo_is_for_its_own_home_alone(settings: Settings) -> None:
    with pytest.raises(UsageError, match="does not hold the demo"):
        serving.mode_of(settings, "127.0.0.1", demo=True)


def test_every_page_is_there_and_sums_alone_are_for_viewers() -> None:
    folder = CHECKOUT / "cartera" / "desk" / "pages"
    assert {page.name for page in PAGES} == {path.stem for path in folder.glob("[!_]*.py")}
    assert {page.name for page in PAGES} - {page.name for page in pages_of(Role.VIEWER)} == {
        "customers",
        "lists",
        "quality",
    }
    assert pages_of(Role.ADMIN) == PAGES
    assert [role for role in Role if role.sees_contact_data] == [Role.MARKETER, Role.ADMIN]


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    english, spanish = words.phrases("en"), words.phrases("es")
    assert english.keys() == spanish.keys()
    assert {key for key in english if _values(english[key]) != _values(spanish[key])} == set()
    assert [key for key, phrase in {**english, **spanish}.items() if not phrase.strip()] == []


def _values(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize(
    ("locale", "language"),
    [("es", "es"), ("es-AR", "es"), ("ES", "es"), ("en-GB", "en"), ("fr", "en"), (None, "en")],
)
def test_the_language_is_that_of_the_browser(locale: str | None, language: str) -> None:
    assert words.language_of(locale) == language


def test_a_language_that_was_chosen_is_not_forgotten_with_its_button() -> None:
    kept: dict[str, str | None] = {}
    assert words.chosen(kept, "en-GB") == "en"
    kept["language"] = "es"
    assert words.chosen(kept, "en-GB") == "es"
    kept["language"] = None
    assert words.chosen(kept, "en-GB") == "es"
    del kept["language"]
    assert words.chosen(kept, "en-GB") == kept["language"] == "es"
