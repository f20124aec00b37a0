"""The connection form, as the checks see it; each line of Airflow releases has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator

CONNECTION_TYPE = "Extend"
STANDARD_FIELDS = ("host", "password")
"""Those of Airflow's own fields that the form shows, besides the description."""


class ConnectionForm(Protocol):
    """
    Does what a person would do.

    Fields are named as in the connection: ``host``, ``password``, and the extras.
    """

    def open_new(self, conn_id: str) -> None:
        """Open the form for a new connection of type Extend."""

    def open_saved(self, conn_id: str) -> None:
        """Open the form of a connection that exists."""

    def field(self, name: str) -> Locator:
        """Show the part of the form with a field, and return its input."""
        raise NotImplementedError

    def text_around(self, name: str) -> str:
        """Return what stands beside and below a field: its label and its help text."""
        raise NotImplementedError

    def json_label(self) -> str | None:
        """Return what the form calls the extras as JSON, where it shows them next to the fields that win over them."""
        raise NotImplementedError

    def choices(self, name: str) -> list[str]:
        """Return what a field offers to choose from."""
        raise NotImplementedError

    def value(self, name: str) -> str:
        """Return what a field holds; of a choice, the value that is stored."""
        raise NotImplementedError

    def fill(self, values: Mapping[str, str]) -> None:
        """Fill fields in."""

    def save(self) -> None:
        """Save, and wait until that is done."""

    def test(self, conn_id: str, values: Mapping[str, str]) -> str:
        """Press the Test button for a connection with these values; return what it says."""
        raise NotImplementedError

    def test_saved(self, conn_id: str, password: str) -> str:
        """Press the Test button for a connection that exists; return what it says."""
        raise NotImplementedError
