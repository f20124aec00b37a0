"""One call with its retries: the only place that decides to send a request again."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeVar

from extend_provider.client.answers import RATE_LIMIT_HINT, api_error
from extend_provider.client.flow import Flow, Pause, Request, Response, TransportFailure
from extend_provider.client.settings import ClientSettings
from extend_provider.client.throttle import Throttle, throttle_for
from extend_provider.exceptions import (
    ExtendApiError,
    ExtendError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
    ExtendResponseError,
    ExtendServerError,
    ExtendTransportError,
)

__all__ = ["Core", "exchange"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0


@dataclass(frozen=True)
class Core:
    """
    What a flow needs to know of the world; tests replace the parts.

    :param settings: how Extend is reached.
    :param throttle: pace shared with all clients of the account.
    :param clock: monotonic seconds, for everything that lasts.
    :param utcnow: wall-clock time, for ``Retry-After`` dates.
    :param rng: numbers from 0 to 1, for jitter.
    :param on_answer: gets the HTTP status of each answer, for statistics.
    """

    settings: ClientSettings
    throttle: Throttle
    clock: Callable[[], float] = time.monotonic
    utcnow: Callable[[], datetime] = field(default=lambda: datetime.now(timezone.utc))
    rng: Callable[[], float] = random.random
    on_answer: Callable[[int], object] = int  # takes the status and does nothing with it

    @classmethod
    def for_settings(cls, settings: ClientSettings) -> Core:
        """Return the core of a real client."""
        return cls(settings=settings, throttle=throttle_for(settings))


def exchange(
    core: Core, request: Request, read: Callable[[Request, Response], T], *, retry_for: float | None = None
) -> Flow[T]:
    """
    Send a request until it is answered, refused for good, or out of time.

    A call that costs money (POST) is sent again only when the service cannot have acted on it: it was never reached,
    or it said 429. Everything else leaves the outcome unknown, and says so. An upload costs nothing, so it is sent
    again as long as its stream can be read again; at worst, a copy stays at Extend, and an error says that it may. A
    DELETE that finds nothing after a try whose answer was lost has done its work: ``read`` gets that 404 too.

    :param core: settings, pace and clocks.
    :param request: what to send.
    :param read: turns a successful answer into the result; may raise :class:`ExtendResponseError`.
    :param retry_for: seconds to keep trying; default: the settings' ``retry_for``.
    :return: what ``read`` returned.
    :raises ExtendApiError: Extend refused.
    :raises ExtendTransportError: no answer came.
    :raises ExtendResponseError: the answer is not readable.
    :raises ExtendOutcomeUnknownError: a POST that costs money may have been carried out.
    """
    patience = core.settings.retry_for if retry_for is None else retry_for
    yield from _turn(core, request, core.clock() + patience)
    give_up_at = core.clock() + patience
    attempt = 0
    maybe_done = False
    while True:
        try:
            response = yield request
            assert response is not None
            core.on_answer(response.status)
            if 200 <= response.status < 300 or (response.status == 404 and maybe_done and request.method == "DELETE"):
                return read(request, response)
            error: ExtendError = api_error(request, response, core.settings, core.utcnow())
        except TransportFailure as failure:
            error = _transport_error(request, failure)
        except ExtendResponseError as unreadable:
            error = unreadable
        delay = _delay(core, error, attempt)
        if isinstance(error, ExtendRateLimitError):
            core.throttle.slow_down()
        if isinstance(error, ExtendRateLimitError) or _asked_to_wait(error):
            core.throttle.close_for(delay)
        maybe_done = maybe_done or _may_have_acted(error)
        if not _may_repeat(request, error) or core.clock() + delay > give_up_at:
            # `from None`: what the shell was handling adds nothing, and errors of httpx may quote headers and URLs.
            raise _verdict(request, error, maybe_done=maybe_done) from None
        attempt += 1
        log.debug("%s %s: %s; try %d follows in %.1f s", request.method, request.path, error, attempt + 1, delay)
        yield Pause(delay)
        yield from _turn(core, request, give_up_at)


def _turn(core: Core, request: Request, give_up_at: float) -> Flow[None]:
    """
    Wait for a place in the pace of all; but not through a silence that lasts longer than the call may.

    :raises ExtendRateLimitError: it does. Nothing was sent.
    """
    while True:
        silence = core.throttle.closed_for()
        if silence and core.clock() + silence > give_up_at:
            raise ExtendRateLimitError(
                f"{request.method} {request.path} was not sent: Extend wants no requests for {silence:.0f} s.",
                hint=RATE_LIMIT_HINT,
                retryable=True,
                retry_after=silence,
            ) from None
        wait = core.throttle.reserve()
        if wait > 0:
            yield Pause(wait)
        # Somebody else may have been told to be silent in the meantime.
        if wait <= 0 or not core.throttle.closed_for():
            return


def _transport_error(request: Request, failure: TransportFailure) -> ExtendTransportError:
    return ExtendTransportError(
        f"No answer to {request.method} {request.path}: {failure.message}.",
        hint="Check the connection's base URL, the network and the proxy.",
        retryable=True,
        sent=failure.sent,
    )


def _had_no_effect(error: ExtendError) -> bool:
    """Whether the service cannot have acted on the request, so that even a paid call may be repeated."""
    return isinstance(error, ExtendRateLimitError) or (isinstance(error, ExtendTransportError) and not error.sent)


def _may_have_acted(error: ExtendError) -> bool:
    refused = isinstance(error, ExtendApiError) and not isinstance(error, ExtendServerError)
    return not refused and not _had_no_effect(error)


def _may_repeat(request: Request, error: ExtendError) -> bool:
    # An upload from a pipe has no second reading.
    can_be_sent_again = request.upload is None or request.upload.stream.seekable()
    return can_be_sent_again and (_had_no_effect(error) or (request.is_free and error.retryable))


def _delay(core: Core, error: ExtendError, attempt: int) -> float:
    if asked := _asked_to_wait(error):
        # A little later than asked, each caller at another moment: together they would only be refused again.
        return asked + core.rng() * 0.25
    ceiling: float = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(attempt, 16))
    return ceiling * (0.5 + core.rng() / 2)


def _asked_to_wait(error: ExtendError) -> float:
    """Seconds of ``Retry-After``, which any passing failure may carry; zero is no answer to the question when."""
    return (error.retry_after if isinstance(error, ExtendApiError) and error.retryable else None) or 0.0


def _verdict(request: Request, error: ExtendError, *, maybe_done: bool) -> ExtendError:
    """What to tell about a call that is not repeated."""
    if request.upload and maybe_done:
        error.message += " The file may have been stored all the same."
    if request.is_free or not _may_have_acted(error):
        return error
    return ExtendOutcomeUnknownError(
        f"{error.message} Extend may have carried out {request.method} {request.path} all the same.",
        hint="It was not sent again, which could pay twice: look for the run in Extend before you clear the task.",
        status_code=error.status_code,
        code=error.code,
        request_id=error.request_id,
        doc_url=error.doc_url,
        retry_after=_asked_to_wait(error) or None,
    )
