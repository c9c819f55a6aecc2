"""Briefings arrive at a real mail server, once at each address, with nobody else's on them."""

from __future__ import annotations

import email
import email.policy
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cartera.briefing.mailing import mail, recipients
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings

# This server stands on a loopback address, for a test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
PASSWORD = "c4nary-p@ss/word"
PAGE = "<!doctype html><html><body><p>Ventas: 1.234 €</p></body></html>"


class Server:
    """Keeps what it is sent, and refuses whom it does not know."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.encrypted: list[bool] = []
        self.unknown: set[str] = set()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.rcpt_tos, message))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


def is_known(_server: Any, _session: Any, _envelope: Any, _kind: str, told: Any) -> AuthResult:
    known = isinstance(told, LoginPassword) and told.password == PASSWORD.encode()
    return AuthResult(success=known, handled=False)


@contextmanager
def serving(handler: Server, **how: Any) -> Iterator[int]:
    """A mail server on this machine that wants a password; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        handler, hostname="127.0.0.1", port=port, authenticator=is_known, auth_required=True, **how
    )
    controller.start()
    yield port
    controller.stop()


def login_at(monkeypatch: pytest.MonkeyPatch, port: int, rest: str = "") -> None:
    address = f"smtp://cartera:c4nary-p%40ss%2Fword@127.0.0.1:{port}"
    monkeypatch.setenv("CARTERA_CONN_SMTP_DEFAULT", address + rest)


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A mail server that speaks no TLS."""
    handler = Server()
    with serving(handler, auth_require_tls=False) as port:
        login_at(monkeypatch, port, "?disable_tls=true")
        yield handler


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of this machine's own address, good for a day, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    me = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(me, me, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem)
    )
    return path


@pytest.fixture
def tls_server(
    settings: Settings, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A mail server that hears nobody before STARTTLS, with a certificate that is trusted."""
    handler = Server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(handler, tls_context=context, require_starttls=True) as port:
        login_at(monkeypatch, port)
        yield handler


@pytest.fixture
def told(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "briefing_to": "ana@x.example, luis@x.example",
            "briefing_from": "cartera@x.example",
        }
    )


def send(settings: Settings, name: str = "briefing-1-es") -> int:
    return mail(settings, name, "Informe: 2 asuntos", "- Uno\n- Dos", PAGE)


def test_each_address_gets_the_page_as_text_and_as_a_file(server: Server, told: Settings) -> None:
    assert send(told) == 2
    assert [to for to, _ in server.received] == [["ana@x.example"], ["luis@x.example"]]
    for (address,), message in server.received:
        assert (message["To"], message["From"]) == (address, "cartera@x.example")
        assert message["Subject"] == "Informe: 2 asuntos"
        text, page = (message.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert page is not None
        assert text.get_content().splitlines() == ["- Uno", "- Dos"]
        assert page.get_content().strip() == PAGE
        (file,) = message.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("briefing-1-es.html", "text/html")
        assert file.get_content().strip() == PAGE
    ids = {message["Message-ID"] for _, message in server.received}
    assert len(ids) == 2


def test_an_address_gets_a_briefing_once_and_each_of_them(server: Server, told: Settings) -> None:
    assert [send(told), send(told), send(told, "briefing-2-es")] == [2, 0, 2]
    more = told.model_copy(update={"briefing_to": f"{told.briefing_to},eva@x.example"})
    assert send(more) == 1
    assert [to for to, _ in server.received][-1] == ["eva@x.example"]
    # Who reads briefings is not for those who read the records.
    assert "@" not in (told.state / "briefings.jsonl").read_text()


def test_one_that_is_refused_keeps_it_from_nobody_and_gets_it_later(
    server: Server, told: Settings
) -> None:
    server.unknown = {"ana@x.example"}
    with pytest.raises(CarteraError, match=r"for 1 of 2 addresses \(ana@x.example: 550 nobody"):
        send(told)
    server.unknown = set()
    assert send(told) == 1
    assert sorted(address for (address,), _ in server.received) == [
        "ana@x.example",
        "luis@x.example",
    ]


def test_nothing_goes_out_in_the_clear_unless_that_was_asked_for(
    server: Server, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = os.environ["CARTERA_CONN_SMTP_DEFAULT"].partition("?")[0]
    monkeypatch.setenv("CARTERA_CONN_SMTP_DEFAULT", address)
    with pytest.raises(CarteraError, match="STARTTLS"):
        send(told)
    assert server.received == []


def test_it_is_sent_by_starttls_to_a_server_whose_certificate_is_trusted(
    tls_server: Server, told: Settings
) -> None:
    assert send(told) == 2
    assert tls_server.encrypted == [True, True]


def test_a_server_whose_certificate_nobody_trusts_gets_no_password_and_no_page(
    tls_server: Server, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CarteraError, match="CERTIFICATE_VERIFY_FAILED"):
        send(told)
    assert tls_server.received == []


def test_a_server_that_is_not_there_or_wants_another_password_is_named_without_the_secret(
    server: Server, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = os.environ["CARTERA_CONN_SMTP_DEFAULT"]
    for wrong in (address.replace("4nary", "4nARy"), f"smtp://u:{PASSWORD[:6]}@127.0.0.1:9"):
        monkeypatch.setenv("CARTERA_CONN_SMTP_DEFAULT", wrong)
        with pytest.raises(CarteraError, match=r"The mail server 127\.0\.0\.1") as refused:
            send(told)
        assert "c4n" not in str(refused.value)
    assert server.received == []


def test_who_reads_it_and_who_sends_it_must_be_told(
    server: Server, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recipients(told.model_copy(update={"briefing_to": " a@b , a@b,"})) == ["a@b"]
    for wrong in ("Ana <ana@x.example>", "ana", "a@b\nBcc: c@d"):
        with pytest.raises(UsageError, match="is no e-mail address"):
            send(told.model_copy(update={"briefing_to": wrong}))
    with pytest.raises(UsageError, match="CARTERA_BRIEFING_FROM"):
        send(told.model_copy(update={"briefing_from": ""}))
    monkeypatch.delenv("CARTERA_CONN_SMTP_DEFAULT")
    with pytest.raises(UsageError, match="CARTERA_CONN_SMTP_DEFAULT"):
        send(told)
    assert send(told.model_copy(update={"briefing_to": ""})) == 0
