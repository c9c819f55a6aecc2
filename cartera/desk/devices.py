"""Browsers from which somebody has logged in: what others guess elsewhere does not make them wait.

Whoever knows a name could ask without end and take each try that its wait leaves free. A device
cookie tells its own people from them: its browser's attempts are counted on their own. As in
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies

It lets nobody in: a password is still needed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from cartera.desk.users import User

COOKIE = "cartera_desk_device"
LASTS = timedelta(days=90)


def issue(user: User) -> str:
    """The cookie for a browser from which ``user`` has just logged in."""
    device = secrets.token_hex(16)
    return f"{device}.{_seal(user, device)}"


def known(user: User | None, cookie: str | None) -> str | None:
    """Which browser it is of those from which ``user`` logged in; None for any other."""
    device, _, seal = (cookie or "").partition(".")
    if user is None or not hmac.compare_digest(seal.encode(), _seal(user, device).encode()):
        return None
    return device


def _seal(user: User, device: str) -> str:
    """Sealed with the hash of their password, which nobody else knows: good until it changes."""
    return hmac.new(user.hash.encode(), device.encode(), hashlib.sha256).hexdigest()
