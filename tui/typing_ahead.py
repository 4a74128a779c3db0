"""What is typed on a screen above the chat acts key by key: each may close it, and what comes behind is the chat's."""

from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

LONGEST_S = 2.0
"""For what one key causes, in seconds; what comes behind it is not held any longer."""
Typed = events.Key | events.Paste


class Settled(Message):
    """What a key has caused is done: it goes the same way behind that, from the field up to the app."""

    def __init__(self, number: int = 0, rounds: int = 0) -> None:
        """`number`: of the key; 0: of whichever it is. `rounds`: how often it has to go that way still."""
        super().__init__()
        self.number, self.rounds = number, rounds


class TypingAhead:
    """`act` has a key act on the screen that is on top. `bottom`: the kind of screen that needs no order."""

    def __init__(
        self,
        app: App[int],
        bottom: type[Screen[None]],
        act: Callable[[Typed], Awaitable[None]],
        is_taking: Callable[[], bool],
    ) -> None:
        """`is_taking`: whether the screen on top was told to close, and needs something for that."""
        self._app, self._bottom, self._act, self._is_taking = app, bottom, act, is_taking
        self._waiting = deque[Typed]()
        self._ready: Screen[object] | None = None
        """The screen that has been built up, so that a key finds its field."""
        self._number = 0
        self._timer: Timer | None = None
        """Runs while a key is being worked on."""

    async def take(self, typed: Typed) -> None:
        """Acts now, or once all that was typed before has acted."""
        self._waiting.append(typed)
        await self._go_on()

    async def hear(self, settled: Settled) -> None:
        """What was typed meanwhile acts."""
        if settled.number not in (0, self._number):
            return
        if settled.rounds and self._send(settled.rounds - 1):
            return
        if not self._is_taking():
            self._let_go()
        await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and not self._timer:
            screen = self._app.screen
            if isinstance(screen, self._bottom) or self._ready is screen:
                await self._act(self._waiting.popleft())
            if self._app.screen is screen and not isinstance(screen, self._bottom):
                self._ready = screen
                self._hold()

    def _hold(self) -> None:
        """Twice round: what the field makes of the key follows the first."""
        self._number += 1
        if self._send(rounds=1):
            self._timer = self._app.set_timer(LONGEST_S, self._gave_up)

    def _send(self, rounds: int) -> bool:
        """False where the field is being taken away."""
        screen = self._app.screen
        return (screen.focused or screen).post_message(Settled(self._number, rounds))

    def screen_changed(self, _: object) -> None:
        """What was typed behind the key that did it is for the screen that is on top now."""
        self._let_go()
        self._number += 1
        self._app.post_message(Settled())

    async def _gave_up(self) -> None:
        self._let_go()
        await self._go_on()

    def _let_go(self) -> None:
        if self._timer:
            self._timer.stop()
            self._timer = None
