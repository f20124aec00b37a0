from __future__ import annotations

from urllib.parse import quote

import pytest


@pytest.fixture
def names(local):
    names = [f"file-{index:02}.txt" for index in range(25)]
    for name in names:
        local.add_file(name, b"x")
    return names


def pages(client, path="/files", **query):
    """All pages, as lists of items."""
    result = []
    while True:
        body = client.get(path, params=query).raise_for_status().json()
        result.append(body["data"])
        if "nextPageToken" not in body:
            return result
        query["nextPageToken"] = body["nextPageToken"]


def test_a_page_has_ten_items_by_default(client, names):
    found = pages(client)
    assert [len(page) for page in found] == [10, 10, 5]
    assert [item["name"] for page in found for item in page] == names[::-1]


@pytest.mark.parametrize(("size", "expected"), [(1, 25), (5, 5), (24, 2), (25, 1), (1000, 1)])
def test_every_item_comes_exactly_once(client, names, size, expected):
    found = pages(client, maxPageSize=size, sortDir="asc")
    assert len(found) == expected
    assert [item["name"] for page in found for item in page] == names


@pytest.mark.parametrize("size", ["0", "1001", "-1", "ten", "", "1.5", "²"])
def test_page_sizes_outside_the_range_are_refused(client, size):
    response = client.get("/edit_runs", params={"maxPageSize": size})
    assert response.status_code == 400
    assert "maxPageSize" in response.json()["message"]


def test_tokens_survive_only_when_url_encoded(client, names):
    token = client.get("/files", params={"maxPageSize": 2}).json()["nextPageToken"]
    assert ":" in token
    assert client.get(f"/files?maxPageSize=2&nextPageToken={quote(token, safe='')}").status_code == 200


@pytest.mark.parametrize(
    "changed", [{"sortDir": "asc"}, {"nameContains": "file-1"}, {"nameContains": "file-0", "sortDir": "desc"}]
)
def test_tokens_are_bound_to_their_query(client, names, changed):
    token = client.get("/files", params={"maxPageSize": 2, "nameContains": "file-0"}).json()["nextPageToken"]
    response = client.get("/files", params={"maxPageSize": 2, "nextPageToken": token, **changed})
    assert response.status_code == 400
    assert "another query" in response.json()["message"]


def test_tokens_are_bound_to_their_list(client, names):
    token = client.get("/files", params={"maxPageSize": 2}).json()["nextPageToken"]
    assert client.get("/edit_runs", params={"nextPageToken": token}).status_code == 400


def test_the_page_size_may_change_between_pages(client, names):
    token = client.get("/files", params={"maxPageSize": 2}).json()["nextPageToken"]
    page = client.get("/files", params={"maxPageSize": 3, "nextPageToken": token}).json()["data"]
    assert [item["name"] for item in page] == names[::-1][2:5]


@pytest.mark.parametrize("token", ["x", "x:y", "YWJj:YWJj", "a:b:c", "ä:ö"])
def test_made_up_tokens_are_refused(client, token):
    response = client.get("/files", params={"nextPageToken": token})
    assert response.status_code == 400
    assert "nextPageToken" in response.json()["message"]


def test_an_empty_token_is_the_first_page(client, names):
    assert client.get("/files", params={"nextPageToken": ""}).json()["data"][0]["name"] == names[-1]


def test_what_is_added_or_deleted_between_pages_disturbs_nothing_else(client, local, names):
    first = client.get("/files", params={"maxPageSize": 10}).json()
    local.add_file("new.txt", b"x")
    client.delete(f"/files/{first['data'][-1]['id']}")
    second = client.get("/files", params={"maxPageSize": 10, "nextPageToken": first["nextPageToken"]}).json()
    assert [item["name"] for item in second["data"]] == names[::-1][10:20]
