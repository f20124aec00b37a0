"""What the tasks of a wave have to do: a form each, given in one of three ways, and a value that is the task's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.chaos.points import DOWNLOAD, FILL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dev.chaos.file_server import FileServer
    from extend_provider.client import ExtendClient

FORM = Path(__file__).parents[2] / "example_dags" / "forms" / "onboarding.pdf"
FIELD = "full_name"
INPUTS = ("path", "url", "id")
_SHARING = 4
"""Of the tasks of one kind of input, every so many-th takes the very file of the one before."""


@dataclass(frozen=True)
class Item:
    """
    One pair of tasks.

    :param group: ``deferrable`` or ``synchronous``.
    :param index: map index in it.
    :param input: a name of :data:`INPUTS`.
    :param value: what to fill in; no other task has it, except for a twin.
    :param file: the ``file`` argument.
    :param path: where the filled form is downloaded to.
    """

    group: str
    index: int
    input: str
    value: str
    file: str
    path: str

    @property
    def fill(self) -> str:
        """Name of the task instance that fills, as a kill's ``task``."""
        return f"{self.group}.{FILL}[{self.index}]"

    @property
    def download(self) -> str:
        """Name of the task instance that downloads."""
        return f"{self.group}.{DOWNLOAD}[{self.index}]"

    @property
    def config(self) -> dict[str, Any]:
        """The ``config`` argument."""
        return {"instructions": json.dumps({FIELD: self.value}), "advancedOptions": {"flattenPdf": False}}


def prepare_wave(
    wave: int, sizes: Mapping[str, int], folder: Path, server: FileServer, client: ExtendClient
) -> list[Item]:
    """
    Put the inputs of a wave in place: forms on disk and at the service.

    Some tasks share their file. In each group two that upload are twins: the same path, the same value; they still are
    two tasks, which need a run each.

    :param wave: its number.
    :param sizes: number of pairs in each group.
    :param folder: where forms and downloads go.
    :param server: serves that folder.
    :param client: of the service.
    :return: the pairs.
    """
    items: list[Item] = []
    for group, size in sizes.items():
        earlier: dict[str, Item] = {}
        for index in range(size):
            kind = INPUTS[index % len(INPUTS)]
            before = earlier.get(kind)
            nth = index // len(INPUTS)
            shares = before is not None and nth % _SHARING == 1
            name = f"{group}-{wave}-{index}"
            item = Item(
                group,
                index,
                kind,
                before.value if before and shares and kind == "path" else f"chaos {name}",
                before.file if before and shares else _place(kind, folder / f"{name}.pdf", server, client),
                str(folder / f"{name}-filled.pdf"),
            )
            earlier[kind] = item
            items.append(item)
    return items


def write_wave(items: Sequence[Item], path: Path) -> None:
    """Write what the DAG reads: group to list of ``file``, ``config`` and ``path``."""
    content: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        content.setdefault(item.group, []).append({"file": item.file, "config": item.config, "path": item.path})
    path.write_text(json.dumps(content), encoding="utf-8")


def _place(kind: str, path: Path, server: FileServer, client: ExtendClient) -> str:
    path.write_bytes(FORM.read_bytes())
    if kind == "path":
        return str(path)
    if kind == "url":
        return server.url(path.name)
    with path.open("rb") as stream:
        return client.upload_file(stream, path.name).id
