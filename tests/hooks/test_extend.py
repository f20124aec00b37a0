from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.hooks.extend import ExtendHook

if TYPE_CHECKING:
    from extend_provider.local import LocalService


def test_client_is_kept_until_close(extend_local: LocalService) -> None:
    with ExtendHook() as hook:
        client = hook.get_conn()
        assert hook.get_conn() is client
    again = hook.get_conn()
    assert again is not client
    hook.close()


def test_every_request_says_who_asks(extend_local: LocalService) -> None:
    from airflow import __version__ as airflow_version

    from extend_provider import __version__

    with ExtendHook() as hook:
        list(hook.get_conn().list_runs())

    headers = extend_local.requests[0].headers
    assert headers["user-agent"] == f"airflow-provider-extend/{__version__} airflow/{airflow_version}"
    assert headers["x-extend-api-version"] == "2026-02-09"


def test_asynchronous_look_up(extend_local: LocalService) -> None:
    async def first_page() -> list[str]:
        async with await ExtendHook().get_async_conn() as client:
            return [run.id async for run in client.list_runs()]

    assert asyncio.run(first_page()) == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_missing_connection_says_how_to_make_it(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_EXTEND_DEFAULT", raising=False)
    hook = ExtendHook("extend_nowhere")

    with pytest.raises(ExtendConfigurationError, match=r"no connection 'extend_nowhere'.*AIRFLOW_CONN_EXTEND_NOWHERE"):
        asyncio.run(hook.get_async_conn()) if asynchronous else hook.get_conn()


def test_upload_and_download(extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    with ExtendHook() as hook:
        stored = hook.upload_file(str(tmp_path / "form.pdf"))
        written = hook.download_file(stored.id, str(tmp_path / "copy.pdf"))

    assert stored.name == "form.pdf"
    assert written == len(form_pdf)
    assert (tmp_path / "copy.pdf").read_bytes() == form_pdf


def test_input_file_uploads_only_what_extend_cannot_reach(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path
) -> None:
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    with ExtendHook() as hook:
        assert hook.input_file("https://example.com/form.pdf") == {"url": "https://example.com/form.pdf"}
        assert hook.input_file("file_1") == {"id": "file_1"}
        assert extend_local.requests == []

        uploaded = hook.input_file(f"file://{tmp_path}/form.pdf")

    assert list(uploaded) == ["id"]
    assert [request.path for request in extend_local.requests] == ["/files/upload"]


def test_no_network_and_no_look_up_in_the_constructor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExtendHook, "get_connection", lambda *_: pytest.fail("looked up"))
    assert ExtendHook("whatever").extend_conn_id == "whatever"


def test_connection_by_uri(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    host, _, port = extend_local.base_url.removeprefix("http://").partition(":")
    monkeypatch.setenv(
        "AIRFLOW_CONN_EXTEND_DEFAULT", f"extend://:{extend_local.api_key}@{host}:{port}/http?requests_per_second=50"
    )
    with ExtendHook() as hook:
        assert hook.settings().base_url == extend_local.base_url
        assert hook.settings().requests_per_second == 50
        assert list(hook.get_conn().list_runs()) == []


def test_connection_by_json_with_extra_as_text(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_EXTEND_DEFAULT",
        json.dumps({"conn_type": "extend", "password": "k", "host": "h", "extra": json.dumps({"timeout": 7})}),
    )
    assert ExtendHook().settings().read_timeout == 7
