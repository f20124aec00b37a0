"""What the connection form's Test button does: one request, and where the key is refused, one to each other region."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from concurrent.futures import TimeoutError as TooLateError  # not the built-in one before Python 3.11
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from extend_provider.exceptions import (
    ExtendApiError,
    ExtendAuthenticationError,
    ExtendError,
    ExtendTransportError,
)
from extend_provider.hooks.connection_advice import advice, connected, key_refused

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings

__all__ = ["try_connection"]

# Somebody is looking at a spinning button, and 3.x runs the test inside the API server.
_PATIENCE = 10.0


def try_connection(read_settings: Callable[[], ClientSettings]) -> tuple[bool, str]:
    """
    Ask Extend for one file; for all requests together this waits ten seconds at most.

    :param read_settings: gives the settings to try; may raise :class:`ExtendError`.
    :return: whether it worked, and a sentence for people.
    """
    try:
        settings = _impatient(read_settings())
    except ExtendError as error:
        return False, str(error)
    until = time.monotonic() + _PATIENCE
    refusal = _refusal(_asked(settings), until)
    if refusal is None:
        return True, connected(settings)
    if isinstance(refusal, ExtendAuthenticationError):
        return False, key_refused(settings, refusal, _other_regions(settings, until))
    return False, advice(settings, refusal)


def _impatient(settings: ClientSettings) -> ClientSettings:
    """Without retries, and so that a thread that is no longer waited for ends soon."""
    limit = _PATIENCE
    return replace(settings, retry_for=0.0, connect_timeout=limit, read_timeout=limit, answer_timeout=limit)


def _asked(settings: ClientSettings) -> Future[None]:
    """Ask in a thread: nothing else ends the look-up of a host's name in time, or the try of its every address."""
    from extend_provider.client import ExtendClient

    answer: Future[None] = Future()

    def ask() -> None:
        try:
            with ExtendClient(settings) as client:
                next(client.list_files(maxPageSize=1), None)
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is read
            answer.set_exception(error)
        else:
            answer.set_result(None)

    Thread(target=ask, name="extend-test-connection", daemon=True).start()
    return answer


def _refusal(answer: Future[None], until: float) -> ExtendError | None:
    try:
        answer.result(max(0.0, until - time.monotonic()))
    except TooLateError:
        return ExtendTransportError(
            "No answer to GET /files: it did not come in time.",
            hint="Check the connection's base URL, the network and the proxy.",
            retryable=True,
        )
    except ExtendError as error:
        return error
    return None


def _other_regions(settings: ClientSettings, until: float) -> dict[str, bool | None]:
    """Whether each other region accepts the key, which works in one only; ``None`` where that cannot be told."""
    from extend_provider.client import REGIONS

    # A host of the customer's own is left alone: its key goes nowhere else.
    if settings.base_url not in REGIONS.values():
        return {}
    others = {region: url for region, url in REGIONS.items() if url != settings.base_url}
    asked = {_asked(replace(settings, base_url=url)): region for region, url in others.items()}
    found: dict[str, bool | None] = dict.fromkeys(others)
    with suppress(TooLateError):
        for answer in as_completed(asked, max(0.0, until - time.monotonic())):
            found[asked[answer]] = _accepts(_refusal(answer, until))
            if found[asked[answer]]:
                break
    return found


def _accepts(refusal: ExtendError | None) -> bool | None:
    if refusal is None:
        return True
    if isinstance(refusal, ExtendAuthenticationError):
        return False
    # Past the key, Extend refuses for reasons such as a missing workspace id. A page of a proxy has no code of its.
    knows_it = isinstance(refusal, ExtendApiError) and refusal.code and refusal.status_code in {400, 402, 403, 422}
    return True if knows_it else None
