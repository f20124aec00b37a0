"""
The connection form, described once.

Airflow 3.2 and later read it from the provider info (``conn-fields``), older versions call the hook's class methods.
Both are made from the records below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FIELDS", "ConnectionField", "conn_fields", "ui_field_behaviour"]


@dataclass(frozen=True)
class ConnectionField:
    """
    One extra of the connection.

    :param name: its key in the connection's extra.
    :param label: what the form calls it.
    :param description: help text below the field.
    :param choices: allowed values, where there are only a few, and what the form calls them; the default is chosen if
        nobody chooses.
    :param default: value that an empty field stands for. Unless it is a choice, the form tells it, but does not store
        it, so that a later version of this package can have another one.
    :param example: what the form shows in an empty field, where Airflow can show something there.
    """

    name: str
    label: str
    description: str
    choices: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    example: str = ""

    @property
    def help(self) -> str:
        """Description, and what an empty field means."""
        if self.choices or not self.default:
            return self.description
        return f"{self.description} Leave empty for {self.default}."


FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "region",
        "Region",
        "Where your Extend workspace lives. Ignored where a base URL is given.",
        choices={
            "us": "us: United States",
            "us2": "us2: United States, HIPAA deployment",
            "eu1": "eu1: European Union",
        },
        default="us",
    ),
    ConnectionField(
        "workspace_id",
        "Workspace ID",
        "Only for an organization-scoped API key: the workspace to work in. Leave it empty for any other key.",
        example="ws_…",
    ),
    ConnectionField(
        "requests_per_second",
        "Requests per second",
        "Pace that each Airflow process keeps; Extend's smallest plan allows 10 in all.",
        default="10",
    ),
    ConnectionField(
        "timeout",
        "Timeout (seconds)",
        "How long Extend may be silent while an answer is due. Runs may take longer.",
        default="60",
    ),
    ConnectionField(
        "proxy",
        "Proxy",
        "URL of an HTTP proxy. Leave empty to go by the environment variables, such as HTTPS_PROXY.",
        example="http://proxy.example.com:3128",
    ),
    ConnectionField(
        "verify",
        "Verify TLS",
        "true, false, or the path of a file with CA certificates on the workers and the triggerer.",
        default="true",
    ),
    ConnectionField("api_version", "API version", "Version of Extend's API to speak.", default="2026-02-09"),
)


def conn_fields() -> dict[str, Any]:
    """Return the fields as Airflow 3.2+ reads them from the provider info."""
    return {
        field.name: {
            "label": field.label,
            "description": field.help,
            "schema": {"type": ["string", "null"], **_choice(field)},
        }
        for field in FIELDS
    }


def _choice(field: ConnectionField) -> dict[str, Any]:
    # The form stores a default that it is told of, even if nobody has touched the field.
    choices = field.choices
    return {"enum": [*choices], "values_display": {**choices}, "default": field.default} if choices else {}


def ui_field_behaviour() -> dict[str, Any]:
    """Return labels and placeholders of the standard fields, as all versions understand them after renaming keys."""
    return {
        "hidden-fields": ["schema", "port", "login"],
        "relabeling": {"password": "API key", "host": "Base URL"},
        "placeholders": {
            "password": "sk_…, from Extend's dashboard",
            "host": "leave empty, or https://… of a deployment of your own",
        },
    }
