"""Looking at an input file before anything is sent: a run of the wrong file is paid for and fails."""

from __future__ import annotations

from typing import Any

from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks.files import classify, open_for_upload
from extend_provider.redaction import redact_url

__all__ = ["check_pdf"]

_SIGNATURE = b"%PDF-"
# Readers of PDF look for it this far; some writers put other things in front.
_LOOK = 1024


def check_pdf(file: Any) -> None:
    """
    Check that a ``file`` argument that is a path leads to a PDF. What Extend loads itself is not looked at.

    The size is not judged: Extend publishes no limit.

    :param file: the argument.
    :raises ExtendFileError: the file does not exist, cannot be read, is empty, or is no PDF.
    """
    if classify(file).wire is not None:
        return
    with open_for_upload(file) as (stream, _):
        start = stream.read(_LOOK)
    shown = redact_url(str(file))
    if not start:
        raise ExtendFileError(f"{shown} is empty.", hint="Was it still being written when the task began?")
    if _SIGNATURE not in start:
        raise ExtendFileError(
            f"{shown} is no PDF: it does not begin with {_SIGNATURE.decode()}.",
            hint="Extend fills PDF forms only. ExtendUploadFileOperator stores other files for other kinds of runs.",
        )
