"""Members sent in batches to an address, each batch until it is taken, and counted once.

A batch carries a key made of what it is: a server that got it before and was not heard says so,
or takes it again to no effect.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from cartera.activation.destinations import Http
from cartera.credentials import Credentials
from cartera.errors import CarteraError, UsageError

# Seconds before the second attempt; each further one waits twice as long.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)


def key_of(pull_id: str, destination: str, operation: str, body: bytes) -> str:
    """What tells a batch from every other one, and is the same when it is sent again."""
    told = "\x1f".join((pull_id, destination, operation)).encode()
    return hashlib.sha256(told + b"\x1f" + body).hexdigest()[:32]


class Line:
    """A connection to one destination, made anew when it breaks."""

    def __init__(
        self,
        destination: Http,
        credentials: Credentials,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._destination = destination
        self._parts = urlsplit(destination.url)
        self._headers = {
            "Content-Type": "application/json",
            **authorization(destination, credentials),
        }
        self._pause = pause
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def send(self, body: bytes, key: str) -> None:
        """Send one batch. Raises CarteraError if it is not taken after all attempts."""
        wait = FIRST_WAIT
        for attempt in range(1, self._destination.attempts + 1):
            try:
                status, asked = self._ask(body, key)
                problem = f"answered {status}"
            except (OSError, http.client.HTTPException) as error:
                self.close()
                status, asked, problem = 0, None, f"{type(error).__name__}: {error}"
            if 200 <= status < 300:
                return
            if status and status not in TRY_AGAIN:
                break
            if attempt < self._destination.attempts:
                self._pause(min(wait if asked is None else asked, LONGEST_WAIT))
                wait *= 2
        # What the server said is left out: it may repeat whom it was sent.
        raise CarteraError(
            f"{self._destination.name}: a batch was not taken, {self._parts.hostname} {problem}.",
            fix="Run `cartera audience send` again: it goes on with the batch that was not taken.",
        )

    def _ask(self, body: bytes, key: str) -> tuple[int, float | None]:
        """The status, and how long the server asks to wait."""
        if self._connection is None:
            kind: type[http.client.HTTPConnection] = http.client.HTTPSConnection
            if self._parts.scheme == "http":
                kind = http.client.HTTPConnection
            self._connection = kind(
                self._parts.hostname or "",
                self._parts.port,
                timeout=self._destination.timeout_seconds,
            )
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        self._connection.request(
            "POST", target, body=body, headers={**self._headers, "Idempotency-Key": key}
        )
        response = self._connection.getresponse()
        response.read()
        asked = response.getheader("Retry-After") or ""
        return response.status, float(asked) if asked.isdigit() else None


def authorization(destination: Http, credentials: Credentials) -> dict[str, str]:
    """The header that says who sends; none without credentials.

    Raises UsageError for a token that no header can carry, and does not quote it.
    """
    if credentials.login:
        pair = f"{credentials.login}:{credentials.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    if token := credentials.password:
        if not (token.isascii() and token.isprintable()):
            raise UsageError(
                f"The token for {destination.name} has a line end in it, or another character that "
                "no header can carry.",
                fix="Write it as it was given; the line end of a file does not belong to it.",
            )
        return {"Authorization": f"Bearer {token}"}
    return {}


def body_of(pull_id: str, operation: str, members: list[dict[str, Any]]) -> bytes:
    """A batch as JSON; money and dates are texts, so that nothing is rounded on the way."""
    told = {"pull_id": pull_id, "operation": operation, "members": members}
    return json.dumps(told, ensure_ascii=False, default=str).encode()
