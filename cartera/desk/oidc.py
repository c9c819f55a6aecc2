"""Logins by OpenID Connect: which role somebody has, by what the provider says of them.

Streamlit speaks with the provider and signs what it said into a cookie; here is decided whether
that is fresh, and what it is worth.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cartera.desk.roles import Person, Role
from cartera.errors import UsageError

GROUP = "group:"
# An address that is neither a whole domain nor a group in CARTERA_DESK_ROLES.
EMAIL = re.compile(r"[^@:\s]+@[^@\s]+")
# How far the provider's clock may be from ours.
CLOCKS = timedelta(minutes=5)


def parse_roles(text: str) -> dict[str, Role]:
    """``CARTERA_DESK_ROLES``: who=role, parted by spaces; who is an e-mail, @domain or group:name.

    Raises UsageError that names what is wrong.
    """
    found = {}
    for part in text.split():
        who, is_told, role = part.rpartition("=")
        if not is_told or not who or role not in list(Role):
            raise UsageError(
                f"CARTERA_DESK_ROLES: {part!r} is not who=role.",
                fix=f"Write ana@firm.com=admin, @firm.com=viewer or group:sales={Role.ANALYST}; "
                f"roles are {', '.join(Role)}.",
            )
        found[who.lower()] = Role(role)
    return found


def person_of(
    claims: Mapping[str, Any], roles: Mapping[str, Role], *, trusts_email: bool = False
) -> Person | None:
    """Who the provider says is there, and their role; None for somebody who has none.

    Their own e-mail goes before their groups, and these before their domain; of several groups the
    first in ``roles`` counts. An e-mail that the provider does not say it has verified is none;
    ``trusts_email`` takes that of a provider which never says so.
    """
    email = email_of(claims, trusts_email=trusts_email)
    if email is None:
        return None
    told = claims.get("groups")
    groups = {f"{GROUP}{str(name).lower()}" for name in (told if isinstance(told, list) else [])}
    own = [who for who in roles if who == email]
    by_group = [who for who in roles if who in groups]
    domain = [who for who in roles if who == f"@{email.rpartition('@')[2]}"]
    for who in (*own, *by_group, *domain):
        return Person(email, roles[who])
    return None


def email_of(claims: Mapping[str, Any], *, trusts_email: bool = False) -> str | None:
    """Their e-mail, if it counts."""
    email = str(claims.get("email") or "").lower()
    return email if EMAIL.fullmatch(email) and _is_verified(claims, trusts_email) else None


def _is_verified(claims: Mapping[str, Any], trusts_email: bool) -> bool:
    """By the claim's own word; some providers send it as text. What is neither is a no."""
    if "email_verified" not in claims:
        return trusts_email
    told = claims["email_verified"]
    return told is True or told == "true"


def issued_at(claims: Mapping[str, Any]) -> datetime | None:
    """When the provider said so, if it tells."""
    issued = claims.get("iat")
    return datetime.fromtimestamp(issued, UTC) if isinstance(issued, int | float) else None


def is_fresh(claims: Mapping[str, Any], now: datetime, longest: timedelta) -> bool:
    """Whether the provider said so within ``longest``; without saying when, it is not."""
    issued = issued_at(claims)
    return issued is not None and -CLOCKS <= now - issued < longest


def read_provider(path: Path) -> dict[str, Any]:
    """The section ``auth`` of ``path``, as Streamlit takes it. Raises UsageError."""
    try:
        mode = path.stat().st_mode
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"CARTERA_DESK_OIDC_FILE: {path} cannot be read ({type(error).__name__}).",
            fix="See docs/desk.md for what belongs in it.",
        ) from error
    if mode & 0o007:
        raise UsageError(f"{path} may be read by everybody.", fix=f"chmod 600 {path}")
    auth = told.get("auth")
    missing = {"redirect_uri", "cookie_secret"} - set(auth if isinstance(auth, dict) else {})
    if missing:
        raise UsageError(
            f"{path}: its section [auth] has no {min(missing)}.",
            fix="See docs/desk.md for what belongs in it.",
        )
    return {"auth": auth}
