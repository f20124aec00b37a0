"""A shell that follows what the pages tell to type."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tests.docs.scratch_airflow import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from dev.pages import Block

_PLACEHOLDER = re.compile(r"[\w-]*\.\.\.")


class Shell:
    """
    Context manager for a bash that keeps its variables from command to command.

    Output that a page shows is a pattern: each line has to come, in this order, and between others. In it, a word that
    ends in three dots stands for any word; what it stood for takes its place in the commands that follow.

    :param folder: to work in.
    :param environment: variables; default: those of this process, but for what concerns Airflow and pytest.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.known: dict[str, str] = {}
        """What placeholders stand for."""
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment or clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()

    def run(self, command: str) -> str:
        """Run a command, which must end well; return what it writes."""
        assert self._process.stdin
        assert self._process.stdout
        end = secrets.token_hex(8)
        for shown, real in self.known.items():
            command = command.replace(shown, real)
        self._process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{end} %s\\n' $?\n")
        output = ""
        for line in self._process.stdout:
            if line.startswith(end):
                assert line.split()[1] == "0", f"{command}\n{output}"
                return output
            output += line
        raise AssertionError(f"The shell has ended: {command}\n{output}")

    def follow(self, block: Block) -> str:
        """Run the commands of a block, compare what it shows, and return what the last one writes."""
        output = ""
        for command, shown in steps(block):
            output = self.run(command)
            self.known.update(compare(output, shown))
        return output


def steps(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Commands of a block, and the lines of output that it shows after each."""
    if block.language != "console":
        yield block.code, []
        return
    for step in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
        lines = step.splitlines()
        length = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
        yield "\n".join(lines[:length]), lines[length:]


def compare(output: str, shown: list[str]) -> dict[str, str]:
    """Compare; return what the placeholders stand for."""
    found: dict[str, str] = {}
    position = 0
    for line in shown:
        names = _PLACEHOLDER.findall(line)
        parts = [re.escape(part) for part in _PLACEHOLDER.split(line)]
        pattern = "".join(
            part + (rf"({re.escape(name[:-3])}[\w-]+)" if name else "")
            for part, name in zip(parts, [*names, ""], strict=True)
        )
        match = re.compile(pattern).search(output, position)
        assert match, f"{line!r} did not come:\n{output}"
        found.update(zip(names, match.groups(), strict=True))
        position = match.end()
    return found
