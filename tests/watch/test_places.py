"""Answers that do not come, and those who must not wait for them."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest

from extend_provider.client.calls import get_run, list_runs
from extend_provider.kinds import EDIT, RUN_KINDS, RunKind
from extend_provider.watch.places import MOST
from extend_provider.watch.session import Session
from tests.watch.simulated_extend import Fault, SimulatedExtend, processed
from tests.watch.virtual_time import run
from tests.watch.waiting_room import WaitingRoom, settings, wait_for_all


@pytest.mark.parametrize("count", [2, 4, 12])
def test_runs_whose_answers_do_not_come_keep_no_others_waiting(count: int) -> None:
    """Their requests take a minute, again and again."""
    stuck = frozenset(f"edr_stuck_{number}" for number in range(count))
    service = SimulatedExtend(
        [
            *(processed(run_id, 5) for run_id in sorted(stuck)),
            *(processed(f"edr_{n}", 10 + n / 10) for n in range(300)),
        ],
        faults=[Fault("hang", "get", 0, 150, stuck)],
    )

    endings = wait_for_all(service, requests_per_second=1000.0)

    assert endings.kinds == {"PROCESSED": 300 + count}
    assert max(endings[f"edr_{n}"].at - (10 + n / 10) for n in range(300)) < 5 + 1
    assert max(endings[run_id].at for run_id in stuck) < 150 + 60 + 60


def test_no_more_requests_than_there_are_places_when_nobody_is_answered() -> None:
    service = SimulatedExtend([processed(f"edr_{n}", 10) for n in range(100)], faults=[Fault("hang", "get", 0, 200)])

    endings = wait_for_all(service, requests_per_second=1000.0)

    assert endings.kinds == {"PROCESSED": 100}
    assert service.most_under_way == MOST + 1
    looks = [when for when, what, _ in service.requests if what == "list"]
    assert max(later - earlier for earlier, later in pairwise(looks)) < 5 + 1


def test_when_answers_come_again_there_are_few_requests_at_once() -> None:
    async def main() -> None:
        late = [processed(f"edr_late_{n}", 400) for n in range(100)]
        service = SimulatedExtend(
            [*(processed(f"edr_{n}", 10) for n in range(30)), *late],
            faults=[Fault("hang", "get", 0, 100)],
            latency=0.002,
        )
        with WaitingRoom(service, requests_per_second=1000.0) as room:
            waits = asyncio.ensure_future(room.wait_for_all())
            await asyncio.sleep(399)
            assert service.most_under_way > 4
            service.most_under_way = 0
            assert (await waits).kinds == {"PROCESSED": 130}
            assert service.most_under_way == 2

    run(main())


def test_each_list_has_a_connection_when_all_places_hang() -> None:
    """Over a real network: the pool of connections is httpx's."""

    async def main() -> None:
        asked: asyncio.Queue[str] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # The end of the loop may cancel it before the client has closed its side.
            with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    await asked.put(path := head.split()[1].decode().partition("?")[0])
                    if path.count("/") == 1:
                        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}')

        async def read() -> object:
            raise AssertionError

        def look(kind: RunKind) -> asyncio.Future[object]:
            return asyncio.ensure_future(session.perform(lambda core: list_runs(core, kind, {})(None)))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        session = Session(settings(base_url=base_url, requests_per_second=1000.0), read)  # type: ignore[arg-type]
        stuck = [
            asyncio.ensure_future(session.perform(lambda core, n=n: get_run(core, EDIT, f"edr_{n}")))  # type: ignore[misc]
            for n in range(MOST)
        ]
        try:
            for _ in stuck:
                await asyncio.wait_for(asked.get(), 10)
            looks = [look(kind) for kind in RUN_KINDS.values() if kind.has_feed]
            await asyncio.wait_for(asyncio.gather(*looks), 10)
            assert not any(wait.done() for wait in stuck)
        finally:
            for wait in stuck:
                wait.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
            await session.close()
            server.close()

    asyncio.run(main())
