"""A provider of logins, by OpenID Connect: it asks nobody, and says what a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

CLIENT, SECRET = "the desk", "a secret of the tests"
LASTS = timedelta(minutes=5)


@dataclass
class Provider:
    """``claims`` are what it says of whoever comes next, ``ago`` how long ago it says so."""

    server: HTTPServer
    claims: dict[str, Any] = field(default_factory=dict)
    ago: timedelta = timedelta(0)
    key: RSAKey = field(default_factory=lambda: new_key())
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._published = self.key.as_dict(private=False)
        at = self.server.expect_request
        at("/.well-known/openid-configuration").respond_with_json(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )
        at("/keys").respond_with_json({"keys": [self._published]})
        at("/authorize").respond_with_handler(self._authorize)
        at("/token", method="POST").respond_with_handler(self._token)

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    def file(self, redirect: str) -> str:
        """What CARTERA_DESK_OIDC_FILE says of it."""
        return (
            f'[auth]\nredirect_uri = "{redirect}"\ncookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.url}/.well-known/openid-configuration"\n'
        )

    def _authorize(self, request: Request) -> Response:
        asked = request.args.to_dict()
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = secrets.token_urlsafe()
        self._asked[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    def _token(self, request: Request) -> Response:
        """Once for each code, and for the one who asked for it."""
        given = request.form
        asked = self._asked.pop(given["code"])
        proof = hashlib.sha256(given["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == asked["code_challenge"]
        assert given["redirect_uri"] == asked["redirect_uri"]
        told = request.authorization
        assert told is not None
        assert (told.username, told.password) == (CLIENT, SECRET)
        said = jwt.encode(
            {"alg": "RS256", "kid": self._published["kid"]}, self._said(asked["nonce"]), self.key
        )
        answer = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "id_token": said}
        return Response(json.dumps(answer), mimetype="application/json")

    def _said(self, nonce: str) -> dict[str, Any]:
        now = time.time()
        return {
            "iss": self.url,
            "aud": CLIENT,
            "nonce": nonce,
            "iat": now - self.ago.total_seconds(),
            "exp": now + LASTS.total_seconds(),
            **self.claims,
        }


def new_key() -> RSAKey:
    """One to sign with, that nobody has but the test."""
    return RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4)})
