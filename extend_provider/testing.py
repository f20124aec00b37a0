"""
Pytest plugin: the fixture ``extend_local``.

It is active wherever this package is installed, so importing it must cost nothing: the local service is imported when
the fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extend_provider.local import LocalService

_MARKER = "extend_local"
_PROCESSING_TIME = "extend_local_processing_time"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(_PROCESSING_TIME, "seconds that runs of the fixture extend_local take", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(conn_id='extend_default', **options): options of the local Extend service for this test, "
        "such as processing_time=2.",
    )


@pytest.fixture
def extend_local(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    """
    Run a local Extend service, and point the Airflow connection ``extend_default`` to it.

    The marker ``extend_local`` sets options of :class:`~extend_provider.local.LocalService` for a test, and with
    ``conn_id`` another connection. Runs take no time by default; the ini option ``extend_local_processing_time``
    changes that for all tests.

    :return: the running service.
    """
    try:
        from extend_provider.local import LocalService, MissingExtraError

        options = _options(request)
        conn_id = options.pop("conn_id", "extend_default")
        service = LocalService(**options)
    except MissingExtraError as error:
        pytest.fail(str(error), pytrace=False)
    with service:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", service.connection_json())
        yield service


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Merge ini option and markers, the closest marker last."""
    options: dict[str, Any] = {"processing_time": float(request.config.getini(_PROCESSING_TIME))}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        options.update(marker.kwargs)
    return options
