"""Writing what a run gave to files, as JSON or as Markdown, in constant memory and whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import ExtendResponseError
from extend_provider.hooks.files import write_whole
from extend_provider.redaction import redact_path

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook

__all__ = ["markdown_of", "write_markdown", "write_output"]

log = logging.getLogger(__name__)

_BETWEEN_CHUNKS = b"\n\n"


def write_output(hook: ExtendHook, run_id: str, kind: str, path: Any) -> int:
    """
    Write all of a run's output as JSON, with the names of the API.

    :param hook: how Extend is reached.
    :param run_id: the run, which has to have ended.
    :param kind: its kind.
    :param path: local path or ``ObjectStoragePath`` URI.
    :return: bytes written.
    :raises ExtendFileError: the path cannot be written, or the storage refused.
    """
    return _written(path, hook.get_conn().iter_output(run_id, kind), run_id)


def write_markdown(hook: ExtendHook, run_id: str, kind: str, path: Any) -> int:
    """
    Write the text of a parse run: its chunks, one after the other.

    :param hook: how Extend is reached.
    :param run_id: the run, which has to have ended.
    :param kind: its kind.
    :param path: local path or ``ObjectStoragePath`` URI.
    :return: bytes written.
    :raises ExtendFileError: the path cannot be written, or the storage refused.
    :raises ExtendResponseError: the output is not that of a parse run.
    """
    return _written(path, markdown_of(hook.get_conn().iter_output(run_id, kind)), run_id)


def markdown_of(output: Iterable[bytes]) -> Iterator[bytes]:
    """
    Return the text of a parse run's output, chunk by chunk; no more than one is in memory.

    :param output: the output as JSON, in pieces of any size.
    :raises ExtendResponseError: it is not the output of a parse run.
    """
    written = False
    for content in _contents(output):
        if isinstance(content, str):
            yield (_BETWEEN_CHUNKS if written else b"") + content.strip("\n").encode("utf-8", "replace")
            written = True
    if written:
        yield b"\n"


def _contents(output: Iterable[bytes]) -> Iterator[Any]:
    import ijson

    found, chunks = ijson.sendable_list(), _ChunksSeen()
    reader = ijson.items_coro(found, "chunks.item.content")
    try:
        for piece in output:
            reader.send(piece)
            chunks.look_in(piece)
            yield from found
            del found[:]
        reader.close()
    except ijson.JSONError as error:
        # `from None`: the message may quote the document.
        raise ExtendResponseError(
            f"The output of the parse run cannot be read ({type(error).__name__}).",
            hint="Have it written with result_path, and look at it.",
            retryable=True,
        ) from None
    yield from found
    if not chunks.seen:
        raise ExtendResponseError(
            "The output is not that of a parse run: it has no chunks.",
            hint="Have it written with result_path, and look at it.",
        )


class _ChunksSeen:
    """Whether a JSON object has a key ``chunks``, which tells a page without text from what is no parse result."""

    def __init__(self) -> None:
        import ijson

        self.seen = False
        self._events = ijson.sendable_list()
        self._reader = ijson.parse_coro(self._events)

    def look_in(self, piece: bytes) -> None:
        """Look in the next piece; once the key was seen, not any more, because this takes as long as reading it."""
        if not self.seen:
            self._reader.send(piece)
            self.seen = ("", "map_key", "chunks") in self._events
            del self._events[:]


def _written(path: Any, pieces: Iterable[bytes], run_id: str) -> int:
    size = write_whole(path, pieces)
    log.info("Wrote %d bytes of the output of run %s to %s.", size, run_id, redact_path(path))
    return size
