"""Opening PDFs: page counts, passwords, and every way of being unreadable."""

from __future__ import annotations

import pickle
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from extend_provider.local.pdf import PdfProblem, detect_schema, edit_pdf, inspect_pdf

DOORS = [
    pytest.param(inspect_pdf, id="inspect"),
    pytest.param(detect_schema, id="detect"),
    pytest.param(lambda data: edit_pdf(data, {}), id="edit"),
]


def encrypted(pdf, **passwords):
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.encrypt(**passwords, algorithm="AES-256")
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_pages_are_counted(raw_form, kinds_pdf):
    assert inspect_pdf(kinds_pdf) == 1
    assert inspect_pdf(raw_form(pages=3).build()) == 3


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip file", b"\x89PNG\r\n", b"x" * 2000 + b"%PDF-1.7"])
def test_a_file_that_is_no_pdf_is_refused(door, data):
    with pytest.raises(PdfProblem) as caught:
        door(data)
    assert caught.value.reason == "FILE_TYPE_NOT_SUPPORTED"


def test_bytes_before_the_header_are_allowed(kinds_pdf):
    assert inspect_pdf(b"\xef\xbb\xbf\n" + kinds_pdf) == 1


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_truncated_pdf_is_corrupt(door, share, kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        door(kinds_pdf[: int(len(kinds_pdf) * share)])
    assert caught.value.reason == "CORRUPT_FILE"


@pytest.mark.parametrize("door", DOORS[1:])
def test_a_damaged_field_is_corrupt_and_no_other_exception(door, kinds_pdf):
    damaged = kinds_pdf.replace(b"endstream", b"endstrXXX")
    assert inspect_pdf(damaged) == 1
    with pytest.raises(PdfProblem) as caught:
        door(damaged)
    assert caught.value.reason == "CORRUPT_FILE"


def test_a_pdf_without_pages_is_corrupt():
    buffer = BytesIO()
    PdfWriter().write(buffer)
    with pytest.raises(PdfProblem) as caught:
        inspect_pdf(buffer.getvalue())
    assert caught.value.reason == "CORRUPT_FILE"


@pytest.mark.parametrize("door", DOORS)
def test_a_protected_pdf_needs_its_password(door, kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        door(encrypted(kinds_pdf, user_password="open sesame"))
    assert caught.value.reason == "PASSWORD_PROTECTED_FILE"
    assert "no password was given" in caught.value.message


def test_a_wrong_password_is_not_repeated_in_the_message(kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        inspect_pdf(encrypted(kinds_pdf, user_password="open sesame"), "swordfish")
    assert caught.value.reason == "PASSWORD_PROTECTED_FILE"
    assert "swordfish" not in str(caught.value)


def test_the_right_password_opens_and_the_edited_file_has_none(kinds_pdf, fields_of):
    protected = encrypted(kinds_pdf, user_password="open sesame")
    assert inspect_pdf(protected, "open sesame") == 1
    assert "full_name" in detect_schema(protected, password="open sesame")["properties"]
    config = {"instructions": "full name: Ada", "advancedOptions": {"flattenPdf": False}}
    edited = edit_pdf(protected, config, "open sesame")
    assert fields_of(edited.pdf)["full_name"] == "Ada"


@pytest.mark.parametrize("password", [None, "not needed"])
def test_an_empty_user_password_opens_by_itself(password, kinds_pdf, page_text):
    protected = encrypted(kinds_pdf, user_password="", owner_password="only for changes")
    assert inspect_pdf(protected, password) == 1
    assert "Ada" in page_text(edit_pdf(protected, {"instructions": "full name: Ada"}, password).pdf)


def test_a_problem_keeps_reason_and_message_when_pickled():
    problem = pickle.loads(pickle.dumps(PdfProblem("CORRUPT_FILE", "broken")))
    assert (problem.reason, problem.message, str(problem)) == ("CORRUPT_FILE", "broken", "CORRUPT_FILE: broken")
