"""A client's place in a chat: which one it looks at, and what it does there."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .chats.live import LiveChat
from .errors import Code, DocmindError
from .protocol import (
    AnyEvent,
    Ask,
    Compare,
    Compared,
    Continue,
    Enter,
    Failed,
    Recall,
    Recalled,
    Seen,
    Show,
    Summarise,
)
from .workspace import Workspace

if TYPE_CHECKING:
    from .engine import Engine

ChatCommand = Enter | Ask | Continue | Show | Seen | Compare | Recall | Summarise


class Seat:
    """`tell` hears what happens in the chat, and what cannot be done there."""

    def __init__(self, engine: "Engine", tell: Callable[[AnyEvent], None]) -> None:
        self._engine, self._tell = engine, tell
        self._chat: LiveChat | None = None

    async def obey(self, command: ChatCommand, workspace: Workspace | None) -> None:
        """`workspace`: what the client has opened."""
        run = command.run if isinstance(command, Ask) else ""
        try:
            match command:
                case Enter():
                    await self._enter(command, workspace)
                case Ask():
                    await self._ask(command, workspace)
                case Continue():
                    self._go_on(command, workspace)
                case Recall():
                    self._recall()
                case Show() if self._chat:
                    self._chat.show(command.run, self._tell)
                case Seen() if self._chat:
                    self._chat.touched = True
                case Compare() if self._chat:
                    self._tell(Compared(turns=self._chat.beside(command.run)))
                case Summarise() if self._chat:
                    self._chat.summaries.add(command.turn, command.text, "user")
        except DocmindError as error:
            self._fail(run, error)

    def cancel(self, run: str) -> None:
        """Stops a question of the chat."""
        if self._chat:
            self._chat.cancel(run)

    def leave(self) -> None:
        """The chat goes on without this client."""
        if self._chat:
            self._engine.chats.leave(self._chat, self._tell)
            self._chat = None

    async def _enter(self, command: Enter, workspace: Workspace | None) -> LiveChat:
        """Leaves the chat before it. What cannot be entered is told; then it is the chat to be copied, or a new one.

        Raises DocmindError.
        """
        roots = workspace.roots if workspace else []
        saved = workspace is not None and workspace.saves_chats
        self.leave()
        try:
            self._chat = await self._engine.chats.enter(command, roots, saved, self._tell)
        except DocmindError as error:
            if command == Enter():
                raise
            self._fail("", error)
            return await self._enter(Enter(chat=command.copy), workspace)
        return self._chat

    async def _ask(self, command: Ask, workspace: Workspace | None) -> None:
        if not workspace:
            raise DocmindError(Code.USAGE, "A question came before any folder was opened.")
        self._engine.idle_work.interrupt()
        chat = self._chat or await self._enter(Enter(), workspace)
        self._hold_for(chat, workspace, chat.ask(command, partial(workspace.ask, command)))

    def _go_on(self, command: Continue, workspace: Workspace | None) -> None:
        if not (workspace and self._chat):
            raise DocmindError(Code.USAGE, "No chat was entered.")
        self._engine.idle_work.interrupt()
        self._hold_for(self._chat, workspace, self._chat.go_on(command.run, partial(workspace.ask, command)))

    def _recall(self) -> None:
        chat = self._chat
        self._tell(chat.summaries.latest(chat.past(chat.info.head)) if chat else Recalled())

    def _hold_for(self, chat: LiveChat, workspace: Workspace, task: asyncio.Task[None] | None) -> None:
        if task:
            workspace.hold_for(task)
            task.add_done_callback(lambda _: self._engine.chats.let_go(chat))
            task.add_done_callback(lambda _: workspace.quiet_work.offer(chat, self._engine.idle_work))

    def _fail(self, run: str, error: DocmindError) -> None:
        self._tell(Failed(run=run, code=error.code, message=error.message, hint=error.hint))
