"""The parsed dbt project, kept beside its source as Python keeps its byte code.

Parsing takes dbt ten seconds of every build and depends on the project, on dbt and on the
variables, not on the data. ``as_of`` does not count: dbt renders it when it runs a model. Nor
does a variable that is told its default.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cartera.files import write_whole
from cartera.settings import CHECKOUT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

FOLDER = CHECKOUT / ".cache" / "dbt"
DAILY = frozenset({"as_of", "as_of_at"})
_KEPT = 5
_PACKAGES = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")


def place(project: Path, variables: dict[str, Any]) -> Path:
    """Where the parsed ``project`` is, if it was parsed before with such ``variables``."""
    own = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8")).get("vars", {})
    lasting = {
        name: value
        for name, value in variables.items()
        if name not in DAILY and (name, value) not in own.items()
    }
    digest = hashlib.sha256(
        json.dumps(
            [sys.version, str(project), *map(version, _PACKAGES), sorted(lasting.items())]
        ).encode()
    )
    for path in sorted(project.rglob("*")):
        inside = path.relative_to(project)
        # dbt leaves target, logs and .user.yml where it is run by hand.
        if path.is_file() and not inside.parts[0].startswith(("target", "logs", ".")):
            digest.update(f"\0{inside}\0".encode() + path.read_bytes())
    return FOLDER / f"{digest.hexdigest()[:32]}.msgpack"


def read(parsed: Path) -> Manifest | None:
    """The project that ``keep`` kept, or None: then dbt parses it."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        content = parsed.read_bytes()
    except OSError:
        return None
    try:
        manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    except Exception:  # whatever a damaged file makes msgpack or dbt raise
        with suppress(OSError):
            parsed.unlink()
        return None
    manifest.build_flat_graph()
    return manifest


def keep(target: Path, parsed: Path) -> None:
    """Keep what dbt parsed into ``target``; where nothing can be written, nothing is kept."""
    just = target / "partial_parse.msgpack"
    if parsed.exists() or not just.exists():
        return
    put(parsed, just.read_bytes())


def put(file: Path, content: bytes) -> None:
    """Keep ``content``, and of what ends like it the last five; or nothing, if it cannot be."""
    with suppress(OSError):
        write_whole(file, content)
        files = sorted(FOLDER.glob(f"*{file.suffix}"), key=lambda path: path.stat().st_mtime)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)
