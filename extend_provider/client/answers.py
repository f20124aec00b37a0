"""What an answer means: a record, or one error by meaning. Pure: nothing here sends, sleeps or logs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from extend_provider.client.flow import Request, Response
from extend_provider.client.settings import ClientSettings
from extend_provider.exceptions import (
    ExtendApiError,
    ExtendAuthenticationError,
    ExtendCreditsError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendPermissionError,
    ExtendRateLimitError,
    ExtendResponseError,
    ExtendServerError,
)
from extend_provider.models import Page
from extend_provider.redaction import quote, values_in

__all__ = ["RATE_LIMIT_HINT", "api_error", "json_object", "page", "record", "retry_after"]

_Record = TypeVar("_Record", bound=BaseModel)

RATE_LIMIT_HINT = "Lower the connection's requests_per_second, or limit parallel tasks with a pool."

_BY_STATUS: dict[int, tuple[type[ExtendApiError], str]] = {
    401: (
        ExtendAuthenticationError,
        "Check the API key in the connection's password, and that its region is the one the key was made in.",
    ),
    402: (ExtendCreditsError, "Top up the workspace in Extend's dashboard, then clear the task."),
    403: (ExtendPermissionError, "Use a key that may do this."),
    404: (
        ExtendNotFoundError,
        "It may have been deleted, or belong to another workspace or environment: a test key does not see production.",
    ),
    429: (ExtendRateLimitError, RATE_LIMIT_HINT),
}
# Longer codes and ids are not ones; errors are stored in Airflow's database.
_LONGEST_NAME = 255
# A silence of more than an hour is a mistake of the sender, for example a date in another time zone.
_LONGEST_SILENCE = 3600.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds ``Retry-After`` asks to wait, given as a number or as a date; ``None`` without one."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=timezone.utc)
        seconds = (date - now).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_SILENCE)


def json_object(request: Request, response: Response) -> dict[str, Any]:
    """
    Return the body of a successful answer.

    :raises ExtendResponseError: it is not a JSON object.
    """
    try:
        body = json.loads(response.body) if response.complete else None
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    size = f"{len(response.body)} bytes" if response.complete else "larger than the client reads"
    kind = response.headers.get("content-type", "no content type")
    raise ExtendResponseError(
        f"The answer to {request.method} {request.path} is not a JSON object ({kind}, {size}).",
        hint="Something between here and Extend may have answered: check the connection's base URL and proxy.",
        status_code=response.status,
        request_id=response.headers.get("x-extend-request-id"),
        # A page of a proxy or a cut answer may be gone next time; a gigantic one would only be fetched again.
        retryable=response.complete,
    )


def record(model: type[_Record], request: Request, response: Response) -> _Record:
    """
    Return the body of a successful answer as a record.

    :raises ExtendResponseError: it is not JSON, or lacks what the API always sends.
    """
    return _validated(model, json_object(request, response), request, response)


def page(model: type[_Record], request: Request, response: Response) -> tuple[list[_Record], str | None]:
    """
    Return the items of one page of a list, and the token of the next page; ``None`` after the last one.

    :raises ExtendResponseError: it is not JSON, an item lacks what the API always sends, or the list runs in a circle.
    """
    answer = record(Page, request, response)
    token = answer.next_page_token or None
    if token is not None and token == request.params.get("nextPageToken"):
        raise ExtendResponseError(
            f"The answer to {request.method} {request.path} names itself as the next page, so the list has no end.",
            hint="Ask for larger pages (maxPageSize), and tell Extend's support the request id.",
            status_code=response.status,
            request_id=response.headers.get("x-extend-request-id"),
        )
    return [_validated(model, item, request, response) for item in answer.data], token


def _validated(model: type[_Record], body: dict[str, Any], request: Request, response: Response) -> _Record:
    try:
        return model.model_validate(body)
    except (ValidationError, RecursionError) as error:
        fields = (
            sorted({".".join(map(str, e["loc"])) for e in error.errors()}) if isinstance(error, ValidationError) else []
        )
        # `from None`: pydantic's message quotes the body, which may hold form values.
        raise ExtendResponseError(
            f"The answer to {request.method} {request.path} lacks or misspells: {', '.join(fields) or 'everything'}.",
            hint="Check that the connection's base URL is Extend's API; if it is, this version may be too old for it.",
            status_code=response.status,
            request_id=response.headers.get("x-extend-request-id"),
        ) from None


def api_error(request: Request, response: Response, settings: ClientSettings, now: datetime) -> ExtendApiError:
    """Return the error that an unsuccessful answer means."""
    body = _error_body(response)
    status = response.status
    cls, hint = _BY_STATUS.get(status, (_other_class(status), _other_hint(status)))
    if status == 404 and request.is_list:
        hint = "Check the connection's base URL; older deployments of Extend cannot list edit runs."
    if status in {400, 403} and not settings.workspace_id:
        hint += " An organization-scoped key also needs workspace_id in the connection."
    message = body.get("message") or body.get("error")
    secrets = _secrets(request, settings)
    said = f": {quote(message, secrets)}" if isinstance(message, str) and message.strip() else "."
    return cls(
        f"{request.method} {request.path} was refused{said}",
        hint=hint,
        status_code=status,
        code=_text(body.get("code")),
        request_id=_text(body.get("requestId")) or response.headers.get("x-extend-request-id"),
        doc_url=_text(body.get("docUrl")),
        retryable=_retryable(status, body),
        retry_after=retry_after(response.headers, now),
    )


def _error_body(response: Response) -> dict[str, Any]:
    """Decode liberally: proxies answer HTML, and older endpoints nest or shorten the body."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    nested = body.get("error") if isinstance(body, dict) else None
    if isinstance(nested, dict):
        return nested
    return body if isinstance(body, dict) else {}


def _other_class(status: int) -> type[ExtendApiError]:
    if status >= 500 or status == 408:
        return ExtendServerError
    return ExtendInvalidRequestError if 400 <= status < 500 else ExtendApiError


def _other_hint(status: int) -> str:
    if status >= 500 or status == 408:
        return "Extend could not answer; a later try may succeed."
    if 300 <= status < 400:
        return "A redirect is not followed, because the API key would travel with it: check the connection's base URL."
    return "Correct the task's arguments; the same request will be refused again."


def _retryable(status: int, body: dict[str, Any]) -> bool:
    if status in {408, 429} or status >= 500:
        return True
    return body.get("retryable") is True


def _secrets(request: Request, settings: ClientSettings) -> set[str]:
    """What the request carried and an answer may quote: form values, passwords, the key."""
    password = request.upload.password if request.upload else None
    return values_in([request.json, {"password": password}]) | {settings.api_key}


def _text(value: Any) -> str | None:
    return value[:_LONGEST_NAME] if isinstance(value, str) and value else None
