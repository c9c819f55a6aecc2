"""Listings of an API: bodies as they came, one a line, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from cartera.errors import CarteraError, RefusedByData
from ingestion.connectors.api import Api, check_host
from ingestion.connectors.config import Endpoint, RestConnection
from ingestion.connectors.job import Job
from ingestion.connectors.marks import Mark, first_mark, furthest
from ingestion.connectors.placing import part_file, place, stamped

# How often a listing that moves while it is read is read again.
PASSES = 3
MOST_PAGES = 1_000_000
PROGRESS_EVERY = 50


@dataclass
class Listing:
    """What was read: digests of records, their keys, and what the API says there are."""

    pages: int = 0
    records: int = 0
    digests: set[bytes] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    repeated: int = 0
    total: int | None = None
    marks: list[tuple[Mark | None, bytes]] = field(default_factory=list)


def fetch_listings(job: Job, connection: RestConnection) -> None:
    """Fetch every endpoint of ``connection``."""
    api = Api(connection, job.credentials, job.veil)
    for endpoint in connection.fetch:
        job.attempt(endpoint.to, endpoint.path, partial(_fetch, job, api, endpoint))


def _fetch(job: Job, api: Api, endpoint: Endpoint) -> None:
    item = f"{endpoint.to}:{endpoint.path}"
    last = job.history.last(item)
    params: dict[str, Any] = dict(endpoint.params)
    floor = None
    if endpoint.since:
        known = last and last.get("field") == endpoint.since.field and last.get("floor")
        floor = str(known or endpoint.since.start)
        params[endpoint.since.param] = floor
    target = stamped(job.inbox / endpoint.to, ".jsonl", last["file"] if last else None)
    job.tell(f"{endpoint.path}, " + (f"from {floor}" if floor else "all of it"))
    with part_file(target) as part:
        with part.open("xb") as out:
            listing = _read_whole(job, api, endpoint, params, out)
        cursor, following, tail = _where_next(endpoint, listing, floor)
        told = last and last.get("tail" if endpoint.since else "records_digest")
        if not listing.records or told == _digest_of(listing.digests):
            part.unlink()
            job.already(endpoint.to)
            return
        place(
            job.settings,
            job.history,
            item,
            target,
            pages=listing.pages,
            records=listing.records,
            records_digest=_digest_of(listing.digests),
            field=endpoint.since.field if endpoint.since else "",
            cursor=cursor,
            floor=following,
            tail=tail,
        )
    job.fetched(endpoint.to, target)


def _read_whole(
    job: Job, api: Api, endpoint: Endpoint, params: dict[str, Any], out: BinaryIO
) -> Listing:
    """Read the listing until it held still: once, or again if records came twice or were missed.

    What is read again is written again: landing keeps the last version of each key.
    Raises RefusedByData if it never held still.
    """
    whole = Listing()
    for attempt in range(1, PASSES + 1):
        before = len(whole.keys)
        once = _read_once(job, api, endpoint, params, out)
        whole.pages += once.pages
        whole.records += once.records
        whole.digests |= once.digests
        whole.keys |= once.keys
        whole.marks += once.marks
        enough = once.total is None or len(whole.keys) >= once.total
        nothing_new = attempt > 1 and len(whole.keys) == before
        if enough and (not once.repeated or nothing_new):
            return whole
        job.tell(f"{endpoint.path}: its order changed while it was read, reading it again")
    raise RefusedByData(
        f"{endpoint.path}: its order changed in each of {PASSES} readings "
        f"({len(whole.keys)} different records, of {once.total or 'an unknown number'}).",
        fix="Ask for a fixed order (params: a sort by creation), or fetch when nobody writes.",
    )


def _read_once(
    job: Job, api: Api, endpoint: Endpoint, params: dict[str, Any], out: BinaryIO
) -> Listing:
    listing = Listing()
    seen: dict[bytes, int] = {}
    asked = set()
    pages = api.pages(endpoint.path, params, endpoint.pages, endpoint.records)
    for number, page in enumerate(_limited(pages), start=1):
        body = page.response.content
        document = page.response.json()
        records = _list_in(document, endpoint, number)
        content = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).digest()
        if records and content in seen:
            raise RefusedByData(
                f"{endpoint.path}: page {number} repeats page {seen[content]}.",
                fix="Nothing was kept. Check pages: the API seems to ignore how it is asked.",
            )
        seen[content] = number
        listing.pages += 1
        _count(listing, endpoint, records, number)
        if endpoint.total:
            listing.total = _number_at(document, endpoint.total, endpoint.path)
        # A body is one line: line breaks in JSON stand between values, never within one.
        out.write(body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
        if number % PROGRESS_EVERY == 0:
            job.tell(f"{endpoint.path}: {number} pages, {listing.records:,} records")
        if page.paginator.has_next_page:
            check_host(api.connection.where, page.request.url)
            following = (page.request.url, json.dumps(page.request.params, sort_keys=True))
            if following in asked:
                raise RefusedByData(
                    f"{endpoint.path}: page {number} leads back to a page already read.",
                    fix="Nothing was kept. Check pages.next.",
                )
            asked.add(following)
    listing.repeated = listing.records - len(listing.keys) if endpoint.key else 0
    return listing


def _limited(pages: Any) -> Iterator[Any]:
    for number, page in enumerate(pages):
        if number == MOST_PAGES:
            raise CarteraError(f"More than {MOST_PAGES:,} pages.", fix="Ask for larger pages.")
        yield page


def _count(listing: Listing, endpoint: Endpoint, records: list[Any], page: int) -> None:
    for record in records:
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
        listing.records += 1
        listing.digests.add(digest)
        if endpoint.key:
            key = record.get(endpoint.key) if isinstance(record, dict) else None
            if key is None:
                raise RefusedByData(
                    f"{endpoint.path}: a record of page {page} has no {endpoint.key!r}.",
                    fix="Correct key, or leave it out.",
                )
            listing.keys.add(json.dumps(key))
        if endpoint.since:
            value = record.get(endpoint.since.field) if isinstance(record, dict) else None
            listing.marks.append((Mark.read(value), digest))


def _where_next(
    endpoint: Endpoint, listing: Listing, floor: str | None
) -> tuple[str | None, str | None, str]:
    """The cursor, where the next fetch begins, and the digest of what it will read again."""
    if not endpoint.since:
        return None, None, ""
    start = first_mark(endpoint.since.start)
    newest = furthest([mark for mark, _ in listing.marks], start)
    following = newest.minus(endpoint.since.overlap) if newest else None
    again = {d for mark, d in listing.marks if not mark or not following or mark >= following}
    return (
        newest.text if newest else None,
        following.text if following else floor,
        _digest_of(again),
    )


def _digest_of(digests: set[bytes]) -> str:
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


def _list_in(document: Any, endpoint: Endpoint, page: int) -> list[Any]:
    found = _at(document, endpoint.records)
    if not isinstance(found, list):
        raise RefusedByData(
            f"{endpoint.path}: page {page} has no list at {endpoint.records!r}.",
            fix="Correct records; an API may also answer with an error in place of a list.",
        )
    return found


def _number_at(document: Any, path: str, what: str) -> int:
    found = _at(document, path)
    if not isinstance(found, int):
        raise RefusedByData(
            f"{what}: no number at {path!r}.", fix="Correct total, or leave it out."
        )
    return found


def _at(document: Any, path: str) -> Any:
    for part in [] if path == "." else path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document
