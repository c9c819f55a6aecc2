"""The page that takes a stranger's exports to customers, followed word by word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cartera.settings import CHECKOUT

PAGE = CHECKOUT / "docs" / "your-data.md"
BLOCK = re.compile(r"^```(sh|yaml|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# It changes at every build.
PUBLICATION = re.compile(r"published \S+")


def told(text: str) -> str:
    """What a command prints, without the trailing blanks that a page does not keep."""
    lines = (line.rstrip() for line in PUBLICATION.sub("published", text).strip().splitlines())
    return "\n".join(lines)


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    """Its commands run in order; what they print and write is what the page shows."""
    home = tmp_path / "bookshop"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CARTERA_")}
    environment |= {"HOME": str(tmp_path), "COLUMNS": "200"}
    printed, shown = "", 0
    for kind, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "yaml":
            drafted = home / "contracts" / "bookshop" / "orders.yml"
            assert drafted.read_text(encoding="utf-8") == block
        elif kind == "":
            shown += 1
            assert told(printed) == told(block)
        else:
            # The suite has its environment already, and a place of its own.
            script = block.replace("make .venv/stamp-base\n", "")
            script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
            ended = subprocess.run(
                ["bash", "-euc", script],
                cwd=CHECKOUT,
                env=environment | {"CARTERA_HOME": str(home)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, f"{block}\n{ended.stdout}{ended.stderr}"
            printed = ended.stdout
    assert shown == 3
