"""What the connection form's Test button says: one request, and a message that names the remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendPermissionError,
    ExtendTransportError,
)

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings

__all__ = ["try_connection"]

# Somebody is looking at a spinning button, and 3.x runs the test inside the API server.
_PATIENCE = 5.0


def try_connection(read_settings: Callable[[], ClientSettings]) -> tuple[bool, str]:
    """
    Ask Extend for one file.

    :param read_settings: gives the settings to try; may raise :class:`ExtendError`.
    :return: whether it worked, and a sentence for people.
    """
    try:
        settings = _impatient(read_settings())
        _ask(settings)
    except ExtendAuthenticationError as error:
        return False, _wrong_key(settings, error)
    except (ExtendPermissionError, ExtendInvalidRequestError) as error:
        return False, _workspace(settings, error)
    except ExtendTransportError as error:
        return False, f"{settings.base_url} cannot be reached. {error}"
    except ExtendError as error:
        return False, str(error)
    where = f"workspace {settings.workspace_id}" if settings.workspace_id else "the key's workspace"
    return True, f"Connected to {settings.base_url}, {where}."


def _impatient(settings: ClientSettings) -> ClientSettings:
    return replace(settings, retry_for=0.0, connect_timeout=_PATIENCE, read_timeout=_PATIENCE)


def _ask(settings: ClientSettings) -> None:
    from extend_provider.client import ExtendClient

    with ExtendClient(settings) as client:
        next(client.list_files(maxPageSize=1), None)


def _wrong_key(settings: ClientSettings, error: ExtendError) -> str:
    """A key works in one region only, so a refused key may be a right key in the wrong place."""
    from extend_provider.client import REGIONS

    refused = f"{settings.base_url} does not accept the API key."
    # A host of the customer's own is left alone: its key goes nowhere else.
    if settings.base_url not in REGIONS.values():
        return f"{refused} Check the key, and that it belongs to this deployment. {error}"
    for region, base_url in REGIONS.items():
        if base_url != settings.base_url and _accepts(replace(settings, base_url=base_url)):
            return f"{refused} It belongs to region {region}: choose that region."
    return f"{refused} No other region accepts it either: copy the key again from Extend's dashboard."


def _accepts(settings: ClientSettings) -> bool:
    try:
        _ask(settings)
    except (ExtendAuthenticationError, ExtendTransportError):
        return False
    except ExtendError:
        # Refused for another reason than the key, for example a missing workspace id.
        return True
    return True


def _workspace(settings: ClientSettings, error: ExtendError) -> str:
    if settings.workspace_id:
        return f"The key may not use workspace {settings.workspace_id}: check workspace_id. {error}"
    return f"The key is accepted, but the request is not; an organization-scoped key needs workspace_id. {error}"
