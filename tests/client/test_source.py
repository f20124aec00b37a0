"""Uploads from streams that are not plain files."""

from __future__ import annotations

import gzip
import io
import os
import threading

import pytest

from extend_provider.exceptions import ExtendFileError

FILE = {"object": "file", "id": "file_1", "name": "w9.pdf"}
DATA = b"%PDF-1.7 " + bytes(range(256)) * 2000


@pytest.fixture
def pipe():
    reader, writer = os.pipe()

    def fill():
        with os.fdopen(writer, "wb") as stream:
            stream.write(DATA)

    thread = threading.Thread(target=fill)
    thread.start()
    with os.fdopen(reader, "rb") as stream:
        yield stream
    thread.join()


@pytest.fixture
def plain_file(tmp_path):
    path = tmp_path / "w9.pdf"
    path.write_bytes(DATA)
    with path.open("rb") as stream:
        yield stream


@pytest.fixture
def gzip_file(tmp_path):
    path = tmp_path / "w9.pdf.gz"
    path.write_bytes(gzip.compress(DATA))
    with gzip.open(path) as stream:
        yield stream


@pytest.mark.parametrize("kind", ["plain_file", "gzip_file", "pipe"])
def test_the_length_that_is_announced_is_the_length_that_is_sent(connect, form_parts, request, kind):
    """The size of a pipe (0) and of a compressed file say nothing about what comes out of them."""
    shell = connect(FILE)

    shell.upload_file(request.getfixturevalue(kind), "w9.pdf")

    sent = shell.requests[0]
    assert form_parts(sent) == [("file", "w9.pdf", DATA)]
    if kind == "pipe":
        assert sent.headers["transfer-encoding"] == "chunked"
    else:
        assert int(sent.headers["content-length"]) == len(sent.content)


class Broken(io.BytesIO):
    """A disk, or a mounted storage, that fails in the middle."""

    def __init__(self, fail_in):
        super().__init__(DATA)
        self.fail_in = fail_in

    def read(self, size=-1):
        if self.fail_in == "read" and self.tell() > 0:
            raise OSError(5, "Input/output error", "/secret/place")
        return super().read(size)

    def seek(self, offset, whence=0):
        if self.fail_in == "seek" and whence == os.SEEK_END:
            raise OSError("not today")
        return super().seek(offset, whence)


@pytest.mark.parametrize(("fail_in", "why"), [("read", "Input/output error"), ("seek", "OSError")])
def test_a_file_that_cannot_be_read_is_a_typed_error_and_is_not_sent_again(connect, fail_in, why):
    shell = connect(FILE)

    with pytest.raises(ExtendFileError, match=f"w9.pdf could not be read to its end: {why}") as caught:
        shell.upload_file(Broken(fail_in), "w9.pdf")

    assert shell.requests == []
    assert caught.value.hint
    assert "/secret/place" not in str(caught.value)


def test_a_password_does_not_show():
    from extend_provider.client.flow import Request, Upload

    request = Request(
        "POST", "/files/upload", upload=Upload("w9.pdf", io.BytesIO(), "open sesame"), json={"a": "secret"}
    )

    assert "open sesame" not in repr(request)
    assert "secret" not in repr(request)
