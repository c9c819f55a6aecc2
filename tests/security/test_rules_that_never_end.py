"""A rule of an audience that would exhaust the parser is refused; what else it could be is not SQL.

Which SQL a rule may hold: tests/activation/test_rule.py.
"""

from __future__ import annotations

import pytest

from cartera.activation.rule import compile_rule
from cartera.errors import UsageError


@pytest.mark.parametrize(
    "rule", ["(" * 5000 + "true" + ")" * 5000, "not " * 4000 + "true", "-" * 9000 + "1 = 1"]
)
def test_a_rule_nested_too_deeply_is_refused(rule: str) -> None:
    with pytest.raises(UsageError, match=r"nested too deeply|cannot be read"):
        compile_rule(rule, {"orders": "number"})


def test_a_rule_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="has 120004 characters"):
        compile_rule("true" + " and orders" * 10_909 + " ", {"orders": "number"})
