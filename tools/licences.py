"""docs/licences.md, from what the packages that Cartera runs on say of themselves.

    python tools/licences.py

Which packages is the lock's word, ``requirements/connectors.txt``: all of ``base.txt`` and what
`cartera fetch` needs. The licence is the one of the installed package's metadata.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
LOCK = CHECKOUT / "requirements" / "connectors.txt"
PAGE = CHECKOUT / "docs" / "licences.md"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
ELSEWHERE = "for another system or Python than this page was made on"
HEAD = """\
# Licences

Cartera is under the [Apache License 2.0](../LICENSE). Installed with it, by
`requirements/connectors.txt`, are the packages below; what each says of its licence was read from
its own metadata by `python tools/licences.py`. Tools for development are not among them. No lawyer
has looked at this page.

| package | version | licence |
| --- | --- | --- |
"""


def locked() -> dict[str, str]:
    """Package -> its version in the lock; several where they differ by platform."""
    found: dict[str, list[str]] = {}
    for name, version in PIN.findall(LOCK.read_text(encoding="utf-8")):
        if version not in found.setdefault(name, []):
            found[name].append(version)
    return {name: ", ".join(versions) for name, versions in found.items()}


def licence(package: str) -> str:
    """What an installed package says: an expression, else its classifiers, else its own words."""
    try:
        told = metadata.metadata(package).json
    except metadata.PackageNotFoundError:
        return ELSEWHERE
    if expression := told.get("license_expression"):
        return str(expression)
    names = [
        name.rpartition(" :: ")[2]
        for name in told.get("classifier", [])
        if name.startswith("License :: ") and not name.endswith("OSI Approved")
    ]
    words = str(told.get("license") or "").strip().splitlines()
    return " or ".join(names) or (words[0][:60] if words else "it does not say")


def row(package: str, version: str) -> str:
    """A package's line of the table."""
    return f"| {package} | {version} | {licence(package).replace('|', '/')} |"


def page() -> str:
    """The page, in Markdown."""
    return HEAD + "\n".join(row(*pin) for pin in sorted(locked().items())) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
