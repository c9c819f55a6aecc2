"""`make env`: secrets of one's own, readable by oneself, never replaced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

CHECKOUT = Path(__file__).resolve().parents[2]
SECRETS = {
    "CARTERA_HASH_KEY",
    "POSTGRES_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_API_SECRET_KEY",
    "AIRFLOW_ADMIN_PASSWORD",
}


def make_env(folder: Path) -> subprocess.CompletedProcess[str]:
    script = CHECKOUT / "tools" / "make_env.py"
    command = [sys.executable, script, "--target", folder / ".env", "--data", folder / "data"]
    return subprocess.run(command, capture_output=True, text=True, check=False, umask=0)


def read(folder: Path) -> dict[str, str]:
    lines = (folder / ".env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_only_its_owner_reads_it_whatever_the_umask(tmp_path: Path) -> None:
    assert make_env(tmp_path).returncode == 0
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_every_secret_is_new_each_time_and_long_enough(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        assert make_env(folder).returncode == 0
    first, second = read(one), read(two)
    assert first.keys() >= SECRETS
    for name in SECRETS:
        assert len(first[name]) >= 24, name
        assert first[name] != second[name], name
    assert len({first[name] for name in SECRETS}) == len(SECRETS)


def test_the_fernet_key_is_one(tmp_path: Path) -> None:
    make_env(tmp_path)
    lock = Fernet(read(tmp_path)["AIRFLOW_FERNET_KEY"])
    assert lock.decrypt(lock.encrypt(b"x")) == b"x"


def test_an_env_file_that_is_there_stays_and_the_exit_code_says_so(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MINE=1\n")
    done = make_env(tmp_path)
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert (tmp_path / ".env").read_text() == "MINE=1\n"


def test_no_secret_is_printed(tmp_path: Path) -> None:
    done = make_env(tmp_path)
    assert not [
        v for k, v in read(tmp_path).items() if k in SECRETS and v in done.stdout + done.stderr
    ]


def test_the_data_folder_is_made_and_not_open_to_everybody(tmp_path: Path) -> None:
    make_env(tmp_path)
    assert (tmp_path / "data").stat().st_mode & 0o007 == 0
