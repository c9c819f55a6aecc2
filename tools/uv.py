"""Makes .venv's installer, and runs it behind whatever index this machine's pip uses.

    python3 tools/uv.py bootstrap        make .venv with the tools of requirements/build.txt
    .venv/bin/python tools/uv.py ARG...  run .venv's uv with these arguments

uv does not read pip's configuration. Where only that names a mirror, its addresses are handed to
uv through the environment of this one call: they never reach a file. Every requirement is
installed by hash, so an index can refuse a package but not exchange it.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
BUILD = CHECKOUT / "requirements" / "build.txt"

# What pip calls it -> what uv calls it.
NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
}
OWN_INDEX = {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE"}


def pip_options(listing: str) -> dict[str, str]:
    """The options in the output of ``pip config list``; the more specific place wins.

    As in pip, the environment wins over ``install.``, and that over ``global.``.
    """
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section) and value:
                found[key.removeprefix(section)] = str(ast.literal_eval(value))
    return found


def uv_has_an_index(environment: Mapping[str, str]) -> bool:
    """Whether uv was told of an index itself, by variable or by a uv.toml of user or machine."""
    if OWN_INDEX & environment.keys():
        return True
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "~")) / ".config"
    for folder in (Path(home).expanduser(), Path("/etc/xdg"), Path("/etc")):
        file = folder / "uv" / "uv.toml"
        if file.is_file():
            options = tomllib.loads(file.read_text(encoding="utf-8"))
            tables = (options, options.get("pip", {}))
            if any({"index", "index-url", "extra-index-url"} & table.keys() for table in tables):
                return True
    return False


def uv_environment(environment: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """``environment`` for uv, with pip's ``options`` where uv has no index of its own."""
    result = dict(environment)
    if uv_has_an_index(environment):
        return result
    for option, name in NAMES.items():
        value = options.get(option)
        if value and name not in result:
            separator = "," if name == "UV_FIND_LINKS" else " "
            result[name] = separator.join(value.split())
    if "UV_INDEX" in result:
        # pip takes the best match of all its indexes, uv the first index that has the name.
        result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def read_pip_options() -> dict[str, str]:
    """What pip is configured with here; without pip, what its variables say."""
    for python in dict.fromkeys((sys.executable, sys._base_executable)):  # type: ignore[attr-defined]
        listed = subprocess.run(
            [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
        )
        if listed.returncode == 0:
            return pip_options(listed.stdout)
    return {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_")
    }


def bootstrap() -> None:
    """Make .venv and install requirements/build.txt, uv among it, by hash."""
    wanted = ["--require-hashes", "--requirement", str(BUILD)]
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        environment = uv_environment(os.environ, read_pip_options())
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)]
        subprocess.run(make, env=environment, check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(VENV), *wanted]
        subprocess.run(install, env=environment, check=True)
        return
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        sys.exit(
            f"{sys.executable} cannot make a virtual environment. On Debian and Ubuntu: "
            "apt-get install python3-venv. Or put uv on PATH."
        )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", *wanted], check=True)


def main(arguments: list[str]) -> int:
    if arguments == ["bootstrap"]:
        bootstrap()
        return 0
    command = [str(VENV / "bin" / "uv"), *arguments]
    environment = uv_environment(os.environ, read_pip_options())
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
