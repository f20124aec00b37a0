"""Celery workers, asked through the broker that they take their tasks from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dev.distributed.redis_server import RedisServer

_PATIENCE = 1.0
"""Seconds for a worker to answer."""
# The transport's names for the messages that a worker has taken and not acknowledged, by time and by tag.
_TAKEN_AT = "unacked_index"


def worker_answers(broker: RedisServer, name: str) -> bool:
    """
    Tell whether a worker takes tasks.

    :param broker: where from.
    :param name: of the worker.
    """
    from celery import Celery

    with Celery(broker=broker.url) as app:
        answers = app.control.ping(destination=[f"celery@{name}"], timeout=_PATIENCE)
    return bool(answers)


def let_visibility_time_out(broker: RedisServer) -> int:
    """
    Make every message that a worker has taken, and not acknowledged, look as old as no task may get.

    The workers that are alive look for such messages every few seconds, and deliver them once more: what happens to a
    task that takes longer than ``[celery_broker_transport_options] visibility_timeout``, or whose worker died.

    :param broker: where the messages are.
    :return: how many there are.
    """
    with broker.client() as client:
        tags = client.zrange(_TAKEN_AT, 0, -1)
        if tags:
            client.zadd(_TAKEN_AT, dict.fromkeys(tags, 0), xx=True)
        return len(tags)
