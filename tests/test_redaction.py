"""What must not be shown is taken out, and what may be shown stays."""

from __future__ import annotations

import json
from collections import UserList
from pathlib import PurePath
from types import MappingProxyType, SimpleNamespace

import pytest

from extend_provider.redaction import (
    MASK,
    json_in,
    mask_values,
    quote,
    redact_config,
    redact_destination,
    redact_facts,
    redact_file,
    redact_schema,
    redact_url,
    redact_values,
    values_in,
)

# -- URLs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bucket.example/a/b.pdf?X-Amz-Signature=c0ffee&x=1", "https://bucket.example/a/b.pdf?***"),
        ("https://user:c0ffee@host.example:8443/a", "https://host.example:8443/a"),
        ("https://user:c0f@fee@host.example/a", "https://host.example/a"),
        ("https://host.example/a#c0ffee", "https://host.example/a"),
        ("HTTPS://Host.example/a?c0ffee", "https://Host.example/a?***"),
        ("http://[::1]:8080/a?c0ffee", "http://[::1]:8080/a?***"),
        ("s3://key:c0ffee@bucket/w9.pdf", "s3://bucket/w9.pdf"),
        ("gs://bucket/w9.pdf?versionId=c0ffee", "gs://bucket/w9.pdf?***"),
        ("https://host.example/a", "https://host.example/a"),
        ("https://host.example", "https://host.example"),
        ("/data/w9.pdf", "/data/w9.pdf"),
        ("file_2vKq8Wm5XcT1", "file_2vKq8Wm5XcT1"),
        ("C:\\forms\\w9.pdf", "C:\\forms\\w9.pdf"),
        ("", ""),
        ("http://[broken?c0ffee", MASK),
    ],
)
def test_a_url_loses_user_info_query_and_fragment(url, shown):
    assert redact_url(url) == shown
    assert redact_url(shown) == shown
    assert "c0ffee" not in redact_url(url)


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("https://b.example/w9.pdf?sig=c0ffee", "https://b.example/w9.pdf?***"),
        (
            {"url": "https://b.example/w9.pdf?sig=c0ffee", "name": "a.pdf", "settings": {"password": "c0ffee"}},
            {"url": "https://b.example/w9.pdf?***", "name": "a.pdf", "settings": {"password": MASK}},
        ),
        ('{"url": "https://b.example/w9.pdf?sig=c0ffee"}', '{"url": "https://b.example/w9.pdf?***"}'),
        (
            " {'url': 'https://b.example', 'settings': {'password': 'c0ffee'}}",
            '{"url": "https://b.example", "settings": {"password": "***"}}',
        ),
        ("{'text': 'c0ffee'}", '{"text": "***"}'),
        ("['https://b.example/w9.pdf?sig=c0ffee', None]", '["https://b.example/w9.pdf?***", null]'),
        ("('file_1', {'text': 'c0ffee'})", '["file_1", {"text": "***"}]'),
        ("{'url': c0ffee}", MASK),
        ("{('c0ffee', 1): 2}", MASK),
        ("[" * 100_000, MASK),
        ('"c0ffee"', MASK),
        ("name='c0ffee' age=7", MASK),
        ("ssn=123456789", MASK),
        ("Invoice 1/2\nTotal: 40", MASK),
        ("data:text/plain,c0ffee", f"data:{MASK}"),
        ("b.example/w9.pdf?sig=c0ffee", "b.example/w9.pdf?***"),
        ("in/day=2026-11-22/(1) w9.pdf", "in/day=2026-11-22/(1) w9.pdf"),
        ("(1) w9.pdf", "(1) w9.pdf"),
        ("Total due by Jane", MASK),
        ("/data/" + "x " * 1000, MASK),
        (MappingProxyType({"text": "c0ffee"}), {"text": MASK}),
        (UserList(["file_1", {"text": "c0ffee"}]), ["file_1", {"text": MASK}]),
        (b"c0ffee", MASK),
        ({"c0ffee"}, MASK),
        (SimpleNamespace(name="c0ffee"), MASK),
        (PurePath("/data/w9.pdf"), PurePath("/data/w9.pdf")),
        ({"id": "file_1"}, {"id": "file_1"}),
        ("file_1", "file_1"),
        ("s3://bucket/w9.pdf", "s3://bucket/w9.pdf"),
        (None, None),
        (5, 5),
    ],
)
def test_a_file_argument_keeps_what_names_it(file, shown):
    assert redact_file(file) == shown
    assert redact_file(shown) == shown


def test_metadata_are_shown_but_for_what_signs_their_urls():
    facts = {"of": ["https://b.example/a?c0ffee"], "n": 1, "name": "Jane"}
    assert redact_facts(facts) == {"of": ["https://b.example/a?***"], "n": 1, "name": "Jane"}
    assert redact_facts('{"of": "https://b.example/a?c0ffee"}') == '{"of": "https://b.example/a?***"}'
    assert redact_facts({"https://b.example/a?c0ffee": 1, 5: 2}) == {"https://b.example/a?***": 1, 5: 2}
    assert redact_facts(None) is None


@pytest.mark.parametrize("path", [None, "", "/data/a.json", "s3://aws@bucket/a?b=1.json", PurePath("/data")])
def test_a_path_to_write_to_stays_because_it_is_read_from_there(path):
    assert redact_destination(path) is path


@pytest.mark.parametrize("url", ["https://b.example/a?c0ffee", " HTTP://c0ffee@b.example/a?c0ffee"])
def test_a_url_in_place_of_a_path_is_shown_without_its_query(url):
    assert "c0ffee" not in redact_destination(url)


# -- configs -----------------------------------------------------------------------------------------------------------

CONFIG = {
    "engineVersion": "1.0.0",
    "instructions": "The applicant is Jane Q. Public.",
    "schemaGenerationInstructions": "Jane Q. Public signs on page 2.",
    "advancedOptions": {"flattenPdf": True, "radioEnumsEnabled": None},
    "schema": {
        "type": "object",
        "properties": {
            "legal_name": {
                "type": ["string", "null"],
                "description": "Name, see https://docs.example/w9?token=c0ffee",
                "extend_edit:field_type": "text",
                "extend_edit:bbox": {"left": 118.0, "top": 204.5, "right": 982.0, "bottom": 236.0},
                "extend_edit:value": "Jane Q. Public",
            },
            "tax_class": {"enum": ["individual", "c_corp"], "extend_edit:value": "individual"},
            "agreed": {"type": ["boolean", "null"], "extend_edit:value": True},
            "amount": {"type": ["number", "null"], "extend_edit:value": 0},
            "children": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"extend_edit:value": "Max Public"}}},
                "extend_edit:value": [{"name": "Max Public"}, {"name": "Mia Public"}],
            },
            "signature": {"extend_edit:image": {"image_url": "https://a.example/s.png?sig=c0ffee"}},
            # A field may have any name, those of our rules too.
            "instructions": {"type": ["string", "null"], "extend_edit:value": "Jane Q. Public"},
        },
        "required": ["legal_name"],
        "allOf": [{"if": {"properties": {"tax_class": {"const": "c_corp"}}}, "then": {"required": ["agreed"]}}],
    },
}


def expected(node):
    """The config as it should be shown, by another way than the code's: the values replaced by hand."""
    text = json.dumps(node)
    for value in (
        '"The applicant is Jane Q. Public."',
        '"Jane Q. Public signs on page 2."',
        '"extend_edit:value": "Jane Q. Public"',
        '"extend_edit:value": "individual"',
        '"extend_edit:value": true',
        '"extend_edit:value": 0',
        '"extend_edit:value": "Max Public"',
        '"extend_edit:value": [{"name": "Max Public"}, {"name": "Mia Public"}]',
    ):
        assert value in text
        key, colon, _ = value.partition(": ")
        text = text.replace(value, f'{key}{colon}"***"' if colon and key == '"extend_edit:value"' else '"***"')
    return json.loads(text.replace("?token=c0ffee", "?***").replace("?sig=c0ffee", "?***"))


def test_a_config_keeps_names_and_layout_and_loses_values():
    shown = redact_config(CONFIG)

    assert shown == expected(CONFIG)
    assert "Public" not in repr(shown)
    assert "c0ffee" not in repr(shown)


def test_a_config_as_json_text_is_redacted_alike():
    assert json.loads(redact_config(json.dumps(CONFIG))) == expected(CONFIG)


def test_a_list_of_configs_is_redacted_alike():
    assert redact_config([CONFIG, CONFIG]) == [expected(CONFIG)] * 2
    assert json.loads(redact_config(json.dumps([CONFIG]))) == [expected(CONFIG)]


def test_the_original_is_left_alone():
    before = json.dumps(CONFIG)

    redact_config(CONFIG)

    assert json.dumps(CONFIG) == before


@pytest.mark.parametrize(
    "text", ["Jane Q. Public", '"Jane"', "5", "null", "{broken", "{{ var.value.config }}", "", "[" * 100_000]
)
def test_text_that_is_no_config_is_not_shown_at_all(text):
    assert redact_config(text) == MASK


@pytest.mark.parametrize(
    "value",
    [
        {"schema": ({"extend_edit:value": "c0ffee"},)},
        UserList([{"extend_edit:value": "c0ffee"}]),
        MappingProxyType({"instructions": "c0ffee"}),
        {"instructions": ["c0ffee"]},
        {"instructions": {"name": "c0ffee"}},
        {"schema": {"properties": {"instructions": "c0ffee"}}},
        {"schema": {"properties": {"instructions": ["c0ffee"]}}},
        {"properties": {"instructions": {"instructions": ["c0ffee"]}}},
        {"a": SimpleNamespace(name="c0ffee")},
        SimpleNamespace(name="c0ffee"),
        b"c0ffee",
    ],
)
def test_a_config_in_other_types_is_redacted_alike(value):
    assert "c0ffee" not in repr(redact_config(value))
    assert "c0ffee" not in repr(redact_schema(value))


@pytest.mark.parametrize("value", [None, 5, 1.5, True])
def test_what_is_no_config_is_left(value):
    assert redact_config(value) is value


# -- values in messages ------------------------------------------------------------------------------------------------


def test_values_are_found_wherever_they_stand():
    found = values_in({"config": CONFIG, "file": {"url": "https://x.example", "settings": {"password": "open sesame"}}})

    assert {"Jane Q. Public", "individual", "Max Public", "Mia Public", "open sesame"} <= found
    assert "legal_name" not in found
    assert "c_corp" not in found


def test_documents_and_known_results_are_found_too():
    found = values_in(
        {
            "package": {"files": [{"text": "Invoice 881\n  Total: 40 for Jane \n"}]},
            "outputs": [
                {"processorId": "ex_12345", "output": {"value": {"ssn": "123-45-6789", "list": ["Springfield"]}}}
            ],
        }
    )

    assert {"Invoice 881", "Total: 40 for Jane", "123-45-6789", "Springfield"} <= found
    assert "ex_12345" not in found


@pytest.mark.parametrize(
    ("instructions", "values"),
    [
        ('{"name": "Jane Q. Public", "address": {"city": "Springfield"}, "list": ["abcd", 12345, true, null]}',
         {"Jane Q. Public", "Springfield", "abcd", "12345"}),
        ("name: Jane Q. Public\n  city :  Springfield  \nno colon here", {"Jane Q. Public", "Springfield"}),
        ("url: https://x.example/a", {"https://x.example/a"}),
        ('["Jane Q. Public"]', {"Jane Q. Public"}),
        ("Jane Q. Public lives here.", {"Jane Q. Public lives here."}),
        ("{" * 100_000, set()),
    ],
)  # fmt: skip
def test_values_are_found_in_instructions(instructions, values):
    found = values_in({"instructions": instructions})

    assert values <= found
    assert instructions in found


@pytest.mark.parametrize("value", ["", "CA", "abc", 1, 12, 999, True, None, 0.5])
def test_short_values_are_left_because_they_would_mask_everything(value):
    assert values_in({"extend_edit:value": value}) == set()


@pytest.mark.parametrize(
    "node", [None, 5, "text", [], {}, [{"extend_edit:value": None}], {"instructions": {"a": "text"}}]
)
def test_nothing_to_find(node):
    assert values_in(node) == set()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Jane Q. Public", "Value 'Jane Q. Public' is too long"),
        ('O"Brien & Söhne\nLtd', 'Value "O\\"Brien & S\\u00f6hne\\nLtd" is too long'),
        (123456789, "Value 123456789 is too long"),
        ([{"a": "Max Public"}], "Value [{'a': 'Max Public'}] is too long"),
    ],
)
def test_a_value_is_masked_as_it_is_and_as_json_writes_it(value, message):
    shown = mask_values(message, values_in({"extend_edit:value": value}))

    assert MASK in shown
    assert shown.startswith("Value ")
    assert shown.endswith(" is too long")
    for part in ("Jane", "Brien", "123456789", "Max"):
        assert part not in shown


def test_longer_values_are_masked_first():
    assert mask_values("Jane Q. Public, Jane", {"Jane", "Jane Q. Public"}) == "***, ***"


def test_urls_in_a_message_lose_their_signature():
    text = 'GET "https://b.example/a?sig=c0ffee", <HTTP://u:c0ffee@c.example/>; http://[broken?c0ffee'

    assert mask_values(text, set()) == f'GET "https://b.example/a?***", <http://c.example/>; {MASK}'


def test_a_quote_is_trimmed_masked_and_cut():
    assert quote("  Jane said so. \n", {"Jane"}) == "*** said so."
    assert quote("x" * 500, set()) == "x" * 500
    assert quote("x" * 501, set()) == "x" * 500 + "…"
    assert "c0ffee" not in quote("x" * 480 + " https://b.example/aaaaaaaaaaaaa?sig=c0ffee", set())


# -- quoting -----------------------------------------------------------------------------------------------------------


def test_a_text_of_any_length_is_quoted_in_no_time_and_without_values():
    secret = "Jane Q. Public"
    text = f"{secret} " * 1_000_000

    assert quote(text, {secret, *(f"value {number}" for number in range(1000))}) == f"{f'{MASK} ' * 125}…"


@pytest.mark.parametrize("before", range(9_980, 10_020))
def test_a_value_at_the_place_of_a_cut_does_not_show_in_part(before):
    secret = "Jane Q. Public"
    # Masks are short, so that the cut comes into sight.
    filler = "x" * before
    text = filler + secret * 5

    shown = quote(text, {filler, secret})

    assert "J" not in shown
    assert "Pub" not in shown


def test_values_in_what_is_nested_beyond_measure():
    config: dict = {"extend_edit:value": "inside"}
    for _ in range(100_000):
        config = {"a": [config]}

    assert values_in(config) == {"inside"}


# -- values and schemas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (None, None),
        ({"name": "c0ffee", "age": 7, "none": None}, {"name": MASK, "age": MASK, "none": MASK}),
        ({"home": {"city": "c0ffee"}}, {"home": {"city": MASK}}),
        ({"skills": ["c0ffee"]}, {"skills": MASK}),
        ({"jobs": [{"employer": "c0ffee"}, "c0ffee"]}, {"jobs": [{"employer": MASK}, MASK]}),
        ('{"name": "c0ffee"}', {"name": MASK}),
        ("{'name': 'c0ffee'}", {"name": MASK}),
        ("c0ffee", MASK),
        ("{{ c0ffee }}", MASK),
        (["c0ffee"], MASK),
    ],
)
def test_of_values_the_names_are_shown(values, shown):
    assert redact_values(values) == shown


def test_of_a_models_values_the_names_are_shown():
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        friends: list["Person"] = []

    person = Person(name="c0ffee", friends=[Person(name="c0ffee")])
    assert redact_values(person) == {"name": MASK, "friends": MASK}
    # The class, where an instance was meant, has no values at all.
    assert redact_values(Person) == {"name": MASK, "friends": MASK}
    assert redact_values(type("Empty", (BaseModel,), {})()) == MASK


def test_a_schema_is_shown_without_values():
    schema = {"properties": {"name": {"type": "string", "extend_edit:value": "c0ffee"}}}
    shown = {"properties": {"name": {"type": "string", "extend_edit:value": MASK}}}
    assert redact_schema(schema) == shown
    assert json.loads(redact_schema(json.dumps(schema))) == shown
    assert json.loads(redact_schema(repr(schema))) == shown
    assert redact_schema("s3://key:c0ffee@bucket/form.json?c0ffee") == "s3://bucket/form.json?***"
    assert json.loads(redact_schema(json.dumps([schema]))) == [shown]
    assert redact_schema(json.dumps(json.dumps(schema))) == MASK
    assert redact_schema("name='c0ffee' age=7") == MASK
    assert redact_schema(PurePath("/forms/w9.json")) == PurePath("/forms/w9.json")
    assert redact_schema(dict) is dict
    assert redact_schema(None) is None


@pytest.mark.parametrize("text", ["", "Jordan", "{'a': open('/etc/passwd')}", "{" * 10_000, "{'a': b", "\x00"])
def test_text_that_says_nothing(text):
    with pytest.raises(ValueError, match=r".*"):
        json_in(text)


def test_text_in_either_notation():
    assert json_in('{"a": true, "b": null}') == json_in(" {'a': True, 'b': None}") == {"a": True, "b": None}
