"""Talking to an API through dlt's client: how it is asked, retried, and told who asks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client import paginators as dlt_pages
from dlt.sources.helpers.rest_client.client import RESTClient
from requests.auth import AuthBase, HTTPBasicAuth

from cartera.credentials import Credentials, Veil
from cartera.errors import CarteraError, UsageError
from ingestion.connectors.config import Pages, RestConnection


class Identity(AuthBase):
    """Puts the secret into a header: never into an address, which lands in logs."""

    def __init__(
        self, connection: RestConnection, credentials: Credentials, session: Any, veil: Veil
    ) -> None:
        self._connection = connection
        self._credentials = credentials
        self._session = session
        self._veil = veil
        self._token = ""  # nosec B105

    def __call__(self, request: Any) -> Any:
        secret = self._credentials.password
        match self._connection.auth:
            case "basic":
                return HTTPBasicAuth(self._credentials.login, secret)(request)
            case "bearer":
                request.headers["Authorization"] = f"Bearer {secret}"
            case "header":
                request.headers[self._connection.header] = secret
            case "oauth2":
                self._token = self._token or self._obtain()
                request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def answered(self, response: requests.Response, **options: Any) -> requests.Response:
        """Look at an answer: an expired token is renewed once, any other refusal is an error."""
        if response.is_redirect:
            # Only a header called Authorization would be left out on the way to another host.
            check_host(self._connection.where, response.headers["Location"])
        if response.status_code == 401 and self._connection.auth == "oauth2":
            response.close()
            request = response.request.copy()
            if request.headers.get("Authorization") == f"Bearer {self._token}":
                self._token = self._obtain()
            request.headers["Authorization"] = f"Bearer {self._token}"
            response = response.connection.send(request, **options)
        if response.status_code in (401, 403):
            raise UsageError(
                f"{_place(response.url)} refuses the credentials ({response.status_code}).",
                fix=f"Renew the credentials {self._connection.credentials!r} or their rights.",
            )
        if response.status_code >= 400:
            # Without the body and the query: either may hold what nobody should read in a log.
            raise requests.HTTPError(
                f"{_place(response.url)} answers {response.status_code}", response=response
            )
        return response

    def _obtain(self) -> str:
        """A new token by the client credentials, or by the refresh token where there is one."""
        refresh = self._credentials.extra.get("refresh_token")
        form = {"grant_type": "client_credentials"}
        if refresh:
            form = {"grant_type": "refresh_token", "refresh_token": refresh}
        if scope := self._credentials.extra.get("scope"):
            form["scope"] = scope
        answer = self._session.post(
            self._connection.token_url,
            data=form,
            auth=HTTPBasicAuth(self._credentials.login, self._credentials.password),
            allow_redirects=False,
        )
        if answer.status_code >= 300:
            raise UsageError(
                f"{_place(self._connection.token_url)} gives no token ({answer.status_code}).",
                fix=f"Renew {self._connection.credentials}.",
            )
        try:
            token = answer.json()["access_token"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token:
            raise CarteraError(
                f"{_place(self._connection.token_url)} answers without an access_token.",
                fix="Check token_url.",
            )
        self._veil.learn(token)
        return token


class Api:
    """An API as a source of pages."""

    def __init__(self, connection: RestConnection, credentials: Credentials, veil: Veil) -> None:
        self.connection = connection
        session = Client(
            request_timeout=connection.timeout_seconds,
            raise_for_status=False,
            request_max_attempts=connection.attempts,
            request_max_retry_delay=connection.longest_wait_seconds,
        ).session
        self._identity = Identity(connection, credentials, session, veil)
        self._client = RESTClient(connection.where, auth=self._identity, session=session)

    def pages(self, path: str, params: dict[str, Any], pages: Pages, records: str) -> Any:
        """Yields dlt's pages: each with its ``response`` and the next ``request``."""
        params = dict(params)
        if pages.by == "page" and pages.size_param:
            params[pages.size_param] = pages.size
        hooks: Any = {"response": [self._identity.answered]}
        return self._client.paginate(
            path,
            params=params,
            paginator=_paginator(pages),
            data_selector="$" if records == "." else records,
            hooks=hooks,
        )


def check_host(where: str, url: str) -> None:
    """Raises CarteraError if ``url`` lies elsewhere: the credentials do not go there."""
    here, there = urlsplit(where), urlsplit(urljoin(where, url))
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise CarteraError(
            f"The API leads on to another host ({there.scheme}://{there.hostname}).",
            fix="Name that host in where, if it is to be trusted.",
        )


def _paginator(pages: Pages) -> Any:
    match pages.by:
        case "page":
            return dlt_pages.PageNumberPaginator(
                base_page=pages.first, page_param=pages.param or "page", total_path=None
            )
        case "offset":
            return dlt_pages.OffsetPaginator(
                limit=pages.size,
                offset_param=pages.param or "offset",
                limit_param=pages.size_param or "limit",
                total_path=None,
            )
        case "cursor":
            return dlt_pages.JSONResponseCursorPaginator(
                cursor_path=pages.next, cursor_param=pages.param
            )
        case "link":
            return dlt_pages.JSONLinkPaginator(next_url_path=pages.next)
        case "header":
            return dlt_pages.HeaderLinkPaginator()
        case _:
            return dlt_pages.SinglePagePaginator()


def _place(url: str) -> str:
    """An address without its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
