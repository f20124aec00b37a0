"""What is known of an environment that is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """
    An environment that is ready.

    :param python: its interpreter.
    :param airflow: version of Airflow in it.
    :param added: what the package brought, name to version, beyond what Airflow had; ``None`` where both came in
        one go, so that nobody can tell.
    """

    python: Path
    airflow: str
    added: Mapping[str, str] | None
