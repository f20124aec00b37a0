"""
From an Airflow connection to the client's settings.

Extras are read from an allow-list and never spread into a client: who edits connections and who writes DAGs are
different people.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from extend_provider.connection_fields import FIELDS
from extend_provider.exceptions import ExtendConfigurationError

if TYPE_CHECKING:
    from extend_provider._compat import Connection
    from extend_provider.client import ClientSettings

__all__ = ["EXTRAS", "settings_from_connection"]

log = logging.getLogger(__name__)

EXTRAS = tuple(field.name for field in FIELDS)
# The Test button of Airflow 2 sends each field of the form a second time, under a name that begins like this.
_FORM_PREFIX = "extra__extend__"


def settings_from_connection(connection: Connection, user_agent_suffix: str = "") -> ClientSettings:
    """
    Return the client's settings that a connection asks for.

    :param connection: an Airflow connection of type ``extend``.
    :param user_agent_suffix: products to add to the user agent.
    :raises ExtendConfigurationError: the connection cannot work.
    """
    from extend_provider.client import ClientSettings

    extras = _extras(connection)
    given: dict[str, Any] = {}
    if "workspace_id" in extras:
        given["workspace_id"] = _text(extras, "workspace_id")
    if "api_version" in extras:
        given["api_version"] = _text(extras, "api_version")
    if "requests_per_second" in extras:
        given["requests_per_second"] = _positive(extras, "requests_per_second")
    if "timeout" in extras:
        given["read_timeout"] = _positive(extras, "timeout")
    if "verify" in extras:
        given["verify"] = _verify(extras["verify"])
    if "proxy" in extras:
        given["proxy"] = _text(extras, "proxy")
    return ClientSettings(
        api_key=_api_key(connection),
        base_url=_base_url(connection, extras),
        user_agent_suffix=user_agent_suffix,
        **given,
    )


def _extras(connection: Connection) -> dict[str, Any]:
    """Return the known extras that are set; an empty form field counts as not set."""
    # Not `extra_dejson`: it masks secrets by a blocking call, which an event loop must not make.
    try:
        extras = json.loads(connection.extra or "{}")
    except (ValueError, RecursionError):
        extras = None
    if not isinstance(extras, dict):
        raise ExtendConfigurationError(f"The extra of connection {connection.conn_id!r} is not a JSON object.")
    for name in sorted(set(extras) - set(EXTRAS) - {f"{_FORM_PREFIX}{name}" for name in EXTRAS}):
        _warn_of_unknown_extra(connection.conn_id, name)
    return {name: extras[name] for name in EXTRAS if extras.get(name) not in (None, "")}


def _warn_of_unknown_extra(conn_id: str | None, name: str) -> None:
    import difflib

    near = difflib.get_close_matches(name, EXTRAS, n=1)
    log.warning(
        "Connection %r has the unknown extra %r, which is ignored.%s Known extras: %s",
        conn_id,
        name,
        f" Did you mean {near[0]!r}?" if near else "",
        ", ".join(EXTRAS),
    )


def _api_key(connection: Connection) -> str:
    key = (connection.password or "").strip()
    if not key:
        raise ExtendConfigurationError(
            f"Connection {connection.conn_id!r} has no API key.",
            # Airflow 2 fills in no saved password when somebody opens the form again, and tests what the form holds.
            hint="Put it into the connection's password; to test a saved connection in Airflow 2's form, once more.",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ExtendConfigurationError(
            f"The API key of connection {connection.conn_id!r} has a character that no key has.",
            hint="Copy it again, without quotes, blanks or line breaks.",
        )
    return key


def _base_url(connection: Connection, extras: Mapping[str, Any]) -> str:
    """The host wins over the region, because a customer's own deployment has a name that no region has."""
    from extend_provider.client import base_url_of_region

    host = (connection.host or "").strip().rstrip("/")
    if not host:
        return base_url_of_region(_text(extras, "region") if "region" in extras else "us")
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    if not host.startswith(("https://", "http://")):
        raise ExtendConfigurationError(
            f"The base URL of connection {connection.conn_id!r} must begin with https:// (http:// for a local service)."
        )
    has_port = ":" in host.partition("://")[2].partition("/")[0].rpartition("]")[2]
    return f"{host}:{connection.port}" if connection.port and not has_port else host


def _text(extras: Mapping[str, Any], name: str) -> str:
    value = extras[name]
    if not isinstance(value, str):
        raise ExtendConfigurationError(f"The extra {name!r} must be text, not {type(value).__name__}.")
    return value.strip()


def _positive(extras: Mapping[str, Any], name: str) -> float:
    """Numbers arrive as text from the connection form and from a URI."""
    try:
        number = float(extras[name])
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    # Operating systems know no timeouts of thousands of years.
    if not 0 < number <= 1_000_000:
        raise ExtendConfigurationError(f"The extra {name!r} must be a number above zero, and at most a million.")
    return number


def _verify(value: Any) -> bool | str:
    """``verify`` is a switch or the path of a CA bundle, and both may arrive as text."""
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return text
