from __future__ import annotations

import time

import httpx
import pytest


@pytest.fixture
def url(client, local, form):
    file_id = local.add_file("the form.pdf", form)
    return client.get(f"/files/{file_id}").json()["presignedUrl"]


def test_downloads_need_no_key(url, form):
    response = httpx.get(url)
    assert response.status_code == 200
    assert response.content == form
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-length"] == str(len(form))
    assert response.headers["accept-ranges"] == "bytes"
    assert "the%20form.pdf" in response.headers["content-disposition"]


@pytest.mark.parametrize(
    ("wanted", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-20", -20, None)]
)
def test_ranges(url, form, wanted, start, stop):
    response = httpx.get(url, headers={"Range": wanted})
    assert response.status_code == 206
    assert response.content == form[start:stop]
    assert response.headers["content-range"].endswith(f"/{len(form)}")


def test_ranges_beyond_the_end_are_refused(url):
    assert httpx.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416


def test_head_tells_the_size(url, form):
    response = httpx.head(url)
    assert response.status_code == 200
    assert response.headers["content-length"] == str(len(form))


def test_urls_expire(start, form, helpers):
    service, client = start(url_ttl=0.4)
    file_id = service.add_file("form.pdf", form)
    signed = time.time()
    url = client.get(f"/files/{file_id}").json()["presignedUrl"]
    response = helpers.poll(lambda: r if (r := httpx.get(url)).status_code == 403 else None)
    assert time.time() - signed >= 0.4
    assert "expired" in response.text
    assert response.headers["content-type"] == "application/xml"
    assert httpx.get(url, headers={"Range": "bytes=0-9"}).status_code == 403
    fresh = client.get(f"/files/{file_id}").json()["presignedUrl"]
    assert httpx.get(fresh).content == form


def test_other_signatures_and_times_are_refused(url, client, local, form):
    address, _, query = url.partition("?")
    assert httpx.get(address).status_code == 403
    assert httpx.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert httpx.get(address + "?" + query.replace("expires=1", "expires=2")).status_code == 403
    assert httpx.get(address + "?expires=never&signature=ä").status_code == 403
    other = local.add_file("other.pdf", form)
    file_id = address.split("/")[-2]
    assert httpx.get(url.replace(file_id, other)).status_code == 403


def test_the_api_key_has_no_business_at_the_storage(url, local):
    response = httpx.get(url, headers={"Authorization": f"Bearer {local.api_key}"})
    assert response.status_code == 400
    assert "Authorization" in response.text


def test_urls_point_to_the_host_that_was_asked(client, local, form):
    file_id = local.add_file("form.pdf", form)
    url = client.get(f"/files/{file_id}", headers={"Host": "extend.test:8080"}).json()["presignedUrl"]
    assert url.startswith("http://extend.test:8080/")
