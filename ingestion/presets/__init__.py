"""Presets: ready-made contracts for exports that many companies have.

A preset is a folder of contracts in which ``<system>``, ``<time_zone>`` and ``<currency>`` stand
for what no export says of itself. They are nobody's contracts until somebody takes them for a
system of their own: `cartera contract use` writes copies below ``CARTERA_HOME/contracts``, which
then belong to that company. What its owner must look at is marked ``# CHECK:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from cartera.errors import ContractError, UsageError
from ingestion.contract import NAME, Contract, load_contracts

PRESETS = Path(__file__).parent
PAGE = re.compile(r"(?m)^# Page: (\S+)$")
CHECK = "# CHECK: "


@dataclass(frozen=True)
class Export:
    """One contract of a preset: the inbox folder of its files, and what becomes of them."""

    folder: str
    files: str
    source: str
    about: str


@dataclass(frozen=True)
class Preset:
    """A preset, with the pages that describe the format."""

    name: str
    exports: tuple[Export, ...]
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """What taking a preset wrote, and the lines that its owner must look at."""

    paths: tuple[Path, ...]
    folders: tuple[str, ...]
    checks: tuple[str, ...]


def preset_names() -> list[str]:
    """Every preset, in alphabetical order."""
    return sorted({path.parent.name for path in PRESETS.glob("*/*.yml")})


def read_preset(name: str) -> Preset:
    """A preset by its name. Raises UsageError if there is none of that name."""
    texts = _rendered(name, {"system": name, "time_zone": "UTC", "currency": "EUR"})
    exports = []
    for text in texts.values():
        contract = Contract.model_validate(yaml.safe_load(text))
        exports.append(Export(contract.folder, contract.files, contract.source, contract.about))
    pages = dict.fromkeys(page for text in texts.values() for page in PAGE.findall(text))
    return Preset(name, tuple(exports), tuple(pages))


def use_preset(
    name: str,
    own: Path,
    *,
    system: str,
    time_zone: str,
    currency: str,
    given: frozenset[str] = frozenset(),
) -> Taken:
    """Write the contracts of a preset for ``system`` below ``own``; all of them, or none.

    ``given`` are the settings that the user named, ``time_zone`` or ``currency``: they need no
    second look. Raises UsageError if a contract is there already, or a name means nothing;
    ContractError if they do not go together with other contracts of the system.
    """
    if not NAME.fullmatch(system):
        raise UsageError(f"No name of a system: {system!r}.", fix="Lower case letters, digits, _.")
    _check_settings(time_zone, currency)
    settings = {"system": system, "time_zone": time_zone, "currency": currency}
    texts = {
        own / system / file: _without_checks(text, settings, given)
        for file, text in _rendered(name, settings).items()
    }
    there = [path for path in texts if path.exists()]
    if there:
        raise UsageError(
            f"{there[0]}: is there already.", fix="Take the preset for a system of another name."
        )
    (own / system).mkdir(parents=True, exist_ok=True)
    try:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        contracts = load_contracts(own, system)
    except (ContractError, OSError):
        for path in texts:
            path.unlink(missing_ok=True)
        raise
    written = {path.stem for path in texts}
    folders = dict.fromkeys(
        f"{contract.folder}/{contract.files}"
        for contract in contracts
        if contract.file_name in written
    )
    return Taken(tuple(texts), tuple(folders), tuple(_checks(texts)))


def _rendered(name: str, settings: dict[str, str]) -> dict[str, str]:
    """The texts of a preset's contracts by file name, with ``settings`` in their places."""
    if name not in preset_names():
        raise UsageError(
            f"No preset {name!r}.", fix=f"The presets are: {', '.join(preset_names())}."
        )
    texts = {}
    for path in sorted((PRESETS / name).glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        for key, value in settings.items():
            text = text.replace(f"<{key}>", value)
        texts[path.name] = text
    return texts


def _check_settings(time_zone: str, currency: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"{time_zone!r} is no time zone.", fix="Give one such as Europe/Madrid."
        ) from error
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise UsageError(f"{currency!r} is no currency.", fix="Give an ISO 4217 code such as EUR.")


def _without_checks(text: str, settings: dict[str, str], given: frozenset[str]) -> str:
    """``text`` without the marks at lines that hold nothing but what the user named."""
    lines = text.splitlines(keepends=True)
    named = [settings[key] for key in given]
    kept = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if not (CHECK in line and any(value in following for value in named))
    ]
    return "".join(kept)


def _checks(texts: dict[Path, str]) -> list[str]:
    return [
        f"{path}:{number}: {line.partition(CHECK)[2].strip()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if CHECK in line
    ]
