"""Writes .env for docker-compose.yml with secrets made on the spot: ``make env``.

Mode 0600; a .env that is there is never touched, because its keys encrypt what is stored.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
IMAGE_UID = 50000  # the user of the Dockerfile, for who runs this as root


def variables(data: Path) -> dict[str, str]:
    """Every variable that docker-compose.yml asks for, the secrets fresh from the OS."""
    return {
        "AIRFLOW_UID": str(os.getuid() or IMAGE_UID),
        "CARTERA_DATA": str(data),
        "CARTERA_HASH_KEY": secrets.token_urlsafe(32),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        # Fernet wants 32 bytes in URL-safe base64, padding included.
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
        "AIRFLOW_JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW_API_SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW_ADMIN_PASSWORD": secrets.token_urlsafe(18),
    }


def write(target: Path, data: Path) -> None:
    """Write ``target`` whole and readable by its owner only, and make the data folder.

    Raises FileExistsError when ``target`` is there; it is left as it was.
    """
    lines = [f"{name}={value}\n" for name, value in variables(data).items()]
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("# Made by `make env`. Keep it: these keys encrypt what is stored.\n")
        file.writelines(lines)
    if not data.exists():
        data.mkdir(mode=0o770, parents=True)
        if os.getuid() == 0:
            os.chown(data, IMAGE_UID, 0)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=CHECKOUT / ".env")
    parser.add_argument("--data", type=Path, default=CHECKOUT / "data", help="CARTERA_HOME")
    options = parser.parse_args(arguments)
    target: Path = options.target.absolute()
    try:
        write(target, options.data.absolute())
    except FileExistsError:
        print(
            f"{target} exists and stays as it is: its keys encrypt what is stored. "
            "Move it away first if you want new ones.",
            file=sys.stderr,
        )
        return 2
    print(f"Wrote {target} (mode 0600). The password of Airflow's user admin stands in it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
