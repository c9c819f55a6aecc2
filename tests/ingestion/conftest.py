"""A company to land the deliveries of."""

from __future__ import annotations

import pytest

from cartera.settings import Settings
from tests.ingestion.acme import Acme


@pytest.fixture
def acme(settings: Settings) -> Acme:
    return Acme(settings)
