"""What the gate found: one line per rule, and the verdict they add up to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
Status = Literal["ok", "failed", "error", "accepted", "skipped"]
Verdict = Literal["passed", "passed_with_warnings", "refused"]


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared. ``keys`` name at most 20 of the offenders, never contact data."""

    rule: str
    suite: str
    severity: Severity
    status: Status
    reason: str
    remedy: str
    observed: str | None = None
    unexpected_count: int | None = None
    keys: tuple[str, ...] = ()
    accepted_because: str | None = None

    @property
    def blocks(self) -> bool:
        """A critical failure blocks; so does any check that could not run."""
        return self.status == "error" or (self.status == "failed" and self.severity == "critical")


@dataclass(frozen=True)
class GateResult:
    """Every rule's result in one run over one candidate; ``checked_at`` is aware, in UTC."""

    run_id: str
    checked_at: datetime
    results: tuple[RuleResult, ...]
    cost: Mapping[str, float] = field(default_factory=dict)  # CPU seconds, MB

    @property
    def status(self) -> Verdict:
        """Refused if anything blocks; an accepted failure still counts as a warning."""
        if any(result.blocks for result in self.results):
            return "refused"
        unpleasant = any(
            result.status == "accepted"
            or (result.status == "failed" and result.severity == "warning")
            for result in self.results
        )
        return "passed_with_warnings" if unpleasant else "passed"

    @property
    def blocking(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if result.blocks)

    def to_rows(self) -> list[dict[str, Any]]:
        """Rows for ops.quality_results: text and integers only, ``keys`` as a JSON list."""
        return [
            {
                "run_id": self.run_id,
                "rule": result.rule,
                "suite": result.suite,
                "severity": result.severity,
                "status": result.status,
                "observed": result.observed,
                "unexpected_count": result.unexpected_count,
                "keys": json.dumps(list(result.keys), ensure_ascii=False),
                "reason": _with_acceptance(result),
                "remedy": result.remedy,
            }
            for result in self.results
        ]

    def to_json(self) -> str:
        """The whole result as JSON text; ``from_json`` reads it back."""
        document = {
            "run_id": self.run_id,
            "checked_at": self.checked_at.isoformat(),
            "status": self.status,
            "results": [asdict(result) for result in self.results],
            "cost": dict(self.cost),
        }
        return json.dumps(document, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> GateResult:
        document = json.loads(text)
        return cls(
            run_id=document["run_id"],
            checked_at=datetime.fromisoformat(document["checked_at"]),
            results=tuple(
                RuleResult(**{**result, "keys": tuple(result["keys"])})
                for result in document["results"]
            ),
            cost=document["cost"],
        )


def _with_acceptance(result: RuleResult) -> str:
    if result.accepted_because is None:
        return result.reason
    return f"{result.reason} Accepted: {result.accepted_because}"
