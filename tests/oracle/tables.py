"""Which tables the oracle knows."""

from __future__ import annotations

from tests.oracle.table import Table, differences
from tests.oracle.tables_campaigns import CAMPAIGNS
from tests.oracle.tables_core import CORE
from tests.oracle.tables_customers import CUSTOMERS
from tests.oracle.tables_kpis import KPIS

TABLES: tuple[Table, ...] = (*CORE, *CUSTOMERS, *KPIS, *CAMPAIGNS)

__all__ = ["CORE", "TABLES", "Table", "differences"]
