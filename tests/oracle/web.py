"""Web sessions, walked event by event, and whose each is."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from tests.oracle.company import Company, Row

PAUSE = timedelta(minutes=30)
NEAR = timedelta(days=30)


def sessions(company: Company) -> dict[str, Row]:
    """fct_web_sessions by key: one visitor's events without a gap over 30 minutes.

    An event that names another campaign than the session's, or one where it had none, begins
    another; one that names none goes on. A session is of one person: where somebody else logs
    in, another begins.
    """
    devices: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in company.latest("web_events"):
        if event["occurred_at"] < company.end:
            devices[event["source_system"], event["anonymous_id"]].append(event)
    told: dict[str, Row] = {}
    for events in devices.values():
        events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
        visits = _visits(events, company)
        device = visits[0]["session_key"]
        for visit in visits:
            customer, known_by = _whose(visit, visits)
            told[visit["session_key"]] = {
                "source_system": events[0]["source_system"],
                "device_key": device,
                "customer_id": customer,
                "identified_by": known_by,
                "has_login": visit["login"] is not None,
                "started_at": visit["started_at"],
                "ended_at": visit["ended_at"],
                "session_date": company.day(visit["started_at"]),
                "utm_campaign": visit["campaign"],
                "events": len(visit["kinds"]),
                "product_views": visit["kinds"].count("product_view"),
                "ad_clicks": visit["kinds"].count("ad_click"),
                "purchases": visit["kinds"].count("purchase"),
            }
    return told


def _visits(events: list[Row], company: Company) -> list[Row]:
    visits: list[Row] = []
    for event in events:
        at = event["occurred_at"]
        who = company.customer(event)
        last = visits[-1] if visits else None
        somebody_else = last and who and last["login"] and last["login"] != who
        campaign = event.get("utm_campaign")
        other_campaign = last and campaign and last["campaign"] != campaign
        if last is None or at - last["ended_at"] > PAUSE or somebody_else or other_campaign:
            key = f"{event['source_system']}|{event['event_id']}"
            last = {"session_key": key, "started_at": at, "login": None, "kinds": []}
            last["campaign"] = campaign
            visits.append(last)
        last["ended_at"] = at
        last["kinds"].append(event["event_type"])
        last["login"] = last["login"] or who
    return visits


def _whose(visit: Row, visits: list[Row]) -> tuple[str | None, str | None]:
    """Its own login; else of who logged in last before, soon enough; else of who does so next.

    A session that begins with another in the same moment comes after it.
    """
    if visit["login"]:
        return visit["login"], "login"
    logins = [other for other in visits if other["login"]]
    before = [v for v in logins if v["started_at"] <= visit["started_at"]]
    before = before[-1] if before else None
    after = next((v for v in logins if v["started_at"] > visit["started_at"]), None)
    if before and visit["started_at"] < before["ended_at"] + NEAR:
        return before["login"], "earlier_login"
    if after and visit["started_at"] >= after["started_at"] - NEAR:
        # One stay goes on where the same person is near on both sides.
        same = before and before["login"] == after["login"]
        if same and after["started_at"] <= before["ended_at"] + 2 * NEAR:
            return after["login"], "earlier_login"
        return after["login"], "later_login"
    return None, None
