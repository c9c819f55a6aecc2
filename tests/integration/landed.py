"""What has landed, read by pyarrow alone: manifests, versions and keys in plain Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]

KEYS = {
    "orders": ("order_id",),
    "order_lines": ("order_id", "line_id"),
    "products": ("product_id",),
    "campaigns": ("campaign_id",),
    "campaign_messages": ("message_id", "event_type"),
    "consents": ("consent_id",),
    "audience_pulls": ("pull_id", "party_system", "party_id"),
    "fx_rates": ("currency", "rate_date"),
    "web_events": ("event_id",),
    "accounts": ("account_id",),
    "ad_stats": ("campaign_id", "platform", "stat_date"),
    "campaign_costs": ("cost_id",),
    "contact_outcomes": ("outcome_id",),
    "interactions": ("interaction_id",),
    "objectives": ("objective_id",),
    "profile_answers": ("answer_id",),
    "quotes": ("quote_id",),
    "referrals": ("referral_id",),
    "service_cases": ("case_id",),
    "survey_responses": ("response_id",),
    "crm_contacts": ("record_id",),
    "shop_accounts": ("record_id",),
    "loyalty_members": ("record_id",),
    "newsletter_subscribers": ("record_id",),
    "leads": ("record_id",),
}
PEOPLE = ("crm_contacts", "shop_accounts", "loyalty_members", "newsletter_subscribers", "leads")


def manifests(home: Path, source: str = "*") -> list[tuple[Path, Row]]:
    """Each batch's folder and manifest, in version order."""
    found = [
        (path.parent, json.loads(path.read_text()))
        for path in (home / "landing").glob(f"{source}/partition=*/batch=*/manifest.json")
    ]
    return sorted(found, key=lambda b: (b[1]["partition"], b[1]["delivery"], b[1]["ordinal"]))


def versions(home: Path, source: str) -> list[Row]:
    """Every landed row that counts, oldest version first; of snapshots only the last."""
    landed = [b for b in manifests(home, source) if b[1]["state"] == "landed"]
    last_snapshot = {m["system"]: m for _, m in landed if m["delivery_kind"] == "snapshot"}
    rows: list[Row] = []
    for folder, manifest in landed:
        if last_snapshot.get(manifest["system"], manifest) is manifest and manifest["landed_rows"]:
            rows += pq.ParquetFile(folder / "data.parquet").read().to_pylist()
    return rows


def latest(home: Path, source: str) -> list[Row]:
    """One row per natural key of a system: the last version."""
    last: dict[tuple[Any, ...], Row] = {}
    for row in versions(home, source):
        last[row["source_system"], *(row[name] for name in KEYS[source])] = row
    return list(last.values())
