"""Errors of the service and the bodies they are answered with."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from extend_provider.local.settings import API_VERSION

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Scope

_DOC_URL = f"https://docs.extend.ai/{API_VERSION}/developers/error-codes"
_NOT_FOUND = (404, 405)
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


class ApiError(Exception):
    """
    A request that is answered with an error.

    :param status: HTTP status.
    :param code: documented error code, such as ``INVALID_REQUEST``.
    :param message: says what is wrong and what to do.
    :param headers: further response headers.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status == _TOO_MANY_REQUESTS or self.status >= _SERVER_ERROR


class RunFailure(Exception):  # noqa: N818 - "failure" is the API's word: failureReason, failureMessage
    """
    A run that ends ``FAILED``.

    :param reason: documented ``failureReason``.
    :param message: ``failureMessage``; free of form values.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


def invalid(message: str) -> ApiError:
    """
    Build the answer to a request that breaks the rules.

    :param message: names the field and the rule.
    :return: 400 ``INVALID_REQUEST``.
    """
    return ApiError(400, "INVALID_REQUEST", message)


def not_found(what: str, value: str) -> ApiError:
    """
    Build the answer to a request for something that is not there.

    :param what: such as "Edit run".
    :param value: the id asked for.
    :return: 404 ``NOT_FOUND``.
    """
    return ApiError(404, "NOT_FOUND", f"{what} {value} does not exist in this workspace.")


def request_id(scope: Scope) -> str:
    """
    Tell the id of a request.

    :param scope: ASGI scope that passed the request-id middleware.
    :return: the id that ``x-extend-request-id`` carries.
    """
    return str(scope["state"]["request_id"])


def error_body(error: ApiError, scope: Scope) -> dict[str, Any]:
    """
    Build the documented error body.

    :param error: what went wrong.
    :param scope: ASGI scope of the request.
    :return: ``code``, ``message``, ``retryable``, ``requestId``, ``docUrl``.
    """
    return {
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        "requestId": request_id(scope),
        "docUrl": _DOC_URL,
    }


def error_response(error: ApiError, scope: Scope) -> JSONResponse:
    """
    Build the answer to a request that failed.

    :param error: what went wrong.
    :param scope: ASGI scope of the request.
    :return: JSON response with the error's status and headers.
    """
    return JSONResponse(error_body(error, scope), status_code=error.status, headers=error.headers)


def log_defect(logger: logging.Logger, what: str, error: BaseException) -> None:
    """
    Log where the service itself failed. The error's own text is left out, as it may quote form values.

    :param logger: where to.
    :param what: id of the run or request.
    :param error: what was raised.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    logger.error("%s: %s in %s", what, type(error).__name__, where)


async def on_api_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an :class:`ApiError` (Starlette exception handler)."""
    if not isinstance(error, ApiError):
        return await on_unexpected(request, error)
    return error_response(error, request.scope)


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Answer Starlette's own refusals: no such endpoint, unreadable form (Starlette exception handler)."""
    if not isinstance(error, HTTPException):
        return await on_unexpected(request, error)
    if error.status_code in _NOT_FOUND:
        message = f"No endpoint {request.method} {request.url.path} in the local service."
        return error_response(ApiError(404, "NOT_FOUND", message), request.scope)
    return error_response(ApiError(error.status_code, "INVALID_REQUEST", str(error.detail)), request.scope)


async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
    """Answer a defect of the service itself without telling its details (Starlette exception handler)."""
    message = f"The local service failed unexpectedly ({type(error).__name__}); see its standard error."
    return error_response(ApiError(500, "INTERNAL_ERROR", message), request.scope)
