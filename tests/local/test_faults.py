from __future__ import annotations

import pytest

from extend_provider.local.faults import FAULTS, Fault, Faults


def strikes(faults, method, path, *names):
    fault = faults.take(names, method, path)
    return None if fault is None else fault.fault


@pytest.fixture
def faults():
    return Faults()


def test_a_fault_strikes_once_by_default(faults):
    faults.add(Fault("rate_limit"))
    assert strikes(faults, "GET", "/files", "rate_limit") == "rate_limit"
    assert strikes(faults, "GET", "/files", "rate_limit") is None
    assert faults.active() == []


def test_times_skip_and_until_cleared(faults):
    faults.add(Fault("slow", times=2, skip=1))
    assert [strikes(faults, "GET", "/files", "slow") for _ in range(4)] == [None, "slow", "slow", None]
    faults.add(Fault("slow", times=None))
    assert {strikes(faults, "GET", "/files", "slow") for _ in range(50)} == {"slow"}
    faults.clear()
    assert strikes(faults, "GET", "/files", "slow") is None


def test_several_faults_strike_in_the_order_they_were_injected(faults):
    faults.add(Fault("rate_limit"))
    faults.add(Fault("server_error", skip=1))
    faults.add(Fault("not_json"))
    names = ("rate_limit", "server_error", "not_json")
    taken = [strikes(faults, "GET", "/files", *names) for _ in range(4)]
    assert taken == ["rate_limit", "server_error", "not_json", None]


@pytest.mark.parametrize(
    ("fault", "method", "path", "hit"),
    [
        (Fault("rate_limit"), "DELETE", "/edit_runs/edr_x", True),
        (Fault("rate_limit"), "GET", "/_files/file_x/a.pdf", False),
        (Fault("rate_limit"), "GET", "/_local/runs", False),
        (Fault("rate_limit", path="/_files/*"), "GET", "/_files/file_x/a.pdf", True),
        (Fault("rate_limit", method="post"), "POST", "/edit_runs", True),
        (Fault("rate_limit", method="POST"), "GET", "/edit_runs", False),
        (Fault("rate_limit", path="/edit_runs/*"), "GET", "/edit_runs", False),
        (Fault("error_after_create"), "POST", "/edit_runs", True),
        (Fault("error_after_create"), "POST", "/edit", True),
        (Fault("error_after_create"), "POST", "/files/upload", False),
        (Fault("error_after_create", path="/files/*"), "POST", "/files/upload", True),
        (Fault("list_missing"), "GET", "/edit_runs", True),
        (Fault("list_missing"), "GET", "/edit_runs/edr_x", False),
        (Fault("unknown_status"), "GET", "/edit_runs/edr_x", True),
        (Fault("unknown_status"), "GET", "/edit_runs", False),
        (Fault("unknown_status", path="/edit_runs/edr_y"), "GET", "/edit_runs/edr_x", False),
    ],
    ids=lambda value: value.fault if isinstance(value, Fault) else str(value),
)
def test_which_requests_a_fault_hits(fault, method, path, hit):
    assert fault.hits(method, path) is hit


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"fault": "earthquake"}, "rate_limit"),
        ({"fault": "slow", "times": 0}, "times"),
        ({"fault": "slow", "skip": -1}, "skip"),
        ({"fault": "slow", "options": {"minutes": 1}}, "seconds"),
        ({"fault": "slow", "options": {"seconds": "long"}}, "number"),
        ({"fault": "slow", "options": {"seconds": -1}}, "number"),
        ({"fault": "not_json", "options": {"x": 1}}, "no options"),
        ({"fault": "server_error", "options": {"status": 404}}, "5xx"),
        ({"fault": "server_error", "options": {"html": "yes"}}, "bool"),
        ({"fault": "rate_limit", "options": {"retry_after": "soon"}}, "date"),
    ],
)
def test_impossible_faults_are_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        Fault(**arguments)


def test_the_documentation_lists_every_fault(pytestconfig):
    text = (pytestconfig.rootpath / "docs" / "local-service.md").read_text()
    for name, kind in FAULTS.items():
        assert f"`{name}`" in text
        assert all(f"`{option}`" in text for option in kind.options)
