"""Ids and timestamps in the forms that the Extend API uses."""

from __future__ import annotations

import secrets
import string
from datetime import datetime, timedelta, timezone

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """
    Make up an id.

    :param prefix: such as ``edr_``.
    :return: the prefix and 22 random letters and digits.
    """
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(22))


def utc_now(offset: float = 0.0) -> str:
    """
    Tell the time.

    :param offset: seconds to add. Default 0.
    :return: RFC 3339 in UTC with milliseconds. Two of these compare as text the way their times compare.
    """
    moment = datetime.now(timezone.utc) + timedelta(seconds=offset)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_since(stamp: str) -> float:
    """
    Tell how long ago something happened.

    :param stamp: what :func:`utc_now` returned then.
    :return: seconds; never negative.
    """
    then = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return max(0.0, (datetime.now(timezone.utc) - then).total_seconds())
