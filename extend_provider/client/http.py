"""How flows meet httpx: what both shells share. httpx is imported here and in the two shells only."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from importlib.util import find_spec
from typing import Any
from urllib.request import getproxies

import httpx

from extend_provider.client.encoding import ACCEPTED
from extend_provider.client.flow import Request, TransportFailure
from extend_provider.client.patience import Patience, SteadyFlow, WholeAnswer, heed_patience
from extend_provider.client.settings import ClientSettings
from extend_provider.client.source import Source
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.redaction import redact_url

__all__ = [
    "TRANSPORT_ERRORS",
    "api_arguments",
    "checked_base_url",
    "client_options",
    "direct_request",
    "direct_transport",
    "prepare",
    "quiet",
    "quiet_chunks",
    "quiet_chunks_async",
    "storage_arguments",
    "transport_failure",
]

# Everything that is raised for a request that got no usable answer. httpx lets two kinds of the libraries below it
# through: what TLS says to garbage, and what name resolution says to a host like `a..b`.
TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ssl.SSLError, UnicodeError)

# Raised while a connection was still being made, so that not one byte of the request can have reached the service.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,
)


@lru_cache(maxsize=8)
def _ssl_context(verify: bool | str) -> ssl.SSLContext:
    """Building a context reads the CA bundle and blocks for some 17 ms: every client of a process shares it."""
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    # A pipe or a device could be read for ever.
    why = "It is not a file" if _is_special(verify) else ""
    try:
        if not why:
            return ssl.create_default_context(cafile=verify)
    except OSError as error:
        why = _system_text(error)
    except ValueError:
        why = "It is not a path"
    raise ExtendConfigurationError(
        f"The CA bundle {verify!r} cannot be read: {why}.",
        hint="Set verify to the path of a file with PEM certificates, as this process sees it.",
    ) from None


def _is_special(path: str) -> bool:
    # `os.path` raises nothing for odd text, which `pathlib` does.
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113


@lru_cache(maxsize=1)
def _trusting_nobody() -> ssl.SSLContext:
    """Without TLS the certificates, which take 1.5 MB, have no use; should TLS come into play, it fails."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def checked_base_url(text: str) -> str:
    """
    Return a base URL without a slash at the end, once it is sure that the key can be sent to it.

    :raises ExtendConfigurationError: it cannot.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    is_host = bool(url.host) and all(character.isalnum() or character in "-._:" for character in url.host)
    # httpx would turn user info into an Authorization header of its own, in the place of the key's.
    if url.scheme not in {"http", "https"} or not is_host or url.userinfo or url.query or url.fragment:
        raise ExtendConfigurationError(
            f"{redact_url(text)!r} cannot be the base URL.",
            hint="It has a scheme and a host, perhaps a port and a path: for example https://api.extend.ai.",
        )
    return text.rstrip("/")


def _proxy(text: str | None) -> httpx.Proxy | None:
    if text and text.lower().startswith("socks") and not find_spec("socksio"):
        raise ExtendConfigurationError(
            "For a SOCKS proxy, the package socksio is missing.", hint="Install httpx[socks], or use an HTTP proxy."
        )
    try:
        return httpx.Proxy(text) if text else None
    except (ValueError, httpx.InvalidURL):
        # Without its text, and `from None`: it may hold a password.
        raise ExtendConfigurationError(
            "The proxy is not a URL that can be used.", hint="Example: http://proxy.example.net:3128."
        ) from None


def _limits(connections: int) -> httpx.Limits:
    return httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0)


def _is_tls(settings: ClientSettings) -> bool:
    """Whether the API is reached through TLS; what is downloaded may be, in any case."""
    return checked_base_url(settings.base_url).lower().startswith("https:")


def prepare(settings: ClientSettings) -> None:
    """
    Make beforehand what takes long and is shared by all clients with these settings. May be called in any thread.

    :raises ExtendConfigurationError: the settings cannot work.
    """
    if _is_tls(settings):
        _ssl_context(settings.verify)


def client_options(settings: ClientSettings, connections: int) -> dict[str, Any]:
    """
    Return the arguments for an httpx client. It follows no redirect and carries no credentials of its own.

    :raises ExtendConfigurationError: the settings cannot work.
    """
    return {
        "base_url": checked_base_url(settings.base_url),
        "verify": _ssl_context(settings.verify),
        "headers": {"Accept-Encoding": ACCEPTED},
        "proxy": _proxy(settings.proxy),
        "follow_redirects": False,
        "limits": _limits(connections),
        "timeout": httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout, pool=settings.pool_timeout),
    }


def direct_transport(settings: ClientSettings, connections: int) -> httpx.AsyncHTTPTransport | None:
    """
    Return the way to the API without what an httpx client does around it: cookies, redirects and authentication.

    None of that is used for the API, and without it a triggerer spends less processor time on each answer.
    ``None`` where a proxy from the environment may apply, which only a client knows how to choose.
    """
    if settings.proxy is None and getproxies().keys() - {"no"}:
        return None
    context = _ssl_context(settings.verify) if _is_tls(settings) else _trusting_nobody()
    transport = httpx.AsyncHTTPTransport(verify=context, proxy=_proxy(settings.proxy), limits=_limits(connections))
    heed_patience(transport)
    return transport


def direct_request(settings: ClientSettings, base_url: str, request: Request) -> httpx.Request:
    """
    Return a call of the API as a transport takes it, with what an httpx client would add.

    :param base_url: see :func:`checked_base_url`.
    :raises ExtendConfigurationError: the settings cannot work.
    """
    return httpx.Request(**{**api_arguments(settings, request), "url": base_url + request.path})


@lru_cache(maxsize=8)
def _headers(settings: ClientSettings) -> httpx.Headers:
    """The headers of all calls of the API, made once, because they take time for each of thousands of results."""
    return httpx.Headers({"Accept-Encoding": ACCEPTED, **settings.headers()})


def api_arguments(settings: ClientSettings, request: Request) -> dict[str, Any]:
    """Return the arguments of ``build_request`` for a call of the API."""
    patience = WholeAnswer(settings.read_timeout, settings.whole_answer_timeout, is_upload=request.upload is not None)
    arguments: dict[str, Any] = {
        "method": request.method,
        "url": request.path,
        "headers": _headers(settings),
        "extensions": _timeouts(settings, patience),
    }
    if request.params:
        arguments["params"] = dict(request.params)
    if request.upload is not None:
        arguments["files"] = {"file": (request.upload.name, Source(request.upload))}
        if request.upload.password is not None:
            arguments["data"] = {"password": request.upload.password}
    elif request.json is not None:
        arguments["json"] = request.json
    return arguments


def storage_arguments(url: str, headers: dict[str, str], settings: ClientSettings) -> dict[str, Any]:
    """Return the arguments of ``build_request`` for a presigned URL: another host, which must not see the API key."""
    identity = {"User-Agent": settings.user_agent, "Accept-Encoding": "identity"}
    patience = SteadyFlow(settings.read_timeout, settings.whole_answer_timeout)
    return {
        "method": "GET",
        "url": url,
        "headers": {**identity, **headers},
        "extensions": _timeouts(settings, patience),
    }


def _timeouts(settings: ClientSettings, patience: Patience) -> dict[str, dict[str, float]]:
    timeouts = {"connect": settings.connect_timeout, "pool": settings.pool_timeout, "read": patience, "write": patience}
    return {"timeout": timeouts}


def _describe(error: Exception) -> str:
    """Name a transport error for people, without its text, which may quote a URL."""
    timeouts = {
        httpx.ConnectTimeout: "the connection did not come up in time",
        httpx.PoolTimeout: "no connection was free in time",
        httpx.ReadTimeout: "the answer did not come in time",
        httpx.WriteTimeout: "the request could not be written in time",
    }
    for cls, text in timeouts.items():
        if isinstance(error, cls):
            return text
    if isinstance(error, UnicodeError):
        return "the host's name is none that could be looked up"
    # Only these have an error of the system below them; further down comes what the caller was handling at the time.
    cause = _system_error(error) if isinstance(error, httpx.NetworkError) else None
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({getattr(cause, 'reason', None) or type(cause).__name__})"
    return f"{type(error).__name__} ({_system_text(cause)})" if cause else type(error).__name__


def _system_error(error: BaseException | None) -> OSError | None:
    """Find the operating system's error below httpx's and httpcore's."""
    while error is not None:
        if isinstance(error, OSError) and (error.errno is not None or isinstance(error, ssl.SSLError)):
            return error
        error = error.__cause__ or error.__context__
    return None


def _system_text(error: OSError) -> str:
    # asyncio writes the address into `strerror`; name resolution has numbers and texts of its own.
    if error.errno is None or isinstance(error, (socket.gaierror, ssl.SSLError)):
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)


def transport_failure(error: Exception) -> TransportFailure:
    """Translate an error of httpx for the core."""
    if isinstance(error, TransportFailure):
        return error
    return TransportFailure(_describe(error), sent=not isinstance(error, _BEFORE_SENDING))


_quiet: ContextVar[bool] = ContextVar("extend_provider_quiet", default=False)


def _not_ours(_: logging.LogRecord) -> bool:
    return not _quiet.get()


# httpx logs each request's full URL at INFO, and httpcore each answer's headers at DEBUG, where redirects have theirs.
# For a presigned URL that is a leak, and for polling it is noise. A filter on a logger drops the lines of our requests
# and leaves everybody else's alone. Each has its own, because what its children log passes a logger's filters by.
for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(_not_ours)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the log lines of httpx and httpcore about the requests inside out of the log. Nothing may yield inside."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def quiet_chunks(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Read a stream as :func:`quiet` does, for those who yield what they read."""
    chunks = iter(stream)
    while True:
        with quiet():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


async def quiet_chunks_async(stream: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The twin of :func:`quiet_chunks`."""
    chunks = aiter(stream)
    while True:
        try:
            with quiet():
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        yield chunk
