"""What docker-compose.yml runs once before Airflow's services: database, pool, login.

Safe to run again. The login is that of SimpleAuthManager, which reads its passwords from a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# One slot: one process writes a DuckDB file at a time. A task in a missing pool never starts.
COMMANDS = (
    ("airflow", "db", "migrate"),
    ("airflow", "pools", "set", "duckdb", "1", "whoever writes a DuckDB file"),
)


def write_passwords(file: Path, password: str) -> None:
    """Leave ``file`` with the admin's password and nobody else's, readable by its owner only."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump({"admin": password}, stream)
    draft.replace(file)


def main() -> int:
    for command in COMMANDS:
        done = subprocess.run(command, check=False)
        if done.returncode:
            print(f"`{' '.join(command)}` failed ({done.returncode}).", file=sys.stderr)
            return done.returncode
    passwords = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    write_passwords(passwords, os.environ["AIRFLOW_ADMIN_PASSWORD"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
