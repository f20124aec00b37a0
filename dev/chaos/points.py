"""The named points at which processes are killed. Imported in Airflow's processes too: needs nothing but Python."""

from __future__ import annotations

from dataclasses import dataclass

FILL = "fill"
DOWNLOAD = "download"


@dataclass(frozen=True)
class Point:
    """
    A point in the life of a task.

    :param name: how the plan and the table call it.
    :param when: what has happened when the process dies.
    :param task: ``fill`` or ``download``; empty for a point of Airflow itself.
    :param deferrable: whether only a deferrable task comes there.
    :param inputs: inputs with which a task comes there; empty for all.
    :param submits: whether a task comes there only as long as no earlier try has got a run.
    """

    name: str
    when: str
    task: str = FILL
    deferrable: bool = False
    inputs: tuple[str, ...] = ()
    submits: bool = False


MID_UPLOAD = Point("mid-upload", "the upload is half sent", inputs=("path",), submits=True)
UPLOADED = Point("upload", "the file is uploaded, nothing noted, no run asked for", inputs=("path",), submits=True)
BEFORE_SUBMIT = Point("before-submit", "the note is written, the POST is not sent", submits=True)
IN_FLIGHT = Point("in-flight", "the POST is sent, its answer not read: the service goes on alone", submits=True)
AFTER_SUBMIT = Point("after-submit", "the POST is answered, the run's id stored nowhere", submits=True)
AFTER_STORE = Point("after-store", "the run's id is noted, XCom is empty", submits=True)
DEFER = Point("defer", "the task has said that it defers, Airflow has not heard it", deferrable=True, submits=True)
DEFERRED = Point("deferred", "a triggerer dies while it holds waits", deferrable=True)
EVENT = Point("event", "a triggerer dies when a run has ended, before its event is out", deferrable=True)
EVENT_SENT = Point("event-sent", "a triggerer dies within moments after an event", deferrable=True)
RESUME = Point("resume", "the worker dies when it goes on after the wait", deferrable=True)
FINISH = Point("finish", "the output is published, the task's success is not")
MID_DOWNLOAD = Point("download", "half of a file is written", DOWNLOAD)
DOWNLOADED = Point("downloaded", "the file is in place, the task's success is not", DOWNLOAD)

SCHEDULER = Point("scheduler", "the scheduler dies, with every worker that it runs", task="")
BOTH_TRIGGERERS = Point("both-triggerers", "both triggerers die at the same moment", task="")
FROZEN_TRIGGERER = Point(
    "frozen-triggerer", "a triggerer stands still until the other has its waits, and comes back", task=""
)
API_SERVER = Point("api-server", "the API server dies, which workers report to and store their notes with", task="")
WORKER = Point("worker", "a Celery worker dies with all of its tasks", task="")

OF_TASKS = (
    MID_UPLOAD,
    UPLOADED,
    BEFORE_SUBMIT,
    IN_FLIGHT,
    AFTER_SUBMIT,
    AFTER_STORE,
    DEFER,
    DEFERRED,
    EVENT,
    EVENT_SENT,
    RESUME,
    FINISH,
    MID_DOWNLOAD,
    DOWNLOADED,
)
OF_AIRFLOW = (SCHEDULER, BOTH_TRIGGERERS, FROZEN_TRIGGERER, API_SERVER)
EVERY_POINT = (*OF_TASKS, *OF_AIRFLOW)
OF_CELERY = (WORKER,)
"""In addition, where there are such workers."""
