"""What a provider says of somebody gives them the role that the setting says, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartera.desk.oidc import is_fresh, parse_roles, person_of, read_provider
from cartera.desk.roles import Person, Role
from cartera.errors import UsageError

ROLES = parse_roles("Ana@firm.com=admin group:sales=marketer group:all=analyst @firm.com=viewer")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ana@firm.com"}, Role.ADMIN),
        ({"email": "ANA@firm.com", "groups": ["sales"]}, Role.ADMIN),
        ({"email": "eva@firm.com"}, Role.VIEWER),
        ({"email": "eva@firm.com", "groups": ["all", "Sales"]}, Role.MARKETER),
        ({"email": "eva@elsewhere.com", "groups": ["all"]}, Role.ANALYST),
        ({"email": "eva@elsewhere.com"}, None),
        ({"email": "eva@notfirm.com"}, None),
        ({"email": "group:sales"}, None),
        ({"email": "@firm.com"}, None),
        ({"email": "eva@elsewhere.com", "groups": "sales"}, None),
        ({}, None),
    ],
)
def test_who_somebody_is_decides_their_role(claims: dict[str, Any], role: Role | None) -> None:
    found = person_of({"email_verified": True, **claims}, ROLES)
    assert found == (Person(str(claims["email"]).lower(), role) if role else None)


@pytest.mark.parametrize("told", [True, "true"])
def test_an_email_that_the_provider_has_verified_counts(told: object) -> None:
    claims = {"email": "ana@firm.com", "email_verified": told}
    assert person_of(claims, ROLES) == Person("ana@firm.com", Role.ADMIN)


@pytest.mark.parametrize(
    "told", [False, None, 0, 1, "", "false", "False", "TRUE", "yes", [], [True], {"a": 1}]
)
@pytest.mark.parametrize("trusts_email", [False, True])
def test_an_email_that_it_has_not_verified_is_none_whatever_is_trusted(
    told: object, trusts_email: bool
) -> None:
    claims = {"email": "ana@firm.com", "email_verified": told, "groups": ["sales"]}
    assert person_of(claims, ROLES, trusts_email=trusts_email) is None


def test_an_email_of_which_it_says_nothing_counts_only_where_that_is_trusted() -> None:
    """A guest of a Microsoft Entra tenant may carry the e-mail of anybody."""
    claims = {"email": "ana@firm.com", "groups": ["sales"]}
    assert person_of(claims, ROLES) is None
    assert person_of(claims, ROLES, trusts_email=True) == Person("ana@firm.com", Role.ADMIN)


def test_without_roles_nobody_has_one() -> None:
    assert person_of({"email": "ana@firm.com", "email_verified": True}, parse_roles("")) is None


@pytest.mark.parametrize("text", ["ana@firm.com", "=admin", "ana@firm.com=root"])
def test_a_role_that_is_not_right_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="is not who=role"):
        parse_roles(f"@firm.com=viewer {text}")


@pytest.mark.parametrize(
    ("ago", "fresh"),
    [(timedelta(0), True), (timedelta(hours=9), True), (timedelta(hours=10), False)],
)
def test_what_was_said_long_ago_is_said_no_more(ago: timedelta, fresh: bool) -> None:
    claims = {"iat": (NOW - ago).timestamp()}
    assert is_fresh(claims, NOW, timedelta(hours=10)) is fresh


@pytest.mark.parametrize("claims", [{}, {"iat": "now"}, {"iat": NOW.timestamp() + 3600}])
def test_without_a_time_that_can_be_it_is_not_fresh(claims: dict[str, Any]) -> None:
    assert not is_fresh(claims, NOW, timedelta(hours=10))


def test_the_provider_is_read_from_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "oidc.toml"
    file.write_text('[auth]\nredirect_uri = "https://x/oauth2callback"\ncookie_secret = "s"\n')
    file.chmod(0o600)
    assert read_provider(file)["auth"]["cookie_secret"] == "s"
    file.chmod(0o644)
    with pytest.raises(UsageError, match="may be read by everybody"):
        read_provider(file)
    file.chmod(0o600)
    file.write_text('[auth]\nredirect_uri = "https://x/oauth2callback"\n')
    with pytest.raises(UsageError, match="no cookie_secret"):
        read_provider(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_provider(tmp_path / "none.toml")
