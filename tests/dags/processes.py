"""Counts processes from the outside: by the environment and the folder they were started in.

A process that gives itself a title, as some of Airflow's do, overwrites its environment.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from cartera.settings import Settings


def processes_of(settings: Settings) -> list[psutil.Process]:
    """Every process, other than this one, that was started for this CARTERA_HOME."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("CARTERA_HOME") == str(settings.home)
            mine = mine or settings.home in Path(process.cwd()).parents
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if mine and process.pid != os.getpid():
            found.append(process)
    return found
