"""What ``make distributed`` runs Airflow on: PostgreSQL, Redis, two Celery workers and two triggerers."""

from __future__ import annotations

VARIABLE = "AIRFLOW_STACK_DEPLOYMENT"
"""Environment variable by which the end-to-end tests know what to run Airflow on."""
DISTRIBUTED = "distributed"
"""Its value; any other means the local deployment."""
