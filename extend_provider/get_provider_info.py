"""What Airflow asks about this package. Called in every Airflow process, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

from extend_provider import __version__
from extend_provider.connection_fields import conn_fields, ui_field_behaviour

__all__ = ["get_provider_info"]

_NAME = "Extend"
_OPERATORS = ("edit", "parse", "extract", "classify", "split", "workflow", "runs", "files")


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description, in the shape of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-provider-extend",
        "name": _NAME,
        "description": "Fill PDF forms and process documents with Extend (https://www.extend.ai).",
        "versions": [__version__],
        "integrations": [
            {"integration-name": _NAME, "external-doc-url": "https://docs.extend.ai", "tags": ["service"]},
        ],
        "connection-types": [
            {
                "connection-type": "extend",
                "hook-class-name": "extend_provider.hooks.extend.ExtendHook",
                "hook-name": _NAME,
                "ui-field-behaviour": ui_field_behaviour(),
                "conn-fields": conn_fields(),
            }
        ],
        "hooks": [_modules("extend_provider.hooks.extend")],
        "operators": [_modules(*(f"extend_provider.operators.{name}" for name in _OPERATORS))],
        "sensors": [_modules("extend_provider.sensors.run")],
        "triggers": [_modules("extend_provider.triggers.run")],
        "extra-links": ["extend_provider.links.ExtendRunLink"],
    }


def _modules(*names: str) -> dict[str, Any]:
    return {"integration-name": _NAME, "python-modules": list(names)}
