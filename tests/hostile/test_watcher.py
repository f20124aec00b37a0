"""The watcher, answered by somebody hostile: every wait ends by its deadline, with an answer of ours."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from extend_provider.models import Run
from tests.hostile.answers import API, KEY, LIMIT, SCRIPTS, HostileService, Recipe
from tests.hostile.judging import judge
from tests.watch import virtual_time
from tests.watch.waiting_room import Ending, WaitingRoom

DEADLINE = 60.0
# A last look waits for a request that is under way, and that for its pauses.
GRACE = 120.0


def wait_for(service: HostileService, count: int) -> list[Ending]:
    """Several waits make the watcher read the list, too; one run is there and the others are not."""

    async def main() -> list[Ending]:
        with WaitingRoom(
            service,  # type: ignore[arg-type]
            api_key=KEY,
            base_url=f"https://{API}",
            max_body_bytes=LIMIT,
        ) as room:
            names = [f"edr_{number}" for number in range(1, count + 1)]
            endings = await asyncio.gather(*(room.wait(name, deadline=DEADLINE) for name in names))
            await room.assert_nothing_left()
            return endings

    return virtual_time.run(main())


@pytest.mark.parametrize("count", [1, 5])
@settings(
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "20")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(recipes=SCRIPTS)
def test_every_wait_ends(count: int, recipes: list[Recipe]) -> None:
    service = HostileService(recipes, most_requests=2000)

    endings = wait_for(service, count)

    for ending in endings:
        judge(ending.answer)
        assert ending.at < DEADLINE + GRACE
        if isinstance(ending.answer, Run):
            assert ending.answer.id == ending.run_id
