"""The versions that the matrix covers: the one place to add a release to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """
    A release of Airflow.

    :param version: of Airflow; each is the last of its line.
    :param as_of: the environment holds nothing that was published after this day (UTC): a few days after the release,
        because its providers follow it.
    :param pythons: that it supports, of those that this package supports, oldest first.
    """

    version: str
    as_of: str
    pythons: tuple[str, ...]


RELEASES = (
    Release("2.11.2", "2026-03-21", ("3.10", "3.11", "3.12")),
    Release("3.0.6", "2025-09-05", ("3.10", "3.11", "3.12")),
    Release("3.1.8", "2026-03-19", ("3.10", "3.11", "3.12", "3.13")),
    Release("3.2.2", "2026-06-05", ("3.10", "3.11", "3.12", "3.13")),
    Release("3.3.2", "2026-09-24", ("3.10", "3.11", "3.12", "3.13")),
)

OLDEST, NEWEST = RELEASES[0], RELEASES[-1]

FLOOR = Release("2.11.0", "2025-05-27", ("3.10", "3.11", "3.12"))
"""The lowest release that the package admits: with the lowest dependencies. Later ones of others it does not bear."""

MIDDLE = RELEASES[2]
"""The release that CI runs for real besides the oldest; its ``make test`` runs the newest."""
