"""Presigned URLs: a download without an API key that works for a limited time, as on object storage."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from extend_provider.local.asgi import DOWNLOAD_PREFIX

if TYPE_CHECKING:
    from starlette.requests import Request


class Presigner:
    """
    Signs and checks download URLs.

    :param secret: signing secret.
    :param ttl: seconds that a URL lives.
    """

    def __init__(self, secret: bytes, ttl: float) -> None:
        self._secret = secret
        self._ttl = ttl

    def url(self, request: Request, file_id: str, name: str) -> str:
        """
        Sign a download URL. The fault ``expired`` makes it one that has already expired.

        :param request: the request that is being answered; the URL points to the host it was sent to.
        :param file_id: file to download.
        :param name: file name, only for the reader's eye.
        :return: absolute URL.
        """
        expired = request.state.faults.take("expired") is not None
        expires = f"{time.time() + (-1 if expired else self._ttl):.6f}"
        query = urlencode({"expires": expires, "signature": self._sign(file_id, expires)})
        base = str(request.base_url).rstrip("/")
        return f"{base}{DOWNLOAD_PREFIX}{file_id}/{quote(name, safe='')}?{query}"

    def refusal(self, file_id: str, expires: str, signature: str) -> str | None:
        """
        Check a download URL.

        :param file_id: file asked for.
        :param expires: its query parameter.
        :param signature: its query parameter.
        :return: why it is refused; None when it is good.
        """
        if not hmac.compare_digest(signature.encode(), self._sign(file_id, expires).encode()):
            return "The signature does not match."
        return "Request has expired." if float(expires) < time.time() else None

    def _sign(self, file_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{file_id}:{expires}".encode(), hashlib.sha256).hexdigest()
