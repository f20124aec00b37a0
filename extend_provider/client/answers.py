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
from extend_provider.models import BatchRun, File, Page, Run
from extend_provider.redaction import quote, values_in

__all__ = ["RATE_LIMIT_HINT", "Trail", "api_error", "json_object", "page", "record", "retry_after", "the_one"]

_Record = TypeVar("_Record", bound=BaseModel)
_Named = TypeVar("_Named", bound="Run | File | BatchRun")

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
# So many misspelt fields tell enough.
_MOST_FIELDS = 5
# A search may find nothing on a page or two, but not on so many in a row.
_MOST_EMPTY_PAGES = 20
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
        seconds = _seconds_until(text, now)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_SILENCE)


def _seconds_until(text: str, now: datetime) -> float:
    """Seconds until an HTTP date; not a number where it is none."""
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=timezone.utc)
        return (date - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan


def _parsed(body: bytes) -> Any:
    """
    Read JSON as a database can store it.

    Python's reader takes more than JSON has (other encodings, infinity), and JSON has more than PostgreSQL stores
    (characters NUL, halves of surrogate pairs): a paid result must not be lost over them.

    :raises ValueError: it is not JSON.
    :raises RecursionError: it is nested without measure.
    """
    text = body.decode("utf-8-sig")
    value = _DECODER.decode(text)
    if "\\u0000" in text or "\\ud" in text or "\\uD" in text:
        clean = json.dumps(value, ensure_ascii=False).replace("\\u0000", "\\ufffd").encode("utf-8", "replace")
        return _DECODER.decode(clean.decode())
    return value


# For NaN and infinity, which are no JSON, it puts nothing. pydantic_core.from_json takes half the time, but its version
# 2.18 garbles letters that are written as escapes unless it caches all strings.
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


def json_object(request: Request, response: Response) -> dict[str, Any]:
    """
    Return the body of a successful answer.

    :raises ExtendResponseError: it is not a JSON object.
    """
    try:
        body = _parsed(response.body) if response.complete else None
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    if not response.complete:
        raise _too_large(request, response)
    kind = _text(response.headers.get("content-type")) or "no content type"
    raise ExtendResponseError(
        f"The answer to {request.method} {request.path} is not a JSON object ({kind}, {len(response.body)} bytes).",
        hint="Something between here and Extend may have answered: check the connection's base URL and proxy.",
        status_code=response.status,
        request_id=_request_id(response),
        # A page of a proxy or a cut answer may be gone next time.
        retryable=True,
    )


def _too_large(request: Request, response: Response) -> ExtendResponseError:
    """Not retryable: it would only be fetched again."""
    remedy = (
        "Extend's dashboard shows the whole. To have less in one answer, give a run fewer pages or steps; to read it "
        "all the same, use an ExtendClient of your own whose ClientSettings have a larger max_body_bytes."
    )
    if request.is_list:
        remedy = "Ask for smaller pages (maxPageSize)."
    elif request.params.get("responseType") == "json":
        remedy = "Read the output in pieces: result_path and markdown_path do, and so does the client's iter_output."
    return ExtendResponseError(
        f"The answer to {request.method} {request.path} is larger than the client reads.",
        hint=remedy,
        status_code=response.status,
        request_id=_request_id(response),
    )


def record(model: type[_Record], request: Request, response: Response) -> _Record:
    """
    Return the body of a successful answer as a record.

    :raises ExtendResponseError: it is not JSON, or lacks what the API always sends.
    """
    return _validated(model, json_object(request, response), request, response)


def the_one(found: _Named, identifier: str) -> _Named:
    """
    Return what was found, once it is sure that it is what was asked for: a cache between here and Extend may mix
    answers up, and somebody else's document is worse than none.

    :raises ExtendResponseError: it is another object.
    """
    if found.id == identifier:
        return found
    raise ExtendResponseError(
        f"The answer about {identifier} is about another object.",
        hint="Something between here and Extend may mix up answers: check the connection's base URL and proxy.",
        retryable=True,
    )


class Trail:
    """The pages of one list that were read, in a few bytes each."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._empty = 0

    def goes_on(self, items: int, token: str | None) -> bool:
        """Note a page; false when the list will never end."""
        if token is None:
            return True
        self._empty = 0 if items else self._empty + 1
        known = hash(token) in self._seen
        self._seen.add(hash(token))
        return not known and self._empty < _MOST_EMPTY_PAGES


def page(model: type[_Record], request: Request, response: Response, trail: Trail) -> tuple[list[_Record], str | None]:
    """
    Return the items of one page of a list, and the token of the next page; ``None`` after the last one.

    :raises ExtendResponseError: it is not JSON, an item lacks what the API always sends, or the list runs in a circle.
    """
    answer = record(Page, request, response)
    token = answer.next_page_token or None
    if not trail.goes_on(len(answer.data), token):
        raise ExtendResponseError(
            f"The answer to {request.method} {request.path} names a page that was read before, or nothing but empty "
            "pages, so the list has no end.",
            hint="Ask for larger pages (maxPageSize), and tell Extend's support the request id.",
            status_code=response.status,
            request_id=_request_id(response),
        )
    # Each by itself: of millions of broken items, pydantic would describe every one.
    return [_validated(model, item, request, response) for item in answer.data], token


def _validated(model: type[_Record], body: Any, request: Request, response: Response) -> _Record:
    try:
        return model.model_validate(body)
    except (ValidationError, RecursionError) as error:
        fields = _wrong_fields(error) if isinstance(error, ValidationError) else []
        # `from None`: pydantic's message quotes the body, which may hold form values.
        raise ExtendResponseError(
            f"The answer to {request.method} {request.path} lacks or misspells: {', '.join(fields) or 'everything'}.",
            hint="Check that the connection's base URL is Extend's API; if it is, this version may be too old for it.",
            status_code=response.status,
            request_id=_request_id(response),
        ) from None


def _wrong_fields(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return sorted({".".join(map(str, one["loc"])) for one in found} - {""})[:_MOST_FIELDS]


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
        code=_text(body.get("code"), secrets),
        request_id=_text(body.get("requestId"), secrets) or _request_id(response),
        doc_url=_text(body.get("docUrl"), secrets),
        retryable=_retryable(status, body),
        retry_after=retry_after(response.headers, now),
    )


def _error_body(response: Response) -> dict[str, Any]:
    """Decode liberally: proxies answer HTML, and older endpoints nest or shorten the body."""
    try:
        body = _parsed(response.body)
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


def _text(value: Any, secrets: set[str] | frozenset[str] = frozenset()) -> str | None:
    """Return a short text of the service as it may be shown."""
    return quote(value, set(secrets))[:_LONGEST_NAME] or None if isinstance(value, str) else None


def _request_id(response: Response) -> str | None:
    return _text(response.headers.get("x-extend-request-id"))
