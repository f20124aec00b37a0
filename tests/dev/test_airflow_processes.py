"""Starting, watching and ending processes, with a stand-in for Airflow's command line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dev.airflow_processes import AirflowStackError, Processes

AIRFLOW = """
import os, signal, sys, time

def main():
    what = sys.argv[1]
    if what == "print":
        print(os.path.basename(sys.argv[0]), *sys.argv[1:])
    elif what == "fail":
        sys.exit(3)
    elif what == "sleep":
        time.sleep(60)
    elif what == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(1, b"deaf\\n")
        time.sleep(60)
    elif what == "family":
        for leaves_session in (False, True):
            if os.fork() == 0:
                os.setsid() if leaves_session else os.setpgid(0, 0)
                os.write(1, b"%d\\n" % os.getpid())
                time.sleep(60)
        time.sleep(60)

if __name__ == "__main__":
    main()
"""
TIMEOUT = 20


@pytest.fixture(params=[True, False], ids=["warm", "cold"])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    package = tmp_path / "path" / "airflow"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(AIRFLOW)
    logs = tmp_path / "logs"
    logs.mkdir()
    running = Processes(sys.executable, {**os.environ, "PYTHONPATH": str(package.parent)}, logs)
    if request.param:
        running.import_modules(["airflow", "airflow.__main__"])
        running.until(lambda: "airflow.__main__" in running.imported, "the import", TIMEOUT)
    yield running
    running.end()


def started(processes: Processes, name: str) -> psutil.Process:
    processes.until(lambda: name in processes.running, "the start", TIMEOUT)
    return psutil.Process(processes.running[name])


def printed(processes: Processes, name: str, lines: int) -> list[str]:
    def output() -> list[str]:
        log = processes.log(name)
        return log.read_text().split() if log.exists() else []

    processes.until(lambda: len(output()) >= lines, "the output", TIMEOUT)
    return output()


def ended(processes: Processes, name: str) -> Callable[[], bool]:
    return lambda: name in processes.exit_codes


def test_a_command_runs_to_its_end(processes: Processes) -> None:
    processes.start("hello", ["print", "a", "b c"], may_end=True)
    processes.until(ended(processes, "hello"), "the end", TIMEOUT)

    assert processes.exit_codes == {"hello": 0}
    assert processes.log("hello").read_text().split() in (
        ["airflow", "print", "a", "b", "c"],
        ["__main__.py", "print", "a", "b", "c"],
    )
    assert processes.running == {}


def test_the_version_is_that_of_the_interpreter(processes: Processes) -> None:
    processes.until(lambda: bool(processes.version), "the version", TIMEOUT)

    assert processes.version[0].isdigit()


def test_modules_that_a_release_lacks_are_left_out(processes: Processes) -> None:
    processes.import_modules(["airflow.elsewhere", "airflow.no_such.module", "json"])

    processes.until(lambda: "json" in processes.imported, "the import", TIMEOUT)


def test_a_module_that_does_not_work_is_reported(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "path" / "airflow" / "broken.py").write_text("import no_such_dependency")
    processes.import_modules(["airflow.broken"])

    with pytest.raises(AirflowStackError, match=r"The supervisor ended with code 1[\s\S]*no_such_dependency"):
        processes.until(lambda: False, "nothing", TIMEOUT)


def test_an_unasked_end_is_reported_with_logs(processes: Processes) -> None:
    processes.start("hello", ["print", "last words"], may_end=True)
    processes.until(ended(processes, "hello"), "the end", TIMEOUT)
    processes.start("component", ["fail"])

    with pytest.raises(
        AirflowStackError, match=r"component ended with code 3 while waiting for nothing[\s\S]*last words"
    ):
        processes.until(lambda: False, "nothing", TIMEOUT)


def test_waiting_has_an_end(processes: Processes) -> None:
    with pytest.raises(AirflowStackError, match=r"Waited 0 s in vain for nothing\. Seen this"):
        processes.until(lambda: False, "nothing", 0.2, seen=lambda: "Seen this")


def test_a_stop_asks_first(processes: Processes) -> None:
    processes.start("component", ["sleep"])
    started(processes, "component")
    processes.stop("component", grace=TIMEOUT)
    processes.until(ended(processes, "component"), "the end", TIMEOUT)

    assert processes.exit_codes["component"] == -15


def test_a_stop_ends_what_does_not_listen(processes: Processes) -> None:
    processes.start("component", ["stubborn"])
    printed(processes, "component", 1)
    processes.stop("component", grace=0.3)
    processes.until(ended(processes, "component"), "the end", TIMEOUT)

    assert processes.exit_codes["component"] == -9


def test_descendants_end_with_their_component(processes: Processes) -> None:
    processes.start("component", ["family"])
    leader = started(processes, "component")
    printed(processes, "component", 2)
    in_session = [child for child in leader.children() if os.getsid(child.pid) == leader.pid]

    processes.stop("component", grace=0)
    processes.until(ended(processes, "component"), "the end", TIMEOUT)

    assert len(in_session) == 1
    processes.until(lambda: not in_session[0].is_running(), "the end of the child", TIMEOUT)


def test_the_end_leaves_nothing(processes: Processes) -> None:
    processes.start("component", ["family"])
    processes.start("other", ["stubborn"])
    printed(processes, "other", 1)
    family = [psutil.Process(int(pid)) for pid in printed(processes, "component", 2)]
    family += [psutil.Process(pid) for pid in processes.running.values()]

    processes.end()

    assert len(family) == 4
    assert [process for process in family if process.is_running()] == []


def test_components_end_when_the_supervisor_is_killed(processes: Processes) -> None:
    processes.start("component", ["sleep"])
    component = started(processes, "component")
    supervisor = component.parent()
    assert supervisor is not None

    supervisor.kill()

    with pytest.raises(AirflowStackError, match="The supervisor ended with code -9"):
        processes.until(lambda: False, "nothing", TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    while component.is_running() and component.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_name_can_be_started_again(processes: Processes) -> None:
    processes.start("component", ["sleep"])
    first = started(processes, "component")
    processes.stop("component", grace=0)
    processes.until(ended(processes, "component"), "the end", TIMEOUT)

    processes.start("component", ["sleep"])
    processes.until(lambda: processes.running.get("component") not in (None, first.pid), "the second", TIMEOUT)

    assert processes.exit_codes == {}
