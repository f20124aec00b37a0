"""A key that is refused while runs are waited for, and a connection that changes."""

from __future__ import annotations

import asyncio
import logging

import pytest

from extend_provider.client import ClientSettings
from tests.watch.simulated_extend import KEY, Fault, SimulatedExtend, endless, processed
from tests.watch.virtual_time import run, this_loop
from tests.watch.waiting_room import Endings, WaitingRoom, settings, wait_for_all

NEW_KEY = "sk_test_9876543210"
RUNS = 50
# A refused key is borne with for a minute, and the connection is read every five seconds meanwhile.
GRACE = 60.0
READ_AGAIN = 5.0


def service_with_keys(old_until: float, new_from: float, count: int = RUNS) -> SimulatedExtend:
    service = SimulatedExtend([processed(f"edr_{number}", 20 + number) for number in range(count)])
    service.keys = lambda key, now: now < old_until if key == KEY else key == NEW_KEY and now >= new_from
    return service


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [(record.levelname, record.getMessage()) for record in caplog.records]
    return [line for line in found if not line[1].startswith("Waited")]


@pytest.mark.parametrize("count", [1, 2, 3, RUNS])
def test_waits_go_on_with_the_new_key(count: int, caplog: pytest.LogCaptureFixture) -> None:
    service = service_with_keys(30, 30, count)

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service, read=lambda: settings(api_key=KEY if this_loop().time() < 45 else NEW_KEY))

    assert endings.kinds == {"PROCESSED": count}
    assert endings.finished_at < max(45 + 3 * READ_AGAIN, 20 + count + 6)
    if service.statuses[401]:
        # Once at the start, once at once, and then every five seconds.
        assert len(endings.room.reads) <= 6
        assert [level for level, _ in lines(caplog)] == ["WARNING", "INFO"]
        assert lines(caplog)[0][1].startswith("Extend refuses the API key")
        assert lines(caplog)[1][1] == "The connection has changed; its waits go on with the new settings."
    assert KEY not in caplog.text
    assert NEW_KEY not in caplog.text


def test_a_key_that_is_accepted_again_is_as_good_as_a_new_one(caplog: pytest.LogCaptureFixture) -> None:
    service = SimulatedExtend(
        [processed(f"edr_{number}", 20 + number) for number in range(RUNS)],
        faults=[Fault(401, "all", 30, 45), Fault(401, "all", 55, 60)],
    )

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.lateness < 15 + 3 * READ_AGAIN
    # One for each time.
    assert [level for level, _ in lines(caplog)] == ["WARNING", "WARNING"]


@pytest.mark.parametrize("count", [1, 2, 3, RUNS])
def test_a_key_that_stays_refused_ends_all_waits(count: int) -> None:
    service = SimulatedExtend([endless(f"edr_{number}") for number in range(count)], faults=[Fault(401, "all", 30)])

    endings: Endings = wait_for_all(service)

    assert endings.kinds == {"ExtendAuthenticationError": count}
    assert 30 + GRACE < endings.finished_at < 30 + GRACE + 6 + 2 * READ_AGAIN
    # Nobody hammers a service that refuses: a few requests every five seconds, whoever waits.
    assert service.statuses[401] < 40
    assert len(endings.room.reads) <= 2 + (GRACE + 15) / READ_AGAIN
    errors = [ending.answer for ending in endings.values()]
    assert len({id(error) for error in errors}) == count


def test_a_connection_that_cannot_be_read_meanwhile_is_read_again(caplog: pytest.LogCaptureFixture) -> None:
    def read() -> ClientSettings:
        now = this_loop().time()
        if 30 < now < 38:
            raise RuntimeError("the database is away, password=hunter2")
        if 38 < now < 44:
            return settings(api_key=NEW_KEY, base_url="no url at all")
        return settings(api_key=KEY if now < 30 else NEW_KEY)

    service = service_with_keys(30, 30)

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service, read=read)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.finished_at < 20 + RUNS + 6
    assert "The connection cannot be read: RuntimeError" in caplog.text
    assert "The connection cannot be used:" in caplog.text
    assert "hunter2" not in caplog.text


def test_clients_with_the_old_key_are_closed_in_the_end() -> None:
    endings = wait_for_all(
        service_with_keys(30, 30), read=lambda: settings(api_key=KEY if this_loop().time() < 31 else NEW_KEY)
    )
    # That nothing is left open, `wait_for_all` has seen to.
    assert len(endings.room.clients) == 2


def test_a_run_that_alone_is_refused_ends_alone() -> None:
    """A gateway may guard one path in another way; that is no reason to give all others up."""
    service = SimulatedExtend(
        [endless("edr_guarded"), *(processed(f"edr_{number}", 10 + 3 * number) for number in range(100))],
        faults=[Fault(401, "get", runs=frozenset({"edr_guarded"}))],
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"ExtendAuthenticationError": 1, "PROCESSED": 100}
    assert endings["edr_guarded"].kind == "ExtendAuthenticationError"
    assert GRACE < endings["edr_guarded"].at < 2 * GRACE + 20
    assert max(ending.at - service.runs[run_id].ends for run_id, ending in endings.items()) < 10
    # The list is read with the same key at the same time, and the connection is not read again for each refusal.
    assert len(endings.room.reads) < 20


def test_a_deadline_while_the_key_is_refused_is_kept() -> None:
    service = SimulatedExtend([endless(f"edr_{number}") for number in range(RUNS)], faults=[Fault(401, "all", 30)])

    endings = wait_for_all(service, wait={"deadline": 40.0})

    assert endings.kinds == {"ExtendOutcomeUnknownError": RUNS}
    assert endings.finished_at < 40 + 25
    assert "simulated 401" in str(endings["edr_0"].answer)


def test_new_waits_do_not_share_the_fate_of_the_old_key() -> None:
    async def main() -> None:
        service = SimulatedExtend([processed(f"edr_{number}", 60) for number in range(10)])
        service.keys = lambda key, now: key == NEW_KEY or now < 10
        with WaitingRoom(service, read=lambda: settings(api_key=KEY if this_loop().time() < 12 else NEW_KEY)) as room:
            old = [asyncio.ensure_future(room.wait(f"edr_{n}")) for n in range(5)]
            new = [asyncio.ensure_future(room.wait(f"edr_{n}", start=14.0)) for n in range(5, 10)]
            refused = [when for when, _, status in service.requests if status == 401]
            endings = await asyncio.gather(*old, *new)
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            assert [when for when in refused if when > 20] == []
            await room.assert_nothing_left()

    run(main())
