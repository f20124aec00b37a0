"""
What makes two tries of a task the same work: a fingerprint of the input, and the mark made from it.

Pure: nothing here looks at Airflow, the network or a disk.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["fingerprint", "mark", "mark_in_name"]

# The input holds form values, and both results are stored where others may read them: Airflow's database and file
# names at Extend. A slow hash keeps short values (a birthday, a tax id) from being found by trying all of them.
_ROUNDS = 100_000
_MARK_DIGITS = 16


def fingerprint(task: str, order: Mapping[str, Any]) -> str:
    """
    Return a hash of what a task was asked to create, which reveals nothing of it.

    :param task: which task it is; the same input of another task has another fingerprint.
    :param order: the input, as plain JSON.
    :return: 64 hexadecimal digits.
    """
    text = json.dumps(order, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.pbkdf2_hmac("sha256", text.encode(), task.encode(), _ROUNDS).hex()


def mark(of_input: str, series: int) -> str:
    """
    Return the mark by which a run is found again in the name of its input file.

    :param of_input: the fingerprint.
    :param series: tells a user's Clear from a retry.
    :return: for example ``airflow-6f1e0b44c2a95d37``.
    """
    digest = hashlib.sha256(f"{of_input}/{series}".encode()).hexdigest()
    return f"airflow-{digest[:_MARK_DIGITS]}"


def mark_in_name(name: str | None) -> str | None:
    """Return the mark that a file's name holds: a task has named it so, for a run of its own."""
    found = re.findall(rf"-(airflow-[0-9a-f]{{{_MARK_DIGITS}}})(?:\.|$)", name or "")
    return found[-1] if found else None
