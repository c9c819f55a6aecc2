"""The models, compiled once for all of these tests."""

from __future__ import annotations

import pytest

from tests.oracle.compiled import Project, load_project


@pytest.fixture(scope="session")
def project(pytestconfig: pytest.Config) -> Project:
    return load_project(pytestconfig.cache.mkdir("compiled-models"))
