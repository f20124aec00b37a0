"""Downloading ``file.url`` on the server's side, within bounds: size, time, redirects, and where to."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from extend_provider.local.errors import RunFailure

if TYPE_CHECKING:
    import threading
    from pathlib import Path

_SOCKET_TIMEOUT = 10.0
_TOTAL_TIMEOUT = 60.0
_MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
# Python calls more of IPv6 global than is given out to the public: site-local addresses, old forms of loopback.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# They look public, and are doors to the machine below in some clouds: Azure's agent, Oracle's metadata.
_CLOUD_DOORS = (ipaddress.IPv4Network("168.63.129.16/32"), ipaddress.IPv4Network("192.0.0.0/24"))


class Downloader:
    """
    Downloads documents. Proxy settings of the environment are not used: behind a proxy nobody could tell which
    address a URL leads to.

    :param max_size: bytes; larger documents are refused.
    :param allow_private: also connect to loopback, private and link-local addresses.
    :param stopping: set when the service ends; breaks a running download off.
    """

    def __init__(self, max_size: int, *, allow_private: bool, stopping: threading.Event) -> None:
        self._max_size = max_size
        self._stopping = stopping
        self._opener = _build_opener(allow_private=allow_private)

    def download(self, url: str, target: Path) -> None:
        """
        Download a document. Blocks.

        :param url: http or https URL.
        :param target: file to write.
        :raises RunFailure: ``UNABLE_TO_DOWNLOAD_FILE`` or ``FILE_SIZE_TOO_LARGE``; the message holds no URL, since
            presigned URLs are secrets.
        """
        request = urllib.request.Request(url, headers={"User-Agent": "extend-local", "Accept": "*/*"})  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SOCKET_TIMEOUT) as response:
                if response.status != http.client.OK:
                    raise _failure(f"the server answered {response.status}")
                self._save(response, target)
        except urllib.error.HTTPError as error:
            error.close()
            raise _failure(f"the server answered {error.code}") from None
        except urllib.error.URLError as error:
            raise _failure(_explain(error.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _failure(_explain(error)) from None

    def _save(self, response: http.client.HTTPResponse, target: Path) -> None:
        expected = response.headers.get("Content-Length", "")
        if expected.isdigit() and int(expected) > self._max_size:
            raise self._too_large()
        deadline = time.monotonic() + _TOTAL_TIMEOUT
        size = 0
        with target.open("wb") as out:
            while chunk := response.read1(_CHUNK):
                size += len(chunk)
                if size > self._max_size:
                    raise self._too_large()
                if self._stopping.is_set() or time.monotonic() > deadline:
                    raise _failure("it took too long")
                out.write(chunk)
        if expected.isdigit() and size < int(expected):
            raise _failure("the connection was closed before the end of the file")

    def _too_large(self) -> RunFailure:
        return RunFailure("FILE_SIZE_TOO_LARGE", f"The file is larger than {self._max_size} bytes.")


class RefusedAddressError(OSError):
    """A URL that leads to an address which must not be connected to."""


def _failure(why: str) -> RunFailure:
    return RunFailure("UNABLE_TO_DOWNLOAD_FILE", f"The file could not be downloaded: {why}.")


def _explain(reason: Any) -> str:
    """Say why without quoting the URL."""
    if isinstance(reason, RefusedAddressError):
        return str(reason)
    if isinstance(reason, socket.gaierror):
        return "the host name could not be resolved"
    if isinstance(reason, TimeoutError):
        return "the server did not answer in time"
    if isinstance(reason, ssl.SSLError):
        return "the TLS handshake failed"
    if isinstance(reason, OSError):
        return "the connection failed"
    return "the URL or the answer is not valid"


def _build_opener(*, allow_private: bool) -> urllib.request.OpenerDirector:
    """Build an opener that knows http and https only, and checks the address of every hop."""

    def connect(connection: http.client.HTTPConnection) -> socket.socket:
        return _connect(connection.host, connection.port, connection.timeout, allow_private=allow_private)

    class PlainConnection(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = connect(self)

    class TlsConnection(http.client.HTTPSConnection):
        def connect(self) -> None:
            self.sock = ssl.create_default_context().wrap_socket(connect(self), server_hostname=self.host)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(PlainConnection, req)

    class TlsHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(TlsConnection, req)

    class Redirects(urllib.request.HTTPRedirectHandler):
        max_redirections = _MAX_REDIRECTS

    opener = urllib.request.OpenerDirector()
    for handler in (
        PlainHandler(),
        TlsHandler(),
        Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _connect(host: str, port: int, timeout: float | None, *, allow_private: bool) -> socket.socket:
    """Connect to the very address that was checked, so that a second look-up cannot lead elsewhere."""
    addresses = _resolve(host, port)
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise RefusedAddressError(
            "the URL leads to a loopback, private or link-local address; start the local service with "
            "--allow-private-urls to allow that"
        )
    for address in addresses:
        if (connection := _try_to_connect(address, port, timeout)) is not None:
            return connection
    raise OSError("no address answers")


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _try_to_connect(address: str, port: int, timeout: float | None) -> socket.socket | None:
    try:
        return socket.create_connection((address, port), timeout)
    except OSError:
        return None


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if inner is None:
            return ip in _GLOBAL_UNICAST and ip.is_global
        ip = inner
    return ip.is_global and not ip.is_multicast and not any(ip in door for door in _CLOUD_DOORS)


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a NAT64 gateway connects to; in networks without IPv4, every IPv4 host has one."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
