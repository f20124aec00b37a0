"""What these tests run Airflow on: everything on this machine and SQLite, or what ``make distributed`` asks for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dev.airflow_deployment import LocalDeployment
from dev.distributed import DISTRIBUTED, VARIABLE
from dev.distributed.deployment import DistributedDeployment

if TYPE_CHECKING:
    from dev.airflow_deployment import Deployment

IS_DISTRIBUTED = os.environ.get(VARIABLE) == DISTRIBUTED


def chosen_deployment() -> Deployment:
    """Describe the deployment; a stack starts it."""
    return DistributedDeployment() if IS_DISTRIBUTED else LocalDeployment()
