"""What the Test button says: what is known, and what to change. Hints of errors are for tasks, which run elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendApiError, ExtendError, ExtendTransportError

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings

__all__ = ["advice", "connected", "key_refused"]

_NO_API = "No Extend API answers at {}: check the base URL and its path."
_OTHER_ANSWER = (
    "The answer does not look like Extend's, so it tells nothing about the key: a proxy, a firewall or another service "
    "may have given it. Check the base URL and the proxy."
)
_CREDITS = "The key is accepted, but its workspace is out of credits or blocked: see Extend's dashboard."
_PROXY = "The proxy asks for a user and a password: put them into its URL, http://user:password@host:port."
_BUSY = "Too many requests at the moment: test again later."
_FAILED = "Extend, or something on the way to it, could not answer: test again later."
_REDIRECT = "A redirect is not followed, because the API key would travel with it: check the base URL."


def connected(settings: ClientSettings) -> str:
    """Say that it works."""
    where = f"workspace {settings.workspace_id}" if settings.workspace_id else "the key's workspace"
    return f"Connected to {settings.base_url}, {where}."


def key_refused(settings: ClientSettings, error: ExtendError, others: Mapping[str, bool | None]) -> str:
    """
    Say where the key belongs.

    :param settings: that were tried.
    :param error: the refusal.
    :param others: whether each other region accepts the key, ``None`` where that is not known; empty if none was asked.
    """
    refused = f"{settings.base_url} does not accept the API key."
    if not others:
        return f"{refused} Check the key, and that it belongs to this deployment. {_facts(error)}"
    for region, accepts in others.items():
        if accepts:
            return f"{refused} It belongs to region {region}: choose that region."
    unknown = [region for region, accepts in others.items() if accepts is None]
    if unknown:
        return (
            f"{refused} Whether it belongs to region {' or '.join(unknown)} could not be found out from here. "
            "If it does not, copy the key again from Extend's dashboard."
        )
    return f"{refused} No other region accepts it either: copy the key again from Extend's dashboard."


def advice(settings: ClientSettings, error: ExtendError) -> str:
    """
    Say what keeps the connection from working, other than a refused key.

    :param settings: that were tried.
    :param error: what came of them.
    """
    if isinstance(error, ExtendTransportError):
        return f"{settings.base_url} cannot be reached. {error}"
    if not isinstance(error, ExtendApiError):
        return str(error)
    return f"{_meaning(settings, error)} {_facts(error)}"


def _facts(error: ExtendError) -> str:
    error.hint = None
    return str(error)


def _meaning(settings: ClientSettings, error: ExtendApiError) -> str:
    # A request that was not sent, for a silence that Extend has asked for before, has no status.
    status = error.status_code or 429
    if status == 404:
        return _NO_API.format(settings.base_url)
    if status >= 500 or status == 408:
        return _FAILED
    if 300 <= status < 400:
        return _REDIRECT
    if status in {407, 429}:
        return {407: _PROXY, 429: _BUSY}[status]
    if not error.code:
        return _OTHER_ANSWER
    return _CREDITS if status == 402 else _refused(settings, status)


def _refused(settings: ClientSettings, status: int) -> str:
    """Extend itself has refused. That it knows the key is sure only of 403: the others may come before it looks."""
    from extend_provider.client import API_VERSION

    needed = "an organization-scoped key needs workspace_id"
    if status == 403 and settings.workspace_id:
        return f"The key may not use workspace {settings.workspace_id}, or not list its files: check workspace_id."
    if status == 403:
        return f"The key is accepted, but may not list files; {needed}."
    if settings.api_version != API_VERSION:
        return f"Extend refuses the request: check api_version, {API_VERSION} unless you know better."
    return f"Extend refuses the request: {'check workspace_id' if settings.workspace_id else needed}."
