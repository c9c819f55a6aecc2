"""The gate in a process of its own: same answer, light parent, no orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cartera.errors import CarteraError, UsageError
from expectations.gate import run_gate
from expectations.suites import RULE_NAMES

CHECKED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_child_leaves_its_result_in_a_file(good_candidate: Path, tmp_path: Path) -> None:
    out = tmp_path / "gate.json"
    accept = {"rfm_unique": '--a reason with "quotes" and dashes'}
    result = run_gate(good_candidate, None, accept, "run-7", CHECKED_AT, out)
    assert (result.run_id, result.checked_at) == ("run-7", CHECKED_AT)
    found = {one.rule: one.status for one in result.results}
    assert tuple(found) == RULE_NAMES
    assert (found["rfm_unique"], found["fct_orders_resolved"]) == ("ok", "error")
    # Most tables are not there, and that is no reason to publish.
    assert result.status == "refused"
    assert result.cost["audit_cpu_seconds"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["gate.json"]


def test_a_child_that_fails_says_why_and_leaves_no_result(tmp_path: Path) -> None:
    out = tmp_path / "gate.json"
    out.write_text("of an earlier run")
    with pytest.raises(CarteraError, match=r"work\.duckdb"):
        run_gate(tmp_path / "nowhere", None, {}, "run-8", CHECKED_AT, out)
    assert not out.exists()


def test_an_unknown_rule_is_refused_before_a_child_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean rfm_unique"):
        run_gate(tmp_path, None, {"rfm_uniqe": "x"}, "run-9", CHECKED_AT, tmp_path / "gate.json")


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = (
        "import sys, expectations.gate; "
        "heavy = {'great_expectations', 'sqlalchemy', 'pandas', 'duckdb'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_the_child_dies_with_its_parent(good_candidate: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path; "
        "from expectations.gate import run_gate; "
        "run_gate(Path(sys.argv[1]), None, {}, 'r', datetime.now(UTC), Path(sys.argv[2]))"
    )
    out = tmp_path / "gate.json"
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(good_candidate), str(out)], cwd=CHECKOUT
    )
    try:
        child = _only_child(parent.pid)
        # The signal is asked for in the child's first moments; importing takes seconds.
        time.sleep(1)
        assert _is_alive(child)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(100):
        if not _is_alive(child):
            break
        time.sleep(0.05)
    assert not _is_alive(child)
    assert not out.exists()


def _only_child(pid: int) -> int:
    for _ in range(200):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("the gate's process never started")


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
