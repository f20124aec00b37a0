"""
The connection form, described once.

Airflow 3.2 and later read it from the provider info (``conn-fields``), older versions call the hook's class methods.
Both are made from the records below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["FIELDS", "ConnectionField", "conn_fields", "ui_field_behaviour"]


@dataclass(frozen=True)
class ConnectionField:
    """
    One extra of the connection.

    :param name: its key in the connection's extra.
    :param label: what the form calls it.
    :param description: help text below the field.
    :param choices: allowed values, where there are only a few.
    :param default: value that an empty field stands for; shown, not stored.
    """

    name: str
    label: str
    description: str
    choices: tuple[str, ...] = ()
    default: str | None = None


FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "region",
        "Region",
        "Where your Extend workspace lives. Ignored when a base URL is given.",
        choices=("us", "us2", "eu1"),
        default="us",
    ),
    ConnectionField(
        "workspace_id",
        "Workspace id",
        "Needed with an organization-scoped API key, for example ws_…; otherwise leave it empty.",
    ),
    ConnectionField("api_version", "API version", "Version of Extend's API to speak.", default="2026-02-09"),
    ConnectionField(
        "requests_per_second",
        "Requests per second",
        "Pace that each Airflow process keeps. Extend's smallest plan allows 10 per organization.",
        default="10",
    ),
    ConnectionField(
        "timeout",
        "Timeout (seconds)",
        "Longest silence while an answer is due, not the duration of a run.",
        default="60",
    ),
    ConnectionField(
        "verify",
        "Verify TLS",
        "true, false, or the path of a CA bundle on the workers and the triggerer.",
        default="true",
    ),
    ConnectionField("proxy", "Proxy", "URL of an HTTP proxy; empty: the usual environment variables decide."),
)


def conn_fields() -> dict[str, Any]:
    """Return the fields as Airflow 3.2+ reads them from the provider info."""
    return {
        field.name: {
            "label": field.label,
            "description": field.description,
            "schema": {
                "type": ["string", "null"],
                **({"enum": list(field.choices)} if field.choices else {}),
                **({"default": field.default} if field.default else {}),
            },
        }
        for field in FIELDS
    }


def ui_field_behaviour() -> dict[str, Any]:
    """Return labels and placeholders of the standard fields, as all versions understand them after renaming keys."""
    return {
        "hidden-fields": ["schema", "port", "login"],
        "relabeling": {"password": "API key", "host": "Base URL"},
        "placeholders": {
            "password": "sk_…",
            "host": "only for a deployment of your own, e.g. https://extend.example.com",
        },
    }
