"""Whose each web session is, walked event by event: no windows and no SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tests.integration.landed import Row, latest

PAUSE = timedelta(minutes=30)
NEAR = timedelta(days=30)


def sessions(home: Path, end: datetime, customers: Mapping[tuple[str, str], str]) -> dict[str, Row]:
    """By session key: customer, how they are known, first and last event, events, campaign."""
    devices: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in latest(home, "web_events"):
        if event["occurred_at"] < end:
            devices[event["source_system"], event["anonymous_id"]].append(event)
    told: dict[str, Row] = {}
    for events in devices.values():
        events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
        visits = _visits(events, customers)
        for visit in visits:
            visit["customer_id"], visit["identified_by"] = _whose(visit, visits)
        told |= {visit.pop("key"): visit for visit in visits}
    return told


def _visits(events: list[Row], customers: Mapping[tuple[str, str], str]) -> list[Row]:
    visits: list[Row] = []
    campaign: tuple[str | None, ...] | None = None
    for event in events:
        at = event["occurred_at"]
        brought = _campaign(event)
        who = None
        if event["party_id"] is not None:
            who = customers[event["party_system"] or event["source_system"], event["party_id"]]
        last = visits[-1] if visits else None
        somebody_else = last and who and last["login"] and last["login"] != who
        is_pause = last is None or at - last["ended_at"] > PAUSE
        is_other_campaign = brought is not None and brought != campaign
        if last is None or is_pause or is_other_campaign or somebody_else:
            key = f"{event['source_system']}|{event['event_id']}"
            last = {"key": key, "started_at": at, "login": None, "events": 0}
            last |= dict.fromkeys(("utm_source", "utm_medium", "utm_campaign"))
            visits.append(last)
        campaign = brought or (None if is_pause else campaign)
        if brought:
            last["utm_source"], last["utm_medium"], last["utm_campaign"] = brought
        last["ended_at"] = at
        last["events"] += 1
        last["login"] = last["login"] or who
    return visits


def _campaign(event: Row) -> tuple[str | None, ...] | None:
    """Source, medium and campaign that an event carries, if any."""
    source, medium = event["utm_source"], event["utm_medium"]
    carried = (source and source.lower(), medium and medium.lower(), event["utm_campaign"])
    return carried if any(value is not None for value in carried) else None


def _whose(visit: Row, visits: list[Row]) -> tuple[str | None, str | None]:
    """Its own login; else of who logged in last before, soon enough; else of who does so next."""
    if visit["login"]:
        return visit["login"], "login"
    place = visits.index(visit)
    before = next((v for v in reversed(visits[:place]) if v["login"]), None)
    after = next((v for v in visits[place:] if v["login"]), None)
    if before and visit["started_at"] < before["ended_at"] + NEAR:
        return before["login"], "earlier_login"
    if after and visit["started_at"] >= after["started_at"] - NEAR:
        # One stay goes on where the same person is near on both sides.
        same = before and before["login"] == after["login"]
        if same and after["started_at"] <= before["ended_at"] + 2 * NEAR:
            return after["login"], "earlier_login"
        return after["login"], "later_login"
    return None, None
