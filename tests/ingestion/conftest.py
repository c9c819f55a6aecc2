"""A company to land the deliveries of."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from cartera.duck import connect
from cartera.settings import Settings
from tests.ingestion.acme import Acme


@pytest.fixture
def acme(settings: Settings) -> Acme:
    return Acme(settings)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(Settings(home=tmp_path_factory.mktemp("home"), hash_key="k", threads=1)) as opened:
        yield opened
