"""Looking at an input file before anything is sent: a run of the wrong file is paid for and fails."""

from __future__ import annotations

from typing import Any

from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks.files import classify, open_for_upload
from extend_provider.redaction import redact_path

__all__ = ["check_pdf", "check_readable"]

_SIGNATURE = b"%PDF-"
# Readers of PDF look for it this far; some writers put other things in front.
_LOOK = 1024


def check_readable(file: Any) -> None:
    """
    Check that a ``file`` argument that is a path leads to something. What Extend loads itself is not looked at.

    Neither size nor type is judged: Extend publishes no limit for the one, and takes many of the other.

    :param file: the argument.
    :raises ExtendConfigurationError: it is no ``file`` argument.
    :raises ExtendFileError: the file does not exist, cannot be read, or is empty.
    """
    if classify(file).wire is None:
        _beginning(file)


def check_pdf(file: Any) -> None:
    """
    Check that a ``file`` argument that is a path leads to a PDF: see :func:`check_readable`.

    :param file: the argument.
    :raises ExtendFileError: the file does not exist, cannot be read, is empty, or is no PDF.
    """
    if classify(file).wire is None and _SIGNATURE not in _beginning(file):
        raise ExtendFileError(
            f"{redact_path(file)} is no PDF: it does not begin with {_SIGNATURE.decode()}.",
            hint="Extend fills PDF forms only. ExtendUploadFileOperator stores other files for other kinds of runs.",
        )


def _beginning(path: Any) -> bytes:
    with open_for_upload(path) as (stream, _):
        start = stream.read(_LOOK)
    if not start:
        raise ExtendFileError(f"{redact_path(path)} is empty.", hint="Was it still being written when the task began?")
    return start
