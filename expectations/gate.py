"""The gate: may this candidate be published?

``run_gate`` asks in a process of its own, because Great Expectations is slow to import and
keeps its memory; ``audit`` asks in this one. Importing this module costs neither.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cartera.errors import CarteraError, UsageError
from cartera.process import die_with_parent, of_this_process
from expectations.result import GateResult, RuleResult
from expectations.suites import RULE_NAMES, SUITES

__all__ = ["GateResult", "RuleResult", "audit", "check_accept", "run_gate"]

_FILES = ("work", "contacts", "warehouse")
_SPILL = ".gate-spill"


def check_accept(accept: Mapping[str, str]) -> None:
    """Raise UsageError if ``accept`` names a rule that does not exist, or gives no reason."""
    for rule, reason in accept.items():
        if rule not in RULE_NAMES:
            near = difflib.get_close_matches(rule, RULE_NAMES, n=3, cutoff=0.4)
            raise UsageError(
                f"There is no rule {rule!r} to accept.",
                fix=f"Did you mean {', '.join(near)}?" if near else f"Rules: {_all_rules()}.",
            )
        if not reason.strip():
            raise UsageError(
                f"Accepting the rule {rule!r} needs a reason, which is kept on record.",
                fix="Add --reason TEXT.",
            )


def audit(
    candidate: Path,
    *,
    base: Path | None,
    accept: dict[str, str],
    run_id: str,
    checked_at: datetime,
    threads: int = 0,
    memory_limit: str = "",
) -> GateResult:
    """Ask every rule of every suite about the candidate, in this process.

    ``candidate`` and ``base`` are folders of a candidate and of the last publication (None
    before the first); nothing in them is changed. Raises UsageError for a bad ``accept`` and
    CarteraError for a missing file.
    """
    check_accept(accept)
    files = {name: candidate / f"{name}.duckdb" for name in _FILES}
    if base is not None:
        files["base"] = base / "warehouse.duckdb"
    for path in files.values():
        if not path.is_file():
            raise CarteraError(f"The gate cannot find {path}.", fix="Build again.")

    before = resource.getrusage(resource.RUSAGE_SELF)
    from expectations.audit import run_suites
    from expectations.dialect import Session

    imported = resource.getrusage(resource.RUSAGE_SELF)
    spill = candidate / _SPILL
    try:
        session = Session(
            files={name: str(path) for name, path in files.items()},
            spill=str(spill),
            threads=threads,
            memory_limit=memory_limit,
        )
        results = run_suites(session, SUITES, accept)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return GateResult(
        run_id=run_id,
        checked_at=checked_at,
        results=tuple(results),
        cost={
            "import_cpu_seconds": _cpu(imported) - _cpu(before),
            "audit_cpu_seconds": _cpu(after) - _cpu(imported),
            "peak_mb": after.ru_maxrss / 1024,
        },
    )


def run_gate(
    candidate: Path,
    base: Path | None,
    accept: dict[str, str],
    run_id: str,
    checked_at: datetime,
    out: Path,
    *,
    threads: int = 0,
    memory_limit: str = "",
) -> GateResult:
    """``audit`` in a child process, which leaves its result as JSON in ``out``.

    The child dies with this process. Raises what ``audit`` raises, and CarteraError with the
    child's last lines if it failed.
    """
    check_accept(accept)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "expectations.gate", str(candidate), "--out", str(out)]
    command += ["--run-id", run_id, "--checked-at", checked_at.isoformat()]
    command += ["--threads", str(threads), "--memory-limit", memory_limit]
    if base is not None:
        command += ["--base", str(base)]
    command += ["--accept", json.dumps(accept)]
    root = Path(__file__).resolve().parent.parent
    inherited = os.environ.get("PYTHONPATH")
    path = f"{root}{os.pathsep}{inherited}" if inherited else str(root)
    child = subprocess.run(
        command,
        env={**os.environ, **of_this_process(), "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if child.returncode != 0 or not out.is_file():
        if "No space left" in child.stdout:
            raise OSError(errno.ENOSPC, "No space left on device", str(out))
        last = "\n".join(child.stdout.strip().splitlines()[-15:])
        raise CarteraError(
            f"The gate did not finish (exit code {child.returncode}): {last}",
            fix="Nothing was published. Build again; if it stays, report these lines.",
        )
    return GateResult.from_json(out.read_text(encoding="utf-8"))


def main(arguments: list[str] | None = None) -> int:
    """The child's side of ``run_gate``. Exits 0 whatever the verdict is: it is in the file."""
    parser = argparse.ArgumentParser(prog="python -m expectations.gate", description=__doc__)
    parser.add_argument("candidate", type=Path, help="folder with the three DuckDB files")
    parser.add_argument("--base", type=Path, help="folder of the last publication")
    parser.add_argument("--accept", type=json.loads, default={}, help="JSON: rule to reason")
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--checked-at", required=True, type=datetime.fromisoformat)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--memory-limit", default="")
    parser.add_argument("--out", required=True, type=Path, help="where the JSON result goes")
    options = parser.parse_args(arguments)
    try:
        result = audit(
            options.candidate,
            base=options.base,
            accept=options.accept,
            run_id=options.run_id,
            checked_at=options.checked_at,
            threads=options.threads,
            memory_limit=options.memory_limit,
        )
    except CarteraError as error:
        print(error)
        return error.exit_code
    partial = options.out.with_name(options.out.name + ".part")
    partial.write_text(result.to_json(), encoding="utf-8")
    partial.replace(options.out)
    return 0


def _cpu(usage: resource.struct_rusage) -> float:
    return round(usage.ru_utime + usage.ru_stime, 2)


def _all_rules() -> str:
    return ", ".join(RULE_NAMES)


if __name__ == "__main__":
    die_with_parent()
    # It ends before its garbage is worth collecting: a sixth of the import.
    gc.disable()
    sys.exit(main())
