"""Everything that decides how Extend is reached: one frozen object, equal for equal connections."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass, field

from extend_provider import __version__
from extend_provider.exceptions import ExtendConfigurationError

__all__ = ["API_VERSION", "DEFAULT_REQUESTS_PER_SECOND", "REGIONS", "ClientSettings", "base_url_of_region"]

API_VERSION = "2026-02-09"

REGIONS: dict[str, str] = {
    "us": "https://api.extend.ai",
    "us2": "https://api.us2.extend.app",
    "eu1": "https://api.eu1.extend.ai",
}

# Extend's smallest plan allows 10 reads a second for a whole organization.
DEFAULT_REQUESTS_PER_SECOND = 10.0


def base_url_of_region(region: str) -> str:
    """
    Return the base URL of one of Extend's regions.

    :raises ExtendConfigurationError: there is no such region.
    """
    try:
        return REGIONS[region.strip().lower()]
    except KeyError:
        near = difflib.get_close_matches(region.strip().lower(), REGIONS, n=1, cutoff=0.3)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise ExtendConfigurationError(
            f"Unknown Extend region {region!r}.",
            hint=f"Regions are {', '.join(REGIONS)}; for another deployment set the base URL instead.{guess}",
        ) from None


@dataclass(frozen=True)
class ClientSettings:
    """
    Where Extend is, who is asking, and how patient to be.

    :param api_key: the API key; sent to ``base_url`` only.
    :param base_url: scheme and host, with a path prefix where a proxy needs one.
    :param workspace_id: workspace to work in; an organization-scoped key needs it.
    :param api_version: value of the version header.
    :param requests_per_second: pace that all clients with these settings keep together in this process.
    :param read_timeout: longest silence while an answer is due, and while an upload is taken in, in seconds.
    :param answer_timeout: longest time from the end of a request to the end of its answer, in seconds; a file's content
        may take longer, as long as it keeps coming. Default: twice ``read_timeout``.
    :param connect_timeout: longest time for a connection to come up, in seconds.
    :param pool_timeout: longest wait for a free connection of this client, in seconds.
    :param retry_for: how long one call keeps trying through failures that may pass, in seconds.
    :param verify: ``False`` to accept any TLS certificate, or the path of a CA bundle.
    :param proxy: URL of an HTTP proxy; without it the usual environment variables decide.
    :param user_agent_suffix: products to add to the user agent, for example ``airflow/3.3.2``.
    :param max_body_bytes: largest JSON answer that is read, in bytes.
    :param max_file_bytes: largest file that is downloaded, in bytes.
    """

    api_key: str = field(repr=False)
    base_url: str = REGIONS["us"]
    workspace_id: str | None = None
    api_version: str = API_VERSION
    requests_per_second: float = DEFAULT_REQUESTS_PER_SECOND
    # A create answers within seconds; a minute of silence is a dead connection, not a slow one.
    read_timeout: float = 60.0
    answer_timeout: float | None = None
    # A TCP and TLS handshake takes well under a second; ten allow for a lost packet or two.
    connect_timeout: float = 10.0
    # Requests queue here behind at most a few others; only a stuck pool takes minutes.
    pool_timeout: float = 120.0
    retry_for: float = 120.0
    verify: bool | str = True
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    user_agent_suffix: str = ""
    max_body_bytes: int = 64 * 1024 * 1024
    # Far above what Extend processes; an endless answer must not fill a disk that others need.
    max_file_bytes: int = 10 * 1024**3

    @property
    def whole_answer_timeout(self) -> float:
        """``answer_timeout``, or its default."""
        # Who bears a silence of a minute bears it before the first byte, and has a minute left for the rest.
        return 2 * self.read_timeout if self.answer_timeout is None else self.answer_timeout

    @property
    def user_agent(self) -> str:
        """Name and version of this package, and of what it runs in."""
        return f"airflow-provider-extend/{__version__} {self.user_agent_suffix}".strip()

    @property
    def account(self) -> str:
        """Whose request budget is spent: a short name that reveals no key."""
        key = hashlib.sha256(self.api_key.encode()).hexdigest()[:12]
        return f"{self.base_url}#{self.workspace_id or ''}#{key}"

    def headers(self) -> dict[str, str]:
        """
        Headers of every request to the API.

        :raises ExtendConfigurationError: a setting has characters that a header cannot carry.
        """
        headers = {
            "Authorization": f"Bearer {self.api_key}",
            "x-extend-api-version": self.api_version,
            "User-Agent": self.user_agent,
            "Accept": "application/json",
        }
        if self.workspace_id:
            headers["x-extend-workspace-id"] = self.workspace_id
        for name, value in headers.items():
            if not value.isascii() or not value.isprintable() or value != value.strip():
                # The value is not quoted: it may be the key.
                raise ExtendConfigurationError(
                    f"The connection's value for the header {name} has characters that a header cannot carry.",
                    hint="Copy it again, without blanks, line breaks and letters beyond ASCII.",
                )
        return headers
