"""Presigned URLs: a download without an API key that works for a limited time, as on object storage."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from extend_provider.local.asgi import DOWNLOAD_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable


class Presigner:
    """
    Signs and checks download URLs.

    :param secret: signing secret.
    :param ttl: seconds that a URL lives.
    """

    def __init__(self, secret: bytes, ttl: float) -> None:
        self._secret = secret
        self.ttl = ttl

    def url(self, base_url: str, owner_id: str, name: str, ttl: float) -> str:
        """
        Sign a download URL.

        :param base_url: URL of the service.
        :param owner_id: id of the file to download, or of the run or event whose bytes they are.
        :param name: file name, only for the reader's eye.
        :param ttl: seconds that the URL lives; negative makes one that has expired already.
        :return: absolute URL.
        """
        expires = f"{time.time() + ttl:.6f}"
        query = urlencode({"expires": expires, "signature": self._sign(owner_id, expires)})
        return f"{base_url.rstrip('/')}{DOWNLOAD_PREFIX}{owner_id}/{quote(name, safe='')}?{query}"

    def refusal(self, owner_id: str, expires: str, signature: str) -> str | None:
        """
        Check a download URL.

        :param owner_id: id asked for.
        :param expires: its query parameter.
        :param signature: its query parameter.
        :return: why it is refused; None when it is good.
        """
        if not hmac.compare_digest(signature.encode(), self._sign(owner_id, expires).encode()):
            return "The signature does not match."
        return "Request has expired." if float(expires) < time.time() else None

    def _sign(self, owner_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{owner_id}:{expires}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Links:
    """
    Makes the presigned URLs of one answer.

    :param presigner: signs them.
    :param base_url: URL of the service, as whoever reads the answer reaches it.
    :param expired: tells for each URL whether it is to have expired already.
    """

    presigner: Presigner
    base_url: str
    expired: Callable[[], bool] = lambda: False

    def url(self, owner_id: str, name: str) -> str:
        """
        Sign a download URL.

        :param owner_id: id of the file to download, or of the run whose output it is.
        :param name: file name, only for the reader's eye.
        :return: absolute URL.
        """
        return self.presigner.url(self.base_url, owner_id, name, -1 if self.expired() else self.presigner.ttl)
