"""The gate: nobody passes too early, nobody is forgotten, and nobody stops everybody else."""

from __future__ import annotations

import asyncio
import itertools

from extend_provider.watch.gate import Gate
from tests.watch.virtual_time import run


def test_all_wait_until_it_opens_and_nobody_waits_afterwards() -> None:
    async def main() -> None:
        gate, passed = Gate(), []

        async def pass_through(number: int) -> None:
            await gate.wait()
            passed.append(number)

        tasks = [asyncio.ensure_future(pass_through(number)) for number in range(500)]
        await asyncio.sleep(3600)
        assert passed == []
        await gate.open()
        await asyncio.gather(*tasks)
        assert passed == list(range(500))
        await gate.wait()

    run(main())


def test_others_have_their_turn_while_thousands_pass() -> None:
    async def main() -> None:
        gate, passed, seen = Gate(), 0, [0]

        async def pass_through() -> None:
            nonlocal passed
            await gate.wait()
            passed += 1

        async def look_on() -> None:
            while passed < 5000:
                await asyncio.sleep(0)
                seen.append(passed)

        tasks = [asyncio.ensure_future(pass_through()) for _ in range(5000)]
        await asyncio.sleep(0)
        await asyncio.gather(gate.open(), look_on(), *tasks)
        assert max(later - earlier for earlier, later in itertools.pairwise(seen)) <= 100

    run(main())


def test_who_is_cancelled_keeps_nobody_from_passing() -> None:
    async def main() -> None:
        gate = Gate()
        tasks = [asyncio.ensure_future(gate.wait()) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await gate.open()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError, type(None)] * 5

    run(main())
