"""A local Extend service for demos, tests and users' own CI; knows nothing of Airflow."""

from __future__ import annotations

from extend_provider.local.extra import MissingExtraError
from extend_provider.local.handle import LocalService

__all__ = ["LocalService", "MissingExtraError"]
