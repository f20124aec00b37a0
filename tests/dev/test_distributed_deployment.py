"""What Airflow is told of the servers, and that both end; a real Airflow on them is what ``make distributed`` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from dev.airflow_settings import StackSettings
from dev.distributed import deployment
from dev.distributed.deployment import DistributedDeployment
from dev.distributed.server import ServerError


class FakeServer:
    """Remembers whether it runs; one with ``fails`` does not start."""

    running: ClassVar[set[str]] = set()

    def __init__(self, url: str, fails: bool = False) -> None:
        self.url = url
        self._fails = fails

    def start(self) -> None:
        self.running.add(self.url)
        if self._fails:
            raise ServerError("no port")

    def stop(self) -> None:
        self.running.discard(self.url)


@pytest.fixture
def broker_fails(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request, "param", False))


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch, broker_fails: bool) -> set[str]:
    """URLs of those that run."""
    monkeypatch.setattr(FakeServer, "running", set())
    fakes: dict[str, Any] = {
        "find_programs": dict,
        "PostgresServer": lambda *_: FakeServer("postgresql://"),
        "RedisServer": lambda *_: FakeServer("redis://", broker_fails),
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(deployment, name, fake)
    return FakeServer.running


@pytest.fixture
def stack(tmp_path: Path) -> StackSettings:
    return StackSettings(home=tmp_path, dags_folder=tmp_path, parallelism=5)


def test_airflow_is_told_where_the_servers_are(stack: StackSettings, servers: set[str]) -> None:
    distributed = DistributedDeployment()
    distributed.start(stack)

    told = distributed.settings()

    assert {told["database"]["sql_alchemy_conn"], told["celery"]["broker_url"]} == servers
    assert told["core"]["executor"] == "CeleryExecutor"


def test_two_workers_together_run_as_much_as_was_asked_for(stack: StackSettings) -> None:
    distributed = DistributedDeployment()
    distributed.start(stack)

    assert distributed.settings()["celery"]["worker_concurrency"] == 3
    assert {name: len(names) for name, names in distributed.replicas.items()} == {"worker": 2, "triggerer": 2}


@pytest.mark.parametrize("broker_fails", [True, False], indirect=True)
def test_both_servers_end_also_if_one_does_not_start(
    stack: StackSettings, servers: set[str], broker_fails: bool
) -> None:
    distributed = DistributedDeployment()
    if broker_fails:
        with pytest.raises(ServerError):
            distributed.start(stack)
    else:
        distributed.start(stack)
    assert servers

    distributed.stop()
    distributed.stop()

    assert not servers
