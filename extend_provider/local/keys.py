"""The service's API key and its signing secret."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extend_provider.local.stamps import new_id
from extend_provider.local.store import write_json

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """
    Secrets of one service.

    :param api_key: the only accepted key.
    :param signing_secret: signs presigned URLs and page tokens.
    """

    api_key: str
    signing_secret: bytes


def load_keys(root: Path, api_key: str | None) -> Keys:
    """
    Read the secrets of an earlier service in the same folder, or make them up.

    :param root: data folder.
    :param api_key: key chosen by the user; None keeps the earlier one, or makes one up.
    :return: the secrets; also written to the folder.
    """
    path = root / "keys.json"
    saved: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    key = api_key or saved.get("api_key") or new_id("sk_local_")
    secret = saved.get("signing_secret") or secrets.token_hex(32)
    write_json(path, {"api_key": key, "signing_secret": secret})
    return Keys(key, bytes.fromhex(secret))
