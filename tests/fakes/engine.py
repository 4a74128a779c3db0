"""An engine that says what a test wants: it listens where the real one would, for real programs to connect to."""

import contextlib
import queue
import socket
import threading
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from docmind.agents.build import build
from docmind.agents.endpoint import socket_file
from docmind.agents.protocol import AnyCommand, AnyEvent, ChatInfo, Enter, Entered, Hello, Library, Welcome

LONGEST_S = 30.0
"""Wait for a command, in seconds."""
C = TypeVar("C", bound=AnyCommand)


class FakeEngine:
    """Has one client at a time, and an empty chat for it.

    `say` and `say_raw` wait until it has taken what is said: mind who reads meanwhile.
    """

    def __init__(self, data_dir: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(socket_file(data_dir)))
        self._listener.listen()
        self._client: socket.socket | None = None
        self._commands: queue.Queue[AnyCommand] = queue.Queue()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._client:
            with contextlib.suppress(OSError):  # it has left
                self._client.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def heard(self, kind: type[C]) -> C:
        """The next command of this kind; those before it are forgotten."""
        while not isinstance(command := self._commands.get(timeout=LONGEST_S), kind):
            pass
        return command

    def welcome(self) -> None:
        """Waits for a client, and tells it that all is ready."""
        self.heard(Hello)
        self.say(Welcome(version=build()), Library(ready=True, files=1, chunks=1))

    def say(self, *events: AnyEvent) -> None:
        self.say_raw(b"".join(msgspec.json.encode(event) + b"\n" for event in events))

    def say_raw(self, data: bytes) -> None:
        assert self._client
        self._client.sendall(data)

    def _listen(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:  # the end of the test
                return
            with self._client, self._client.makefile("rb") as lines:
                for line in lines:
                    command = msgspec.json.decode(line, type=AnyCommand)
                    if isinstance(command, Enter):
                        self.say(Entered(chat=ChatInfo(id="chat", title="", made_at=0.0, changed_at=0.0), turns=[]))
                    self._commands.put(command)
