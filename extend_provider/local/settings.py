"""Options of the local service, the same for the command line, the Python handle and the pytest fixture."""

from __future__ import annotations

from dataclasses import dataclass

API_VERSION = "2026-02-09"
DEFAULT_MAX_FILE_SIZE = 50 * 1024 * 1024
DEFAULT_URL_TTL = 900.0
_MAX_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """
    Options of one local service.

    :param host: address to listen on. Default: loopback only.
    :param port: TCP port; 0 takes a free one.
    :param data_dir: folder that keeps files and runs across restarts. Default: a temporary folder, removed at the end.
    :param processing_time: seconds that a run stays ``PROCESSING`` before the work starts. Default 1.
    :param api_key: the only accepted key. Default: made up at start (kept in ``data_dir`` when there is one).
    :param workspace_id: makes the key organization-scoped: every request must then name this workspace in the
        header ``x-extend-workspace-id``.
    :param max_file_size: bytes; larger uploads are refused, larger documents fail. Default 50 MiB.
    :param credits: credits that the workspace may spend. Default: no limit.
    :param url_ttl: seconds that a presigned URL lives. Default 900.
    :param rate_limit: requests per second for each category (GET, WRITE, RUN). Default: no limit.
    :param rate_burst: requests that may come at once before ``rate_limit`` bites. Default: one second's worth.
    :param webhook_retry_delay: seconds before a webhook event is sent again; doubles each time. Default 1.
    :param declarations: JSON file with lists of ``extractors``, ``classifiers``, ``splitters`` and ``workflows`` to
        declare at the start, each with ``id``, ``name`` and ``config``. Default: none.
    :param allow_private_urls: also download ``file.url`` from loopback, private and link-local addresses.
    :raises ValueError: an option is out of range.
    """

    host: str = "127.0.0.1"
    port: int = 0
    data_dir: str | None = None
    processing_time: float = 1.0
    api_key: str | None = None
    workspace_id: str | None = None
    max_file_size: int = DEFAULT_MAX_FILE_SIZE
    credits: int | None = None
    url_ttl: float = DEFAULT_URL_TTL
    rate_limit: float | None = None
    rate_burst: int | None = None
    webhook_retry_delay: float = 1.0
    declarations: str | None = None
    allow_private_urls: bool = False

    def __post_init__(self) -> None:
        _require(0 <= self.port <= _MAX_PORT, f"port must be from 0 to {_MAX_PORT}")
        _require(self.processing_time >= 0, "processing_time must not be negative")
        _require(self.max_file_size > 0, "max_file_size must be positive")
        _require(self.credits is None or self.credits >= 0, "credits must not be negative")
        _require(self.url_ttl > 0, "url_ttl must be positive")
        _require(self.rate_limit is None or self.rate_limit > 0, "rate_limit must be positive")
        _require(self.rate_burst is None or self.rate_burst > 0, "rate_burst must be positive")
        _require(self.webhook_retry_delay >= 0, "webhook_retry_delay must not be negative")
        _require(self.api_key is None or self.api_key.strip() != "", "api_key must not be empty")
        _require(self.workspace_id is None or self.workspace_id.strip() != "", "workspace_id must not be empty")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
