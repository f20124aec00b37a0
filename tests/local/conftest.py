from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from extend_provider.local import LocalService

VERSION = "2026-02-09"
HELVETICA = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
UNFINISHED = ("PENDING", "PROCESSING", "CANCELLING")


def make_form(pages: int = 1, fields: tuple[str, ...] = ("legal_name", "city"), password: str | None = None) -> bytes:
    """A PDF with text fields on its first page."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    widgets = []
    for index, name in enumerate(fields):
        top = 700 - 40 * index
        widget = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Widget"),
                NameObject("/FT"): NameObject("/Tx"),
                NameObject("/T"): TextStringObject(name),
                NameObject("/V"): TextStringObject(""),
                NameObject("/F"): NumberObject(4),
                NameObject("/DA"): TextStringObject("/Helv 10 Tf 0 g"),
                NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (100, top - 20, 400, top)]),
            }
        )
        widgets.append(writer._add_object(widget))
    if widgets:
        writer.pages[0][NameObject("/Annots")] = ArrayObject(widgets)
        writer._root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject(widgets)})
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def make_pages(*pages: list[str | tuple[str, float, float] | tuple[str, float, float, float]]) -> bytes:
    """A PDF with text: lines from the top, or texts with left and top edge and size (12 if left out) in points."""
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=612, height=792)
        font = DictionaryObject({NameObject(k): NameObject(v) for k, v in HELVETICA.items()})
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        drawings = []
        for index, line in enumerate(lines):
            text, left, top, size = (*((line, 72, 72 + 16 * index) if isinstance(line, str) else line), 12)[:4]
            shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            drawings.append(f"BT /F1 {size} Tf {left} {792 - top - size} Td ({shown}) Tj ET")
        content = DecodedStreamObject()
        content.set_data("\n".join(drawings).encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(content)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def value_config(value: str = "Northwind Trading LLC", name: str = "legal_name") -> dict[str, Any]:
    """A config that fills one text field."""
    field = {"type": ["string", "null"], "extend_edit:field_type": "text", "extend_edit:value": value}
    return {"schema": {"type": "object", "properties": {name: field}}}


def api_headers(service: LocalService) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {service.api_key}", "x-extend-api-version": VERSION}
    if service.workspace_id:
        headers["x-extend-workspace-id"] = service.workspace_id
    return headers


def api_client(service: LocalService) -> httpx.Client:
    return httpx.Client(base_url=service.base_url, headers=api_headers(service), timeout=20, verify=False)


def poll(check: Callable[[], Any], *, timeout: float = 15.0) -> Any:
    """Call until the result is truthy."""
    deadline = time.monotonic() + timeout
    while not (result := check()):
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.01)
    return result


def finished(client: httpx.Client, run_id: str, path: str = "/edit_runs") -> dict[str, Any]:
    """Wait for the end of a run."""

    def check() -> dict[str, Any] | None:
        run = client.get(f"{path}/{run_id}").raise_for_status().json()
        return None if run["status"] in UNFINISHED else run

    return poll(check)


def run(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Create a run and wait for its end."""
    created = client.post(path, json=body)
    assert created.status_code == 200, created.text
    return finished(client, created.json()["id"], path)


class Helpers:
    """What tests need besides the fixtures."""

    make_pages = staticmethod(make_pages)
    run = staticmethod(run)
    make_form = staticmethod(make_form)
    value_config = staticmethod(value_config)
    api_headers = staticmethod(api_headers)
    api_client = staticmethod(api_client)
    poll = staticmethod(poll)
    finished = staticmethod(finished)


@pytest.fixture(scope="session")
def helpers() -> type[Helpers]:
    return Helpers


@pytest.fixture(scope="session")
def form() -> bytes:
    return make_form()


@pytest.fixture(scope="session")
def _shared() -> Iterator[LocalService]:
    with LocalService() as service:
        yield service


@pytest.fixture
def local(_shared: LocalService) -> LocalService:
    """A service without delays, empty at the beginning of each test."""
    _shared.reset()
    return _shared


@pytest.fixture
def client(local: LocalService) -> Iterator[httpx.Client]:
    with api_client(local) as client:
        yield client


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[LocalService, httpx.Client]]]:
    """Start further services with other options."""
    running: list[tuple[LocalService, httpx.Client]] = []

    def run(**options: Any) -> tuple[LocalService, httpx.Client]:
        service = LocalService(**options)
        service.start()
        running.append((service, api_client(service)))
        return running[-1]

    yield run
    for service, client in running:
        client.close()
        service.stop()


class Web:
    """A web server of the user's: answers what tests put there."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[str] = []
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.refusals = 0

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"Content-Length": str(len(body)), **sent}, body)
        return self.url + path


@pytest.fixture
def web() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.seen.append(self.path)
            status, headers, body = site.answers.get(self.path, (404, {"Content-Length": "0"}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            site.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            site.refusals -= 1
            self.send_response(500 if site.refusals >= 0 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
