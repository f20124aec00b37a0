"""Turning bytes into a file of the service: uploads, seeded files, downloads, results."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from extend_provider.local.errors import RunFailure
from extend_provider.local.file_types import describe
from extend_provider.local.stamps import utc_now

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from extend_provider.local.records import FileRecord
    from extend_provider.local.store import Store


async def describe_blob(store: Store, pool: Executor, file: FileRecord) -> None:
    """
    Fill in what only the bytes tell: type, page count and size.

    :param store: holds the bytes.
    :param pool: threads for looking into the document.
    :param file: a record whose bytes are in place; save it afterwards.
    """
    path = store.blob(file.id)
    loop = asyncio.get_running_loop()
    file.type, file.page_count = await loop.run_in_executor(pool, describe, path, file.name, file.password)
    file.size = path.stat().st_size
    file.updated_at = utc_now()


def check_size(size: int, max_size: int) -> None:
    """
    Refuse documents that are too large to be processed.

    :param size: bytes.
    :param max_size: bytes allowed.
    :raises RunFailure: ``FILE_SIZE_TOO_LARGE``.
    """
    if size > max_size:
        raise RunFailure("FILE_SIZE_TOO_LARGE", f"The file is {size} bytes, the limit is {max_size}.")
