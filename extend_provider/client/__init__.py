"""
Extend's API over HTTP, blocking and asynchronous. Knows nothing of Airflow.

All decisions stand once, in flows (``calls``, ``exchange``, ``waiting``, ``download``); two shells send and sleep.
"""

from __future__ import annotations

from extend_provider.client.async_client import AsyncExtendClient
from extend_provider.client.settings import API_VERSION, REGIONS, ClientSettings, base_url_of_region
from extend_provider.client.sync_client import ExtendClient
from extend_provider.client.waiting import Wait

__all__ = [
    "API_VERSION",
    "REGIONS",
    "AsyncExtendClient",
    "ClientSettings",
    "ExtendClient",
    "Wait",
    "base_url_of_region",
]
