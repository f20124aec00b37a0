"""Python imports this at its start where this folder is on the path: in the processes of the crash test's Airflow."""

from __future__ import annotations

from dev.chaos.hooks import install

install()
