"""The two shells are twins."""

from __future__ import annotations

import asyncio
import inspect
import typing

import httpx
import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient, Wait, calls
from extend_provider.kinds import EDIT

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}
SETTINGS = ClientSettings(api_key="sk_test")


def public_methods(cls):
    ours = [one for one in reversed(cls.__mro__) if one is not object]
    members = {name: member for one in ours for name, member in vars(one).items()}
    return {name: member for name, member in members.items() if inspect.isfunction(member) and name[0] != "_"}


# Shared waiting in a triggerer runs flows of its own; nobody waits together in blocking code.
ASYNCHRONOUS_ONLY = ["perform"]


def test_both_have_the_same_public_methods():
    shared = [name for name in public_methods(AsyncExtendClient) if name not in ASYNCHRONOUS_ONLY]

    assert list(public_methods(ExtendClient)) == shared
    assert all(name in vars(AsyncExtendClient) for name in ASYNCHRONOUS_ONLY)


@pytest.mark.parametrize("name", public_methods(ExtendClient))
def test_twin_methods_have_the_same_signature(name):
    blocking, asynchronous = getattr(ExtendClient, name), getattr(AsyncExtendClient, name)
    mine, twin = inspect.signature(blocking), inspect.signature(asynchronous)

    assert list(mine.parameters.values()) == list(twin.parameters.values())
    assert str(twin.return_annotation).replace("AsyncIterator", "Iterator") == str(mine.return_annotation)
    is_iterator = "Iterator" in str(mine.return_annotation)
    assert inspect.isasyncgenfunction(asynchronous) is is_iterator
    assert inspect.iscoroutinefunction(asynchronous) is not is_iterator


@pytest.mark.parametrize("name", public_methods(ExtendClient))
def test_each_method_is_documented_once_in_full(name):
    blocking, asynchronous = getattr(ExtendClient, name), getattr(AsyncExtendClient, name)

    for parameter in inspect.signature(blocking).parameters:
        if parameter not in {"self", "filters"}:
            assert f":param {parameter}:" in blocking.__doc__
    assert name == "close" or f":meth:`ExtendClient.{name}`" in asynchronous.__doc__


def test_annotations_can_be_resolved():
    for cls in (ExtendClient, AsyncExtendClient):
        for method in public_methods(cls).values():
            assert typing.get_type_hints(method)


def test_both_are_context_managers_that_close():
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=RUN))
    with ExtendClient(SETTINGS, transport=transport) as client:
        assert client.get_run("edr_1").id == "edr_1"
    assert client._http.is_closed

    async def use():
        async with AsyncExtendClient(SETTINGS, transport=transport) as client:
            assert (await client.get_run("edr_1")).id == "edr_1"
        return client

    assert asyncio.run(use()).is_closed


async def test_a_wait_can_be_cancelled():
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=RUN))

    async with AsyncExtendClient(SETTINGS, transport=transport) as client:
        task = asyncio.create_task(client.wait_for_run(Wait(kind=EDIT, run_id="edr_1", poll_interval=1000.0)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_flow_of_ones_own_runs_on_the_clients_core():
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=RUN))

    async with AsyncExtendClient(SETTINGS, transport=transport) as client:
        run = await client.perform(lambda core: calls.get_run(core, EDIT, "edr_1"))
        assert client.core.settings is SETTINGS

    assert run.id == "edr_1"


async def test_many_calls_share_one_client_on_one_loop():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={**RUN, "id": request.url.path[-7:]}))
    settings = ClientSettings(api_key="sk_many", requests_per_second=10_000.0)

    async with AsyncExtendClient(settings, transport=transport) as client:
        runs = await asyncio.gather(*(client.get_run(f"edr_{number:03}") for number in range(200)))

    assert [run.id for run in runs] == [f"edr_{number:03}" for number in range(200)]
