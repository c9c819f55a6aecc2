"""``dbt`` in a process that says what each node's SQL cost, for benchmarks/warehouse.py.

    python -m benchmarks._dbt_statements COSTS.json build --threads 1 …

Writes CPU seconds by node to COSTS.json, those of the whole process and its highest memory. A
statement lasts from dbt's event that it begins to the one that it ended, or failed: with one
thread of dbt nothing else runs meanwhile, whatever DuckDB's own threads do.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from cartera.process import die_with_parent


def main(costs: Path, arguments: list[str]) -> int:
    die_with_parent()
    from dbt.cli.main import dbtRunner

    seconds: dict[str, float] = defaultdict(float)
    under_way: list[tuple[str, float]] = []

    def listen(event: Any) -> None:
        if event.info.name == "SQLQuery":
            under_way.append((event.data.node_info.unique_id, cpu()))
        elif event.info.name in ("SQLQueryStatus", "NodeFinished") and under_way:
            node, start = under_way.pop()
            seconds[node] += cpu() - start

    result = dbtRunner(callbacks=[listen]).invoke(arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    costs.write_text(json.dumps({"nodes": seconds, "process": cpu(), "peak_gb": peak}))
    if result.exception is not None:
        print(result.exception, file=sys.stderr)
    return 0 if result.success else 1


def cpu() -> float:
    """CPU seconds of this process, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
