"""One pace for everybody who shares an account."""

from __future__ import annotations

import dataclasses
import itertools
import threading

import httpx
import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient
from extend_provider.client.exchange import Core
from extend_provider.client.throttle import Throttle, throttle_for

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}


class Queue:
    """Callers that take their places at once, and send when their turn comes."""

    def __init__(self, world, rate):
        self.world = world
        self.throttle = Throttle(rate, clock=world.clock)

    def turns(self, callers):
        return [self.world.elapsed + self.throttle.reserve() for _ in range(callers)]


def test_a_burst_of_one_second_passes_and_the_rest_keeps_the_pace(world):
    queue = Queue(world, rate=10.0)

    turns = queue.turns(15)

    assert turns[:10] == [0.0] * 10
    assert turns[10:] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


def test_tokens_come_back_with_time_but_not_beyond_a_burst(world):
    queue = Queue(world, rate=10.0)
    queue.turns(10)

    world.pass_by(0.35)
    assert queue.turns(4) == pytest.approx([0.35, 0.35, 0.35, 0.4])
    world.pass_by(3600)
    assert sum(turn == world.elapsed for turn in queue.turns(30)) == 10


def test_a_rate_below_one_lets_one_request_pass(world):
    assert Queue(world, rate=0.5).turns(3) == pytest.approx([0.0, 2.0, 4.0])


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0])
def test_in_the_long_run_the_rate_holds(world, rate):
    queue = Queue(world, rate=rate)

    burst = max(1.0, rate)

    assert queue.turns(500)[-1] == pytest.approx((500 - burst) / rate)


def test_a_silence_holds_everybody_and_earns_no_tokens(world):
    queue = Queue(world, rate=10.0)
    queue.turns(10)
    queue.throttle.close_for(5.0)

    world.pass_by(1.0)
    turns = queue.turns(20)

    assert turns[0] == pytest.approx(5.1)
    assert turns[-1] == pytest.approx(7.0)


def test_the_longest_silence_wins(world):
    throttle = Throttle(10.0, clock=world.clock)
    throttle.close_for(5.0)
    throttle.close_for(2.0)

    assert throttle.closed_for() == 5.0
    world.pass_by(6.0)
    assert throttle.closed_for() == 0.0
    assert throttle.reserve() == 0.0


def test_all_clients_of_an_account_share_one_pace():
    settings = ClientSettings(api_key="sk_shared")
    shared = throttle_for(settings)

    assert throttle_for(ClientSettings(api_key="sk_shared", read_timeout=5.0)) is shared
    for change in ({"api_key": "sk_other"}, {"workspace_id": "ws_2"}, {"base_url": "https://api.eu1.extend.ai"}):
        assert throttle_for(dataclasses.replace(settings, **change)) is not shared
    with ExtendClient(settings) as blocking:
        assert blocking._core.throttle is shared
    assert AsyncExtendClient(settings)._core.throttle is shared
    assert Core.for_settings(settings).throttle is shared


def test_a_client_keeps_the_pace(connect, world):
    shell = connect(RUN, requests_per_second=10.0)

    for _ in range(60):
        shell.get_run("edr_1")

    assert world.elapsed == pytest.approx(5.0)


def test_a_retry_after_is_obeyed_by_other_calls_too(connect, world):
    sent_at = []

    def answer(_):
        sent_at.append(world.elapsed)
        if len(sent_at) == 1:
            return httpx.Response(429, headers={"Retry-After": "8"}, json={})
        return httpx.Response(200, json=RUN)

    shell = connect(answer, retry_for=30.0)
    shell.get_run("edr_1")
    shell._client._core.throttle.close_for(4.0)
    shell.get_run("edr_1")

    assert sent_at == pytest.approx([0.0, 8.0, 12.0], abs=0.01)


def test_a_refusal_halves_the_pace_once_and_time_restores_it(connect, world):
    """On a worker as in a triggerer: the rate asked for may be more than the account has."""
    sent_at = []

    def answer(_):
        sent_at.append(world.elapsed)
        if len(sent_at) == 11:
            return httpx.Response(429, headers={"Retry-After": "1"}, json={})
        return httpx.Response(200, json=RUN)

    shell = connect(answer, requests_per_second=10.0)
    for _ in range(200):
        shell.get_run("edr_1")

    gaps = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    # Ten at once, then one a tenth of a second, which is refused; a silence; then five a second, and ever more.
    assert gaps[9] == pytest.approx(0.1)
    assert gaps[10] == pytest.approx(1.2)
    assert gaps[11] == pytest.approx(0.2, abs=0.01)
    assert gaps[-1] == pytest.approx(0.1)


def test_a_place_taken_before_a_silence_is_void_in_it(connect, world):
    """Who already sleeps in the queue when the service asks for silence must not wake up into it."""
    sent_at = []

    def answer(_):
        sent_at.append(world.elapsed)
        return httpx.Response(200, json=RUN)

    shell = connect(answer, requests_per_second=1.0)
    throttle = shell._client._core.throttle
    shell.get_run("edr_1")

    sleep = world.sleep

    def sleep_and_hear_of_a_silence(seconds):
        sleep(seconds)
        if len(world.pauses) == 1:
            throttle.close_for(20.0)

    world.sleep = sleep_and_hear_of_a_silence  # type: ignore[method-assign]
    shell.let_time_fly()
    shell.get_run("edr_1")

    assert sent_at[0] == 0.0
    assert sent_at[1] >= 21.0


def test_threads_never_get_more_than_the_rate():
    throttle = Throttle(1000.0, clock=lambda: 0.0)
    waits: list[float] = []

    def take():
        waits.extend(throttle.reserve() for _ in range(500))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(waits) == 2000
    assert sorted(waits)[:1000] == [0.0] * 1000
    assert max(waits) == pytest.approx(1.0)
