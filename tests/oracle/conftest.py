"""The models, read once for all of these tests."""

from __future__ import annotations

import pytest

from tests.oracle.compiled import Project, load_project


@pytest.fixture(scope="session")
def project() -> Project:
    return load_project()
