from __future__ import annotations

import pytest


def upload(client, **kwargs):
    return client.post("/files/upload", **kwargs)


@pytest.mark.parametrize("size", [1_000_001, 40_000_000])
def test_too_large_uploads_are_refused_and_not_stored(start, size):
    service, client = start(max_file_size=1_000_000)
    response = upload(client, files={"file": ("a.pdf", b"x" * size)})
    assert response.status_code == 400
    assert response.json()["code"] == "FILE_SIZE_TOO_LARGE"
    assert "1000000" in response.json()["message"]
    assert client.get("/files").json()["data"] == []
    assert service.requests[0].status == 400


def test_an_upload_of_just_the_limit_is_stored(start):
    _, client = start(max_file_size=1_000_000)
    assert upload(client, files={"file": ("a.pdf", b"x" * 1_000_000)}).status_code == 200


def test_too_large_chunked_uploads_are_refused(start):
    _, client = start(max_file_size=1_000)
    boundary = "b0undary"

    def body():
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
        for _ in range(100):
            yield b"x" * 10_000
        yield f"\r\n--{boundary}--\r\n".encode()

    content_type = {"content-type": f"multipart/form-data; boundary={boundary}"}
    response = upload(client, content=body(), headers=content_type)
    assert response.status_code == 400
    assert response.json()["code"] == "FILE_SIZE_TOO_LARGE"


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"json": {}}, "multipart"),
        ({"files": {"document": ("a.pdf", b"x")}}, "named file"),
        ({"files": {"file": (None, b"x")}}, "named file"),
        ({"files": {"file": ("a.pdf", b"")}}, "empty"),
        ({"files": [("file", ("a.pdf", b"x")), ("file", ("b.pdf", b"x"))]}, "Too many files"),
        ({"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=x"}}, ""),
        ({"content": b"nonsense", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
    ],
)
def test_unusable_forms_are_refused(client, kwargs, says):
    response = upload(client, **kwargs)
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"
    assert says in response.json()["message"]
