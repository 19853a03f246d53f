"""A how-to page as a program: its files are written, its commands run, their output compared, from top to bottom.

A block's language, and the words behind it, say what it is:
- ``python``: a file; its first line is a comment with the file's name, or with ", continued" to replace what is
  defined again and to add the rest;
- ``sh``: commands of one shell session; ``sh fails`` ends with another status than 0; ``sh server`` runs beside;
- ``text``: what the commands before it print; ``...`` stands for anything.
"""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DEFAULT_PORT = "4566"


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    words: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Answer a page's blocks."""
    return [Block(language, words.strip(), text) for language, words, text in _BLOCK.findall(page.read_text())]


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder of his own."""

    folder: Path
    port: str = _DEFAULT_PORT
    said: str = ""
    exports: list[str] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    def follow(self, found: list[Block]) -> None:
        """Do it all. Raises AssertionError where something else comes of it than the page says."""
        with self.stack:
            for block in found:
                getattr(self, f"_{block.language}")(block)

    def _python(self, block: Block) -> None:
        first, _, rest = block.text.partition("\n")
        name, _, continued = first.removeprefix("# ").partition(", ")
        path = self.folder / name
        before = path.read_text() if continued else ""
        for defined in re.findall(r"^def (\w+)", rest, re.MULTILINE) if continued else ():
            before = re.sub(rf"^def {defined}\(.*?(?=^\S|\Z)", "", before, flags=re.MULTILINE | re.DOTALL)
        path.write_text(before + rest)

    def _sh(self, block: Block) -> None:
        text = block.text.replace(_DEFAULT_PORT, self.port)
        if block.words == "server":
            self._serve(text)
            return
        script = "\n".join(["set -e", *self.exports, text])
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=_environment(), capture_output=True, text=True, timeout=300
        )
        assert (done.returncode != 0) == (block.words == "fails"), f"{script}\n{done.stdout}\n{done.stderr}"
        self.said = done.stdout
        self.exports += re.findall(r"^export .*$", text, re.MULTILINE)

    def _text(self, block: Block) -> None:
        pattern = ".*".join(map(re.escape, block.text.replace(_DEFAULT_PORT, self.port).strip().split("...")))
        assert re.fullmatch(pattern, self.said.strip(), re.DOTALL), f"{block.text}\nis not what was said:\n{self.said}"

    def _serve(self, command: str) -> None:
        words = command.split()
        words[words.index("--port") + 1] = "0"
        process = subprocess.Popen(words, cwd=self.folder, env=_environment(), stdout=subprocess.PIPE, text=True)
        self.stack.callback(process.wait, 20)
        self.stack.callback(process.terminate)
        assert process.stdout is not None
        self.said = process.stdout.readline()
        self.port = self.said.strip().rpartition(":")[2]


def _environment() -> dict[str, str]:
    """Answer the environment of somebody for whom this installation is the first on his path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "COLUMNS"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "120", "NO_COLOR": "1"}
