"""What decides how Extend is reached."""

from __future__ import annotations

import dataclasses

import pytest

from extend_provider import __version__
from extend_provider.client import REGIONS, AsyncExtendClient, ClientSettings, ExtendClient, base_url_of_region
from extend_provider.exceptions import ExtendConfigurationError

KEY = "sk_live_4242424242"
SETTINGS = ClientSettings(api_key=KEY, proxy="http://user:pr0xypass@proxy.example:3128")


@pytest.mark.parametrize(("region", "url"), REGIONS.items())
def test_each_region_has_its_base_url(region, url):
    assert base_url_of_region(f" {region.upper()} ") == url
    assert url.startswith("https://api.")


@pytest.mark.parametrize(("wrong", "near"), [("eu", "eu1"), ("us1", "us"), ("us-2", "us2")])
def test_an_unknown_region_is_an_error_that_guesses(wrong, near):
    with pytest.raises(ExtendConfigurationError, match=f"Did you mean '{near}'"):
        base_url_of_region(wrong)


def test_a_region_far_from_all_others_gets_no_guess():
    with pytest.raises(ExtendConfigurationError) as caught:
        base_url_of_region("q")

    assert "Did you mean" not in str(caught.value)
    assert "us, us2, eu1" in str(caught.value)


def test_settings_show_no_secret():
    for text in (repr(SETTINGS), str(SETTINGS), SETTINGS.account, f"{SETTINGS}"):
        assert KEY not in text
        assert "pr0xypass" not in text


def test_equal_connections_have_equal_settings():
    assert ClientSettings(api_key=KEY) == ClientSettings(api_key=KEY)
    assert hash(ClientSettings(api_key=KEY)) == hash(ClientSettings(api_key=KEY))
    with pytest.raises(dataclasses.FrozenInstanceError):
        SETTINGS.api_key = "other"  # type: ignore[misc]


def test_the_user_agent_names_this_package():
    assert SETTINGS.user_agent == f"airflow-provider-extend/{__version__}"


def test_all_timeouts_are_separate_and_finite():
    settings = ClientSettings(api_key=KEY, read_timeout=61.0, connect_timeout=11.0, pool_timeout=121.0)

    with ExtendClient(settings) as client:
        timeout = client._http.timeout

    assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == (11.0, 61.0, 61.0, 121.0)


@pytest.mark.parametrize("field", ["api_key", "workspace_id", "api_version"])
@pytest.mark.parametrize("value", ["kéy-4242", "key-4242\n", "key\r\n-4242: x", "\u200bkey-4242", "key-4242 "])
def test_what_a_header_cannot_carry_is_refused_without_showing_it(field, value):
    settings = dataclasses.replace(SETTINGS, **{field: value})

    with pytest.raises(ExtendConfigurationError) as caught:
        settings.headers()

    assert "4242" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("client", [ExtendClient, AsyncExtendClient])
@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.extend.ai",
        "ftp://api.extend.ai",
        "https://",
        "https:///path",
        "https://exa mple",
        "https://host:port",
        "https://user:s3cret@api.extend.ai",
        "https://api.extend.ai?key=s3cret",
        "https://api.extend.ai#s3cret",
        "https://[bad",
    ],
)
def test_a_base_url_that_cannot_work_is_refused(client, base_url):
    with pytest.raises(ExtendConfigurationError, match="base URL") as caught:
        client(ClientSettings(api_key=KEY, base_url=base_url))

    assert "s3cret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("client", [ExtendClient, AsyncExtendClient])
@pytest.mark.parametrize("proxy", ["foo://user:s3cret@proxy", "user:s3cret@proxy:3128", "proxy"])
def test_a_proxy_that_cannot_work_is_refused_without_showing_it(client, proxy):
    with pytest.raises(ExtendConfigurationError, match="proxy") as caught:
        client(ClientSettings(api_key=KEY, proxy=proxy))

    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert caught.value.hint


@pytest.mark.parametrize("client", [ExtendClient, AsyncExtendClient])
def test_a_ca_bundle_that_cannot_be_read_is_refused(client, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")

    for path, why in ((tmp_path / "none.pem", "No such file"), (tmp_path, ""), (broken, "")):
        with pytest.raises(ExtendConfigurationError, match="CA bundle") as caught:
            client(ClientSettings(api_key=KEY, verify=str(path)))
        assert why in str(caught.value)


def test_a_ca_bundle_is_used(tmp_path):
    import certifi

    with ExtendClient(ClientSettings(api_key=KEY, verify=certifi.where())) as client:
        assert client.settings.verify == certifi.where()


def test_a_proxy_is_used():
    with ExtendClient(SETTINGS) as client:
        assert len(client._http._mounts) == 1
