from __future__ import annotations

import httpx
import pytest

FILE_KEYS = {"object", "id", "name", "type", "parentFileId", "metadata", "createdAt", "updatedAt"}


def upload(client, name, content, **kwargs):
    return client.post("/files/upload", files={"file": (name, content)}, **kwargs)


def test_upload_answers_a_file_without_url(client, form):
    response = upload(client, "form.pdf", form)
    assert response.status_code == 200
    file = response.json()
    assert set(file) == FILE_KEYS | {"contents"}
    assert (file["object"], file["name"], file["type"]) == ("file", "form.pdf", "PDF")
    assert file["metadata"] == {"pageCount": 1}
    assert file["id"].startswith("file_")
    assert file["parentFileId"] is None
    assert file["contents"] is None


def test_get_adds_a_fresh_url_each_time(client, form):
    file_id = upload(client, "form.pdf", form).json()["id"]
    first, second = (client.get(f"/files/{file_id}").json() for _ in range(2))
    assert set(first) == FILE_KEYS | {"contents", "presignedUrl"}
    assert first["presignedUrl"] != second["presignedUrl"]
    assert httpx.get(first["presignedUrl"]).content == form


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", "IMG"),
        ("photo.bin", b"\xff\xd8\xff\xe0", "IMG"),
        ("a.csv", b"a,b\n1,2\n", "CSV"),
        ("a.docx", b"PK\x03\x04", "DOCX"),
        ("a.xlsx", b"PK\x03\x04", "EXCEL"),
        ("a.txt", b"hello", "TXT"),
        ("a.xml", b"<a/>", "XML"),
        ("a.html", b"<p>", "HTML"),
        ("form.dat", b"%PDF-1.7 broken", "PDF"),
        ("a.dat", b"hello", None),
    ],
)
def test_types_come_from_bytes_and_name(client, name, data, expected):
    file = upload(client, name, data).json()
    assert file["type"] == expected
    assert file["metadata"] == {}


def test_pages_of_a_locked_pdf_are_counted_with_the_password(client, helpers):
    locked = helpers.make_form(pages=3, password="opensesame")
    assert upload(client, "a.pdf", locked).json()["metadata"] == {}
    response = upload(client, "a.pdf", locked, data={"password": "opensesame"})
    assert response.json()["metadata"] == {"pageCount": 3}
    assert "opensesame" not in response.text


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("C:\\forms\\w9 März.pdf", "w9 März.pdf"), ("/tmp/a/b.pdf", "b.pdf"), ("a:b+c=d.pdf", "a:b+c=d.pdf")],
)
def test_names_lose_folders_and_nothing_else(client, form, sent, stored):
    file = upload(client, sent, form).json()
    assert file["name"] == stored
    url = client.get(f"/files/{file['id']}").json()["presignedUrl"]
    assert httpx.get(url).content == form


def test_convert_to_pdf_is_refused_for_anything_else(client, form):
    assert upload(client, "a.pdf", form, params={"convertToPdf": "true"}).status_code == 200
    response = upload(client, "a.txt", b"text", params={"convertToPdf": "true"})
    assert response.status_code == 422
    assert response.json()["code"] == "FAILED_TO_CONVERT_TO_PDF"
    assert len(client.get("/files").json()["data"]) == 1


def test_delete_is_permanent(client, form):
    file = upload(client, "form.pdf", form).json()
    url = client.get(f"/files/{file['id']}").json()["presignedUrl"]
    assert client.delete(f"/files/{file['id']}").json() == {"id": file["id"]}
    assert client.get(f"/files/{file['id']}").status_code == 404
    assert client.delete(f"/files/{file['id']}").json()["code"] == "NOT_FOUND"
    assert httpx.get(url).status_code == 404
    assert client.get("/files").json()["data"] == []


def test_list_filters_by_name_and_sorts_by_creation(client, local):
    ids = [local.add_file(name, b"x") for name in ("One.pdf", "two.pdf", "ONEmore.pdf")]
    newest_first = client.get("/files").json()
    assert newest_first["object"] == "list"
    assert [f["id"] for f in newest_first["data"]] == ids[::-1]
    assert set(newest_first["data"][0]) == FILE_KEYS
    assert [f["id"] for f in client.get("/files", params={"sortDir": "asc"}).json()["data"]] == ids
    found = client.get("/files", params={"nameContains": "one", "sortDir": "asc"}).json()["data"]
    assert [f["name"] for f in found] == ["One.pdf", "ONEmore.pdf"]


def test_files_cannot_be_sorted_by_change(client):
    assert client.get("/files", params={"sortBy": "updatedAt"}).status_code == 400
