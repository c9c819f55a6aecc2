"""A briefing sent by mail, to each address once.

The page is the HTML part of the message and a file attached to it as well: many mail programs
show no SVG, and the file opens in any browser and prints. Each address gets a message of its own,
so that nobody learns who else reads it.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from cartera import clock, records
from cartera.credentials import Credentials, Lookup, Veil, find
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings

# The name that Airflow gives its own connection to a mail server.
CONNECTION = "smtp_default"
KIND = "briefings"
TLS_PORT = 465
SUBMISSION_PORT = 587
SECONDS = 30
Tell = Callable[[str], None]


def recipients(settings: Settings) -> list[str]:
    """The addresses of ``CARTERA_BRIEFING_TO``. Raises UsageError for one that is none."""
    found = [part.strip() for part in settings.briefing_to.split(",") if part.strip()]
    for address in found:
        if parseaddr(address)[1] != address or "@" not in address:
            raise UsageError(
                f"CARTERA_BRIEFING_TO: {address!r} is no e-mail address.",
                fix="Write addresses with commas between them, and no names.",
            )
    return list(dict.fromkeys(found))


def mail(
    settings: Settings,
    name: str,
    subject: str,
    text: str,
    html: str,
    lookup: Lookup | None = None,
    tell: Tell | None = None,
) -> int:
    """Send the page ``html`` to those who have not got it; returns to how many it went now.

    ``name`` says which briefing it is: an address gets each once, also when a task is run again.
    ``text`` is for programs that show no HTML. Raises UsageError without credentials or sender,
    CarteraError if the server takes it for none or only some of them.
    """
    waiting = [a for a in recipients(settings) if _mark(a) not in _sent(settings, name)]
    if not waiting:
        return 0
    credentials = find(CONNECTION, lookup)
    sender = settings.briefing_from or credentials.extra.get("from_email", "")
    if not sender:
        raise UsageError("A briefing needs a sender.", fix="Set CARTERA_BRIEFING_FROM.")

    def send() -> list[str]:
        refused = []
        with _server(credentials) as server:
            for address in waiting:
                message = _message(name, subject, text, html, sender, address)
                try:
                    server.send_message(message)
                except smtplib.SMTPRecipientsRefused as error:
                    code, why = next(iter(error.recipients.values()))
                    refused.append(f"{address}: {code} {why.decode(errors='replace')}")
                    continue
                records.append(settings, KIND, briefing=name, to=_mark(address))
        return refused

    refused = Veil(credentials).run(f"The mail server {credentials.host}", send)
    gone = len(waiting) - len(refused)
    if tell and gone:
        tell(f"the briefing went to {gone} of {len(waiting)} addresses")
    if refused:
        raise CarteraError(
            f"The mail server {credentials.host} took the briefing for {gone} of "
            f"{len(waiting)} addresses ({'; '.join(refused)}).",
            fix="Correct CARTERA_BRIEFING_TO; `cartera briefing --mail` sends to those left.",
        )
    return gone


def _server(credentials: Credentials) -> smtplib.SMTP:
    """A session with the mail server, encrypted and logged in as its credentials say."""
    port = credentials.port or SUBMISSION_PORT
    # Airflow's own word for a server that speaks no TLS, such as one on this machine.
    wants_tls = credentials.extra.get("disable_tls", "").lower() != "true"
    safe = ssl.create_default_context()
    server: smtplib.SMTP
    begins_with_tls = credentials.scheme == "smtps" or port == TLS_PORT
    if begins_with_tls:
        server = smtplib.SMTP_SSL(credentials.host, port, timeout=SECONDS, context=safe)
    else:
        server = smtplib.SMTP(credentials.host, port, timeout=SECONDS)
    try:
        if wants_tls and not begins_with_tls:
            server.starttls(context=safe)
        if credentials.login:
            server.login(credentials.login, credentials.password)
    except BaseException:
        server.close()
        raise
    return server


def _message(
    name: str, subject: str, text: str, html: str, sender: str, address: str
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = address
    message["Date"] = format_datetime(clock.now())
    # The same if it has to be sent again, so that a mail program shows one.
    message["Message-ID"] = f"<{name}.{_mark(address)}@cartera.invalid>"
    message.set_content(text + "\n")
    message.add_alternative(html, subtype="html")
    message.add_attachment(html, subtype="html", filename=f"{name}.html")
    return message


def _sent(settings: Settings, name: str) -> set[str]:
    return {r["to"] for r in records.read(settings, KIND) if r.get("briefing") == name}


def _mark(address: str) -> str:
    """What stands for an address on the record: whether it got a briefing, not whose it is."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:16]
