"""The process that dbt runs in: ``python -m cartera.dbt_process run --select …``.

``CARTERA_PARSED`` may say where the parsed project is kept: see ``cartera.dbt_parsed``.

A process of its own, because dbt in this one would leave the DuckDB files open with part of
their data still in a ``.wal``. It dies with the process that started it.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartera.dbt_parsed import read
from cartera.process import die_with_parent

if TYPE_CHECKING:
    from dbt_common.events.event_manager import EventManager


def main() -> int:
    die_with_parent()
    # It ends before its garbage is worth collecting: a tenth of its time, for 40 MB.
    gc.disable()
    from dbt.cli.main import dbtRunner
    from dbt_common.events import event_manager_client

    event_manager_client.ctx_set_event_manager(_without_detail())
    parsed = os.environ.get("CARTERA_PARSED")
    result = dbtRunner(manifest=read(Path(parsed)) if parsed else None).invoke(sys.argv[1:])
    if result.exception is not None:
        print(result.exception, file=sys.stderr)
        return 2
    return 0 if result.success else 1


def _without_detail() -> EventManager:
    """Nobody reads what dbt says of each step of each node, and to put it into words takes long."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    class WithoutDetail(EventManager):
        def fire_event(
            self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **options: Any
        ) -> None:
            if (level or e.level_tag()) is not EventLevel.DEBUG:
                super().fire_event(e, level, *args, **options)

    return WithoutDetail()


if __name__ == "__main__":
    sys.exit(main())
