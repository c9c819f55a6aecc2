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

from cartera.dbt_parsed import read
from cartera.process import die_with_parent


def main() -> int:
    die_with_parent()
    # It ends before its garbage is worth collecting: a tenth of its time, for 40 MB.
    gc.disable()
    from dbt.cli.main import dbtRunner

    parsed = os.environ.get("CARTERA_PARSED")
    result = dbtRunner(manifest=read(Path(parsed)) if parsed else None).invoke(sys.argv[1:])
    if result.exception is not None:
        print(result.exception, file=sys.stderr)
        return 2
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main())
