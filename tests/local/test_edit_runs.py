from __future__ import annotations

import base64

import pytest


def post(client, body):
    return client.post("/edit_runs", json=body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "exactly one of file, templateId"),
        ({"file": {"id": "{id}"}, "templateId": "edt_x"}, "exactly one of file, templateId"),
        ({"file": None, "templateId": None}, "exactly one of file, templateId"),
        ({"file": {}}, "exactly one of file.url, file.id"),
        ({"file": {"id": "{id}", "url": "https://example.com/a.pdf"}}, "exactly one of file.url, file.id"),
        ({"file": {"text": "hello"}}, "file.url, file.id"),
        ({"file": "{id}"}, "file must be an object, not string"),
        ({"file": {"id": 7}}, "file.id"),
        ({"file": {"id": ""}}, "file.id"),
        ({"file": {"id": "{id}", "settings": {}}}, "settings"),
        ({"file": {"url": "ftp://example.com/a.pdf"}}, "file.url"),
        ({"file": {"url": "/local/path.pdf"}}, "file.url"),
        ({"file": {"url": "https://"}}, "file.url"),
        ({"file": {"url": "http://[broken"}}, "file.url"),
        ({"file": {"url": "https://example.com/a.pdf", "name": 3}}, "file.name"),
        ({"file": {"url": "https://example.com/a.pdf", "settings": []}}, "file.settings"),
        ({"file": {"url": "https://example.com/a.pdf", "settings": {"password": 1}}}, "file.settings.password"),
        ({"file": {"url": "https://example.com/a.pdf", "settings": {"pass": "x"}}}, "pass"),
        ({"file": {"id": "{id}"}, "metadata": {}}, "metadata"),
        ({"file": {"id": "{id}"}, "priority": 1}, "priority"),
        ({"file": {"id": "{id}"}, "idempotencyKey": "x"}, "idempotencyKey"),
        ({"templateId": 5}, "templateId"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, local, form, body, says):
    file_id = local.add_file("form.pdf", form)
    file = body.get("file")
    if isinstance(file, dict) and file.get("id") == "{id}":
        body = {**body, "file": {**file, "id": file_id}}
    response = post(client, body)
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"
    assert says in response.json()["message"]
    assert local.runs_created == 0


@pytest.mark.parametrize("body", [{"file": {"id": "file_none"}}, {"templateId": "edt_none"}])
def test_unknown_inputs_are_not_found(client, body):
    response = post(client, body)
    assert response.status_code == 404
    assert response.json()["code"] == "NOT_FOUND"
    assert "_none" in response.json()["message"]


@pytest.fixture
def failure(client, local, helpers):
    """Upload, run, and report how it failed."""

    def run(data, *, name="form.pdf", config=None, password=None):
        form = {"password": password} if password else {}
        file = client.post("/files/upload", files={"file": (name, data)}, data=form).json()
        created = post(client, {"file": {"id": file["id"]}, "config": config or {}})
        ended = helpers.finished(client, created.json()["id"])
        assert ended["failureMessage"] if ended["status"] == "FAILED" else ended["failureMessage"] is None
        assert (ended["output"] is None) == (ended["status"] == "FAILED")
        assert (ended["usage"] is None) == (ended["status"] == "FAILED")
        sync = client.post("/edit", json={"file": {"id": file["id"]}, "config": config or {}})
        assert sync.json().get("code") == ended["failureReason"]
        return ended["failureReason"]

    return run


def test_documents_that_cannot_be_edited_fail_with_a_reason(failure, helpers, form):
    assert failure(b"just text", name="notes.txt") == "FILE_TYPE_NOT_SUPPORTED"
    assert failure(b"\x89PNG\r\n\x1a\nxx", name="form.pdf") == "FILE_TYPE_NOT_SUPPORTED"
    assert failure(b"just text", name="form.pdf") == "FILE_TYPE_NOT_SUPPORTED"
    assert failure(form[: len(form) // 3]) == "CORRUPT_FILE"
    assert failure(helpers.make_form(fields=())) == "EMPTY_SCHEMA"


def test_locked_documents_need_their_password(failure, helpers):
    locked = helpers.make_form(password="opensesame")
    assert failure(locked) == "PASSWORD_PROTECTED_FILE"
    assert failure(locked, password="wrong") == "PASSWORD_PROTECTED_FILE"
    assert failure(locked, password="opensesame", config=helpers.value_config()) is None


def test_configs_that_cannot_be_applied_fail_with_a_reason(failure, form, helpers):
    config = helpers.value_config()
    config["schema"]["properties"]["legal_name"]["extend_edit:field_type"] = "hologram"
    assert failure(form, config=config) == "INVALID_OPTIONS"
    config = helpers.value_config()
    config["schema"]["required"] = ["legal_name", "city"]
    assert failure(form, config=config) == "SCHEMA_VALIDATION_ERROR"


def test_documents_over_the_limit_fail(start, helpers, tmp_path, form):
    service, _ = start(data_dir=tmp_path)
    file_id = service.add_file("form.pdf", form)
    service.stop()
    _, client = start(data_dir=tmp_path, max_file_size=100)
    run = helpers.finished(client, post(client, {"file": {"id": file_id}}).json()["id"])
    assert run["failureReason"] == "FILE_SIZE_TOO_LARGE"


def test_a_schema_that_matches_nothing_leaves_the_document_as_it_is(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    body = {"file": {"id": file_id}, "config": helpers.value_config(name="no_such_field")}
    run = helpers.finished(client, post(client, body).json()["id"])
    assert run["status"] == "PROCESSED"
    assert set(run["output"]) == {"editedFile"}


def test_templates_give_document_and_config(client, local, form, helpers):
    saved = {**helpers.value_config("From the template"), "advancedOptions": {"flattenPdf": False}}
    template_id = local.add_template("W-9", form, saved)
    run = helpers.finished(client, post(client, {"templateId": template_id}).json()["id"])
    assert run["file"]["name"] == "W-9.pdf"
    assert run["output"]["filledValues"] == {"legal_name": "From the template"}
    assert run["config"]["advancedOptions"]["flattenPdf"] is False
    own = {**helpers.value_config("From the request"), "advancedOptions": {"tableParsingEnabled": True}}
    run = helpers.finished(client, post(client, {"templateId": template_id, "config": own}).json()["id"])
    assert run["output"]["filledValues"] == {"legal_name": "From the request"}
    assert run["config"]["advancedOptions"]["flattenPdf"] is False
    assert run["config"]["advancedOptions"]["tableParsingEnabled"] is True
    assert "templateId" not in run


def test_templates_can_be_read_and_listed(client, local, form, helpers):
    config = helpers.value_config()
    ids = [local.add_template(name, form, config) for name in ("W-9", "W-4", "I-9")]
    template = client.get(f"/edit_templates/{ids[0]}").json()
    assert template["object"] == "edit_template"
    assert template["config"] == config
    assert template["schemaConfig"] is None
    assert template["file"]["metadata"] == {"pageCount": 1}
    listed = client.get("/edit_templates", params={"nameContains": "w-", "sortDir": "asc"}).json()["data"]
    assert [item["name"] for item in listed] == ["W-9", "W-4"]
    assert "config" not in listed[0]
    assert client.get("/edit_templates", params={"sortBy": "createdAt"}).json()["data"][0]["id"] == ids[2]
    assert client.get("/edit_templates/edt_none").status_code == 404
    assert client.get("/edit_templates", params={"maxPageSize": 2}).json()["nextPageToken"]


def test_templates_can_be_seeded_over_http(client, form):
    encoded = base64.b64encode(form).decode()
    created = client.post("/_local/templates", json={"name": "W-9", "fileBase64": encoded, "config": {}})
    assert client.get(f"/edit_templates/{created.json()['id']}").json()["name"] == "W-9"
    file_id = client.post("/files/upload", files={"file": ("a.pdf", form)}).json()["id"]
    created = client.post("/_local/templates", json={"name": "W-8", "fileId": file_id})
    assert client.get(f"/edit_templates/{created.json()['id']}").json()["file"]["id"] == file_id


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "fileId": "a", "fileBase64": "b"},
        {"name": "x", "fileBase64": "%"},
        {"name": "x", "fileBase64": "YQ==", "config": {"instructions": 1}},
        {"name": "x", "fileBase64": "YQ==", "kind": "y"},
    ],
)
def test_bad_templates_are_refused(client, body):
    assert client.post("/_local/templates", json=body).status_code == 400
