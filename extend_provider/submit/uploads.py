"""Input files that are uploaded: once for all tries of a task."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import ExtendError, ExtendNotFoundError
from extend_provider.hooks.file_identity import has_version, marked_name
from extend_provider.hooks.files import classify

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import File
    from extend_provider.submit.task_try import Notebook

__all__ = ["Uploads"]

log = logging.getLogger(__name__)

_DIGITS = 16
# Files of one name at Extend that are looked at.
_MOST_LISTED = 100


class Uploads:
    """
    Give input files as the API takes them; what an earlier try of the same work has uploaded is used again.

    It costs nothing to upload a file twice. But the copy that no run has stays at Extend, and nothing would delete it.

    :param hook: how Extend is reached.
    :param mark: the mark of the run, which tells the input and the series of tries; ``None`` where each upload is new.
    :param notebook: what outlives the try; ``None`` below Airflow 3.3.
    :param is_retry: whether a try has come before, so that it is worth looking for its file where none is noted.
    :param reuses: whether what an earlier try has uploaded is fit for use. Not where a run of it has failed: that its
        copy is damaged may be why.
    """

    def __init__(
        self,
        hook: ExtendHook,
        mark: str | None = None,
        notebook: Notebook | None = None,
        *,
        is_retry: bool = False,
        reuses: bool = True,
    ) -> None:
        self._hook = hook
        self._mark = mark
        self._notebook = notebook
        self._is_retry = is_retry
        self._reuses = reuses
        self._given: Counter[str] = Counter()

    def input_file(self, file: Any, mark: str | None = None, *, is_only: bool = True) -> dict[str, Any]:
        """
        Return a file as the API takes it, uploaded if need be.

        :param file: see :meth:`ExtendHook.input_file`.
        :param mark: text for the file's name at Extend.
        :param is_only: whether the run has no other file: of several, a name does not tell which one it is of.
        :raises ExtendFileError: the path does not exist or cannot be read.
        """
        if self._mark is None or classify(file).wire is not None:
            return self._hook.input_file(file, mark=mark)
        key = self._key(file)
        known = self._known(file, key, mark if is_only else None) if self._reuses else None
        if known:
            log.info("Extend file %s, which an earlier try has uploaded, is used again.", known)
            return {"id": known}
        given = self._hook.input_file(file, mark=mark)
        self._note(key, str(given["id"]))
        return given

    def _known(self, file: Any, key: str, mark: str | None) -> str | None:
        """The file that an earlier try has uploaded, if it is certain to be what is at the path now."""
        known = self._noted(key) or self._listed(file, mark)
        return known if known and has_version(file) else None

    def _key(self, file: Any) -> str:
        """What a file is called in the note, which tells no path; two of one path are two files."""
        path = hashlib.sha256(str(file).encode()).hexdigest()[:_DIGITS]
        self._given[path] += 1
        return f"{path}-{self._given[path]}"

    def _noted(self, key: str) -> str | None:
        noted = self._notebook.uploads(self._mark).get(key) if self._notebook and self._mark else None
        return noted if noted and self._is_there(noted) else None

    def _is_there(self, file_id: str) -> bool:
        try:
            self._hook.get_conn().get_file(file_id)
        except ExtendNotFoundError:
            return False
        return True

    def _listed(self, file: Any, mark: str | None) -> str | None:
        """
        The file of this name, which holds the mark of this very work.

        The oldest: a file that a run has made of it is younger, whatever it is called.
        """
        if not mark or not self._is_retry:
            return None
        name = marked_name(PurePosixPath(str(file)).name, mark)
        try:
            listed = list(islice(self._hook.get_conn().list_files(nameContains=mark), _MOST_LISTED))
        except ExtendError as error:
            log.warning("The list of files cannot be read (%s), so the file is uploaded.", error)
            return None
        own = [found for found in listed if found.name == name and found.created_at]
        return min(own, key=_age).id if own else None

    def _note(self, key: str, file_id: str) -> None:
        if self._notebook is None or self._mark is None:
            return
        try:
            self._notebook.write_uploads(self._mark, {**self._notebook.uploads(self._mark), key: file_id})
        except Exception:
            log.warning("Airflow's task state store failed; a retry will upload the file once more.", exc_info=True)


def _age(file: File) -> Any:
    return file.created_at
