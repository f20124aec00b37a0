"""Who may call: API key, API version, workspace, requests per second."""

from __future__ import annotations

import hmac
import math
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from extend_provider.local.asgi import DOWNLOAD_PREFIX, drain, is_control
from extend_provider.local.errors import ApiError, error_response, invalid
from extend_provider.local.settings import API_VERSION, Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Receive, Scope, Send


class AuthMiddleware:
    """
    Refuses requests that the real service would not let in. Presigned downloads need no key.

    :param app: the ASGI application to wrap.
    :param settings: options of the service.
    :param api_key: the only accepted key.
    :param run_paths: paths whose POST starts a run; they have their own rate limit.
    """

    def __init__(self, app: ASGIApp, settings: Settings, api_key: str, run_paths: Collection[str]) -> None:
        self._app = app
        self._settings = settings
        self._api_key = api_key
        self._run_paths = run_paths
        self._buckets: dict[str, _Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or scope["path"].startswith(DOWNLOAD_PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except ApiError as error:
            await drain(receive)
            await error_response(error, scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_key(headers)
        if is_control(scope["path"]):
            return
        self._check_version(headers)
        self._check_workspace(headers)
        self._check_rate(scope)

    def _check_key(self, headers: Headers) -> None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise ApiError(401, "UNAUTHORIZED", "Send the API key in the header Authorization: Bearer <key>.")
        if not hmac.compare_digest(key.strip().encode("utf-8", "replace"), self._api_key.encode()):
            raise ApiError(401, "UNAUTHORIZED", "The API key is not valid.")

    def _check_version(self, headers: Headers) -> None:
        version = headers.get("x-extend-api-version")
        if version is None:
            raise invalid(f"The header x-extend-api-version is missing; send {API_VERSION}.")
        if version != API_VERSION:
            raise invalid(f"API version {version!r} is not supported by the local service; send {API_VERSION}.")

    def _check_workspace(self, headers: Headers) -> None:
        expected = self._settings.workspace_id
        if expected is None:
            return
        workspace = headers.get("x-extend-workspace-id")
        if not workspace:
            raise invalid("The API key is organization-scoped: name a workspace in the header x-extend-workspace-id.")
        if workspace != expected:
            raise ApiError(403, "FORBIDDEN", f"The API key has no access to workspace {workspace!r}.")

    def _check_rate(self, scope: Scope) -> None:
        rate = self._settings.rate_limit
        if rate is None:
            return
        category = self._category(scope)
        burst = self._settings.rate_burst or max(1, math.ceil(rate))
        wait = self._buckets.setdefault(category, _Bucket(rate, burst)).take()
        if wait > 0:
            message = f"More than {rate:g} {category} requests per second."
            raise ApiError(429, "RATE_LIMIT_EXCEEDED", message, {"Retry-After": str(math.ceil(wait))})

    def _category(self, scope: Scope) -> str:
        if scope["method"] in ("GET", "HEAD"):
            return "GET"
        return "RUN" if scope["path"] in self._run_paths else "WRITE"


class _Bucket:
    """Token bucket: how often something may happen."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled = time.monotonic()

    def take(self) -> float:
        """Take a token; seconds until there is one, 0 when it was taken."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0
