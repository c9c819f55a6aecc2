"""Web sessions, walked event by event, and whose each is."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from tests.oracle.company import Company, Row
from tests.oracle.facts import Facts

PAUSE = timedelta(minutes=30)
NEAR = timedelta(days=30)
PAID_MEDIUMS = {
    *("cpc", "ppc", "cpm", "paid", "paid_search", "paid_social", "paidsocial", "display"),
    "affiliate",
}


class Web:
    """What visitors of a company's sites did before as_of."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.company: Company = facts.company

    @cached_property
    def sessions(self) -> dict[str, Row]:
        """fct_web_sessions by key: one visitor's events without a gap over 30 minutes.

        An event that carries another campaign (source, medium and campaign together, the first
        two in lower case) than the visitor came by begins another session; one that carries none
        goes on. A session is of one person: where somebody else logs in, another begins. Paid is
        what an ad click or a paid medium brought. Of several kinds of device the last by name
        counts: METRICS does not say which, and a device has one.
        """
        devices: dict[tuple[str, str], list[Row]] = {}
        for event in self.company.latest("web_events"):
            if event["occurred_at"] < self.company.end:
                own = devices.setdefault((event["source_system"], event["anonymous_id"]), [])
                own.append(event)
        told: dict[str, Row] = {}
        for events in devices.values():
            events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
            visits = _visits(events, self.company)
            for visit in visits:
                told[visit["session_key"]] = self._told(visit, visits)
        return told

    def _told(self, visit: Row, visits: list[Row]) -> Row:
        customer, known_by = _whose(visit, visits)
        kinds = [event["event_type"] for event in visit["all"]]
        source, medium, campaign = visit["campaign"] or (None, None, None)
        is_paid = medium in PAID_MEDIUMS or "ad_click" in kinds
        devices = [event["device"] for event in visit["all"] if event.get("device")]
        return {
            "session_key": visit["session_key"],
            "source_system": visit["all"][0]["source_system"],
            "device_key": visits[0]["session_key"],
            "customer_id": customer,
            "identified_by": known_by,
            "has_login": visit["login"] is not None,
            "started_at": visit["started_at"],
            "ended_at": visit["ended_at"],
            "session_date": self.company.day(visit["started_at"]),
            "channel": (source or "ads") if is_paid else (medium or source or "web"),
            "is_paid": is_paid,
            "utm_source": source,
            "utm_medium": medium,
            "utm_campaign": campaign,
            "device": max(devices, default=None),
            "events": len(kinds),
            "product_views": kinds.count("product_view"),
            "ad_clicks": kinds.count("ad_click"),
            "purchases": kinds.count("purchase"),
            "all": visit["all"],
        }

    @cached_property
    def product_views(self) -> dict[tuple[str, str | None, str | None], Row]:
        """fct_web_product_views by session, product and category.

        Any event looks at what it names. A product is that of the site's own system, else one of
        that id in another system's catalogue; the category is the catalogue's, else the one that
        the site names.
        """
        views: dict[tuple[str, str | None, str | None], Row] = {}
        for session in self.sessions.values():
            for event in session["all"]:
                named = event.get("product_id"), event.get("category")
                if named == (None, None):
                    continue
                key, known = self.facts.catalogued(session["source_system"], named[0])
                place = (session["session_key"], named[0], known or named[1])
                view = views.setdefault(
                    place,
                    {
                        "customer_id": session["customer_id"],
                        "session_date": session["session_date"],
                        "product_key": key,
                        "first_viewed_at": event["occurred_at"],
                        "views": 0,
                    },
                )
                view["views"] += 1
        return views


def _visits(events: list[Row], company: Company) -> list[Row]:
    visits: list[Row] = []
    came_by: tuple[str | None, ...] | None = None
    for event in events:
        at = event["occurred_at"]
        who = company.customer(event)
        carried = _campaign(event)
        last = visits[-1] if visits else None
        somebody_else = last and who and last["login"] and last["login"] != who
        is_pause = last is None or at - last["ended_at"] > PAUSE
        other_campaign = carried is not None and carried != came_by
        if last is None or is_pause or somebody_else or other_campaign:
            key = f"{event['source_system']}|{event['event_id']}"
            last = {"session_key": key, "started_at": at, "login": None, "all": []}
            last["campaign"] = None
            visits.append(last)
        came_by = carried or (None if is_pause else came_by)
        last["campaign"] = carried or last["campaign"]
        last["ended_at"] = at
        last["all"].append(event)
        last["login"] = last["login"] or who
    return visits


def _campaign(event: Row) -> tuple[str | None, ...] | None:
    """Source, medium and campaign that an event carries, if any."""
    source, medium = event.get("utm_source"), event.get("utm_medium")
    carried = (source and source.lower(), medium and medium.lower(), event.get("utm_campaign"))
    return carried if any(value is not None for value in carried) else None


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
