"""Requests: one at a time, gone on with by their own customer, and nobody's name in what stays."""

from __future__ import annotations

import stat

import pyarrow.parquet as pq
import pytest

from cartera import tombstones
from cartera.arrows import erase, erase_customer
from cartera.errors import UsageError
from cartera.privacy import requests
from tests.privacy.conftest import ANA, HER, LUIS
from tests.privacy.small import Small


def test_what_is_written_down_names_nobody_but_for_its_owner(small: Small) -> None:
    erasure = erase(small.settings, HER, only_request=True).erasure
    folder = requests.folder(small.settings)
    assert "gil" not in (folder / f"{erasure.erasure_id}.json").read_text().lower()
    values = folder / f"{erasure.erasure_id}.values.json"
    assert stat.S_IMODE(values.stat().st_mode) == 0o600
    assert "ana.gil@example.com" in values.read_text()
    requests.finish(small.settings, erasure)
    assert not values.exists()
    assert requests.under_way(small.settings) is None


def test_a_task_goes_on_with_its_own_customer_and_no_other(small: Small) -> None:
    with pytest.raises(UsageError, match="No erasure is under way"):
        erase_customer(small.settings, None)
    erase(small.settings, HER, only_request=True)
    with pytest.raises(UsageError, match="is not finished"):
        erase_customer(small.settings, LUIS)
    assert not tombstones.are_there(small.settings)
    assert requests.subjects_of(small.settings, requests.listed(small.settings)[0]).customers == (
        ANA,
    )


def test_tombstones_hold_no_value(small: Small) -> None:
    tombstones.add(small.settings, "x", [("email", "ana.gil@example.com")])
    path = tombstones.tombstone_file(small.settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (row,) = pq.read_table(path).to_pylist()
    assert (row["kind"], len(row["hash"]), row["erasure_id"]) == ("email", 32, "x")
    assert b"ana" not in path.read_bytes()
