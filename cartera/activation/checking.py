"""Could a company's own lists be made and sent? Looks at what is here, and sends nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from cartera import credentials
from cartera.activation import drafting, members
from cartera.activation.audience import load_audiences, own_folder
from cartera.activation.destinations import Http, Sftp, destination_files, find_destination
from cartera.activation.over_http import authorization
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings


def wrong_rules(settings: Settings) -> list[str]:
    """What the current publication does not know of the company's own audiences.

    Before the first publication nothing is: rules have no columns yet. Raises what
    ``load_audiences`` raises.
    """
    columns = drafting.columns_now(settings)
    own = {path.stem for path in own_folder(settings).glob("*.yml")}
    problems = []
    for name, audience in load_audiences(settings).items():
        if name in own and columns:
            try:
                members.check(settings, audience, columns)
            except UsageError as error:
                problems.append(str(error))
    return problems


def problems_of_destinations(settings: Settings, is_kept: Callable[[str], bool]) -> list[str]:
    """What stands in the way of sending lists; empty if nothing is known to.

    ``is_kept`` tells whether another keeper, Airflow, has credentials of a name. No text holds
    a secret.
    """
    problems = []
    wanted = {a.destination for a in load_audiences(settings).values() if a.destination}
    for name in sorted({*destination_files(settings), *wanted}):
        try:
            destination = find_destination(settings, name)
            found = credentials.found_or_kept(destination.credentials, is_kept)
            if found and isinstance(destination, Http):
                authorization(destination, found)
        except CarteraError as error:
            problems.append(f"{name}: {error}")
            continue
        if isinstance(destination, Sftp):
            problems += [f"{name}: {line}" for line in _of_sftp(destination, found)]
    return problems


def _of_sftp(destination: Sftp, found: credentials.Credentials | None) -> list[str]:
    problems = []
    if importlib.util.find_spec("asyncssh") is None:
        problems.append("asyncssh is not installed: install the extra `connectors`")
    if found and not found.host:
        problems.append("its credentials name no host: write sftp://user:password@host")
    files = [destination.known_hosts]
    files += [found.extra.get("private_key", "")] if found else []
    missing = [file for file in files if file and not Path(file).expanduser().is_file()]
    return problems + [f"{file} is no file: correct the path" for file in missing]
