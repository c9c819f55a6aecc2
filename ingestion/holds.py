"""Holds: why a batch that could be parsed waits for somebody's word all the same."""

from __future__ import annotations

from datetime import timedelta

from cartera import clock
from ingestion.contract import Contract
from ingestion.history import History
from ingestion.parse import Parsed
from ingestion.refused import OPEN_QUOTE
from ingestion.volume import volume_problem


def hold_reason(
    contract: Contract, parsed: Parsed, partition: str, history: History, delivery: str
) -> str:
    """Why a batch of ``delivery`` is held, in words; empty if it lands."""
    return (
        _too_many_refused(contract, parsed)
        or _too_many_footers(contract, parsed)
        or _implausible(contract, parsed, partition)
        or volume_problem(contract, partition, parsed.received, history, delivery)
    )


def _too_many_refused(contract: Contract, parsed: Parsed) -> str:
    ragged = sum(count for rule, count in parsed.rejects.items() if rule.startswith("ragged"))
    if contract.group_by and ragged:
        return (
            f"{ragged} records could not be split into fields, so the groups that they "
            "belong to are not known and would sum to a wrong total"
        )
    if OPEN_QUOTE in parsed.rejects:
        return "a quote is opened and never closed: all lines below it are one record"
    if parsed.quarantined <= contract.reject_limit * parsed.received:
        return ""
    most = max(parsed.rejects, key=lambda rule: parsed.rejects[rule])
    return (
        f"{parsed.quarantined} of {parsed.received} records were refused, "
        f"over the limit of {contract.reject_limit:.1%}; most often {most}"
    )


def _implausible(contract: Contract, parsed: Parsed, partition: str) -> str:
    """Why a well-formed delivery should not go on without somebody's word."""
    if contract.delivery == "snapshot" and not parsed.received:
        return "an empty snapshot would take every record of the system away"
    if partition > (clock.now().date() + timedelta(days=1)).isoformat():
        return f"its day, {partition}, is yet to come: it would outrank every later delivery"
    return ""


def _too_many_footers(contract: Contract, parsed: Parsed) -> str:
    footer = contract.forms.footer
    found = parsed.skipped.get("footer", 0)
    if not footer or footer.rows or found <= footer.at_most:
        return ""
    return f"{found} lines look like a footer, and no more than {footer.at_most} are expected"
