"""
From an Airflow connection to the client's settings.

Extras are read from an allow-list and never spread into a client: who edits connections and who writes DAGs are
different people.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
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
# What other providers and the SDK call these things, and resemblance does not find. Names of the connection's own
# fields are among the values.
_OTHER_NAMES = {
    "api_key": "password",
    "token": "password",
    "base_url": "host",
    "url": "host",
    "endpoint": "host",
    "port": "port",
    "host": "host",
    "password": "password",
    "schema": "schema",
    "rps": "requests_per_second",
    "rate_limit": "requests_per_second",
    "organization_id": "workspace_id",
    "ssl": "verify",
    "ca_bundle": "verify",
    "ca_cert": "verify",
}
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def settings_from_connection(connection: Connection, user_agent_suffix: str = "") -> ClientSettings:
    """
    Return the client's settings that a connection asks for.

    :param connection: an Airflow connection of type ``extend``.
    :param user_agent_suffix: products to add to the user agent.
    :raises ExtendConfigurationError: the connection cannot work.
    """
    from extend_provider.client import ClientSettings

    extras = _extras(connection)
    given: dict[str, Any] = {
        "workspace_id": extras.text("workspace_id"),
        "api_version": extras.text("api_version"),
        "requests_per_second": extras.positive("requests_per_second"),
        "read_timeout": extras.positive("timeout"),
        "verify": extras.verify(),
        "proxy": extras.text("proxy"),
    }
    return ClientSettings(
        api_key=_api_key(connection),
        base_url=_base_url(connection, extras),
        user_agent_suffix=user_agent_suffix,
        **{name: value for name, value in given.items() if value is not None},
    )


@dataclass(frozen=True)
class _Extras:
    """The known extras that are set, as the client needs them; ``None`` stands for those that are not."""

    conn_id: str | None
    values: dict[str, Any]

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self._error(name, f"must be text, not {type(value).__name__}.")
        return None if value is None else value.strip()

    def positive(self, name: str) -> float | None:
        """Numbers arrive as text from the connection form and from a URI."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            number = float("nan") if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = float("nan")
        # Operating systems know no timeouts of thousands of years.
        if not 0 < number <= 1_000_000:
            raise self._error(name, "must be a number above zero, and at most a million.")
        return number

    def verify(self) -> bool | str | None:
        """``verify`` is a switch or the path of a CA bundle, and both may arrive as text."""
        value = self.values.get("verify")
        if value is None:
            return None
        if not isinstance(value, (bool, int, str)):
            raise self._error("verify", "must be true, false or the path of a CA bundle.")
        text = str(value).strip()
        return _SWITCHES.get(text.lower(), text)

    def _error(self, name: str, what: str) -> ExtendConfigurationError:
        return ExtendConfigurationError(f"The extra {name!r} of connection {self.conn_id!r} {what}")


def _extras(connection: Connection) -> _Extras:
    """Return the extras; an empty form field counts as not set."""
    # Not `extra_dejson`: it masks secrets by a blocking call, which an event loop must not make.
    try:
        extras = json.loads(connection.extra or "{}")
    except (ValueError, RecursionError):
        extras = None
    if not isinstance(extras, dict):
        raise ExtendConfigurationError(f"The extra of connection {connection.conn_id!r} is not a JSON object.")
    for name in sorted(set(extras) - set(EXTRAS) - {f"{_FORM_PREFIX}{name}" for name in EXTRAS}):
        _warn_of_unknown_extra(connection.conn_id, name)
    given = {name: value for name, value in extras.items() if name in EXTRAS and _is_set(value)}
    return _Extras(connection.conn_id, given)


def _is_set(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _warn_of_unknown_extra(conn_id: str | None, name: str) -> None:
    log.warning(
        "Connection %r has the unknown extra %r, which is ignored.%s Known extras: %s",
        conn_id,
        name,
        _suggestion(name),
        ", ".join(EXTRAS),
    )


def _suggestion(name: str) -> str:
    """Name what was probably meant, after a blank; nothing if that is not clear."""
    import difflib

    plain = name.strip().lower().replace("-", "_")
    known = {**{extra: extra for extra in EXTRAS}, **_OTHER_NAMES}
    near = difflib.get_close_matches(plain, known, n=1)
    if not near:
        return ""
    meant = known[near[0]]
    return f" Did you mean {meant!r}?" if meant in EXTRAS else f" Did you mean the connection's field {meant!r}?"


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


def _base_url(connection: Connection, extras: _Extras) -> str:
    """The host wins over the region, because a customer's own deployment has a name that no region has."""
    from extend_provider.client import base_url_of_region

    host = (connection.host or "").strip().rstrip("/")
    if not host:
        return base_url_of_region(extras.text("region") or "us")
    given, _, rest = host.rpartition("://")
    scheme = (given or connection.schema or "https").lower()
    if scheme not in {"https", "http"}:
        raise ExtendConfigurationError(
            f"The base URL of connection {connection.conn_id!r} must begin with https:// (http:// for a local service)."
        )
    has_port = ":" in rest.partition("/")[0].rpartition("]")[2]
    return f"{scheme}://{rest}:{connection.port}" if connection.port and not has_port else f"{scheme}://{rest}"
