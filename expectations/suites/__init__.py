"""The suites, in the order in which their results are shown."""

from __future__ import annotations

from collections.abc import Mapping

from expectations.rules import Rule
from expectations.suites import customers, marts, publication, staged

SUITES: Mapping[str, list[Rule]] = {
    "staged": staged.RULES,
    "customers": customers.RULES,
    "marts": marts.RULES,
    "publication": publication.RULES,
}

RULE_NAMES: tuple[str, ...] = tuple(rule.name for rules in SUITES.values() for rule in rules)
