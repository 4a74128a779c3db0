"""Where docmind is killed: a home, a folder, and a model server that streams numbered tokens."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import KeptTurn
from fakes import FakeServer
from program import Program
from terminal import Terminal

GAP_S = 0.02
"""Between two tokens."""
LOOKS = 20
"""Tokens of the thought before the look-up."""
_NUMBERED = re.compile(r"(?:look|word)\d+")


def numbered(text: str) -> list[str]:
    """The numbered tokens in it."""
    return _NUMBERED.findall(text)


class Home:
    """`docmind` with an engine of its own. An answer is `words`, after a thought and a look-up."""

    def __init__(self, folder: Path, server: FakeServer, words: int) -> None:
        self.program, self.server = Program(folder / "home"), server
        self.looks, self.words = [f"look{n}" for n in range(LOOKS)], [f"word{n}" for n in range(words)]
        self._places = {token: n for n, token in enumerate([*self.looks, *self.words])}
        self._papers = folder / "papers"
        self._papers.mkdir()
        (self._papers / "pump.md").write_text("The pump of the cooling loop is blue.\n")
        search = 'Action: search_documents\nAction Input: {"query": "pump"}\n'
        server.replies = [f"Thought: {' '.join(self.looks)}\n{search}", f"Answer: {' '.join(self.words)}"]
        profile = f'[profiles.model]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        self._config = self.program.config(f'profile = "model"\n[chats]\ntitles = false\nsummaries = false\n{profile}')
        self.file = chats_file(self.program.data_dir)

    def screen(self, *command: str) -> Terminal:
        """So high that the whole answer is seen, so narrow that no sidebar stands beside it."""
        arguments = self.program.command(*command, "--config", self._config, self._papers)
        return Terminal(arguments, self.program.environ, columns=90, rows=len(self.words) // 9 + 40)

    def engines(self) -> list[psutil.Process]:
        """The engine; two processes while it starts."""
        folder = str(self.program.data_dir.resolve())
        found = [process for process in psutil.process_iter(["cmdline"]) if folder in (process.info["cmdline"] or [])]
        return [process for process in found if "docmind.agents.engine" in process.info["cmdline"]]

    def turn(self, question: str) -> KeptTurn | None:
        """As it stands in the store; None where the store does not know the question."""
        with ChatStore(self.file) as store:
            for chat in store.chats(limit=3):
                for turn in store.turns(chat.id):
                    if turn.question == question:
                        return turn
        return None

    def damage(self) -> str:
        """What SQLite finds wrong with the store; empty when it is sound."""
        if not self.file.exists():
            return ""
        try:
            with closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)) as db:
                found = db.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.Error as error:
            return repr(error)
        return "" if found == [("ok",)] else repr(found)

    def sent(self, since: float, until: float) -> dict[str, float]:
        """The numbered tokens that left the server in this time, and when they last did; by time.monotonic()."""
        pieces = ((at, piece.strip()) for at, piece in list(self.server.sent) if since < at <= until)
        return {token: at for at, token in pieces if token in self._places}

    def place(self, since: float) -> int:
        """How many words had been said before the newest token since then; of the thought, less than 0."""
        for at, piece in reversed(self.server.sent):
            if at > since and piece.strip() in self._places:
                return self._places[piece.strip()] - LOOKS
        return -LOOKS - 1


@contextmanager
def home(folder: Path, words: int) -> Iterator[Home]:
    with FakeServer(gap=GAP_S) as server:
        ready = Home(folder, server, words)
        try:
            yield ready
        finally:
            ready.program.close()
