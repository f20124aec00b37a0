from __future__ import annotations

import asyncio
import time

import pytest

from tests.watch.virtual_time import EPOCH, NothingCanHappen, run, this_loop


def test_waiting_takes_no_time() -> None:
    async def main() -> list[str]:
        order: list[str] = []
        asyncio.get_running_loop().call_later(7200, order.append, "two hours")
        await asyncio.sleep(3600)
        order.append("an hour")
        await asyncio.sleep(3601)
        assert this_loop().time() == pytest.approx(7201)
        assert (this_loop().utcnow() - EPOCH).total_seconds() == pytest.approx(7201)
        return order

    began = time.perf_counter()
    assert run(main()) == ["an hour", "two hours"]
    assert time.perf_counter() - began < 5


def test_hanging_is_an_error() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NothingCanHappen):
        run(main())


def test_what_is_left_behind_is_cancelled() -> None:
    cancelled = []

    async def stay() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            cancelled.append(True)

    async def main() -> None:
        main.task = asyncio.ensure_future(stay())  # type: ignore[attr-defined]
        await asyncio.sleep(1)

    run(main())
    assert cancelled == [True]
