"""Asks a question, kills docmind while it is answered, comes back, has the answer go on, until it is whole."""

import os
import random
import re
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

from terminal import Terminal

from .home import GAP_S, LOOKS, Home, numbered
from .verdict import TARGETS, Found, Kill, Target, judge

PROMPT = "Ask about your documents"
READY = r"tiny:latest ●"
BROKEN = r"The\s+engine\s+ended\s+before\s+the\s+answer\s+was\s+complete"
LOST = r"The\s+engine\s+process\s+ended\s+unexpectedly"
OFFER = "The last answer broke off"
WHOLE = r"\n +model · "
"""The line below an answer that is complete."""
LONGEST_S = 60.0


class Point(NamedTuple):
    """Where an answer is killed."""

    target: Target
    after: float
    """Words of the answer that have left the server, and part of the pause behind them. Less than 0: so many tokens
    before the first word; less than -LOOKS: before the model is asked, the time of so many tokens earlier."""


def points(chance: random.Random, kills: int, words: int) -> list[Point]:
    """One in each of as many equal parts, from Enter to the last word."""
    first = -2 * LOOKS
    part = (words - first) / kills
    return [Point(chance.choice(TARGETS), first + part * (n + chance.random())) for n in range(kills)]


class Striking:
    """One answer."""

    def __init__(self, home: Home, question: str, points: Sequence[Point]) -> None:
        self._home, self._question, self._points = home, question, points
        self._since, self._done = 0.0, False
        self.found: list[Found] = []
        """After each kill, as far as it came."""

    def run(self) -> None:
        """To the end of the answer. Raises AssertionError where docmind does not come back."""
        kill = None
        for point in (*self._points, None):
            with self._opened(kill) as screen:
                screen.wait(PROMPT)
                if kill:
                    self._come_back(screen, kill)
                else:
                    self._ask(screen)
                if point:
                    kill = self._strike(screen, point)
                else:
                    self._finish(screen)

    def _opened(self, kill: Kill | None) -> Terminal:
        """As its user would: where the engine is gone, the chat is resumed."""
        turn = self._home.turn(self._question) if kill and kill.target != "screen" else None
        going_on = turn and turn.state == "going on" and kill and kill.target == "engine"  # asked anew
        return self._home.screen(*(["resume"] if turn and not going_on else []))

    def _ask(self, screen: Terminal) -> None:
        self._since = time.monotonic()
        screen.keys(self._question, "enter")
        screen.wait(rf"You\s+{re.escape(self._question)}")

    def _strike(self, screen: Terminal, point: Point) -> Kill:
        self._await(screen, point.after)
        engines = self._home.engines() if point.target != "screen" else []
        victims = [process.pid for process in engines] + [screen.pid] * (point.target != "engine")
        if int(point.after) % 2:
            victims.reverse()
        shown, whole = numbered(screen.text()), re.search(WHOLE, screen.text())
        since, at = self._since, time.monotonic()
        for process in victims:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        kill = Kill(point.target, point.after, since, at, [w for w in shown if w in self._home.words], not whole)
        if point.target == "engine":
            self._watch(screen, kill)
        else:
            screen.ended()
        if point.target != "screen":
            psutil.wait_procs(engines, LONGEST_S)
            self._since = at
        return kill

    def _await(self, screen: Terminal, after: float) -> None:
        """Reads what the screen writes until then."""
        now = time.monotonic()
        if after < -LOOKS:
            self._read(screen, now + (after + 2 * LOOKS) * GAP_S)
            return
        while self._home.place(self._since) < int(after) and not self._done:
            assert time.monotonic() < now + LONGEST_S, f"it does not go on:\n{screen.text()}"
            self._read(screen, time.monotonic() + GAP_S / 4)
        self._read(screen, time.monotonic() + after % 1 * GAP_S)

    def _read(self, screen: Terminal, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            screen.read(left)

    def _watch(self, screen: Terminal, kill: Kill) -> None:
        """A screen whose engine was killed: what was shown stays, and it says what happened. Then it is left."""
        first = self._home.looks[0]

        def told() -> bool:
            anew = first in self._home.sent(kill.at, time.monotonic())
            return anew or bool(re.search(f"{BROKEN}|{LOST}|{WHOLE}", screen.text()))

        screen.until(told, "what became of the answer", LONGEST_S)
        words = numbered(screen.text())
        assert not set(kill.shown) - set(words), f"the text was taken away:\n{screen.text()}"
        screen.keys("ctrl+q")
        assert screen.ended() == 0

    def _come_back(self, screen: Terminal, kill: Kill) -> None:
        """The chat as docmind opens it; the answer goes on again."""
        if self._home.turn(self._question) is None:
            screen.wait(READY)
        elif kill.target == "both":
            screen.wait(f"{OFFER}|{WHOLE}", LONGEST_S)
        turn = self._home.turn(self._question)
        found = judge(self._home, kill, turn)
        self.found.append(found)
        if turn is None:
            self._ask_again(screen, found)
            return
        try:
            screen.wait(rf"You\s+{re.escape(self._question)}", LONGEST_S)
            self._done = turn.state == "done"
            if turn.state == "broken":
                self._go_on(screen, turn.answer.split(), found)
            else:
                screen.until(lambda: set(kill.shown) <= set(numbered(screen.text())), "what was shown", LONGEST_S)
        except AssertionError as error:
            found.note("not opened", str(error))
            raise

    def _go_on(self, screen: Terminal, kept: list[str], found: Found) -> None:
        """Looks at an answer that broke off, and continues it."""
        screen.wait(OFFER, LONGEST_S)
        screen.keys("escape")
        screen.until(lambda: not re.search(OFFER, screen.text()), "the text alone")
        screen.until(lambda: numbered(screen.text())[-len(kept) :] == kept or not kept, "what was kept", LONGEST_S)
        try:
            screen.wait(BROKEN)
        except AssertionError as error:
            found.note("not marked", str(error))
        screen.keys("ctrl+g")

    def _ask_again(self, screen: Terminal, found: Found) -> None:
        """The question had not come to the engine, which had not said so: then the prompt knows it."""
        found.again = True
        screen.keys("up")
        try:
            screen.wait(re.escape(self._question))
        except AssertionError as error:
            found.note("question gone", str(error))
            raise
        screen.keys("enter")

    def _finish(self, screen: Terminal) -> None:
        """The answer comes to its end: every word once, in its order."""
        home = self._home
        screen.wait(rf"{home.words[-1]}.*{WHOLE}", LONGEST_S)
        screen.keys("ctrl+q")
        assert screen.ended() == 0
        turn = home.turn(self._question)
        shown = [word for word in numbered(screen.text()) if word in home.words]
        if not turn or turn.state != "done" or turn.answer.split() != home.words:
            self.found[-1].note("wrong text", f"in the end it is {turn and (turn.state, turn.answer)}")
        if shown != home.words:
            self.found[-1].note("wrong text", f"in the end the screen shows {' '.join(shown)}")
