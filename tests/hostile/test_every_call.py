"""Every public call of both clients, answered by somebody hostile."""

from __future__ import annotations

import asyncio
import inspect
import io
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient, Wait
from extend_provider.kinds import EDIT
from tests.client.conftest import STARTED, World
from tests.hostile.answers import API, KEY, LIMIT, PASSWORD, SCRIPTS, SIGNATURE, SIGNED, VALUE, HostileService, Recipe
from tests.hostile.judging import SECRETS, judge

CONFIG = {"instructions": f"name: {VALUE}", "schema": {"properties": {"name": {"extend_edit:value": VALUE}}}}
SENT = (VALUE, PASSWORD)

Call = Callable[[Any], Any]
"""Makes a call of a client; gives a result, a coroutine or an iterator."""


def wait(deadline: float) -> Wait:
    return Wait(EDIT, "edr_1", None, STARTED + timedelta(seconds=deadline))


# By the method's name: calls, and the secrets that they send themselves.
CALLS: dict[str, list[tuple[Call, tuple[str, ...]]]] = {
    "create_edit_run": [
        (lambda client: client.create_edit_run(file={"id": "file_1"}, config=CONFIG), SENT),
        (lambda client: client.create_edit_run(file={"url": SIGNED, "settings": {"password": PASSWORD}}), (PASSWORD,)),
    ],
    "create_run": [(lambda client: client.create_run("edit", {"templateId": "edt_1", "config": CONFIG}), SENT)],
    "run_sync": [(lambda client: client.run_sync("edit", {"templateId": "edt_1", "config": CONFIG}), SENT)],
    "create_batch": [
        (lambda client: client.create_batch("parse", {"inputs": [{"file": {"url": SIGNED}}], "config": {}}), ())
    ],
    "get_batch": [(lambda client: client.get_batch("edr_1"), ())],
    "get_run": [
        (lambda client: client.get_run("edr_1"), ()),
        (lambda client: client.get_run("edr_1", "parse", whole=True), ()),
        (lambda client: client.get_run("edr_1", "extract"), ()),
    ],
    "list_runs": [(lambda client: client.list_runs(fileNameContains="w9"), ())],
    "delete_run": [
        (lambda client: client.delete_run("edr_1"), ()),
        (lambda client: client.delete_run("edr_1", missing_ok=True), ()),
    ],
    "cancel_run": [(lambda client: client.cancel_run("edr_1", "edit"), ())],
    "end_run": [(lambda client: client.end_run("edr_1", "edit", cancel=True, delete=True), ())],
    "wait_for_run": [(lambda client: client.wait_for_run(wait(60)), ())],
    "get_edit_template": [(lambda client: client.get_edit_template("edt_1"), ())],
    "list_edit_templates": [(lambda client: client.list_edit_templates(), ())],
    "upload_file": [
        (lambda client: client.upload_file(io.BytesIO(b"%PDF"), "w9.pdf", password=PASSWORD), (PASSWORD,)),
        (lambda client: client.upload_file(io.BytesIO(b"%PDF"), "w9.pdf", convert_to_pdf=True), ()),
    ],
    "get_file": [(lambda client: client.get_file("file_1"), ())],
    "list_files": [(lambda client: client.list_files(), ())],
    "delete_file": [(lambda client: client.delete_file("file_1", missing_ok=True), ())],
    "iter_output": [
        (lambda client: client.iter_output("edr_1", "edit"), ()),
        (lambda client: client.iter_output("edr_1", "parse"), ()),
    ],
    "iter_file": [(lambda client: client.iter_file("file_1"), ())],
}
# They make no request of their own.
NO_CALLS = {"close", "perform"}

# HOSTILE_EXAMPLES=2000 looks for new ones, for hours.
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "25"))
DOORS = [(name, index) for name, calls in CALLS.items() for index in range(len(calls))]


def test_no_call_is_forgotten() -> None:
    for cls in (ExtendClient, AsyncExtendClient):
        public = {name for name, member in vars(cls).items() if inspect.isfunction(member) and name[0] != "_"}
        assert public - NO_CALLS == set(CALLS)


def made_with(service: Any) -> dict[str, Any]:
    """The arguments of a client on a clock that nobody has to wait for."""
    chosen = ClientSettings(
        api_key=KEY, base_url=f"https://{API}", retry_for=20.0, max_body_bytes=LIMIT, requests_per_second=1000.0
    )
    return {"settings": chosen, "transport": httpx.MockTransport(service), "core": World().core(chosen)}


def outcome_of_blocking(call: Call, service: Any) -> Any:
    made = made_with(service)
    with ExtendClient(**made) as client:
        client._sleep = made["core"].clock.__self__.sleep
        try:
            result = call(client)
            return list(result) if inspect.isgenerator(result) else result
        except Exception as error:
            return error


def outcome_of_asynchronous(call: Call, service: Any) -> Any:
    async def main() -> Any:
        made = made_with(service)
        async with AsyncExtendClient(**made) as client:
            client._sleep = made["core"].clock.__self__.async_sleep
            try:
                result = call(client)
                return [item async for item in result] if inspect.isasyncgen(result) else await result
            except Exception as error:
                return error

    return asyncio.run(main())


SHELLS = {"sync": outcome_of_blocking, "async": outcome_of_asynchronous}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("name", "index"), DOORS)
@settings(
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(recipes=SCRIPTS)
def test_every_call(shell: str, name: str, index: int, recipes: list[Recipe]) -> None:
    call, sent = CALLS[name][index]
    service = HostileService(recipes)

    outcome = SHELLS[shell](call, service)

    judge(outcome, {*SECRETS, *sent})
    identifier = {"get_run": "edr_1", "get_file": "file_1", "wait_for_run": "edr_1"}.get(name)
    if identifier and not isinstance(outcome, Exception):
        assert outcome.id == identifier
        assert SIGNATURE not in repr(outcome)
