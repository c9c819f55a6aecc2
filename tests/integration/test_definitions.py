"""The numbers of the demo company are those of the definitions."""

from __future__ import annotations

from tests.integration import definitions
from tests.integration.conftest import Built
from tests.oracle.facts import Facts


def test_every_number_of_the_demo_is_as_defined(demo: Built) -> None:
    with demo.connect() as db:
        facts = Facts(definitions.company(demo, db))
        assert definitions.disagreements(facts, db) == []
    assert sum(order["refunded_amount"] != 0 for order in facts.orders) > 20
    assert any(order["is_fully_refunded"] for order in facts.orders)
    assert len({order["fx_rate"] for order in facts.orders}) > 10
