from __future__ import annotations

import socket

import pytest


@pytest.fixture
def online(start):
    """A service that may download from this machine."""
    return start(allow_private_urls=True, max_file_size=100_000)


def create(client, url, **file):
    response = client.post("/edit_runs", json={"file": {"url": url, **file}})
    return response.raise_for_status().json()


def test_url_inputs_are_downloaded(online, web, form, helpers):
    _, client = online
    created = create(client, web.put("/forms/w9%20form.pdf?sig=secret", form))
    assert created["file"]["name"] == "w9 form.pdf"
    assert created["file"]["metadata"] == {}
    run = helpers.finished(client, created["id"])
    assert run["status"] == "PROCESSED"
    assert run["file"]["type"] == "PDF"
    assert run["file"]["metadata"] == {"pageCount": 1}
    assert web.seen == ["/forms/w9%20form.pdf?sig=secret"]
    assert client.get(f"/files/{run['file']['id']}").json()["type"] == "PDF"
    assert client.get("/edit_runs").json()["data"][0]["file"]["name"] == "w9 form.pdf"


def test_names_of_url_inputs_are_kept_byte_for_byte(online, web, form):
    _, client = online
    name = "af:7f3c/w9 +ä=.pdf"
    assert create(client, web.put("/a.pdf", form), name=name)["file"]["name"] == name


def test_a_password_comes_with_the_url(online, web, helpers):
    _, client = online
    url = web.put("/a.pdf", helpers.make_form(password="opensesame"))
    run = helpers.finished(client, create(client, url)["id"])
    assert run["failureReason"] == "PASSWORD_PROTECTED_FILE"
    run = helpers.finished(client, create(client, url, settings={"password": "opensesame"})["id"])
    assert run["status"] == "PROCESSED"
    assert "opensesame" not in str(run)


def test_deleting_a_run_deletes_an_input_that_came_by_url(online, web, form, helpers):
    _, client = online
    run = helpers.finished(client, create(client, web.put("/a.pdf", form))["id"])
    client.delete(f"/edit_runs/{run['id']}")
    assert client.get("/files").json()["data"] == []


def redirect(web, path, target):
    return web.put(path, b"", 302, Location=target)


def test_redirects_are_followed_within_bounds(online, web, form, helpers):
    _, client = online
    web.put("/form.pdf", form)
    run = helpers.finished(client, create(client, redirect(web, "/old", "/form.pdf"))["id"])
    assert run["status"] == "PROCESSED"
    run = helpers.finished(client, create(client, redirect(web, "/loop", "/loop"))["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"
    assert len(web.seen) < 20


def test_downloads_that_fail(online, web, form, helpers):
    _, client = online
    with socket.create_server(("127.0.0.1", 0)) as closed:
        unused_port = closed.getsockname()[1]
    web.put("/short.pdf", form, Content_Length=str(len(form) + 10))
    urls = [
        web.url + "/missing.pdf",
        web.put("/expired.pdf", b"<Error/>", 403),
        web.put("/partial.pdf", form, 206),
        web.url + "/short.pdf",
        redirect(web, "/file", "file:///etc/hostname"),
        redirect(web, "/ftp", "ftp://127.0.0.1/form.pdf"),
        f"http://127.0.0.1:{unused_port}/form.pdf?signature=secret",
        "http://no-such-host.invalid/form.pdf",
        f"https://127.0.0.1:{web.port}/form.pdf",
        f"http://127.0.0.1:{web.port}/with space.pdf",
        f"http://user:password@127.0.0.1:{web.port}/form.pdf",
        "http://127.0.0.1:99999/form.pdf",
    ]
    for url in urls:
        run = helpers.finished(client, create(client, url)["id"])
        assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE", url
        assert "127.0.0.1" not in run["failureMessage"]
        assert "secret" not in run["failureMessage"]


def test_downloads_that_are_no_form(online, web, helpers):
    _, client = online
    html = helpers.finished(client, create(client, web.put("/login.html", b"<html>log in</html>"))["id"])
    assert html["failureReason"] == "FILE_TYPE_NOT_SUPPORTED"
    large = helpers.finished(client, create(client, web.put("/large.pdf", b"%PDF-" + b"x" * 200_000))["id"])
    assert large["failureReason"] == "FILE_SIZE_TOO_LARGE"
    endless = web.put("/endless.pdf", b"%PDF-" + b"x" * 200_000)
    del web.answers["/endless.pdf"][1]["Content-Length"]
    web.answers["/endless.pdf"][1]["Connection"] = "close"
    assert helpers.finished(client, create(client, endless)["id"])["failureReason"] == "FILE_SIZE_TOO_LARGE"
    assert client.get("/files").json()["data"][0]["type"] is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        # The system's resolver knows more ways to write an address than people do.
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ],
)
def test_private_addresses_are_refused(client, host, web, helpers):
    run = helpers.finished(client, create(client, f"http://{host}:{web.port}/form.pdf")["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"
    assert "loopback, private or link-local" in run["failureMessage"]
    assert web.seen == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "100.64.0.1",
        "192.0.0.192",
        "198.18.0.1",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:c0a8:1::1",
        "2001:0:53aa:64c:0:fbff:80ff:fffe",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_a_name_of_a_private_address_is_refused(client, helpers, mocker, address):
    mocker.patch("extend_provider.local.fetch._resolve", return_value=[address])
    connect = mocker.patch("extend_provider.local.fetch._try_to_connect")
    run = helpers.finished(client, create(client, "http://harmless.test/form.pdf")["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"
    assert "loopback, private or link-local" in run["failureMessage"]
    connect.assert_not_called()


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::"]
)
def test_public_addresses_are_connected_to_as_they_were_checked(client, helpers, mocker, address):
    mocker.patch("extend_provider.local.fetch._resolve", return_value=[address])
    connect = mocker.patch("extend_provider.local.fetch._try_to_connect", return_value=None)
    helpers.finished(client, create(client, "http://public.test:8080/form.pdf")["id"])
    assert [call.args[:2] for call in connect.call_args_list] == [(address, 8080)]


def test_own_presigned_urls_need_the_permission_too(client, start, form, helpers):
    """Its address is as private as any other on this machine; a file that it has already is named by its id."""
    run = helpers.finished(client, create(client, presigned_url(client, form))["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"

    _, permitted = start(allow_private_urls=True)
    run = helpers.finished(permitted, create(permitted, presigned_url(permitted, form))["id"])
    assert run["status"] == "PROCESSED"


def presigned_url(client, form):
    uploaded = client.post("/files/upload", files={"file": ("w9.pdf", form)}).raise_for_status().json()
    return client.get(f"/files/{uploaded['id']}").json()["presignedUrl"]


def test_the_message_tells_how_to_allow_private_addresses(client, web, helpers):
    run = helpers.finished(client, create(client, web.url + "/form.pdf")["id"])
    assert "--allow-private-urls" in run["failureMessage"]


def test_a_host_with_any_private_address_is_refused(client, helpers, mocker):
    mocker.patch("extend_provider.local.fetch._resolve", return_value=["93.184.215.14", "127.0.0.1"])
    connect = mocker.patch("extend_provider.local.fetch._try_to_connect")
    run = helpers.finished(client, create(client, "http://rebind.test/form.pdf")["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"
    connect.assert_not_called()


def test_redirects_to_private_addresses_are_refused(client, web, form, helpers, mocker):
    mocker.patch("extend_provider.local.fetch._is_public", side_effect=lambda address: address == "127.0.0.1")
    web.put("/form.pdf", form)
    allowed = redirect(web, "/allowed", "/form.pdf")
    assert helpers.finished(client, create(client, allowed)["id"])["status"] == "PROCESSED"
    url = redirect(web, "/internal", f"http://127.0.0.2:{web.port}/form.pdf")
    run = helpers.finished(client, create(client, url)["id"])
    assert run["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"
    assert "private" in run["failureMessage"]
