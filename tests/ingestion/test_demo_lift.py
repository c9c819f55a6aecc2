"""The planted lift is in the orders, not only in the truth."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.demo.company import write_company


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lift")
    write_company(
        folder / "inbox",
        people=2500,
        seed=11,
        as_of=date(2026, 11, 1),
        days=730,
        truth=folder / "truth",
    )
    return folder


def test_treated_people_convert_more_by_the_planted_lift(demo: Path) -> None:
    person = _people(demo)
    ordered = _orders(demo, person)
    with (demo / "truth" / "lift.csv").open() as file:
        truth = {
            (r["campaign_id"], r["variant"]): float(r["true_lift"]) for r in csv.DictReader(file)
        }
    arms: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for row in _csv(demo, "cartera/audience_pulls"):
        if row["bucket"] not in ("list", "holdout") or row["pull_id"].startswith("PULL-X"):
            continue
        start = datetime.fromisoformat(row["pulled_at"])
        key = person[row["party_system"], row["party_id"]]
        converted = any(start <= at < start + timedelta(days=30) for at in ordered[key])
        arms[row["campaign_id"], row["variant"], row["bucket"]].append(converted)
    excess = variance = treated_rate = holdout_rate = 0.0
    for (campaign, variant), lift in truth.items():
        treated, held = arms[campaign, variant, "list"], arms[campaign, variant, "holdout"]
        assert len(treated) > 2 * len(held) > 50
        p, q = sum(treated) / len(treated), sum(held) / len(held)
        excess += p - q - lift
        variance += p * (1 - p) / len(treated) + q * (1 - q) / len(held)
        treated_rate, holdout_rate = treated_rate + p, holdout_rate + q
    # Summed over all variants, the lift is the planted one within three standard errors, and
    # without it the sum would be off by more than that.
    error = variance**0.5
    assert abs(excess) < 3 * error
    assert treated_rate - holdout_rate > 3 * error
    assert sum(truth.values()) > 4 * error


def _csv(
    demo: Path, place: str, delimiter: str = ",", encoding: str = "utf-8"
) -> list[dict[str, str]]:
    rows = []
    for path in sorted((demo / "inbox" / place).glob("*.csv")):
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            rows += list(csv.DictReader(file, delimiter=delimiter))
    return rows


def _people(demo: Path) -> dict[tuple[str, str], str]:
    with (demo / "truth" / "people.csv").open() as file:
        return {
            (r["source_system"], r["source_record_id"]): r["person_id"]
            for r in csv.DictReader(file)
        }


def _orders(demo: Path, person: dict[tuple[str, str], str]) -> dict[str, list[datetime]]:
    """Moments of each person's orders that stand; guests are found by their e-mail."""
    by_mail = {
        row["email"]: person["shop", row["customer_id"]]
        for row in _csv(demo, "shop/shop_accounts")
        if ("shop", row["customer_id"]) in person
    }
    for path in (demo / "inbox/mailing/newsletter_subscribers").glob("*.jsonl"):
        for row in map(json.loads, path.read_text().splitlines()):
            if ("mailing", row["subscriber_id"]) in person:
                by_mail.setdefault(row["email_address"], person["mailing", row["subscriber_id"]])
    sold: dict[str, tuple[str | None, datetime, float]] = {}
    undone: dict[str, float] = {}
    for row in _csv(demo, "till/orders", ";", "latin-1"):
        if row["ticket"].startswith("X") or not row["ticket"]:
            continue
        net = _spanish(row["importe_bruto"]) - _spanish(row["descuento"])
        if row["tipo"] == "V":
            moment = datetime.strptime(row["fecha"] + " +0000", "%d/%m/%Y %H:%M:%S %z")
            sold[row["ticket"]] = person.get(("loyalty", row["socio"])), moment, net
        else:
            undone[row["ticket_origen"]] = -net
    for row in _csv(demo, "shop/orders"):
        if row["order_number"].startswith("X") or not row["order_number"]:
            continue
        net = float(row["subtotal"]) - float(row["discount_total"])
        if row["type"] != "sale":
            undone[row["parent_order"]] = -net
        elif row["status"] == "complete":
            who = person.get(("shop", row["customer_id"])) or by_mail.get(row["email"])
            sold[row["order_number"]] = who, datetime.fromisoformat(row["created_at"]), net
    found: dict[str, list[datetime]] = defaultdict(list)
    for number, (who, moment, net) in sold.items():
        if who and undone.get(number, 0) < net - 0.005:
            found[who].append(moment)
    return found


def _spanish(amount: str) -> float:
    return float(amount.replace(".", "").replace(",", "."))
