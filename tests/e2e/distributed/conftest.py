"""Tests that need two workers and two triggerers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.distributed.deployment import DistributedDeployment
from tests.e2e.chosen_deployment import IS_DISTRIBUTED

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them where everything runs once."""
    if not IS_DISTRIBUTED:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs several workers and triggerers: make distributed"))


@pytest.fixture(scope="session")
def distributed(deployment: object) -> DistributedDeployment:
    """The deployment."""
    assert isinstance(deployment, DistributedDeployment)
    return deployment
