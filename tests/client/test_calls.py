"""Every call of the API: what is asked for, and what is made of the answer."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timezone
from decimal import Decimal
from types import MappingProxyType

import httpx
import pytest

from extend_provider.client import API_VERSION
from extend_provider.exceptions import ExtendConfigurationError, ExtendNotFoundError, ExtendResponseError
from extend_provider.models import EditRun, EditTemplate, File

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}
FILE = {"object": "file", "id": "file_1", "name": "w9.pdf"}
CONFIG = {
    "engineVersion": "latest",
    "schema": {
        "type": "object",
        "properties": {
            "legal_name": {
                "type": ["string", "null"],
                "extend_edit:field_type": "text",
                "extend_edit:bbox": {"left": 118.0, "top": 204.5, "right": 982.0, "bottom": 236.0},
                "extend_edit:value": "Zoë & Søn ÄG",
                "extend:descriptions": ["a"],
            }
        },
    },
    "advancedOptions": {"flattenPdf": False},
}


def page(items, **token):
    return {"object": "list", "data": items, **token}


# -- creating ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"file": {"url": "https://x.example/a.pdf"}}, {"file": {"url": "https://x.example/a.pdf"}}),
        ({"file": {"id": "file_1"}, "config": CONFIG}, {"file": {"id": "file_1"}, "config": CONFIG}),
        ({"template_id": "edt_1"}, {"templateId": "edt_1"}),
        ({"template_id": "edt_1", "config": {}}, {"templateId": "edt_1", "config": {}}),
        ({"file": MappingProxyType({"id": "file_1"})}, {"file": {"id": "file_1"}}),
    ],
)
def test_an_edit_run_is_created_from_what_was_given_and_nothing_else(connect, arguments, body):
    shell = connect(RUN)

    run = shell.create_edit_run(**arguments)

    assert isinstance(run, EditRun)
    assert shell.paths == ["POST /edit_runs"]
    assert json.loads(shell.requests[0].content) == body
    assert shell.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("arguments", [{}, {"file": {"id": "file_1"}, "template_id": "edt_1"}, {"config": CONFIG}])
def test_an_edit_run_takes_exactly_one_of_file_and_template(connect, arguments):
    shell = connect(RUN)

    with pytest.raises(ExtendConfigurationError, match="exactly one of file and template_id"):
        shell.create_edit_run(**arguments)

    assert shell.requests == []


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 4, tzinfo=timezone.utc),
        date(2026, 3, 4),
        Decimal("1.5"),
        {1, 2},
        b"bytes",
        float("nan"),
        float("inf"),
        "\ud800",
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_config_that_is_not_json_is_refused_before_anything_is_sent(connect, value):
    shell = connect(RUN)

    with pytest.raises(ExtendConfigurationError, match="not plain JSON") as caught:
        shell.create_edit_run(
            template_id="edt_1", config={"schema": {"properties": {"a": {"extend_edit:value": value}}}}
        )

    assert shell.requests == []
    assert caught.value.hint


def test_a_config_that_contains_itself_is_refused(connect):
    config: dict = {}
    config["schema"] = config

    with pytest.raises(ExtendConfigurationError, match="not plain JSON"):
        connect(RUN).create_edit_run(template_id="edt_1", config=config)


def test_an_unknown_kind_is_refused(connect):
    shell = connect(RUN)

    with pytest.raises(ExtendConfigurationError, match="Unknown run kind 'edits'"):
        shell.get_run("edr_1", "edits")


# -- headers -----------------------------------------------------------------------------------------------------------

CALLS = {
    "create": lambda shell: shell.create_edit_run(template_id="edt_1"),
    "get": lambda shell: shell.get_run("edr_1"),
    "list": lambda shell: list(shell.iterate("list_runs")),
    "delete": lambda shell: shell.delete_run("edr_1"),
    "upload": lambda shell: shell.upload_file(io.BytesIO(b"x"), "w9.pdf"),
    "get file": lambda shell: shell.get_file("file_1"),
    "list files": lambda shell: list(shell.iterate("list_files")),
    "get template": lambda shell: shell.get_edit_template("edt_1"),
    "list templates": lambda shell: list(shell.iterate("list_edit_templates")),
    "delete file": lambda shell: shell.delete_file("file_1"),
}
ANYTHING = {**RUN, **FILE, "data": []}


@pytest.mark.parametrize("call", CALLS)
def test_each_request_carries_key_version_and_workspace(connect, call):
    shell = connect(ANYTHING, workspace_id="ws_1", user_agent_suffix="airflow/3.3.2")

    CALLS[call](shell)

    headers = shell.requests[0].headers
    assert headers["authorization"] == "Bearer sk_test_0123456789"
    assert headers["x-extend-api-version"] == API_VERSION == "2026-02-09"
    assert headers["x-extend-workspace-id"] == "ws_1"
    assert headers["user-agent"].startswith("airflow-provider-extend/")
    assert headers["user-agent"].endswith(" airflow/3.3.2")
    assert headers["accept"] == "application/json"


@pytest.mark.parametrize("call", CALLS)
def test_no_workspace_header_without_a_workspace(connect, call):
    shell = connect(ANYTHING, api_version="2027-01-01")

    CALLS[call](shell)

    assert "x-extend-workspace-id" not in shell.requests[0].headers
    assert shell.requests[0].headers["x-extend-api-version"] == "2027-01-01"


@pytest.mark.parametrize("base_url", ["https://gateway.example/extend", "https://gateway.example/extend/"])
def test_a_base_url_may_have_a_path(connect, base_url):
    shell = connect(RUN, base_url=base_url)

    shell.get_run("edr_1")

    assert str(shell.requests[0].url) == "https://gateway.example/extend/edit_runs/edr_1"


# -- ids ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["edr_h4Lk9PzQ2wNc7RtY", "0", "a-b.c~d:e_f", "YWJj+ZGVm==", "x" * 255, "édr"])
@pytest.mark.parametrize("method", ["get_run", "delete_run", "get_file", "delete_file"])
def test_ids_are_opaque(connect, method, identifier):
    shell = connect(ANYTHING)

    getattr(shell, method)(identifier)

    assert shell.requests[0].url.path.rpartition("/")[2] == identifier
    assert shell.requests[0].url.query == b""


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        " ",
        ".",
        "..",
        "a/b",
        "../files",
        "a?b",
        "a#b",
        "a b",
        "a\nb",
        "a%2Fb",
        "https://x.example",
        "x" * 256,
        None,
        5,
    ],
)
@pytest.mark.parametrize("method", ["get_run", "delete_run", "get_file", "delete_file"])
def test_what_would_address_something_else_is_refused(connect, method, identifier):
    shell = connect(ANYTHING)

    with pytest.raises(ExtendConfigurationError) as caught:
        getattr(shell, method)(identifier)

    assert shell.requests == []
    assert caught.value.hint


def test_a_wrong_id_in_a_download_is_refused(connect):
    shell = connect(ANYTHING)

    with pytest.raises(ExtendConfigurationError, match="file_id"):
        shell.read("a/b")


# -- deleting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("delete_run", "/edit_runs/x_1"), ("delete_file", "/files/x_1")])
def test_deleting_tells_whether_there_was_something_to_delete(connect, method, path):
    shell = connect({"id": "x_1"}, httpx.Response(404, json={}))

    assert getattr(shell, method)("x_1") is True
    assert getattr(shell, method)("x_1", missing_ok=True) is False
    with pytest.raises(ExtendNotFoundError):
        getattr(shell, method)("x_1")
    assert shell.paths == [f"DELETE {path}"] * 3


def test_a_deletion_may_be_answered_by_nothing(connect):
    shell = connect(httpx.Response(204))

    assert shell.delete_run("edr_1") is True
    assert len(shell.requests) == 1


def test_a_page_of_a_proxy_is_no_deletion(connect):
    shell = connect(httpx.Response(200, html="<h1>Log in</h1>"), retry_for=1.0)

    with pytest.raises(ExtendResponseError, match="text/html"):
        shell.delete_run("edr_1", missing_ok=True)


# -- lists -------------------------------------------------------------------------------------------------------------


def numbered_pages(pages, item):
    def answer(request):
        number = int(request.url.params.get("nextPageToken", "0").partition(":")[0])
        token = {"nextPageToken": f"{number + 1}:+/=&?"} if number + 1 < pages else {}
        return httpx.Response(200, json=page([{**item, "id": f"x_{number}_{i}"} for i in range(3)], **token))

    return answer


@pytest.mark.parametrize(
    ("method", "item", "cls"),
    [("list_runs", RUN, EditRun), ("list_files", FILE, File), ("list_edit_templates", FILE, EditTemplate)],
)
def test_a_list_is_read_page_by_page_as_far_as_it_is_needed(connect, method, item, cls):
    shell = connect(numbered_pages(4, item))

    items = shell.iterate(method)
    assert shell.requests == []
    first = next(items)
    assert isinstance(first, cls)
    assert len(shell.requests) == 1
    assert [next(items).id, next(items).id] == ["x_0_1", "x_0_2"]
    assert len(shell.requests) == 1
    assert next(items).id == "x_1_0"
    assert len(shell.requests) == 2
    assert len(list(items)) == 8
    assert len(shell.requests) == 4


@pytest.mark.parametrize("method", ["list_runs", "list_files", "list_edit_templates"])
def test_filters_go_with_every_page_and_the_token_arrives_unchanged(connect, method):
    shell = connect(numbered_pages(3, {**RUN, **FILE}))

    list(shell.iterate(method, fileNameContains="a b&c=ü", maxPageSize=3, flag=True, sortBy=None))

    queries = [dict(request.url.params) for request in shell.requests]
    filters = {"fileNameContains": "a b&c=ü", "maxPageSize": "3", "flag": "true"}
    assert queries == [filters, {**filters, "nextPageToken": "1:+/=&?"}, {**filters, "nextPageToken": "2:+/=&?"}]


@pytest.mark.parametrize("end", [{}, {"nextPageToken": None}, {"nextPageToken": ""}])
def test_a_missing_null_or_empty_token_ends_a_list(connect, end):
    shell = connect(page([RUN], **end))

    assert [run.id for run in shell.iterate("list_runs")] == ["edr_1"]
    assert len(shell.requests) == 1


def test_an_empty_page_does_not_end_a_list(connect):
    shell = connect(page([], nextPageToken="t1"), page([RUN]))

    assert [run.id for run in shell.iterate("list_runs")] == ["edr_1"]


def test_a_list_that_runs_in_a_circle_ends_with_an_error(connect):
    shell = connect(page([RUN], nextPageToken="t1"))

    with pytest.raises(ExtendResponseError, match="no end"):
        list(shell.iterate("list_runs"))

    assert len(shell.requests) == 2


@pytest.mark.parametrize(
    "body", [{}, {"data": None}, {"data": [None]}, {"data": "x"}, {"data": [], "nextPageToken": 5}]
)
def test_a_page_that_is_none_is_an_error(connect, body):
    with pytest.raises(ExtendResponseError):
        list(connect(body).iterate("list_runs"))


def test_each_page_has_its_own_retries(connect):
    shell = connect(page([RUN], nextPageToken="t1"), httpx.Response(500, json={}), page([RUN]))

    assert len(list(shell.iterate("list_runs"))) == 2


# -- uploads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["w9.pdf", "Ärzte & Söhne.pdf", 'quo"te.pdf', "x" * 200 + ".pdf"])
def test_an_upload_is_one_part_named_file(connect, form_parts, name):
    shell = connect(FILE)
    data = bytes(range(256)) * 300

    stored = shell.upload_file(io.BytesIO(data), name)

    assert isinstance(stored, File)
    assert shell.paths == ["POST /files/upload"]
    assert shell.requests[0].url.query == b""
    assert form_parts(shell.requests[0]) == [("file", name.replace('"', "%22"), data)]


def test_an_upload_may_carry_a_password_and_ask_for_conversion(connect, form_parts):
    shell = connect(FILE)

    shell.upload_file(io.BytesIO(b"data"), "a.docx", password="pässword", convert_to_pdf=True)

    assert dict(shell.requests[0].url.params) == {"convertToPdf": "true"}
    assert form_parts(shell.requests[0]) == [
        ("file", "a.docx", b"data"),
        ("password", None, "pässword".encode()),
    ]


def test_an_empty_upload_is_sent(connect, form_parts):
    shell = connect(FILE)

    shell.upload_file(io.BytesIO(b""), "empty.pdf")

    assert form_parts(shell.requests[0]) == [("file", "empty.pdf", b"")]


def test_a_file_has_its_presigned_url(connect):
    shell = connect({**FILE, "presignedUrl": "https://s.example/x?sig=1"})

    assert shell.get_file("file_1").presigned_url == "https://s.example/x?sig=1"
    assert shell.paths == ["GET /files/file_1"]
